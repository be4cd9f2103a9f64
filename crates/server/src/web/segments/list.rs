//! The list of segments. It is made of what is at hand of the workspace; who is in each is looked up when it is seen.

use std::collections::HashMap;

use axum::extract::State;
use axum::response::Response;
use beckon_domain::id::SegmentId;
use beckon_domain::segment::{Action, Segment};
use jiff::Timestamp;
use maud::{Markup, html};

use super::{listeners, sentence, status, subject_words, template};
use crate::app::App;
use crate::web::failure::Failure;
use crate::web::form::Form;
use crate::web::page::{Page, Place};
use crate::web::parts::{Field, Icon, Tone, badge, card, empty, further, icon, moment, row_cell, table_card, tag};
use crate::web::viewer::Viewer;

/// Segments on a page of the list.
const ROWS: u32 = 50;
const COLUMNS: [&str; 6] = ["Segment", "Status", "Who is in it", "Members", "Last event", "Action"];

pub(super) async fn show(State(app): State<App>, viewer: Viewer) -> Result<Response, Failure> {
    let new_button = html! {
        @if viewer.may_work() {
            a.button.primary href=(viewer.path("/segments/new")) { (icon(Icon::Plus)) "New segment" }
        }
    };
    let page = Page::new(&viewer, Place::Segments, "Segments")
        .lead(html! { "A segment is a rule over contacts or companies. Whoever fits it while on the website, or shows intent, makes an event." });
    if viewer.workspace.segments.is_empty() {
        return Ok(page.show(html! { (nothing_yet(&viewer)) }));
    }
    let fired: HashMap<SegmentId, Timestamp> =
        app.store.list_last_firings(viewer.caller.workspace_id).await?.into_iter().collect();
    let asked = Asked::of(&viewer);
    let (shown, next) = asked.choose(&viewer.workspace.segments);
    let rows = html! { @for segment in &shown { (row(&viewer, segment, fired.get(&segment.id).copied())) } };
    let foot = further(&viewer.here, shown.len(), ROWS, next.as_deref(), asked.below.is_none());
    Ok(page.actions(new_button).show(html! {
        (filters(&viewer, &asked))
        @if shown.is_empty() {
            section.card {
                (empty(Icon::Search, "No segment fits", html! { "Search for a part of a name or a number, or show every status." },
                    Some(html! { a.button href=(viewer.path("/segments")) { "Show all segments" } })))
            }
        } @else {
            (table_card("Segments", &COLUMNS, rows, foot))
        }
    }))
}

/// Which segments somebody asked for.
struct Asked {
    text: String,
    status: String,
    /// Only those with a lower number: where a page begins.
    below: Option<SegmentId>,
}

impl Asked {
    fn of(viewer: &Viewer) -> Asked {
        let query = viewer.here.split_once('?').map_or("", |(_, query)| query);
        let query = Form::of(url::form_urlencoded::parse(query.as_bytes()));
        Asked {
            text: query.text("q").to_lowercase(),
            status: query.text("status").to_owned(),
            below: query.given("cursor").and_then(|text| text.parse().ok()),
        }
    }

    fn fits(&self, segment: &Segment) -> bool {
        let named = segment.name.to_lowercase().contains(&self.text) || segment.id.to_string() == self.text;
        let on = match self.status.as_str() {
            "on" => segment.enabled,
            "disabled" => !segment.enabled,
            _ => true,
        };
        named && on && self.below.is_none_or(|below| segment.id < below)
    }

    /// A page of them, newest first, and where the next one begins.
    fn choose<'a>(&self, segments: &'a [Segment]) -> (Vec<&'a Segment>, Option<String>) {
        let mut fitting: Vec<&Segment> = segments.iter().filter(|segment| self.fits(segment)).collect();
        fitting.sort_by_key(|segment| std::cmp::Reverse(segment.id));
        let has_more = fitting.len() > ROWS as usize;
        fitting.truncate(ROWS as usize);
        let next = fitting.last().filter(|_| has_more).map(|last| last.id.to_string());
        (fitting, next)
    }
}

fn filters(viewer: &Viewer, asked: &Asked) -> Markup {
    html! {
        form.filters method="get" action=(viewer.path("/segments")) data-filters {
            (Field::new("q", "Search by name or number").kind("search").value(&asked.text).show())
            (Field::new("status", "Status").value(&asked.status)
                .select([("", "Every status"), ("on", "On"), ("disabled", "Disabled")]))
            button { "Search" }
        }
    }
}

fn row(viewer: &Viewer, segment: &Segment, fired: Option<Timestamp>) -> Markup {
    let path = viewer.path(&format!("/segments/{}", segment.id));
    let members = format!("{path}/members");
    let taking = listeners(&viewer.workspace, segment).count();
    html! {
        tr data-key=(segment.id) {
            (row_cell(COLUMNS[0], html! { a href=(path) { (segment.name) } br; span.muted.small.nowrap { "Number " (segment.id) } }))
            (row_cell(COLUMNS[1], status(segment)))
            (row_cell(COLUMNS[2], html! { span.muted.small { (subject_words(segment.subject)) } br; (sentence(&viewer.workspace, segment)) }))
            (row_cell(COLUMNS[3], html! {
                span data-load=(members) data-load-part="members-figure" {
                    a href=(members) aria-label={ "Count members of " (segment.name) } { "Count members" }
                }
            }))
            (row_cell(COLUMNS[4], html! { @match fired { Some(at) => { (moment(at, &viewer.zone)) } None => { span.muted { "None yet" } } } }))
            (row_cell(COLUMNS[5], html! {
                @if segment.actions.contains(&Action::Webhook) {
                    span.nowrap { (tag("webhook")) } br;
                    span.muted.small {
                        @match taking {
                            0 => "none listens",
                            1 => "1 listens",
                            many => { (many) " listen" }
                        }
                    }
                } @else { (badge(Tone::Warn, "None")) }
            }))
        }
    }
}

fn nothing_yet(viewer: &Viewer) -> Markup {
    let start = html! {
        @if viewer.may_work() { a.button.primary href=(viewer.path("/segments/new")) { (icon(Icon::Plus)) "New segment" } }
    };
    html! {
        section.card {
            (empty(Icon::Segment, "No segments yet",
                html! { "A segment says whom you want to hear about: people who look at your prices, for example. Make one, and a webhook tells you the moment somebody fits it." },
                Some(start)))
        }
        @if viewer.may_work() {
            (card("Begin with one of these", html! {
                ul.template-cards {
                    @for template in template::ALL {
                        li {
                            a href=(viewer.path(&format!("/segments/new?template={}", template.name))) { strong { (template.title) } }
                            span.muted { (template.about) }
                        }
                    }
                }
            }))
        }
    }
}

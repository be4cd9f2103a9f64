//! The first steps of a new workspace: what is done, and how to do the rest.
//!
//! Promise: each step is ticked by what is there, not by a click. What changes while somebody reads is in small parts of
//! its own, so that the page keeps up even where they stand.

use beckon_domain::signal::{SignalBody, SignalKind};
use beckon_intake::tracking::{self, Kind};
use beckon_store::PageRequest;
use beckon_store::intake::{SignalFilter, SignalRecord};
use beckon_store::people::ContactFilter;
use http::HeaderMap;
use maud::{Markup, html};
use serde_json::Value;

use super::pixel;
use crate::app::App;
use crate::problem::Problem;
use crate::web::parts::{Icon, code_block, icon, moment};
use crate::web::viewer::Viewer;

/// Most parts of the log that are looked through for a page view.
const LOOKS_MAX: usize = 4;

/// How far somebody has come.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Steps {
    /// The page view that came last.
    page_view: Option<SignalRecord>,
    has_contacts: bool,
    has_segment: bool,
    has_webhook: bool,
}

impl Steps {
    /// Looks.
    pub(super) async fn look(app: &App, viewer: &Viewer) -> Result<Steps, Problem> {
        let one = PageRequest { limit: 1, after: None };
        let contacts =
            app.store.list_contacts(viewer.caller.workspace_id, &ContactFilter::default(), one.clone()).await?;
        Ok(Steps {
            page_view: last_page_view(app, viewer, one).await?,
            has_contacts: !contacts.rows.is_empty(),
            has_segment: !viewer.workspace.segments.is_empty(),
            has_webhook: !viewer.workspace.webhooks.is_empty(),
        })
    }

    /// Whether nothing is left to do.
    pub(super) fn are_done(&self) -> bool {
        self.count() == 4
    }

    fn count(&self) -> usize {
        [self.page_view.is_some(), self.has_contacts, self.has_segment, self.has_webhook]
            .into_iter()
            .filter(|done| *done)
            .count()
    }
}

/// The log is looked through in bounded parts, each of which may come back empty.
async fn last_page_view(app: &App, viewer: &Viewer, mut page: PageRequest) -> Result<Option<SignalRecord>, Problem> {
    let filter = SignalFilter { kind: Some(SignalKind::Page), ..SignalFilter::default() };
    for _ in 0..LOOKS_MAX {
        let found = app.store.list_signals(viewer.caller.workspace_id, &filter, page.clone()).await?;
        if let Some(signal) = found.rows.into_iter().next() {
            return Ok(Some(signal));
        }
        match found.next {
            Some(next) => page.after = Some(next),
            None => break,
        }
    }
    Ok(None)
}

/// The checklist.
pub(super) async fn checklist(
    app: &App,
    viewer: &Viewer,
    headers: &HeaderMap,
    steps: &Steps,
) -> Result<Markup, Problem> {
    let key = pixel::write_key(app, viewer).await?;
    let origin = pixel::origin(app, headers);
    let may_work = viewer.may_work();
    let link = |path: &str, words: &str| html! { @if may_work { a.button.small href=(viewer.path(path)) { (words) } } };
    Ok(html! {
        section.card aria-labelledby="first-steps" {
            div.card-head {
                h2 #first-steps { "First steps" }
                span.muted #steps-done data-live { (steps.count()) " of 4 done" }
            }
            ol.steps {
                li {
                    (mark("pixel", steps.page_view.is_some()))
                    div.stack-s {
                        h3 { "Install the pixel" }
                        div #saw-page data-live role="status" { (saw(viewer, steps.page_view.as_ref(), app)) }
                        @match &key {
                            Some(key) => (install(viewer, &origin, &key.key, steps.page_view.is_none())),
                            None => p {
                                "There is no write key in use. " a href=(viewer.path("/settings/keys")) { "Make a write key" }
                                " first: your website sends with it."
                            },
                        }
                    }
                }
                li {
                    (mark("contacts", steps.has_contacts))
                    div.stack-s {
                        h3 { "Import contacts" }
                        p.muted { "So that Beckon knows who somebody is when they come. A CSV file from your CRM will do." }
                        div.actions { (link("/contacts/import", "Import contacts")) }
                    }
                }
                li {
                    (mark("segment", steps.has_segment))
                    div.stack-s {
                        h3 { "Make a segment" }
                        p.muted { "A rule that says who is worth telling of, such as everybody with “VP” in their title who looks at the prices." }
                        div.actions { (link("/segments/new", "Make a segment")) }
                    }
                }
                li {
                    (mark("webhook", steps.has_webhook))
                    div.stack-s {
                        h3 { "Add a webhook" }
                        p.muted { "Where Beckon tells of it, the moment it happens: Slack, your CRM, or a system of your own." }
                        div.actions { (link("/webhooks/new", "Add a webhook")) }
                    }
                }
            }
        }
    })
}

fn mark(name: &str, done: bool) -> Markup {
    html! {
        span.step-mark id={ "step-" (name) } data-live {
            @if done { span.done { (icon(Icon::Done)) span.visually-hidden { "Done: " } } }
            @else { span { (icon(Icon::Open)) span.visually-hidden { "To do: " } } }
        }
    }
}

fn install(viewer: &Viewer, origin: &str, key: &str, open: bool) -> Markup {
    html! {
        details.more open[open] {
            summary { "How to install it" }
            div.stack-s {
                p.muted { "Put this on every page of your website, before " code { "</head>" } ":" }
                (code_block(&pixel::snippet(&viewer.workspace.settings.pixel, origin, key), "the pixel"))
                p.small.muted {
                    "Its name, and an address on your own website, are in " a href=(viewer.path("/settings/sites")) { "the settings of sites" } "."
                }
                p.muted { "Or try it from a terminal:" }
                (code_block(&pixel::command(origin, key), "the command"))
            }
        }
    }
}

/// What came of it so far.
fn saw(viewer: &Viewer, page_view: Option<&SignalRecord>, app: &App) -> Markup {
    match page_view {
        None => html! { p.loading { "Waiting for your first page view. This changes by itself when it comes." } },
        Some(signal) => html! {
            p.mark-yes { "We saw your first page view." }
            p.small.muted {
                "The latest"
                @if let Some(path) = path_of(&signal.raw, app) { ": " code { (path) } }
                ", " (moment(signal.received_at, &viewer.zone))
            }
        },
    }
}

/// The path that rules see, read as it was when the signal came.
fn path_of(raw: &str, app: &App) -> Option<String> {
    let item: Value = serde_json::from_str(raw).ok()?;
    let signal = tracking::read(Some(Kind::Page), item.as_object()?, app.ambient.now(), None, &app.ambient).ok()?;
    match signal.body {
        SignalBody::Page { page, .. } => Some(page.path),
        _ => None,
    }
}

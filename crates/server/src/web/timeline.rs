//! What a contact or company did, as a line of time: page views of a visit together, interests, events.
//!
//! Promise: every entry of the part that was asked for shows once, at its latest moment.

use beckon_domain::id::VisitId;
use beckon_store::WorkspaceConfig;
use jiff::Timestamp;
use maud::{Markup, html};

use super::parts::{Icon, empty, moment};
use super::viewer::Viewer;
use crate::api::timeline::{Entry, Timeline};

/// Most pages of a visit that are named.
const PAGES_SHOWN: usize = 12;

/// What stands together.
enum Item<'a> {
    Visit { id: VisitId, pages: Vec<(&'a str, Timestamp)> },
    Other(&'a Entry),
}

fn items(entries: &[Entry]) -> Vec<Item<'_>> {
    let mut items: Vec<Item<'_>> = vec![];
    for entry in entries {
        let Entry::PageView { at, visit_id, path } = entry else {
            items.push(Item::Other(entry));
            continue;
        };
        let known = items.iter_mut().find_map(|item| match item {
            Item::Visit { id, pages } if id == visit_id => Some(pages),
            _ => None,
        });
        match known {
            Some(pages) => pages.push((path, *at)),
            None => items.push(Item::Visit { id: *visit_id, pages: vec![(path, *at)] }),
        }
    }
    items
}

/// The card. `path` is the page it stands on, `before` where this part of it begins.
pub(super) fn timeline(viewer: &Viewer, path: &str, timeline: &Timeline, before: Option<Timestamp>) -> Markup {
    let shown = items(&timeline.data);
    html! {
        section.card #timeline aria-labelledby="timeline-title" {
            div.card-head { h2 #timeline-title { "Timeline" } }
            @if shown.is_empty() {
                @if before.is_some() { p.muted { "Nothing earlier." } }
                @else { (empty(Icon::Signal, "Nothing seen yet", html! { "Visits, interests shown elsewhere, and events announced will be here." }, None)) }
            }
            ol.timeline { @for item in &shown { (show(viewer, item)) } }
            @if before.is_some() || timeline.next_before.is_some() {
                div.actions {
                    @if before.is_some() { a.button.small href=(viewer.path(path)) { "Back to the newest" } }
                    @if let Some(next) = timeline.next_before {
                        a.button.small href={ (viewer.path(path)) "?before=" (next) "#timeline" } { "Older" }
                    }
                }
            }
        }
    }
}

fn show(viewer: &Viewer, item: &Item<'_>) -> Markup {
    match item {
        Item::Visit { pages, .. } => visit(viewer, pages),
        Item::Other(Entry::Intent { at, topic, score, source }) => html! {
            li.info {
                strong { "Interest in " (topic) }
                p.small.muted {
                    @if let Some(score) = score { "score " (score) ", " }
                    @if let Some(source) = source { "from " (source) ", " }
                    (moment(*at, &viewer.zone))
                }
            }
        },
        Item::Other(Entry::Event { at, id, event_type, segment_id }) => html! {
            li.good {
                strong { a href=(viewer.path(&format!("/events/{id}"))) { (event_type) } }
                p.small.muted {
                    @if let Some(id) = segment_id {
                        "for " a href=(viewer.path(&format!("/segments/{id}"))) { (segment_name(&viewer.workspace, *id)) } ", "
                    }
                    (moment(*at, &viewer.zone))
                }
            }
        },
        Item::Other(Entry::PageView { path, at, .. }) => visit(viewer, &[(path, *at)]),
    }
}

fn segment_name(workspace: &WorkspaceConfig, id: beckon_domain::id::SegmentId) -> String {
    let known = workspace.segments.iter().find(|segment| segment.id == id);
    known.map_or_else(|| format!("segment {id}"), |segment| segment.name.clone())
}

/// `pages` are the latest first.
fn visit(viewer: &Viewer, pages: &[(&str, Timestamp)]) -> Markup {
    let more = pages.len().saturating_sub(PAGES_SHOWN);
    html! {
        li {
            strong { "Visit: " @if pages.len() == 1 { "1 page" } @else { (pages.len()) " pages" } }
            @if let Some((_, at)) = pages.first() { p.small.muted { (moment(*at, &viewer.zone)) } }
            ul.pages.small {
                @for (path, at) in pages.iter().take(PAGES_SHOWN) { li { code { (path) } " " span.muted { (moment(*at, &viewer.zone)) } } }
                @if more > 0 { li.muted { "and " (more) " earlier" } }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_pages_of_a_visit_stand_together_at_the_latest() {
        let at = |second| Timestamp::from_second(second).unwrap();
        let view = |second, visit: u128, path: &str| Entry::PageView {
            at: at(second),
            visit_id: VisitId::from(uuid::Uuid::from_u128(visit)),
            path: path.to_owned(),
        };
        let intent = Entry::Intent { at: at(8), topic: "crm".to_owned(), score: None, source: None };
        let entries = [view(9, 1, "/c"), intent, view(7, 1, "/b"), view(6, 2, "/a")];
        let shown = items(&entries);
        let pages = |item: &Item<'_>| match item {
            Item::Visit { pages, .. } => pages.iter().map(|(path, _)| (*path).to_owned()).collect::<Vec<_>>(),
            Item::Other(_) => vec![],
        };
        assert_eq!(shown.iter().map(pages).collect::<Vec<_>>(), [vec!["/c", "/b"], vec![], vec!["/a"]]);
    }
}

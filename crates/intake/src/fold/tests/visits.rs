//! On which visit?

use super::*;
use crate::testing::{From, everybody, group, identify, page, segment, track};
use beckon_domain::segment::Subject;
use beckon_domain::signal::SignalBody;
use beckon_domain::visit::Utm;

// behaviour Q3
#[test]
fn thirty_minutes_of_silence_begin_a_new_visit() {
    let mut world = World::with(vec![segment(1, Subject::Contact, everybody())]);
    world.take(identify(0, "ann@acme.test").browser("b"));
    world.take_all([page(0, "/a").browser("b"), page(30, "/b").browser("b")]);
    let first = world.visit_of("b");
    assert_eq!((first.page_views, first.first_visit, first.page.path.as_str()), (2, true, "/b"));
    assert_eq!((first.started_at, first.last_seen_at), (minute(0), minute(30)));

    world.take(page(61, "/c").browser("b"));
    let second = world.visit_of("b");
    assert_ne!(second.id, first.id);
    assert_eq!((second.page_views, second.first_visit), (1, false));
    assert_eq!(world.announced().len(), 2, "each visit is announced");
}

#[test]
fn what_is_no_page_view_keeps_a_visit_going_but_begins_none() {
    let mut world = World::with(vec![]);
    world.take_all([track(0).browser("b"), group(1, "g", "G").browser("b")]);
    assert_eq!(world.working.visitor("b").unwrap().visit, None);
    world.take_all([page(2, "/").browser("b"), track(30).browser("b"), page(59, "/").browser("b")]);
    assert_eq!(world.visit_of("b").page_views, 2);
    world.take(track(120).browser("b"));
    assert_eq!(world.visit_of("b").last_seen_at, minute(59), "that visit is over");
}

#[test]
fn a_visit_comes_from_where_its_first_page_view_came_from() {
    let mut world = World::with(vec![]);
    let from = |at, path: &str, source: &str| {
        let mut signal = page(at, path).browser("b");
        let SignalBody::Page { referrer, utm, .. } = &mut signal.body else { unreachable!() };
        *referrer = Some(format!("https://{source}.test/"));
        *utm = Utm { source: Some(source.to_owned()), ..Utm::default() };
        signal
    };
    world.take_all([from(5, "/a", "news"), from(6, "/b", "ads"), from(1, "/c", "search")]);
    let visit = world.visit_of("b");
    assert_eq!(visit.utm.source.as_deref(), Some("search"), "the earliest, though it came last");
    assert_eq!((visit.started_at, visit.page_views), (minute(1), 3));
    assert_eq!(visit.page.path, "/b", "the latest");
}

#[test]
fn page_views_from_before_the_visit_in_progress_have_a_visit_of_their_own() {
    let mut world = World::with(vec![]);
    world.take(page(500, "/now").browser("b"));
    let current = world.visit_of("b");
    world.take_all([page(10, "/then").browser("b"), page(12, "/then").browser("b")]);
    assert_eq!(world.visit_of("b"), current);
    let changes = world.changes();
    assert_eq!(changes.visits.len(), 2);
    let aside = changes.visits.iter().find(|record| record.visit.id != current.id).unwrap();
    assert_eq!((aside.visit.started_at, aside.visit.page_views), (minute(10), 2));
}

#[test]
fn visitors_do_not_share_visits() {
    let mut world = World::with(vec![]);
    world.take_all([page(0, "/").browser("a"), page(0, "/").browser("b")]);
    assert_ne!(world.visit_of("a").id, world.visit_of("b").id);
}

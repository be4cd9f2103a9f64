//! For which segments, and what is announced to whom?

use super::*;
use crate::testing::{From, everybody, group, identify, intent, page, segment, track, viewed};
use beckon_domain::channel::Channel;
use beckon_domain::id::ListId;
use beckon_domain::qualify::LastFiring;
use beckon_domain::segment::{Frequency, Subject};
use beckon_store::intake::{History, SubjectId};
use jiff::SignedDuration;
use serde_json::json;
use std::collections::HashMap;

fn ann_on(browser: &str) -> Signal {
    identify(0, "ann@acme.test").browser(browser)
}

// behaviour Q1 (in part)
#[test]
fn a_page_view_of_a_contact_in_a_segment_is_announced_in_the_published_shape() {
    let mut world = World::with(vec![segment(7264, Subject::Contact, everybody())]);
    world.take_all([ann_on("b"), page(5, "/pricing").browser("b")]);
    let [event] = world.events() else { panic!("one event") };
    let text = std::str::from_utf8(&event.payload).unwrap();
    let published = concat!(
        r#"{"event":"contact.visited","timestamp":"2026-02-02T02:45:00Z","#,
        r#""contact":{"first_name":null,"last_name":null,"email":"ann@acme.test","title":null,"#,
        r#""company":null,"linkedin_url":null},"#,
        r#""segment":{"id":"7264","name":"Segment 7264"},"#,
    );
    assert!(text.starts_with(published), "{text}");
    assert_eq!(event.channels, [Channel::parse("segment_7264").unwrap()]);
    assert_eq!(event.deliveries.len(), 1);
    assert_eq!(event.created_at, minute(100_000));
    assert_eq!(event.source.visit_id, Some(world.visit_of("b").id));
}

// behaviour Q2
#[test]
fn it_fires_once_a_visit_on_the_page_view_that_makes_the_rule_true() {
    let mut world = World::with(vec![segment(1, Subject::Contact, viewed("/pricing", 3))]);
    world.take(ann_on("b"));
    world.take_all((1..=6).map(|at| page(at, "/pricing").browser("b")));
    assert_eq!(world.announced(), [("contact.visited".to_owned(), 1, minute(3))]);
    assert_eq!(payload(&world.events()[0])["visit"]["page_views"], 3);
}

// behaviour Q2
#[test]
fn one_person_on_two_devices_is_not_announced_at_every_turn() {
    let mut world = World::with(vec![segment(1, Subject::Contact, everybody())]);
    world.take_all([ann_on("phone"), ann_on("desk")]);
    world.take_all([page(1, "/").browser("phone"), page(2, "/").browser("desk")]);
    assert_eq!(world.announced().len(), 2, "two visits");
    world.take_all((3..9).map(|at| page(at, "/").browser(if at % 2 == 0 { "phone" } else { "desk" })));
    assert_eq!(world.announced().len(), 2);
}

#[test]
fn two_visits_of_one_company_at_the_same_moment_are_two_announcements() {
    let mut world = World::with(vec![segment(1, Subject::Company, everybody())]);
    world.take_all([page(0, "/").browser("a").in_group("g"), page(0, "/").browser("b").in_group("g")]);
    assert_eq!(world.announced().len(), 2);
}

#[test]
fn two_segments_that_match_make_two_events_in_their_order() {
    let mut world = World::with(vec![
        segment(9, Subject::Contact, everybody()),
        segment(3, Subject::Contact, everybody()),
        segment(5, Subject::Contact, json!({ "any": [] })),
    ]);
    world.take_all([ann_on("b"), page(1, "/").browser("b")]);
    let segments: Vec<i64> = world.announced().iter().map(|(_, segment, _)| *segment).collect();
    assert_eq!(segments, [3, 9]);
}

#[test]
fn whoever_fits_the_ideal_customer_profile_is_announced() {
    let rule = || json!({ "icp": true });
    let mut config = config(vec![segment(1, Subject::Contact, rule()), segment(2, Subject::Company, rule())], vec![]);
    config.settings.icp.domains = vec!["acme.test".to_owned()];
    let mut world = World::of(config);
    world.take_all([ann_on("b"), page(1, "/").browser("b")]);
    world.take_all([identify(2, "joe@kestrel.test").browser("c"), page(3, "/").browser("c")]);
    assert_eq!(world.announced(), [("contact.visited".to_owned(), 1, minute(1))]);
}

#[test]
fn a_list_is_asked_for_of_the_person_and_of_their_company() {
    let id = |n: u128| ListId::from(uuid::Uuid::from_u128(n));
    let on = |n: u128| json!({ "list": id(n) });
    let mut world = World::with(vec![
        segment(1, Subject::Contact, on(1)),
        segment(2, Subject::Contact, on(2)),
        segment(3, Subject::Company, on(2)),
        segment(4, Subject::Company, on(1)),
    ]);
    let mut query = beckon_store::intake::IntakeQuery::default();
    ask_for(&mut query, &[ann_on("b")], &world.compiled, &Default::default());
    assert!(query.lists && query.of_contacts_only);
    world.take_all([ann_on("b"), page(1, "/").browser("x").in_group("acme")]);
    let ann = world.contact_of_email("ann@acme.test");
    let (ann, company) = (ann.id, ann.company_id.unwrap());
    world.working.put_on_list(id(1), SubjectId::Contact(ann), minute(1));
    world.take(page(2, "/").browser("b"));
    assert_eq!(world.announced(), [("contact.visited".to_owned(), 1, minute(2))]);
    world.working.put_on_list(id(2), SubjectId::Company(company), minute(3));
    world.take(page(4, "/").browser("b"));
    assert_eq!(world.announced().last(), Some(&("contact.visited".to_owned(), 2, minute(4))));
    assert_eq!(world.announced().len(), 2, "of the group nobody put it on a list");
}

#[test]
fn a_segment_that_is_off_or_has_no_action_announces_nothing() {
    let off = Segment { enabled: false, ..segment(1, Subject::Contact, everybody()) };
    let silent = Segment { actions: vec![], ..segment(2, Subject::Contact, everybody()) };
    let mut world = World::with(vec![off, silent]);
    world.take_all([ann_on("b"), page(1, "/").browser("b")]);
    assert_eq!(world.announced(), []);
}

#[test]
fn what_comes_to_be_known_during_a_visit_can_be_what_qualifies() {
    let rule = json!({ "prop": "contact.title", "op": "eq", "value": "ceo" });
    let mut world = World::with(vec![segment(1, Subject::Contact, rule)]);
    world.take_all([ann_on("b"), page(1, "/").browser("b"), track(2).browser("b")]);
    assert_eq!(world.announced(), []);
    let mut promoted = identify(3, "ann@acme.test").browser("b");
    let beckon_domain::signal::SignalBody::Identify(person) = &mut promoted.body else { unreachable!() };
    person.profile.title = Some("CEO".to_owned());
    world.take(promoted);
    assert_eq!(world.announced(), [("contact.visited".to_owned(), 1, minute(3))]);
}

#[test]
fn without_a_visit_in_progress_nothing_is_announced() {
    let mut world =
        World::with(vec![segment(1, Subject::Contact, everybody()), segment(2, Subject::Company, everybody())]);
    world.take_all([ann_on("b"), track(1).browser("b"), group(2, "g", "G").browser("b")]);
    assert_eq!(world.announced(), []);
}

#[test]
fn an_identify_that_overtakes_its_page_view_still_sees_it() {
    let mut world = World::with(vec![segment(1, Subject::Contact, viewed("/pricing", 1))]);
    world.take(page(5, "/pricing").browser("b"));
    world.take(identify(4, "ann@acme.test").browser("b"));
    assert_eq!(world.announced().len(), 1);
}

// behaviour Q7
#[test]
fn an_intent_signal_of_a_contact_in_the_segment_is_announced_with_its_topic() {
    let rule = json!({ "intent": { "topic": ["crm"] }, "score": { "op": "gte", "value": 70 } });
    let mut world = World::with(vec![segment(1, Subject::Contact, rule)]);
    world.take_all([intent(0, "ann@acme.test", "CRM", 60.0), intent(1, "ann@acme.test", "erp", 90.0)]);
    assert_eq!(world.announced(), []);
    world.take(intent(2, "ann@acme.test", "CRM", 82.5));
    let [event] = world.events() else { panic!("one event") };
    let told = payload(event);
    assert_eq!(event.event_type, "contact.intent");
    let interest = json!({ "topic": "CRM", "score": 82.5, "source": "reviews", "observed_at": "2026-02-02T02:42:00Z" });
    assert_eq!(told["intent"], interest);
    assert_eq!(told["contact"]["email"], "ann@acme.test");
    assert_eq!(told.get("visit"), None);
}

// behaviour Q10
#[test]
fn a_segment_fires_as_often_as_its_frequency_says() {
    let mut first = segment(1, Subject::Contact, everybody());
    first.frequency = Frequency::FirstVisit;
    let mut rare = segment(2, Subject::Contact, everybody());
    rare.frequency = Frequency::Cooldown(SignedDuration::from_hours(3));
    let mut world = World::with(vec![first, rare, segment(3, Subject::Contact, everybody())]);
    world.take(ann_on("b"));
    world.take_all([0, 60, 120, 180].map(|at| page(at, "/").browser("b")));
    let times_of = |wanted| world.announced().iter().filter(|(_, segment, _)| *segment == wanted).count();
    assert_eq!((times_of(1), times_of(2), times_of(3)), (1, 2, 4));
}

#[test]
fn what_was_announced_and_done_before_the_batch_counts() {
    let mut before = World::with(vec![]);
    before.take_all([ann_on("b"), page(0, "/pricing").browser("b")]);
    let (ann, visit) = (before.contact_of_email("ann@acme.test").clone(), before.visit_of("b"));
    let visitor = before.working.visitor("b").unwrap().clone();
    let subject = SubjectId::Contact(ann.id);
    let view = beckon_domain::visit::PageView { path: "/pricing".to_owned(), at: minute(0) };
    let state = |firings| IntakeState {
        visitors: [("b".to_owned(), visitor.clone())].into(),
        contacts: [(ann.id, ann.clone())].into(),
        history: [(subject, History { page_views: vec![view.clone()], intents: vec![] })].into(),
        firings,
        ..IntakeState::default()
    };
    let segments = vec![segment(1, Subject::Contact, viewed("/pricing", 2))];
    let mut world = World::with(segments.clone()).knowing(state(HashMap::new()));
    world.take(page(1, "/pricing").browser("b"));
    assert_eq!(world.announced().len(), 1, "the second view");

    let fired = LastFiring { at: minute(0), visit_id: Some(visit.id) };
    let firings = HashMap::from([((subject, segments[0].id, "contact.visited".to_owned()), fired)]);
    let mut world = World::with(segments).knowing(state(firings));
    world.take(page(1, "/pricing").browser("b"));
    assert_eq!(world.announced(), [], "this visit was announced");
}

// behaviour R10
#[test]
fn an_event_nobody_takes_is_an_event_and_owes_nothing() {
    let limited =
        beckon_domain::webhook::Webhook { channels: vec![Channel::parse("segment_2").unwrap()], ..webhook(8) };
    let segments = vec![segment(1, Subject::Contact, everybody()), segment(2, Subject::Contact, everybody())];
    let mut world = World::of(config(segments, vec![limited]));
    world.take_all([ann_on("b"), page(1, "/").browser("b")]);
    let owed: Vec<usize> = world.events().iter().map(|event| event.deliveries.len()).collect();
    assert_eq!(owed, [0, 1]);
}

#[test]
fn a_batch_asks_for_history_as_far_back_as_its_earliest_signal_needs() {
    let compiled = World::with(vec![segment(1, Subject::Contact, viewed("/pricing", 2))]).compiled;
    let mut query = beckon_store::intake::IntakeQuery::default();
    ask_for(
        &mut query,
        &[page(50, "/").browser("b").user("u"), identify(20, "ann@acme.test").browser("b")],
        &compiled,
        &Default::default(),
    );
    assert_eq!(query.page_views_since, Some(minute(20 - (8 * 24 + 1) * 60)));
    assert_eq!(query.intents_since, None);
    assert_eq!(query.visitor_keys, ["b".to_owned()].into());
    assert_eq!(query.user_ids, ["u".to_owned()].into());
    assert_eq!(query.domains.iter().map(|domain| domain.as_str()).collect::<Vec<_>>(), ["acme.test"]);
}

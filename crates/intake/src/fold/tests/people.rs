//! Who is it?

use super::*;
use crate::testing::{From, alias, everybody, identify, intent, page, segment, track, viewed};
use beckon_domain::contact::ContactProfile;
use beckon_domain::segment::Subject;
use beckon_domain::signal::SignalBody;

#[test]
fn nobody_is_made_up_for_a_signal_without_address_and_user_id() {
    let mut world = World::with(vec![]);
    world.take_all([page(0, "/").browser("b"), track(1).browser("b"), identify(2, "").browser("b")]);
    assert_eq!(world.contact_behind("b"), None);
    let changes = world.changes();
    assert_eq!((changes.contacts.len(), changes.visitors.len(), changes.signals.len()), (0, 1, 3));
    assert!(changes.signals.iter().all(|signal| signal.visitor_id == Some(changes.visitors[0].id)));
}

#[test]
fn a_signal_with_a_user_id_only_is_of_a_visitor_of_its_own() {
    let mut world = World::with(vec![]);
    world.take(page(0, "/").user("u1"));
    assert_eq!(world.working.visitor("user:u1").unwrap().contact_id, Some(world.contact_of_user("u1").id));
}

#[test]
fn placeholders_in_place_of_ids_make_nobody() {
    let mut world = World::with(vec![]);
    world.take_all([page(0, "/").browser("b1").user("null"), page(0, "/").browser("b2").user("[object Object]")]);
    world.take(page(0, "/").browser("anonymous").user("undefined"));
    let changes = world.changes();
    assert_eq!((changes.contacts.len(), changes.visitors.len()), (0, 2));
}

#[test]
fn a_person_is_found_by_user_id_then_by_address_and_gets_what_is_missing() {
    let mut world = World::with(vec![]);
    world.take(identify(0, "ann@acme.test").browser("b1"));
    world.take(page(1, "/").browser("b2").user("u1"));
    let ann = world.contact_of_email("ann@acme.test").id;
    assert_ne!(ann, world.contact_of_user("u1").id);

    world.take(identify(2, "new@acme.test").browser("b2").user("u1"));
    assert_eq!(world.contact_of_user("u1").email, Some(email("new@acme.test")), "had none, and it was free");
    world.take(identify(3, "ann@acme.test").browser("b3").user("u2"));
    assert_eq!(world.contact_of_user("u2").id, ann, "had no user id");
}

#[test]
fn a_user_id_goes_before_an_address_that_is_somebody_elses() {
    let mut world = World::with(vec![]);
    world.take(identify(0, "a@acme.test").browser("b1").user("ua"));
    world.take(identify(0, "b@acme.test").browser("b2").user("ub"));
    let (a, b) = (world.contact_of_user("ua").id, world.contact_of_user("ub").id);
    world.take(identify(1, "b@acme.test").browser("b3").user("ua"));
    assert_eq!(world.contact_behind("b3"), Some(a));
    assert_eq!(world.contact_of_user("ua").email, Some(email("a@acme.test")));
    assert_eq!(world.contact_of_email("b@acme.test").id, b);
}

#[test]
fn an_address_under_another_user_id_stays_with_the_first() {
    let mut world = World::with(vec![]);
    world.take(identify(0, "shared@acme.test").browser("b1").user("u1"));
    world.take(identify(1, "shared@acme.test").browser("b2").user("u2"));
    assert_eq!(world.contact_of_email("shared@acme.test").user_id.as_deref(), Some("u1"));
    assert_eq!(world.contact_of_user("u2").email, None);
    assert_ne!(world.contact_behind("b1"), world.contact_behind("b2"));
}

#[test]
fn an_address_once_known_is_not_overwritten_by_a_browser() {
    let mut world = World::with(vec![]);
    world.take(identify(0, "old@acme.test").browser("b").user("u1"));
    world.take(identify(1, "new@acme.test").browser("b").user("u1"));
    assert_eq!(world.contact_of_user("u1").email, Some(email("old@acme.test")));
}

#[test]
fn what_is_said_is_kept_until_something_else_is_said() {
    let mut world = World::with(vec![]);
    let say = |at, first: Option<&str>, title: Option<&str>| {
        let mut signal = identify(at, "ann@acme.test").browser("b");
        let SignalBody::Identify(person) = &mut signal.body else { unreachable!() };
        person.profile = ContactProfile {
            first_name: first.map(str::to_owned),
            title: title.map(str::to_owned),
            ..ContactProfile::default()
        };
        person.traits.insert("plan".to_owned(), at.into());
        signal
    };
    world.take_all([say(0, Some("Ann"), Some("VP")), say(1, None, Some("CEO"))]);
    let ann = world.contact_of_email("ann@acme.test");
    assert_eq!((ann.profile.first_name.as_deref(), ann.profile.title.as_deref()), (Some("Ann"), Some("CEO")));
    assert_eq!(ann.traits["plan"], 1);
}

#[test]
fn traits_without_an_identifier_are_of_whoever_the_browser_is_known_as() {
    let mut world = World::with(vec![]);
    world.take(identify(0, "ann@acme.test").browser("b"));
    let mut more = identify(1, "").browser("b");
    let SignalBody::Identify(person) = &mut more.body else { unreachable!() };
    person.profile.title = Some("CEO".to_owned());
    world.take(more);
    assert_eq!(world.contact_of_email("ann@acme.test").profile.title.as_deref(), Some("CEO"));
}

// behaviour Q4
#[test]
fn pages_viewed_before_the_visitor_was_known_count_for_the_person() {
    let mut world = World::with(vec![segment(1, Subject::Contact, viewed("/pricing", 2))]);
    world.take_all([page(0, "/pricing").browser("b"), page(1, "/pricing").browser("b")]);
    assert_eq!(world.announced(), []);
    world.take(identify(2, "ann@acme.test").browser("b"));
    assert_eq!(world.announced(), [("contact.visited".to_owned(), 1, minute(2))]);

    let ann = world.contact_behind("b");
    let changes = world.changes();
    assert!(changes.page_views.iter().all(|view| view.contact_id == ann), "those of this batch are written so");
    assert_eq!(changes.visits[0].contact_id, ann);
}

// behaviour Q4
#[test]
fn pages_of_the_visit_that_are_stored_already_are_claimed_and_count() {
    let mut before = World::with(vec![]);
    before.take_all([page(0, "/pricing").browser("b"), page(1, "/pricing").browser("b")]);
    let stored = before.changes();
    let state = IntakeState {
        visitors: stored.visitors.into_iter().map(|visitor| (visitor.key.clone(), visitor)).collect(),
        unclaimed: stored.page_views,
        ..IntakeState::default()
    };
    let visit = state.visitors["b"].visit.as_ref().unwrap().id;

    let mut world = World::with(vec![segment(1, Subject::Contact, viewed("/pricing", 2))]).knowing(state);
    world.take(identify(2, "ann@acme.test").browser("b"));
    assert_eq!(world.announced().len(), 1);
    let ann = world.contact_behind("b").unwrap();
    assert_eq!(world.changes().claims, [(visit, ann)]);
}

// behaviour Q4
#[test]
fn pages_of_an_earlier_visit_are_not_claimed() {
    let mut world = World::with(vec![segment(1, Subject::Contact, viewed("/pricing", 1))]);
    world.take(page(0, "/pricing").browser("b"));
    world.take(identify(31, "ann@acme.test").browser("b"));
    assert_eq!(world.announced(), []);
    assert_eq!(world.changes().claims, []);
}

// behaviour Q5
#[test]
fn a_shared_browser_does_not_make_two_persons_one() {
    let mut world = World::with(vec![segment(1, Subject::Contact, viewed("/pricing", 2))]);
    world.take_all([identify(0, "ann@acme.test").browser("b"), page(1, "/pricing").browser("b")]);
    world.take_all([identify(2, "bob@acme.test").browser("b"), page(3, "/pricing").browser("b")]);
    let (ann, bob) = (world.contact_of_email("ann@acme.test").id, world.contact_of_email("bob@acme.test").id);
    assert_ne!(ann, bob);
    assert_eq!(world.contact_behind("b"), Some(bob), "from now on it is Bob");
    assert_eq!(world.announced(), [], "neither has viewed it twice");
    let whose: Vec<_> = world.changes().page_views.iter().map(|view| view.contact_id).collect();
    assert_eq!(whose, [Some(ann), Some(bob)], "what Ann viewed stays Ann's");
}

#[test]
fn an_alias_links_the_browser_that_was_nobody_and_its_pages() {
    let mut world = World::with(vec![segment(1, Subject::Contact, viewed("/pricing", 1))]);
    world.take_all([page(0, "/pricing").browser("b"), alias(1, "b").user("u1")]);
    let person = world.contact_of_user("u1").id;
    assert_eq!(world.contact_behind("b"), Some(person));
    assert_eq!(world.announced(), [("contact.visited".to_owned(), 1, minute(1))]);
}

#[test]
fn an_alias_never_takes_a_browser_from_somebody_nor_makes_persons_one() {
    let mut world = World::with(vec![segment(1, Subject::Contact, everybody())]);
    world.take_all([identify(0, "ann@acme.test").browser("b"), page(0, "/").browser("b")]);
    world.take_all([page(0, "/").browser("c").user("u1")]);
    let (ann, announced) = (world.contact_of_email("ann@acme.test").id, world.announced().len());
    world.take_all([
        alias(1, "b").user("u2"),
        alias(1, "u1").user("u2"),
        alias(1, "u2").user("u2"),
        alias(1, "x").user("u2"),
    ]);
    assert_eq!(world.contact_behind("b"), Some(ann));
    assert_ne!(world.contact_of_user("u1").id, world.contact_of_user("u2").id);
    assert_eq!(world.announced().len(), announced);
    assert!(world.working.visitor("x").is_none(), "a browser nobody has seen is not made up");
}

// behaviour Q11
#[test]
fn a_message_id_is_one_signal() {
    let mut world = World::with(vec![])
        .knowing(IntakeState { seen_message_ids: ["stored".to_owned()].into(), ..IntakeState::default() });
    assert_eq!(world.take(page(0, "/").browser("b").message("stored")), Taken::Duplicate);
    assert!(matches!(world.take(page(1, "/").browser("b").message("m")), Taken::Stored { .. }));
    assert_eq!(world.take(page(2, "/").browser("b").message("m")), Taken::Duplicate);
    assert_eq!(world.visit_of("b").page_views, 1);
    let changes = world.changes();
    assert_eq!((changes.signals.len(), changes.page_views.len()), (1, 1));
    assert_eq!(changes.message_ids, [("m".to_owned(), minute(1))]);
    assert_eq!(changes.forget_message_ids_before, Some(minute(100_000 - 7 * 24 * 60)));
}

#[test]
fn an_intent_signal_makes_its_person_known() {
    let mut world = World::with(vec![]);
    let taken = world.take(intent(0, "ann@acme.test", "crm", 80.0));
    let ann = world.contact_of_email("ann@acme.test").id;
    assert!(matches!(taken, Taken::Stored { visitor_id: None, contact_id, .. } if contact_id == Some(ann)));
    let changes = world.changes();
    assert_eq!((changes.visitors.len(), changes.intents.len()), (0, 1));
}

#[test]
fn a_user_id_that_was_just_given_up_does_not_become_who_has_the_address() {
    let mut world = World::with(vec![]);
    world.take(identify(0, "ann@acme.test").browser("b1").user("u1"));
    world.take(page(0, "/").browser("b2").user("u2"));
    let renamed = Contact { user_id: Some("u3".to_owned()), ..world.contact_of_user("u2").clone() };
    world.working.put_contact(renamed, minute(1));
    world.take(identify(2, "ann@acme.test").browser("b4").user("u2"));
    assert_ne!(world.contact_behind("b4"), Some(world.contact_of_user("u1").id), "u2 is not u1");
}

//! By what people are known, how far that is believed, and who turns out to be one.

use beckon_domain::identity::{
    BROWSERS_MAX, CONTACT_EMAILS_MAX, EmailHash, IdentifierKind, IdentityChange, Refusal, Standing,
};
use beckon_domain::segment::Subject;
use beckon_domain::signal::{PersonTraits, RecognisedBy, SignalBody};

use super::*;
use crate::testing::{From, everybody, identify, page, segment, signal, viewed};

fn verified(mut signal: Signal) -> Signal {
    signal.standing = Standing::Verified;
    signal
}

fn titled(mut signal: Signal, title: &str) -> Signal {
    let SignalBody::Identify(person) = &mut signal.body else { unreachable!() };
    person.profile.title = Some(title.to_owned());
    person.traits.insert("plan".to_owned(), title.into());
    signal
}

fn hashed(at: i64, address: &str) -> Signal {
    let person = PersonTraits { email_hash: Some(EmailHash::of(&email(address))), ..PersonTraits::default() };
    signal(at, SignalBody::Identify(person))
}

fn on_linkedin(at: i64, url: &str) -> Signal {
    let mut person = PersonTraits::default();
    person.profile.linkedin_url = Some(url.to_owned());
    signal(at, SignalBody::Identify(person))
}

impl World {
    fn refusals(&self) -> Vec<(IdentifierKind, Refusal)> {
        let notes = self.working.changes.identity_notes.iter();
        let refused = |change: &IdentityChange| match change {
            IdentityChange::Refused { kind, reason, .. } => Some((*kind, *reason)),
            _ => None,
        };
        notes.filter_map(|note| refused(&note.change)).collect()
    }

    fn merges(&self) -> usize {
        self.working.changes.merges.len()
    }
}

#[test]
fn a_browser_adds_to_what_a_server_said_and_does_not_overwrite_it() {
    let mut world = World::with(vec![]);
    world.take(verified(titled(identify(0, "ann@acme.test").user("u1"), "VP")));
    world.take(titled(identify(1, "ann@acme.test").browser("b"), "Intern"));
    let mut more = identify(2, "ann@acme.test").browser("b");
    let SignalBody::Identify(person) = &mut more.body else { unreachable!() };
    person.profile.country = Some("FR".to_owned());
    world.take(more);
    let ann = world.contact_of_email("ann@acme.test");
    assert_eq!((ann.profile.title.as_deref(), ann.profile.country.as_deref()), (Some("VP"), Some("FR")));
    assert_eq!(ann.traits["plan"], "VP");
    world.take(verified(titled(identify(3, "ann@acme.test").user("u1"), "CEO")));
    assert_eq!(world.contact_of_email("ann@acme.test").profile.title.as_deref(), Some("CEO"), "a server may");
}

#[test]
fn a_browser_does_not_move_to_another_account_whom_a_server_put_into_one() {
    let mut world = World::with(vec![]);
    let in_group = |at, id: &str| crate::testing::group(at, id, id).user("u1");
    world.take(verified(in_group(0, "acme")));
    let acme = world.contact_of_user("u1").company_id;
    world.take(in_group(1, "evil").browser("b"));
    assert_eq!(world.contact_of_user("u1").company_id, acme);
    world.take(verified(in_group(2, "other")));
    assert_ne!(world.contact_of_user("u1").company_id, acme);
}

#[test]
fn a_person_has_several_addresses_and_is_found_by_each() {
    let mut world = World::with(vec![]);
    world.take(verified(identify(0, "old@acme.test").user("u1")));
    world.take(verified(identify(1, "new@acme.test").user("u1")));
    world.take(identify(2, "claimed@acme.test").browser("b").user("u1"));
    let one = world.contact_of_user("u1");
    assert_eq!(one.email, Some(email("new@acme.test")), "the one a server said last");
    assert_eq!(one.identity.other_emails, [email("old@acme.test"), email("claimed@acme.test")]);
    let id = one.id;
    for address in ["old@acme.test", "new@acme.test", "claimed@acme.test"] {
        assert_eq!(world.contact_of_email(address).id, id, "{address}");
    }
}

#[test]
fn an_address_too_many_is_refused_and_said_once() {
    let mut world = World::with(vec![]);
    for n in 0..CONTACT_EMAILS_MAX + 1 {
        world.take(identify(n as i64, &format!("a{n}@acme.test")).browser("b").user("u1"));
    }
    let last = format!("a{CONTACT_EMAILS_MAX}@acme.test");
    world.take(identify(50, &last).browser("b").user("u1"));
    assert_eq!(world.working.contact_of_email(&email(&last)), None);
    assert_eq!(world.refusals(), [(IdentifierKind::Email, Refusal::TooManyEmails)]);
}

#[test]
fn one_call_that_names_both_makes_two_people_one() {
    let mut world = World::with(vec![segment(1, Subject::Contact, viewed("/pricing", 2))]);
    world.take_all([identify(0, "ann@acme.test").browser("b1"), page(0, "/pricing").browser("b1")]);
    world.take_all([page(1, "/pricing").browser("b2").user("u1")]);
    assert_eq!(world.announced(), []);
    world.take(identify(2, "ann@acme.test").browser("b2").user("u1"));
    let ann = world.contact_of_user("u1").id;
    assert_eq!((world.contact_of_email("ann@acme.test").id, world.merges()), (ann, 1));
    assert_eq!((world.contact_behind("b1"), world.contact_behind("b2")), (Some(ann), Some(ann)));
    assert_eq!(world.announced().len(), 1, "what both did counts together");
    let changes = world.changes();
    assert!(changes.contacts.iter().all(|contact| contact.id == ann), "the other is gone");
}

#[test]
fn who_was_announced_as_either_is_not_announced_again_as_both() {
    let mut world = World::with(vec![segment(1, Subject::Contact, everybody())]);
    world.take_all([identify(0, "ann@acme.test").browser("b"), page(0, "/").browser("b")]);
    assert_eq!(world.announced().len(), 1);
    world.take(verified(signal(1, SignalBody::Track { event: "Signed in".to_owned() }).user("u1")));
    world.take(identify(2, "ann@acme.test").browser("b").user("u1"));
    world.take(page(3, "/").browser("b"));
    assert_eq!((world.merges(), world.announced().len()), (1, 1));
}

// behaviour Q5
#[test]
fn a_browsers_word_makes_nobody_one_with_whom_a_server_knows() {
    let mut world = World::with(vec![]);
    world.take(verified(identify(0, "ann@acme.test")).user("u1"));
    world.take(verified(identify(0, "boss@acme.test").browser("s")));
    let boss = world.contact_of_email("boss@acme.test").id;
    world.take(identify(1, "boss@acme.test").browser("b").user("u1"));
    assert_eq!(world.merges(), 0);
    assert_eq!(world.contact_of_email("boss@acme.test").id, boss);
    assert_eq!(world.refusals(), [(IdentifierKind::Email, Refusal::Unproven)]);
}

#[test]
fn an_address_that_was_only_claimed_goes_to_whom_a_server_says_it_belongs() {
    let mut world = World::with(vec![]);
    world.take(identify(0, "ann@acme.test").browser("b").user("thief"));
    world.take(verified(signal(1, SignalBody::Track { event: "Signed in".to_owned() }).user("u1")));
    world.take(verified(identify(2, "ann@acme.test").user("u1")));
    assert_eq!(world.contact_of_email("ann@acme.test").user_id.as_deref(), Some("u1"));
    assert_eq!(world.contact_of_user("thief").email, None);
    let changes = world.changes();
    assert!(changes.identity_notes.iter().any(|note| matches!(note.change, IdentityChange::Displaced { .. })));
}

#[test]
fn a_user_id_that_was_only_claimed_goes_when_a_server_says_another() {
    let mut world = World::with(vec![]);
    world.take(identify(0, "ann@acme.test").browser("b").user("made-up"));
    let ann = world.contact_of_email("ann@acme.test").id;
    world.take(verified(identify(1, "ann@acme.test").user("u1")));
    assert_eq!(world.contact_of_user("u1").id, ann);
    assert_eq!(world.working.contact_of_user_id("made-up"), None);
}

#[test]
fn the_hash_of_a_known_address_is_enough_and_that_of_an_unknown_one_waits() {
    let mut world = World::with(vec![segment(1, Subject::Contact, viewed("/pricing", 1))]);
    world.take_all([page(0, "/pricing").browser("b"), hashed(1, "ann@acme.test").browser("b")]);
    assert_eq!(world.contact_behind("b"), None, "nobody is made up for a hash");
    world.take(verified(identify(2, "ann@acme.test").user("u1")));
    let ann = world.contact_of_user("u1").id;
    assert_eq!(world.contact_behind("b"), Some(ann), "known late");
    world.take(page(3, "/about").browser("b"));
    assert_eq!(world.announced().len(), 1, "what they viewed on this visit counts");

    let recognised = hashed(4, "ANN@acme.test").browser("b2");
    world.take(recognised);
    assert_eq!(world.contact_behind("b2"), Some(ann));
    let changes = world.changes();
    assert_eq!(changes.signals.last().unwrap().story.recognised_by, Some(RecognisedBy::EmailSha256));
    assert_eq!(changes.contacts.len(), 1);
}

#[test]
fn a_linkedin_profile_names_somebody_if_a_server_says_so() {
    let mut world = World::with(vec![]);
    world.take(on_linkedin(0, "https://linkedin.com/in/ann").browser("b"));
    assert_eq!(world.contact_behind("b"), None);
    world.take(verified(on_linkedin(1, "https://www.linkedin.com/in/Ann/").browser("b")));
    let ann = world.contact_behind("b").unwrap();
    let mut later = verified(on_linkedin(2, "linkedin.com/in/ann").browser("s"));
    let SignalBody::Identify(person) = &mut later.body else { unreachable!() };
    person.email = Some(email("ann@acme.test"));
    world.take(later);
    assert_eq!(world.contact_of_email("ann@acme.test").id, ann);
}

#[test]
fn no_more_browsers_become_one_persons_in_a_week_than_may() {
    let mut world = World::with(vec![]);
    for n in 0..=BROWSERS_MAX {
        world.take(identify(n as i64, "shared@acme.test").browser(&format!("b{n}")));
    }
    let last = format!("b{BROWSERS_MAX}");
    assert_eq!(world.contact_behind(&last), None);
    assert_eq!(world.refusals(), [(IdentifierKind::AnonymousId, Refusal::TooManyBrowsers)]);
    let shared = world.contact_of_email("shared@acme.test").id;
    let changes = world.changes();
    assert_eq!(changes.signals.last().unwrap().contact_id, Some(shared), "the call itself says who it is");
}

#[test]
fn a_value_that_the_workspace_has_blocked_names_nobody() {
    let mut config = config(vec![], vec![]);
    config.settings.identity.blocked_values = vec!["Test@acme.test".to_owned(), "demo".to_owned()];
    let mut world = World::of(config);
    world.take(identify(0, "test@acme.test").browser("b"));
    world.take(page(1, "/").user("DEMO"));
    assert_eq!(world.contact_behind("b"), None);
    let kinds: Vec<_> = world.refusals();
    assert_eq!(kinds, [(IdentifierKind::Email, Refusal::Blocked), (IdentifierKind::UserId, Refusal::Blocked)]);
    assert_eq!(world.changes().contacts, []);
}

fn with_link(mut signal: Signal, contact: ContactId, nonce: &str, expired: bool) -> Signal {
    signal.email_link = Some(beckon_domain::signal::FollowedLink { contact, nonce: nonce.to_owned(), expired });
    signal
}

/// A world that knows Ann, and who she is.
fn with_ann() -> (World, ContactId) {
    let mut world = World::with(vec![segment(1, Subject::Contact, everybody())]);
    world.take(verified(identify(0, "ann@acme.test").user("u1")));
    let ann = world.contact_of_user("u1").id;
    (world, ann)
}

#[test]
fn who_follows_a_link_in_a_mail_and_stays_is_taken_for_whom_it_was_sent_to() {
    let (mut world, ann) = with_ann();
    world.take(with_link(page(1, "/pricing").browser("b"), ann, "n1", false));
    assert_eq!(world.contact_behind("b"), None, "programs that check mails get this far");
    let mut at_once = with_link(identify(1, "").browser("b"), ann, "n1", false);
    at_once.received_at = minute(1) + jiff::SignedDuration::from_millis(2_999);
    world.take(at_once);
    assert_eq!((world.contact_behind("b"), world.announced()), (None, vec![]));
    world.take(identify(2, "").browser("b"));
    assert_eq!(world.contact_behind("b"), Some(ann));
    assert_eq!(world.announced().len(), 1, "and the page that they landed on counts");
    let changes = world.changes();
    assert_eq!(changes.signals.last().unwrap().story.recognised_by, Some(RecognisedBy::EmailLink));
}

#[test]
fn a_link_that_is_forwarded_identifies_nobody() {
    let (mut world, ann) = with_ann();
    world.take_all([with_link(page(1, "/").browser("b1"), ann, "n1", false), page(2, "/a").browser("b1")]);
    assert_eq!(world.contact_behind("b1"), Some(ann));
    world.take_all([with_link(page(3, "/").browser("b2"), ann, "n1", false), page(4, "/a").browser("b2")]);
    assert_eq!(world.contact_behind("b2"), None);
    world.take_all([with_link(page(5, "/").browser("b3"), ann, "n2", false), page(6, "/a").browser("b3")]);
    assert_eq!(world.contact_behind("b3"), Some(ann), "another link to her, on another device");
}

#[test]
fn a_link_does_not_take_a_browser_from_somebody_nor_is_an_old_one_good() {
    let (mut world, ann) = with_ann();
    world.take(identify(1, "bob@acme.test").browser("bobs"));
    world.take_all([with_link(page(2, "/").browser("bobs"), ann, "n1", false), page(3, "/a").browser("bobs")]);
    assert_eq!(world.contact_behind("bobs"), Some(world.contact_of_email("bob@acme.test").id));
    world.take_all([with_link(page(4, "/").browser("b"), ann, "n2", true), page(5, "/a").browser("b")]);
    assert_eq!(world.contact_behind("b"), None);
}

// behaviour Q14
#[test]
fn who_is_on_the_suppression_list_does_not_become_known_and_nothing_of_them_is_kept() {
    let state = IntakeState {
        suppressed_emails: [email("ann@acme.test")].into(),
        suppressed_user_ids: ["u1".to_owned()].into(),
        ..IntakeState::default()
    };
    let mut world = World::with(vec![segment(1, Subject::Contact, everybody())]).knowing(state);
    let mut said = titled(identify(0, "ann@acme.test").browser("b"), "VP");
    said.raw = r#"{"traits":{"email":"ann@acme.test"}}"#.to_owned();
    world.take(said);
    world.take_all([page(1, "/pricing").browser("b").user("u1"), page(2, "/").user("u1")]);
    world.take(crate::testing::intent(3, "ann@acme.test", "crm", 50.0));
    assert_eq!((world.contact_behind("b"), world.announced()), (None, vec![]));
    let changes = world.changes();
    assert_eq!((changes.contacts.len(), changes.visitors.len()), (0, 1), "nor is there a browser of that user id");
    assert_eq!(changes.page_views.len(), 1, "the page counts for the browser");
    assert!(changes.signals.iter().all(|signal| !signal.raw.contains("ann")));
    assert!(changes.signals.iter().any(|signal| signal.raw.contains("suppressed")));
    let notes = serde_json::to_string(&changes.identity_notes).unwrap();
    assert!(notes.contains("suppressed") && !notes.contains("ann@"), "{notes}");
}

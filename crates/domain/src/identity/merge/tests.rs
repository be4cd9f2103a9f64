use serde_json::{Map, json};
use uuid::Uuid;

use super::*;
use crate::identity::Identity;

fn at(second: i64) -> Timestamp {
    Timestamp::from_second(second).unwrap()
}

fn id(n: u128) -> ContactId {
    Uuid::from_u128(n).into()
}

fn email(text: &str) -> Email {
    Email::parse(text).unwrap()
}

/// A contact first heard of at `n`.
fn contact(n: u128, address: Option<&str>, user_id: Option<&str>, verified: &[&str]) -> Contact {
    Contact {
        id: id(n),
        email: address.map(email),
        user_id: user_id.map(str::to_owned),
        company_id: None,
        profile: ContactProfile::default(),
        traits: Map::new(),
        identity: Identity {
            verified: verified.iter().map(|name| (*name).to_owned()).collect(),
            ..Identity::default()
        },
        suppressed_at: None,
        created_at: at(n as i64),
        updated_at: at(n as i64),
    }
}

fn merge_of(survivor: &Contact, loser: &Contact) -> Merge {
    Merge {
        id: Uuid::from_u128(99).into(),
        survivor: survivor.id,
        loser: loser.clone(),
        survivor_before: survivor.clone(),
        at: at(50),
        signal_id: None,
        visitors: Vec::new(),
        lists: Vec::new(),
        undone_at: None,
    }
}

#[test]
fn who_has_a_user_id_stays_then_who_is_verified_then_who_is_older() {
    let with_id = contact(3, None, Some("u1"), &[]);
    let verified = contact(2, Some("a@acme.com"), None, &["email"]);
    let older = contact(1, Some("b@acme.com"), None, &[]);
    for (stays, goes) in [
        (&with_id, &verified),
        (&with_id, &older),
        (&verified, &older),
        (&older, &contact(4, Some("c@x.com"), None, &[])),
    ] {
        assert_eq!(order(stays, goes).0.id, stays.id);
        assert_eq!(order(goes, stays).0.id, stays.id, "whichever is named first");
    }
}

// behaviour Q5
#[test]
fn two_user_ids_are_two_people_whoever_says_otherwise() {
    let (a, b) = (contact(1, None, Some("u1"), &[]), contact(2, Some("b@acme.com"), Some("u2"), &[]));
    for standing in [Standing::Claimed, Standing::Verified] {
        assert_eq!(may(&a, &b, standing), Err(Refusal::TwoUserIds));
    }
}

#[test]
fn a_browsers_word_does_not_move_what_was_verified() {
    let known = contact(1, None, Some("u1"), &["user_id"]);
    let (claimed, verified) =
        (contact(2, Some("b@acme.com"), None, &[]), contact(3, Some("c@acme.com"), None, &["email"]));
    assert_eq!(may(&known, &claimed, Standing::Claimed), Ok(()));
    assert_eq!(may(&known, &verified, Standing::Claimed), Err(Refusal::Unproven));
    assert_eq!(may(&known, &verified, Standing::Verified), Ok(()));
}

#[test]
fn a_person_has_no_more_addresses_than_one_may_have() {
    let mut full = contact(1, Some("a@acme.com"), Some("u1"), &[]);
    full.identity.other_emails = (2..=CONTACT_EMAILS_MAX).map(|n| email(&format!("a{n}@acme.com"))).collect();
    let other = contact(2, Some("z@acme.com"), None, &[]);
    assert_eq!(may(&full, &other, Standing::Verified), Err(Refusal::TooManyEmails));
}

#[test]
fn the_survivor_gains_what_they_lacked_and_what_was_verified_of_the_other() {
    let mut survivor = contact(2, None, Some("u1"), &["user_id"]);
    survivor.profile.title = Some("claimed".to_owned());
    survivor.profile.first_name = Some("Ann".to_owned());
    survivor.traits.insert("plan".to_owned(), json!("pro"));
    let mut loser = contact(1, Some("ann@acme.com"), None, &["email", "title"]);
    loser.profile.title = Some("VP".to_owned());
    loser.profile.first_name = Some("Anna".to_owned());
    loser.traits.insert("plan".to_owned(), json!("free"));
    loser.traits.insert("seats".to_owned(), json!(3));
    loser.suppressed_at = Some(at(20));
    let one = merged(&survivor, &loser, at(50));
    assert_eq!((one.id, one.user_id.as_deref(), one.email.as_ref()), (survivor.id, Some("u1"), loser.email.as_ref()));
    assert_eq!((one.profile.title.as_deref(), one.profile.first_name.as_deref()), (Some("VP"), Some("Ann")));
    assert_eq!(serde_json::Value::Object(one.traits.clone()), json!({ "plan": "pro", "seats": 3 }));
    assert_eq!(one.suppressed_at, Some(at(20)), "who asked to be left alone as one of them is");
    assert_eq!(one.identity.verified, ["email", "title", "user_id"].map(str::to_owned).into());
    assert_eq!(one.created_at, at(1));
}

#[test]
fn a_merge_that_is_undone_gives_back_both_and_what_became_known_since() {
    let mut survivor = contact(1, Some("ann@acme.com"), Some("u1"), &["user_id"]);
    survivor.profile.title = Some("VP".to_owned());
    let mut loser = contact(2, Some("bob@acme.com"), None, &["email"]);
    loser.profile.last_name = Some("Bobson".to_owned());
    loser.traits.insert("seats".to_owned(), json!(3));
    let merge = merge_of(&survivor, &loser);
    let one = merged(&survivor, &loser, at(50));

    let (ann, bob) = split(&one, &merge, at(60));
    assert_eq!(
        (&ann.email, &ann.user_id, &ann.profile, &ann.traits),
        (&survivor.email, &survivor.user_id, &survivor.profile, &survivor.traits)
    );
    assert_eq!((&bob.email, &bob.profile, &bob.traits), (&loser.email, &loser.profile, &loser.traits));
    assert_eq!(ann.identity.other_emails, []);
    assert_eq!(ann.identity.verified, survivor.identity.verified);

    let mut changed = one.clone();
    changed.profile.title = Some("CEO".to_owned());
    changed.traits.insert("seats".to_owned(), json!(4));
    let (ann, _) = split(&changed, &merge, at(60));
    assert_eq!(ann.profile.title.as_deref(), Some("CEO"), "was said after the merge");
    assert_eq!(ann.traits.get("seats"), Some(&json!(4)));
    assert_eq!(ann.profile.last_name, None);
}

#[test]
fn who_was_split_is_not_merged_again() {
    let (a, b) = (contact(1, None, Some("u1"), &[]), contact(2, Some("b@acme.com"), None, &[]));
    let (a, b) = split(&merged(&a, &b, at(50)), &merge_of(&a, &b), at(60));
    assert_eq!(may(&a, &b, Standing::Verified), Err(Refusal::SplitBefore));
    assert_eq!(may(&b, &a, Standing::Verified), Err(Refusal::SplitBefore));
}

#[test]
fn who_asked_to_be_left_alone_after_a_merge_did_so_as_both() {
    let (a, b) = (contact(1, None, Some("u1"), &[]), contact(2, Some("b@acme.com"), None, &[]));
    let mut one = merged(&a, &b, at(50));
    one.suppressed_at = Some(at(55));
    let (a, b) = split(&one, &merge_of(&a, &b), at(60));
    assert_eq!((a.suppressed_at, b.suppressed_at), (Some(at(55)), Some(at(55))));
}

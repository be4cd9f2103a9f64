//! Facts about the suppression list.

use std::collections::BTreeSet;

use beckon_domain::email::Email;
use beckon_domain::suppression::{SuppressedKind, Suppression, SuppressionHash};

use super::given::at;
use super::intake::read;
use super::{Given, assert_not_found, everything, walk};
use crate::SharedStore;
use crate::intake::IntakeQuery;

fn email(text: &str) -> Email {
    Email::parse(text).unwrap()
}

fn of_email(given: &Given, address: &str, value: Option<&str>) -> Suppression {
    given.tick();
    Suppression {
        id: given.ambient.new_id(),
        kind: SuppressedKind::Email,
        hash: SuppressionHash::of_email(given.workspace, &email(address)),
        value: value.map(str::to_owned),
        created_at: at(1),
    }
}

fn of_user_id(given: &Given, user_id: &str) -> Suppression {
    let hash = SuppressionHash::of_user_id(given.workspace, user_id);
    Suppression { kind: SuppressedKind::UserId, hash, ..of_email(given, "x@acme.com", Some(user_id)) }
}

/// Added once, listed newest first, taken off.
pub async fn entries_are_added_once_listed_and_taken_off(store: &SharedStore) {
    let given = Given::new(store).await;
    let ws = given.workspace;
    let entries = vec![
        of_email(&given, "a@acme.com", None),
        of_user_id(&given, "u1"),
        of_email(&given, "b@acme.com", Some("b@acme.com")),
    ];
    assert_eq!(store.add_suppressions(ws, entries.clone()).await.unwrap(), 3);
    let again = vec![of_email(&given, "a@acme.com", Some("a@acme.com")), of_email(&given, "c@acme.com", None)];
    assert_eq!(store.add_suppressions(ws, again.clone()).await.unwrap(), 1, "what is on it stays as it is");
    let newest_first: Vec<_> = again[1..].iter().chain(entries.iter().rev()).cloned().collect();
    assert_eq!(walk(2, async |page| store.list_suppressions(ws, page).await).await, newest_first);
    assert_eq!(store.delete_suppression(ws, entries[1].id).await.unwrap(), entries[1]);
    assert_not_found(store.delete_suppression(ws, entries[1].id).await);
    let other = given.other().await;
    assert_eq!(store.list_suppressions(other.workspace, everything()).await.unwrap().rows, []);
    assert_not_found(store.delete_suppression(other.workspace, entries[0].id).await);
}

/// With the addresses and user ids of a batch; those of another workspace do not count.
pub async fn who_is_on_the_list_is_told_with_a_batch(store: &SharedStore) {
    let given = Given::new(store).await;
    let entries = vec![of_email(&given, "a@acme.com", None), of_user_id(&given, "u1")];
    store.add_suppressions(given.workspace, entries).await.unwrap();
    let query = || IntakeQuery {
        emails: ["a@acme.com", "b@acme.com"].map(email).into(),
        user_ids: ["u1", "u2", "a@acme.com"].map(str::to_owned).into(),
        ..IntakeQuery::default()
    };
    let state = read(&given, query()).await;
    assert_eq!(state.suppressed_emails, BTreeSet::from([email("a@acme.com")]));
    assert_eq!(state.suppressed_user_ids, BTreeSet::from(["u1".to_owned()]));
    let elsewhere = read(&given.other().await, query()).await;
    assert!(elsewhere.suppressed_emails.is_empty() && elsewhere.suppressed_user_ids.is_empty());
}

//! Facts about the audit log.

use beckon_domain::audit::{Actor, AuditEntry};
use serde_json::json;

use super::{Given, assert_not_found, assert_refused, everything, garbage, walk};
use crate::audit::AuditFilter;
use crate::{PageRequest, SharedStore};

/// An entry of now that is not recorded yet.
pub(super) fn an_entry(given: &Given, action: &str, subject: &str) -> AuditEntry {
    AuditEntry {
        id: given.ambient.new_id(),
        workspace_id: given.workspace,
        at: given.now(),
        actor: Actor::System,
        action: action.to_owned(),
        subject: subject.to_owned(),
        before: None,
        after: Some(json!({ "n": 1 })),
    }
}

/// The subjects of entries, in their order.
pub(super) async fn subjects(given: &Given) -> Vec<String> {
    let all = AuditFilter::default();
    let listed = given.store.list_audit(given.workspace, &all, everything()).await.unwrap();
    listed.rows.into_iter().map(|entry| entry.subject).collect()
}

/// Whoever it was, and whether it was there before or is there since.
pub async fn an_entry_is_read_back_as_it_was_recorded(store: &SharedStore) {
    let given = Given::new(store).await;
    let actors = [
        Actor::System,
        Actor::ApiKey { id: given.ambient.new_id() },
        Actor::Member { id: given.ambient.new_id(), email: "jane@acme.com".to_owned() },
        Actor::Portal { id: given.ambient.new_id() },
    ];
    let changes = [
        (None, Some(json!({ "z": 0.1 + 0.2, "a": [null, "\u{fffd}"] }))),
        (Some(json!({ "a": 1 })), None),
        (Some(json!("x")), Some(json!({}))),
        (None, None),
    ];
    let mut all = Vec::new();
    for (actor, (before, after)) in actors.into_iter().zip(changes) {
        let entry = AuditEntry { actor, before, after, ..an_entry(&given, "webhook.updated", "wh_1") };
        store.record_audit(&entry).await.unwrap();
        all.insert(0, entry);
        given.tick();
    }
    let listed = store.list_audit(given.workspace, &AuditFilter::default(), everything()).await.unwrap();
    assert_eq!((listed.rows, listed.next), (all, None));
}

// behaviour A4
/// In pages, while more are recorded.
pub async fn entries_are_listed_newest_first_by_every_filter(store: &SharedStore) {
    let given = Given::new(store).await;
    let mut all = Vec::new();
    for n in 0..12 {
        let action = ["webhook.created", "webhook.updated", "webhooks", "segment.created"][n % 4];
        let entry = an_entry(&given, action, ["a", "b", "A"][n % 3]);
        store.record_audit(&entry).await.unwrap();
        all.insert(0, entry);
    }
    for subject in [None, Some("a"), Some("b"), Some("nothing")] {
        for action in [None, Some("webhook."), Some("webhook.updated"), Some("%"), Some("")] {
            let filter = AuditFilter { subject: subject.map(str::to_owned), action: action.map(str::to_owned) };
            let fits = |entry: &&AuditEntry| {
                subject.is_none_or(|subject| entry.subject == subject)
                    && action.is_none_or(|action| entry.action.starts_with(action))
            };
            let wanted: Vec<_> = all.iter().filter(fits).cloned().collect();
            assert_eq!(walk(2, async |page| store.list_audit(given.workspace, &filter, page).await).await, wanted);
            assert_eq!(walk(3, async |page| store.list_audit(given.workspace, &filter, page).await).await, wanted);
        }
    }
    let listed = walk(5, async |page| {
        let answer = store.list_audit(given.workspace, &AuditFilter::default(), page).await;
        store.record_audit(&an_entry(&given, "webhook.created", "a")).await.unwrap();
        answer
    });
    assert_eq!(listed.await, all);
    for cursor in garbage() {
        let page = PageRequest { after: Some(cursor), ..PageRequest::default() };
        assert_refused(store.list_audit(given.workspace, &AuditFilter::default(), page).await);
    }
}

// behaviour R9
/// And an entry needs a workspace.
pub async fn entries_of_workspaces_are_apart(store: &SharedStore) {
    let given = Given::new(store).await;
    let other = given.other().await;
    store.record_audit(&an_entry(&given, "webhook.created", "ours")).await.unwrap();
    store.record_audit(&an_entry(&other, "webhook.created", "theirs")).await.unwrap();
    assert_eq!(subjects(&given).await, ["ours"]);
    assert_eq!(subjects(&other).await, ["theirs"]);
    let homeless = AuditEntry { workspace_id: given.ambient.new_id(), ..an_entry(&given, "a", "b") };
    assert_not_found(store.record_audit(&homeless).await);
}

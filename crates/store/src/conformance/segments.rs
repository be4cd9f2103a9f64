//! Facts about segments, and the event types a workspace defines.

use beckon_domain::segment::{Frequency, Segment};
use beckon_domain::webhook::Webhook;
use jiff::SignedDuration;

use super::{Given, assert_exists, assert_not_found, assert_refused, assert_stale, everything, garbage, walk};
use crate::{PageRequest, SharedStore};

/// Whatever the workspace, and whatever was deleted.
pub async fn segments_are_numbered_from_1001_and_never_alike(store: &SharedStore) {
    let given = Given::new(store).await;
    let other = given.other().await;
    let first = given.segment().await;
    assert_eq!(first.id.0, 1001);
    assert_eq!(first, Segment { id: first.id, ..given.a_segment() });
    let second = other.segment().await;
    store.delete_segment(other.workspace, second.id, given.now()).await.unwrap();
    let third = given.segment().await;
    assert_eq!((second.id.0, third.id.0), (1002, 1003));
    assert_eq!(store.get_segment(given.workspace, third.id).await.unwrap(), third);
}

/// As with webhooks.
pub async fn a_segment_update_needs_the_latest_revision(store: &SharedStore) {
    let given = Given::new(store).await;
    let segment = given.segment().await;
    let changed = Segment {
        name: "Cooler".to_owned(),
        frequency: Frequency::Cooldown(SignedDuration::from_hours(5)),
        enabled: false,
        ..segment.clone()
    };
    let updated = store.update_segment(given.workspace, &changed).await.unwrap();
    assert_eq!(updated, Segment { revision: segment.revision + 1, ..changed });
    assert_stale(store.update_segment(given.workspace, &segment).await);
    assert_eq!(store.get_segment(given.workspace, segment.id).await.unwrap(), updated);
}

// behaviour R4
/// It cannot be read, changed or deleted again; webhooks limited to it keep that limit.
pub async fn a_deleted_segment_is_gone(store: &SharedStore) {
    let given = Given::new(store).await;
    let segment = given.segment().await;
    let limit = vec![beckon_domain::channel::Channel::of_segment(segment.id)];
    let webhook = Webhook { channels: limit.clone(), ..given.a_webhook() };
    store.create_webhook(&webhook).await.unwrap();
    store.delete_segment(given.workspace, segment.id, given.now()).await.unwrap();
    assert_not_found(store.get_segment(given.workspace, segment.id).await);
    assert_not_found(store.update_segment(given.workspace, &segment).await);
    assert_not_found(store.delete_segment(given.workspace, segment.id, given.now()).await);
    assert_eq!(store.list_segments(given.workspace, everything()).await.unwrap().rows, []);
    assert_eq!(store.get_webhook(given.workspace, webhook.id).await.unwrap().channels, limit);
}

// behaviour A4
/// In pages, while more arrive.
pub async fn segments_are_listed_newest_first(store: &SharedStore) {
    let given = Given::new(store).await;
    let mut ids = Vec::new();
    for _ in 0..5 {
        ids.push(given.segment().await.id);
    }
    ids.reverse();
    let listed = walk(2, async |page| {
        let answer = store.list_segments(given.workspace, page).await;
        given.segment().await;
        answer
    });
    assert_eq!(listed.await.iter().map(|segment| segment.id).collect::<Vec<_>>(), ids);
    for cursor in garbage() {
        let page = PageRequest { after: Some(cursor), ..PageRequest::default() };
        assert_refused(store.list_segments(given.workspace, page).await);
    }
}

// behaviour R9
/// Reading, changing, deleting.
pub async fn a_segment_of_another_workspace_is_not_found(store: &SharedStore) {
    let given = Given::new(store).await;
    let other = given.other().await;
    let theirs = other.segment().await;
    assert_not_found(store.get_segment(given.workspace, theirs.id).await);
    assert_not_found(store.update_segment(given.workspace, &theirs).await);
    assert_not_found(store.delete_segment(given.workspace, theirs.id, given.now()).await);
    assert_eq!(store.list_segments(given.workspace, everything()).await.unwrap().rows, []);
    assert_eq!(store.get_segment(other.workspace, theirs.id).await.unwrap(), theirs);
}

/// Created, listed by name, replaced, deleted.
pub async fn an_event_type_is_kept_under_its_name(store: &SharedStore) {
    let given = Given::new(store).await;
    let ws = given.workspace;
    let (b, a) = (given.an_event_type("b.b"), given.an_event_type("a.a"));
    for event_type in [&b, &a] {
        store.create_event_type(ws, event_type).await.unwrap();
    }
    assert_exists(store.create_event_type(ws, &a).await);
    assert_eq!(store.list_event_types(ws).await.unwrap(), [a.clone(), b.clone()]);
    let changed = beckon_domain::catalog::EventType { schema: None, ..a };
    store.update_event_type(ws, &changed).await.unwrap();
    assert_not_found(store.update_event_type(ws, &given.an_event_type("c.c")).await);
    assert_eq!(store.list_event_types(ws).await.unwrap(), [changed, b]);
    store.delete_event_type(ws, "a.a").await.unwrap();
    assert_not_found(store.delete_event_type(ws, "a.a").await);
    assert_eq!(store.list_event_types(ws).await.unwrap().len(), 1);
}

/// Until the webhook drops it or is deleted.
pub async fn an_event_type_that_a_webhook_lists_cannot_be_deleted(store: &SharedStore) {
    let given = Given::new(store).await;
    let ws = given.workspace;
    store.create_event_type(ws, &given.an_event_type("invoice.paid")).await.unwrap();
    let wants = vec!["contact.visited".to_owned(), "invoice.paid".to_owned()];
    let webhook = Webhook { event_types: wants, enabled: false, ..given.a_webhook() };
    store.create_webhook(&webhook).await.unwrap();
    assert_refused(store.delete_event_type(ws, "invoice.paid").await);
    assert_eq!(store.list_event_types(ws).await.unwrap().len(), 1);
    store.delete_webhook(ws, webhook.id, given.now()).await.unwrap();
    store.delete_event_type(ws, "invoice.paid").await.unwrap();
}

// behaviour R9
/// The same name is two types in two workspaces.
pub async fn event_types_of_workspaces_are_apart(store: &SharedStore) {
    let given = Given::new(store).await;
    let other = given.other().await;
    store.create_event_type(other.workspace, &other.an_event_type("invoice.paid")).await.unwrap();
    assert_eq!(store.list_event_types(given.workspace).await.unwrap(), []);
    assert_not_found(store.update_event_type(given.workspace, &given.an_event_type("invoice.paid")).await);
    assert_not_found(store.delete_event_type(given.workspace, "invoice.paid").await);
    store.create_event_type(given.workspace, &given.an_event_type("invoice.paid")).await.unwrap();
    store.delete_event_type(given.workspace, "invoice.paid").await.unwrap();
    assert_eq!(store.list_event_types(other.workspace).await.unwrap().len(), 1);
}

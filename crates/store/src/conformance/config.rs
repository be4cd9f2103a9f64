//! Facts about what is set up, and its version.

use crate::conformance::{Given, assert_not_found};
use crate::{ConfigCache, SharedStore};

/// Every change of webhooks, segments and event types counts; reading does not.
pub async fn a_change_of_the_set_up_counts_up_its_version(store: &SharedStore) {
    let given = Given::new(store).await;
    let other = given.other().await;
    assert_eq!(store.config_version(given.workspace), 1);
    let mut last = (1, store.config_epoch());
    let mut changed = |what: &str| {
        let next = (store.config_version(given.workspace), store.config_epoch());
        assert!(next.0 > last.0, "{what}: the version is {} after {}", next.0, last.0);
        assert_ne!(next.1, last.1, "{what}");
        last = next;
    };
    let ws = given.workspace;
    let webhook = given.webhook().await;
    changed("create a webhook");
    store.update_webhook(&webhook).await.unwrap();
    changed("change a webhook");
    store.delete_webhook(ws, webhook.id, given.now()).await.unwrap();
    changed("delete a webhook");
    let segment = given.segment().await;
    changed("create a segment");
    store.update_segment(ws, &segment).await.unwrap();
    changed("change a segment");
    store.delete_segment(ws, segment.id, given.now()).await.unwrap();
    changed("delete a segment");
    let event_type = given.an_event_type("invoice.paid");
    store.create_event_type(ws, &event_type).await.unwrap();
    changed("create an event type");
    store.update_event_type(ws, &event_type).await.unwrap();
    changed("change an event type");
    store.delete_event_type(ws, "invoice.paid").await.unwrap();
    changed("delete an event type");

    let before = store.config_version(ws);
    store.update_webhook(&webhook).await.unwrap_err();
    store.load_config(ws).await.unwrap();
    assert_eq!(store.config_version(ws), before, "what failed or only read changed nothing");
    assert_eq!(store.config_version(other.workspace), 1, "other workspaces have versions of their own");
}

/// All that is live, with secrets, at the version that is current.
pub async fn a_loaded_config_holds_what_is_set_up_and_nothing_deleted(store: &SharedStore) {
    let given = Given::new(store).await;
    let other = given.other().await;
    other.webhook().await;
    other.segment().await;
    let (webhook, gone) = (given.webhook().await, given.webhook().await);
    let (segment, left) = (given.segment().await, given.segment().await);
    let event_type = given.an_event_type("invoice.paid");
    store.create_event_type(given.workspace, &event_type).await.unwrap();
    store.delete_webhook(given.workspace, gone.id, given.now()).await.unwrap();
    store.delete_segment(given.workspace, left.id, given.now()).await.unwrap();

    let config = store.load_config(given.workspace).await.unwrap();
    assert_eq!(config.workspace_id, given.workspace);
    assert_eq!(config.version, store.config_version(given.workspace));
    assert_eq!(config.webhooks.iter().map(|webhook| (**webhook).clone()).collect::<Vec<_>>(), [webhook]);
    assert_eq!(config.segments, [segment]);
    assert_eq!(config.event_types, [event_type]);
}

/// Neither empty nor an accident.
pub async fn an_unknown_workspace_has_no_config(store: &SharedStore) {
    let given = Given::new(store).await;
    let unknown = given.ambient.new_id();
    assert_not_found(store.load_config(unknown).await);
    assert_eq!(store.config_version(unknown), 0);
    let webhook = beckon_domain::webhook::Webhook { workspace_id: unknown, ..given.a_webhook() };
    assert_not_found(store.create_webhook(&webhook).await);
    assert_not_found(store.create_segment(unknown, &given.a_segment()).await);
    assert_not_found(store.create_event_type(unknown, &given.an_event_type("invoice.paid")).await);
}

/// The readiness check.
pub async fn a_store_says_that_it_can_be_written(store: &SharedStore) {
    let given = Given::new(store).await;
    store.check_writable().await.unwrap();
    assert_eq!(store.config_version(given.workspace), 1);
}

/// What hot paths hold follows the store.
pub async fn a_config_cache_is_never_older_than_the_last_acknowledged_change(store: &SharedStore) {
    let given = Given::new(store).await;
    let cache = ConfigCache::new(store.clone());
    let mut webhook = given.webhook().await;
    for n in 0..5 {
        webhook.description = format!("round {n}");
        webhook = store.update_webhook(&webhook).await.unwrap();
        let config = cache.get(given.workspace).await.unwrap();
        assert_eq!(config.webhook(webhook.id).unwrap().description, format!("round {n}"));
    }
}

/// A set-up can be large, and after a change everyone asks for it at once.
pub async fn all_who_ask_a_config_cache_at_once_wait_for_one_reading(store: &SharedStore) {
    let given = Given::new(store).await;
    let cache = ConfigCache::new(store.clone());
    for _ in 0..2 {
        given.webhook().await;
        let ask = || cache.get(given.workspace);
        let (first, second, third) = tokio::join!(ask(), ask(), ask());
        let first = first.unwrap();
        assert!(std::sync::Arc::ptr_eq(&first, &second.unwrap()) && std::sync::Arc::ptr_eq(&first, &third.unwrap()));
        assert_eq!(first.version, store.config_version(given.workspace));
    }
}

//! Facts about webhooks.

use beckon_domain::delivery::{DeliveryStatus, Verdict};
use beckon_domain::rate::{Period, RateLimit};
use beckon_domain::secret::SecretText;
use beckon_domain::signing::{KeyMaterial, SigningKey, SigningScheme};
use beckon_domain::webhook::{Auth, ClientIdentity, Webhook};

use super::given::at;
use super::{Given, assert_exists, assert_not_found, assert_refused, assert_stale, everything, garbage, walk};
use crate::deliveries::AttemptsOf;
use crate::{PageRequest, SharedStore};

/// Every field, and the secrets, in order.
pub async fn a_webhook_is_read_back_with_its_secrets(store: &SharedStore) {
    let given = Given::new(store).await;
    let key = |scheme, expires_at| SigningKey {
        expires_at,
        ..SigningKey::new(KeyMaterial::generate(scheme, &given.ambient), given.now())
    };
    let text = |text: &str| SecretText::new(text);
    let webhook = Webhook {
        channels: vec![super::given::channel(7), super::given::channel(8)],
        disabled_reason: Some("gone".to_owned()),
        enabled: false,
        retry_schedule: Some(Default::default()),
        metadata: [("owner".to_owned(), "Jane \u{1f600}".to_owned())].into(),
        rate_limit: Some(RateLimit { requests: 7, per: Period::Minute }),
        fifo: true,
        ca_certificates: Some("-----BEGIN CERTIFICATE-----".to_owned()),
        signing_keys: vec![key(SigningScheme::Ed25519, None), key(SigningScheme::HmacSha256, Some(at(60)))],
        auth: Some(Auth::Basic { username: "beckon".to_owned(), password: text("hunter2") }),
        client_identity: Some(ClientIdentity { certificates: "cert".to_owned(), key: text("key") }),
        ..given.a_webhook()
    };
    store.create_webhook(&webhook).await.unwrap();
    let read = store.get_webhook(given.workspace, webhook.id).await.unwrap();
    assert_eq!(read, webhook);
    assert_eq!((read.signing_keys.len(), read.headers.len()), (2, 1));
    assert_eq!(store.list_webhooks(given.workspace, everything()).await.unwrap().rows, [webhook]);
}

/// The second is refused and the first stays.
pub async fn a_webhook_id_is_used_once(store: &SharedStore) {
    let given = Given::new(store).await;
    let webhook = given.webhook().await;
    let again = Webhook { description: "another".to_owned(), ..webhook.clone() };
    assert_exists(store.create_webhook(&again).await);
    assert_eq!(store.get_webhook(given.workspace, webhook.id).await.unwrap(), webhook);
}

/// Two people who edit at once: the second is told.
pub async fn an_update_needs_the_latest_revision(store: &SharedStore) {
    let given = Given::new(store).await;
    let webhook = given.webhook().await;
    let material = KeyMaterial::generate(SigningScheme::HmacSha256, &given.ambient);
    let signing_keys = vec![SigningKey::new(material, given.now())];
    let changed = Webhook { description: "mine".to_owned(), signing_keys, ..webhook.clone() };
    let updated = store.update_webhook(&changed).await.unwrap();
    assert_eq!(updated, Webhook { revision: webhook.revision + 1, ..changed });
    assert_eq!(store.get_webhook(given.workspace, webhook.id).await.unwrap(), updated);
    let late = Webhook { description: "theirs".to_owned(), ..webhook };
    assert_stale(store.update_webhook(&late).await);
    assert_eq!(store.get_webhook(given.workspace, late.id).await.unwrap(), updated);
}

// behaviour R7
/// What waits is canceled in the same step; what was delivered stays delivered; others are not touched.
pub async fn a_disabled_webhook_gets_nothing_more(store: &SharedStore) {
    let given = Given::new(store).await;
    let (webhook, other) = (given.webhook().await, given.webhook().await);
    let done = given.delivery(webhook.id).await;
    given.finish(given.finished(&given.only_due(webhook.id).await, Verdict::Delivered)).await;
    store.resend_delivery(given.workspace, done, given.now()).await.unwrap();
    let retrying = given.delivery(webhook.id).await;
    let due = given.due(webhook.id).await.into_iter().find(|due| due.delivery_id == retrying).unwrap();
    given.finish(given.finished(&due, Verdict::RetryAt(at(500)))).await;
    let pending = given.delivery(webhook.id).await;
    let others = given.delivery(other.id).await;

    let disabled = Webhook { enabled: false, updated_at: at(5), ..webhook.clone() };
    store.update_webhook(&disabled).await.unwrap();
    for id in [retrying, pending] {
        let delivery = given.read(id).await;
        assert_eq!((delivery.status, delivery.next_attempt_at), (DeliveryStatus::Canceled, None));
        assert_eq!(delivery.updated_at, at(5));
    }
    let done = given.read(done).await;
    assert_eq!((done.status, done.next_attempt_at), (DeliveryStatus::Delivered, None), "its resend is gone");
    let batch = store.list_due(webhook.id, at(1_000_000), &[], 10).await.unwrap();
    assert_eq!((batch.due, batch.next_due_at), (vec![], None));
    assert_eq!(given.read(others).await.status, DeliveryStatus::Pending);
    assert_eq!(given.only_due(other.id).await.delivery_id, others);

    let enabled = Webhook { enabled: true, revision: webhook.revision + 1, ..disabled };
    store.update_webhook(&enabled).await.unwrap();
    assert_eq!(given.due(webhook.id).await, [], "enabling again brings nothing back");
}

// behaviour V3
/// Deleting cancels as disabling does, hides it from lists, and keeps what happened.
pub async fn a_deleted_webhook_gets_nothing_more_and_its_history_stays(store: &SharedStore) {
    let given = Given::new(store).await;
    let webhook = given.webhook().await;
    let done = given.delivery(webhook.id).await;
    given.finish(given.finished(&given.only_due(webhook.id).await, Verdict::Delivered)).await;
    let pending = given.delivery(webhook.id).await;
    store.delete_webhook(given.workspace, webhook.id, at(9)).await.unwrap();

    assert_eq!(given.read(pending).await.status, DeliveryStatus::Canceled);
    assert_eq!(given.due(webhook.id).await, []);
    assert_eq!(store.get_webhook(given.workspace, webhook.id).await.unwrap().deleted_at, Some(at(9)));
    assert_eq!(store.list_webhooks(given.workspace, everything()).await.unwrap().rows, []);
    assert_eq!(given.read(done).await.status, DeliveryStatus::Delivered);
    let attempts = store.list_attempts(given.workspace, AttemptsOf::Webhook(webhook.id), everything()).await.unwrap();
    assert_eq!(attempts.rows.len(), 1);
    assert_not_found(store.delete_webhook(given.workspace, webhook.id, at(10)).await);
    let revived = Webhook { revision: webhook.revision + 1, ..webhook };
    assert_not_found(store.update_webhook(&revived).await);
}

// behaviour A4
/// Pages are complete and free of duplicates while more arrive.
pub async fn webhooks_are_listed_newest_first_without_deleted_ones(store: &SharedStore) {
    let given = Given::new(store).await;
    let mut ids = Vec::new();
    for _ in 0..7 {
        ids.push(given.webhook().await.id);
    }
    store.delete_webhook(given.workspace, ids.remove(3), given.now()).await.unwrap();
    ids.reverse();
    let listed = walk(2, async |page| {
        let answer = store.list_webhooks(given.workspace, page).await;
        given.webhook().await;
        answer
    });
    assert_eq!(listed.await.iter().map(|webhook| webhook.id).collect::<Vec<_>>(), ids);
    for cursor in garbage() {
        let page = PageRequest { after: Some(cursor), ..PageRequest::default() };
        assert_refused(store.list_webhooks(given.workspace, page).await);
    }
}

// behaviour R9
/// Reading, changing, deleting.
pub async fn a_webhook_of_another_workspace_is_not_found(store: &SharedStore) {
    let given = Given::new(store).await;
    let other = given.other().await;
    let theirs = other.webhook().await;
    assert_not_found(store.get_webhook(given.workspace, theirs.id).await);
    assert_not_found(store.delete_webhook(given.workspace, theirs.id, given.now()).await);
    let grabbed = Webhook { workspace_id: given.workspace, ..theirs.clone() };
    assert_not_found(store.update_webhook(&grabbed).await);
    assert_eq!(store.list_webhooks(given.workspace, everything()).await.unwrap().rows, []);
    assert_eq!(store.get_webhook(other.workspace, theirs.id).await.unwrap(), theirs);
}

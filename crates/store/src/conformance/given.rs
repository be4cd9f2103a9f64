//! What facts begin with: a workspace, a clock that stands still until it is moved, and makers of nouns.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, AtomicU64, Ordering};

use beckon_domain::ambient::{Ambient, Clock, Entropy};
use beckon_domain::catalog::{EventType, Origin};
use beckon_domain::channel::Channel;
use beckon_domain::company::Company;
use beckon_domain::contact::Contact;
use beckon_domain::delivery::{Attempt, Delivery, DueAttempt, FailureKind, Outcome, Verdict};
use beckon_domain::event::{EventId, EventSource, NewDelivery, NewEvent};
use beckon_domain::id::{DeliveryId, SegmentId, WebhookId, WorkspaceId};
use beckon_domain::key::Workspace;
use beckon_domain::segment::rule::Rule;
use beckon_domain::segment::{Action, Frequency, Segment, Subject};
use beckon_domain::signing::{KeyMaterial, SigningKey, SigningScheme};
use beckon_domain::visit::{Page, Utm, Visit, Visitor};
use beckon_domain::webhook::Webhook;
use bytes::Bytes;
use jiff::Timestamp;

use crate::SharedStore;
use crate::deliveries::FinishedAttempt;

/// Second 0 of every fact: 2024-04-15T14:32:00Z.
const BEGINNING: i64 = 1_713_191_520;

/// A workspace in a store, and the means to fill it.
pub struct Given {
    /// The store.
    pub store: SharedStore,
    /// Makes ids and secrets.
    pub ambient: Ambient,
    /// The workspace.
    pub workspace: WorkspaceId,
    clock: Arc<Hand>,
}

/// A clock that is moved by hand, in milliseconds.
struct Hand(AtomicI64);

impl Clock for Hand {
    fn now(&self) -> Timestamp {
        Timestamp::from_millisecond(self.0.load(Ordering::Relaxed)).unwrap()
    }
}

/// Numbers that differ, which is all that ids need here.
struct Counter(AtomicU64);

impl Entropy for Counter {
    fn fill(&self, bytes: &mut [u8]) {
        let count = self.0.fetch_add(1, Ordering::Relaxed).to_be_bytes();
        for (byte, value) in bytes.iter_mut().rev().zip(count.iter().rev().chain(std::iter::repeat(&0))) {
            *byte = *value;
        }
    }
}

/// The moment `second` seconds after the beginning.
pub(super) fn at(second: i64) -> Timestamp {
    Timestamp::from_second(BEGINNING + second).unwrap()
}

pub(super) fn channel(segment: i64) -> Channel {
    Channel::of_segment(SegmentId(segment))
}

impl Given {
    /// A new workspace in the store.
    pub async fn new(store: &SharedStore) -> Given {
        let clock = Arc::new(Hand(AtomicI64::new(BEGINNING * 1000)));
        let ambient = Ambient::new(clock.clone(), Arc::new(Counter(AtomicU64::new(1))));
        Given::with(store, clock, ambient).await
    }

    /// The same workspace, in a store that was opened again.
    pub fn reopened(self, store: &SharedStore) -> Given {
        Given { store: store.clone(), ..self }
    }

    /// One more workspace in the same store.
    pub async fn other(&self) -> Given {
        Given::with(&self.store, self.clock.clone(), self.ambient.clone()).await
    }

    async fn with(store: &SharedStore, clock: Arc<Hand>, ambient: Ambient) -> Given {
        let workspace = Workspace { id: ambient.new_id(), name: "Acme".to_owned(), created_at: ambient.now() };
        store.create_workspace(&workspace).await.unwrap();
        Given { store: store.clone(), workspace: workspace.id, clock, ambient }
    }

    /// Moves the clock by a second.
    pub fn tick(&self) {
        self.clock.0.fetch_add(1_000, Ordering::Relaxed);
    }

    /// The clock's time.
    pub fn now(&self) -> Timestamp {
        self.ambient.now()
    }

    /// A webhook that is not stored yet. It wants `contact.visited` of any segment.
    pub fn a_webhook(&self) -> Webhook {
        Webhook {
            id: self.ambient.new_id(),
            workspace_id: self.workspace,
            description: "CRM".to_owned(),
            url: "https://user:pass@example.com/hook?x=1".parse().unwrap(),
            event_types: vec!["contact.visited".to_owned()],
            channels: vec![],
            headers: [("X-Team".to_owned(), "sales".to_owned())].into(),
            enabled: true,
            disabled_reason: None,
            retry_schedule: None,
            metadata: Default::default(),
            revision: 1,
            created_at: self.now(),
            updated_at: self.now(),
            deleted_at: None,
            rate_limit: None,
            fifo: false,
            ca_certificates: None,
            signing_keys: vec![self.a_signing_key(), self.a_signing_key()],
            auth: None,
            client_identity: None,
        }
    }

    fn a_signing_key(&self) -> SigningKey {
        SigningKey::new(KeyMaterial::generate(SigningScheme::HmacSha256, &self.ambient), self.now())
    }

    /// A stored webhook.
    pub async fn webhook(&self) -> Webhook {
        let webhook = self.a_webhook();
        self.store.create_webhook(&webhook).await.unwrap();
        webhook
    }

    /// A segment that is not stored yet.
    pub fn a_segment(&self) -> Segment {
        let rule = serde_json::json!({"all": [{"prop": "contact.title", "op": "contains", "value": "vp"}]});
        Segment {
            id: SegmentId(1),
            name: "High intent".to_owned(),
            subject: Subject::Contact,
            rule: Rule::parse(&rule).unwrap(),
            enabled: true,
            actions: vec![Action::Webhook],
            frequency: Frequency::EveryVisit,
            revision: 1,
            created_at: self.now(),
            updated_at: self.now(),
        }
    }

    /// A stored segment.
    pub async fn segment(&self) -> Segment {
        self.store.create_segment(self.workspace, &self.a_segment()).await.unwrap()
    }

    /// An event type of the workspace, not stored yet.
    pub fn an_event_type(&self, name: &str) -> EventType {
        EventType {
            name: name.to_owned(),
            description: "An invoice was paid".to_owned(),
            schema: Some(serde_json::json!({"type": "object", "required": ["z", "a"]})),
            example: Some(serde_json::json!({"z": 1.1, "a": null})),
            origin: Origin::Workspace,
            created_at: self.now(),
            updated_at: self.now(),
        }
    }

    /// An event for these webhooks, announced now, not stored yet.
    pub fn an_event(&self, webhooks: &[WebhookId]) -> NewEvent {
        let deliveries = webhooks.iter().map(|id| NewDelivery { id: self.ambient.new_id(), webhook_id: *id });
        NewEvent {
            id: EventId::generate(&self.ambient),
            workspace_id: self.workspace,
            event_type: "contact.visited".to_owned(),
            channels: vec![channel(7264)],
            payload: Bytes::from_static(br#"{"n":1e400, "n":2 }"#),
            source: EventSource::default(),
            created_at: self.now(),
            deliveries: deliveries.collect(),
        }
    }

    /// Publishes an event as routed now.
    pub async fn publish(&self, event: &NewEvent) {
        let routed_at = self.store.config_version(self.workspace);
        let published = self.store.publish_events(self.workspace, routed_at, vec![event.clone()]).await.unwrap();
        assert_eq!(published, [crate::events::Published::Stored]);
    }

    /// Publishes an event to a webhook, and gives its delivery.
    pub async fn delivery(&self, webhook: WebhookId) -> DeliveryId {
        let event = self.an_event(&[webhook]);
        self.publish(&event).await;
        event.deliveries[0].id
    }

    /// A delivery to a webhook whose first attempt failed, and whose next is due `second` seconds after the beginning.
    pub async fn retrying(&self, webhook: WebhookId, second: i64) -> DeliveryId {
        let id = self.delivery(webhook).await;
        self.finish(self.finished(&self.due_of(webhook, id).await, Verdict::RetryAt(at(second)))).await;
        id
    }

    /// A delivery to a webhook that has failed for good.
    pub async fn failed(&self, webhook: WebhookId) -> DeliveryId {
        let id = self.delivery(webhook).await;
        self.finish(self.finished(&self.due_of(webhook, id).await, Verdict::Failed)).await;
        id
    }

    /// The request of a delivery that is due.
    pub async fn due_of(&self, webhook: WebhookId, delivery: DeliveryId) -> DueAttempt {
        let due = self.due(webhook).await;
        due.into_iter().find(|due| due.delivery_id == delivery).unwrap()
    }

    /// A delivery as it stands.
    pub async fn read(&self, id: DeliveryId) -> Delivery {
        self.store.get_delivery(self.workspace, id).await.unwrap()
    }

    /// What is due for a webhook at the clock's time.
    pub async fn due(&self, webhook: WebhookId) -> Vec<DueAttempt> {
        self.store.list_due(webhook, self.now(), &[], 100).await.unwrap().due
    }

    /// The only request that is due for a webhook.
    pub async fn only_due(&self, webhook: WebhookId) -> DueAttempt {
        let mut due = self.due(webhook).await;
        assert_eq!(due.len(), 1, "{due:?}");
        due.remove(0)
    }

    /// An attempt of what was due, with that verdict.
    pub fn finished(&self, due: &DueAttempt, verdict: Verdict) -> FinishedAttempt {
        let mut attempt = Attempt::begun(self.ambient.new_id(), due, self.now());
        attempt.outcome = match verdict {
            Verdict::Delivered => Outcome::Delivered,
            _ => Outcome::Failed { kind: FailureKind::Timeout, message: "no answer in 15 s".to_owned() },
        };
        attempt.next_attempt_at = match verdict {
            Verdict::RetryAt(at) => Some(at),
            _ => None,
        };
        attempt.exchange.url = "https://example.com/hook".to_owned();
        attempt.exchange.status = Some(200);
        attempt.exchange.response_headers =
            vec![("a".to_owned(), "1".to_owned()), ("a".to_owned(), "\u{0}".to_owned())];
        attempt.exchange.response_body = "nul \u{0} and \u{fffd}".to_owned();
        FinishedAttempt {
            workspace_id: due.workspace_id,
            attempt,
            verdict,
            disable_webhook: None,
            health: None,
            notices: vec![],
            mail_notices: false,
        }
    }

    /// Records one attempt.
    pub async fn finish(&self, finished: FinishedAttempt) {
        let mut results = self.store.finish_attempts(vec![Arc::new(finished)]).await.unwrap();
        assert_eq!(results.len(), 1);
        results.remove(0).unwrap();
    }

    /// A contact that is not stored yet.
    pub fn a_contact(&self, email: &str) -> Contact {
        Contact {
            id: self.ambient.new_id(),
            email: beckon_domain::email::Email::parse(email),
            user_id: None,
            company_id: None,
            profile: Default::default(),
            traits: [("weight".to_owned(), serde_json::json!(0.1 + 0.2))].into_iter().collect(),
            identity: Default::default(),
            suppressed_at: None,
            created_at: self.now(),
            updated_at: self.now(),
        }
    }

    /// A company that is not stored yet.
    pub fn a_company(&self, domain: &str) -> Company {
        Company {
            id: self.ambient.new_id(),
            domain: beckon_domain::company::Domain::parse(domain),
            group_id: None,
            profile: Default::default(),
            traits: Default::default(),
            created_at: self.now(),
            updated_at: self.now(),
        }
    }

    /// A visitor on its first page.
    pub fn a_visitor(&self, key: &str) -> Visitor {
        let id = self.ambient.new_id();
        let visit = Visit {
            id: self.ambient.new_id(),
            visitor_id: id,
            started_at: self.now(),
            last_seen_at: self.now(),
            page_views: 1,
            first_visit: true,
            network_company_id: None,
            page: Page {
                url: Some("https://acme.test/pricing?q".to_owned()),
                path: "/pricing".to_owned(),
                title: None,
                partner_id: Some("p-7".to_owned()),
            },
            referrer: None,
            utm: Utm { source: Some("news".to_owned()), ..Utm::default() },
        };
        Visitor {
            id,
            key: key.to_owned(),
            contact_id: None,
            company_id: None,
            email_hash: None,
            link: None,
            refused: None,
            visit: Some(visit),
            created_at: self.now(),
        }
    }
}

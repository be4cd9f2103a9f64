//! An engine on a store of its own, with a clock that is moved by hand.

use std::collections::HashSet;
use std::sync::Arc;
use std::time::Duration;

use beckon_delivery::{Handle, Options, Service};
use beckon_domain::ambient::Ambient;
use beckon_domain::delivery::{Attempt, Delivery, DeliveryStatus};
use beckon_domain::event::{EventId, NewEvent};
use beckon_domain::id::{DeliveryId, WorkspaceId};
use beckon_domain::retry::RetrySchedule;
use beckon_domain::webhook::Webhook;
use beckon_store::deliveries::{AttemptsOf, DeliveryFilter};
use beckon_store::events::{EventFilter, Published};
use beckon_store::{
    ConfigCache, ConfigStore, DeliveryStore, EventStore, KeyStore, PageRequest, SharedStore, WebhookStore,
};
use beckon_store_sqlite::SqliteStore;
use beckon_testkit::ambient::{FakeClock, ambient_with};
use beckon_testkit::builders::{a_webhook_to, a_workspace, an_event};
use beckon_testkit::{Received, Receiver};
use jiff::SignedDuration;
use tempfile::TempDir;
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

/// How long to wait for what a test is sure of.
const PATIENCE: Duration = Duration::from_secs(60);

/// A store, and an engine that runs on it.
pub(crate) struct Engine {
    pub(crate) store: Arc<SqliteStore>,
    pub(crate) clock: Arc<FakeClock>,
    pub(crate) ambient: Ambient,
    pub(crate) handle: Handle,
    options: Options,
    running: JoinHandle<()>,
    stop: CancellationToken,
    _directory: TempDir,
}

/// Options that let loopback receivers be reached.
pub(crate) fn options() -> Options {
    Options {
        timeout: Duration::from_secs(30),
        allow_nets: vec!["127.0.0.0/8".parse().unwrap()],
        retry_schedule: retries(&[5, 60]),
        ..Options::default()
    }
}

pub(crate) fn retries(seconds: &[i64]) -> RetrySchedule {
    RetrySchedule(seconds.iter().copied().map(SignedDuration::from_secs).collect())
}

impl Engine {
    pub(crate) async fn start() -> Engine {
        Engine::with(options()).await
    }

    pub(crate) async fn with(options: Options) -> Engine {
        let directory = TempDir::new().unwrap();
        let clock = Arc::new(FakeClock::default());
        let ambient = ambient_with(clock.clone());
        let store_options = beckon_store_sqlite::Options::new(directory.path(), beckon_testkit::a_vault());
        let store = SqliteStore::open(store_options, ambient.clone()).unwrap();
        store.create_workspace(&a_workspace()).await.unwrap();
        let (handle, running, stop) = run(store.clone(), no_config_yet(&store), ambient.clone(), options.clone());
        Engine { store, clock, ambient, handle, options, running, stop, _directory: directory }
    }

    /// A webhook that leads to `receiver`.
    pub(crate) async fn webhook(&self, receiver: &Receiver) -> Webhook {
        self.webhook_with(receiver, |_| {}).await
    }

    pub(crate) async fn webhook_with(&self, receiver: &Receiver, change: impl FnOnce(&mut Webhook)) -> Webhook {
        let mut webhook = a_webhook_to(&self.ambient, &receiver.url("/hook"));
        change(&mut webhook);
        self.store.create_webhook(&webhook).await.unwrap();
        webhook
    }

    /// Announces an event that is owed to `webhooks`.
    pub(crate) async fn announce(&self, webhooks: &[&Webhook]) -> NewEvent {
        let event = an_event(&self.ambient, webhooks);
        self.announce_event(event.clone()).await;
        event
    }

    pub(crate) async fn announce_event(&self, event: NewEvent) {
        let workspace = event.workspace_id;
        let version = self.store.config_version(workspace);
        let published = self.store.publish_events(workspace, version, vec![event]).await.unwrap();
        assert_eq!(published, [Published::Stored]);
    }

    /// Moves the clock, and lets the engine look at it.
    pub(crate) fn advance(&self, seconds: i64) {
        self.advance_by(SignedDuration::from_secs(seconds));
    }

    pub(crate) fn advance_by(&self, time: SignedDuration) {
        self.clock.advance(time);
        let nobody = self.ambient.new_id();
        self.store.due_bell().ring([(nobody, beckon_store::Ring::At(self.ambient.now()))]);
    }

    pub(crate) async fn delivery(&self, id: DeliveryId) -> Delivery {
        self.store.get_delivery(workspace(), id).await.unwrap()
    }

    /// Waits until a delivery is as it should be.
    pub(crate) async fn delivery_is(&self, id: DeliveryId, as_it_should_be: impl Fn(&Delivery) -> bool) -> Delivery {
        let reached = async {
            loop {
                let delivery = self.delivery(id).await;
                if as_it_should_be(&delivery) {
                    return delivery;
                }
                tokio::task::yield_now().await;
            }
        };
        match tokio::time::timeout(PATIENCE, reached).await {
            Ok(delivery) => delivery,
            Err(_) => panic!("it stayed {:?}", self.delivery(id).await),
        }
    }

    pub(crate) async fn status_is(&self, id: DeliveryId, status: DeliveryStatus) -> Delivery {
        self.delivery_is(id, |delivery| delivery.status == status).await
    }

    /// Waits until nothing is in flight.
    pub(crate) async fn is_quiet(&self) {
        let quiet = async {
            while self.handle.health().in_flight > 0 {
                tokio::task::yield_now().await;
            }
        };
        tokio::time::timeout(PATIENCE, quiet).await.expect("something stays in flight");
    }

    /// Whatever is due for anyone has been sent, or is held back, when this returns.
    pub(crate) async fn all_had_their_turn(&self) {
        let elsewhere = Receiver::start().await;
        let other = self.webhook(&elsewhere).await;
        for _ in 0..3 {
            self.handle.send_test(an_event(&self.ambient, &[&other])).await.unwrap();
        }
        self.is_quiet().await;
    }

    pub(crate) async fn attempts(&self, id: DeliveryId) -> Vec<Attempt> {
        let page = PageRequest::default();
        self.store.list_attempts(workspace(), AttemptsOf::Delivery(id), page).await.unwrap().rows
    }

    /// Ids of the events of a type.
    pub(crate) async fn events(&self, event_type: &str) -> Vec<EventId> {
        let filter = EventFilter { event_type: Some(event_type.to_owned()), ..EventFilter::default() };
        let page = self.store.list_events(workspace(), &filter, PageRequest::default()).await.unwrap();
        page.rows.into_iter().map(|event| event.id).collect()
    }

    /// The delivery of an event to a webhook.
    pub(crate) async fn delivery_of(&self, event: &EventId, webhook: &Webhook) -> Option<Delivery> {
        let filter =
            DeliveryFilter { event_id: Some(event.clone()), webhook_id: Some(webhook.id), ..DeliveryFilter::default() };
        let page = self.store.list_deliveries(workspace(), &filter, PageRequest::default()).await.unwrap();
        page.rows.into_iter().next()
    }

    /// Ends the engine as a crash would, and starts another on the same store.
    pub(crate) async fn crash_and_start_again(&mut self) {
        self.crash().await;
        self.start_again();
    }

    pub(crate) async fn crash(&mut self) {
        self.running.abort();
        (&mut self.running).await.unwrap_err();
    }

    /// Starts another engine on the same store.
    pub(crate) fn start_again(&mut self) {
        self.start_again_with(no_config_yet(&self.store));
    }

    /// Starts another engine on the same store that knows a set-up already.
    pub(crate) fn start_again_with(&mut self, config: Arc<ConfigCache>) {
        let (store, ambient, options) = (self.store.clone(), self.ambient.clone(), self.options.clone());
        (self.handle, self.running, self.stop) = run(store, config, ambient, options);
    }

    /// Asks the engine to stop, without waiting for it.
    pub(crate) fn ask_to_stop(&self) {
        self.stop.cancel();
    }

    /// Waits until the engine has stopped.
    pub(crate) async fn stopped(&mut self) {
        tokio::time::timeout(PATIENCE, &mut self.running).await.expect("it does not stop").unwrap();
    }
}

pub(crate) fn distinct_ids(received: &[Received]) -> usize {
    received.iter().map(|request| request.header("webhook-id")).collect::<HashSet<_>>().len()
}

pub(crate) fn workspace() -> WorkspaceId {
    a_workspace().id
}

pub(crate) fn no_config_yet(store: &Arc<SqliteStore>) -> Arc<ConfigCache> {
    Arc::new(ConfigCache::new(store.clone()))
}

fn run(
    store: Arc<SqliteStore>,
    config: Arc<ConfigCache>,
    ambient: Ambient,
    options: Options,
) -> (Handle, JoinHandle<()>, CancellationToken) {
    let store: SharedStore = store;
    let (service, handle) = Service::new(store, config, ambient, options).unwrap();
    let stop = CancellationToken::new();
    (handle, tokio::spawn(service.run(stop.clone())), stop)
}

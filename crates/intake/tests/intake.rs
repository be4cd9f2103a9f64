//! The intake in front of a real store.

#![expect(clippy::unwrap_used, reason = "all of this is test code: a panic is a failed test")]

#[path = "intake/erasing.rs"]
mod erasing;
#[path = "intake/publishing.rs"]
mod publishing;
#[path = "intake/queueing.rs"]
mod queueing;
#[path = "intake/signals.rs"]
mod signals;
#[path = "intake/suppressing.rs"]
mod suppressing;

use std::sync::Arc;

use beckon_domain::ambient::Ambient;
use beckon_domain::delivery::Delivery;
use beckon_domain::event::Event;
use beckon_domain::id::WorkspaceId;
use beckon_domain::segment::Segment;
use beckon_domain::signal::Signal;
use beckon_domain::webhook::Webhook;
use beckon_intake::{Handle, Options, Publisher, Service, tracking};
use beckon_store::deliveries::DeliveryFilter;
use beckon_store::events::EventFilter;
use beckon_store::intake::SignalFilter;
use beckon_store::page::PAGE_ROWS_MAX;
use beckon_store::people::{CompanyFilter, ContactFilter};
use beckon_store::{
    ConfigCache, DeliveryStore, EventStore, KeyStore, PageRequest, SegmentStore, SharedStore, WebhookStore,
};
use beckon_store_sqlite::SqliteStore;
use beckon_testkit::FakeClock;
use beckon_testkit::ambient::ambient_with;
use beckon_testkit::builders::{a_segment, a_webhook, a_workspace};
use serde_json::Value;
use tempfile::TempDir;
use tokio_util::sync::CancellationToken;

/// An intake that runs on a store of its own.
struct House {
    store: Arc<SqliteStore>,
    intake: Handle,
    publisher: Publisher,
    workspace: WorkspaceId,
    ambient: Ambient,
    clock: Arc<FakeClock>,
    shutdown: CancellationToken,
    running: tokio::task::JoinHandle<()>,
    _data: TempDir,
}

impl House {
    async fn open() -> House {
        House::with(Options::default()).await
    }

    async fn with(options: Options) -> House {
        let data = TempDir::new().unwrap();
        let clock = Arc::new(FakeClock::default());
        let ambient = ambient_with(clock.clone());
        let store = SqliteStore::open(
            beckon_store_sqlite::Options::new(data.path(), beckon_testkit::a_vault()),
            ambient.clone(),
        )
        .unwrap();
        let workspace = a_workspace();
        store.create_workspace(&workspace).await.unwrap();

        let shared: SharedStore = store.clone();
        let config = Arc::new(ConfigCache::new(shared.clone()));
        let (service, intake) = Service::new(shared.clone(), config.clone(), ambient.clone(), options.clone());
        let publisher = Publisher::new(shared, config, ambient.clone(), options);
        let shutdown = CancellationToken::new();
        let running = tokio::spawn(service.run(shutdown.clone()));
        House { store, intake, publisher, workspace: workspace.id, ambient, clock, shutdown, running, _data: data }
    }

    async fn webhook(&self) -> Webhook {
        let event_types = ["contact.visited", "contact.intent", "company.visited"].map(str::to_owned).to_vec();
        let webhook = Webhook { id: self.ambient.new_id(), event_types, ..a_webhook() };
        self.store.create_webhook(&webhook).await.unwrap();
        webhook
    }

    async fn segment(&self, segment: Segment) -> Segment {
        self.store.create_segment(self.workspace, &segment).await.unwrap()
    }

    /// A segment everybody is in.
    async fn everybody(&self) -> Segment {
        self.segment(a_segment()).await
    }

    /// What the tracking API would read from an item that comes now.
    fn signal(&self, item: Value) -> Signal {
        tracking::read(None, item.as_object().unwrap(), self.ambient.now(), None, &self.ambient).unwrap()
    }

    async fn submit(&self, items: impl IntoIterator<Item = Value>) -> Vec<beckon_intake::Taken> {
        let signals = items.into_iter().map(|item| self.signal(item)).collect();
        self.intake.submit(self.workspace, signals).await.unwrap()
    }

    /// All events, newest first.
    async fn events(&self) -> Vec<Event> {
        let mut events = Vec::new();
        let mut page = latest();
        loop {
            let read = self.store.list_events(self.workspace, &EventFilter::default(), page).await.unwrap();
            events.extend(read.rows);
            let Some(next) = read.next else { return events };
            page = PageRequest { after: Some(next), ..latest() };
        }
    }

    /// The latest deliveries, newest first.
    async fn deliveries(&self) -> Vec<Delivery> {
        self.store.list_deliveries(self.workspace, &DeliveryFilter::default(), latest()).await.unwrap().rows
    }
}

fn latest() -> PageRequest {
    PageRequest { limit: PAGE_ROWS_MAX, after: None }
}

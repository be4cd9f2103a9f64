use super::*;
use beckon_domain::audit::{Actor, AuditEntry};
use beckon_domain::event::NewEvent;
use beckon_domain::settings::WorkspaceSettings;
use beckon_store::audit::AuditFilter;
use beckon_store::events::EventFilter;
use beckon_store::page::PAGE_ROWS_MAX;
use beckon_store::{AuditStore, ConfigStore, EventStore, KeyStore, PageRequest, SettingsStore, WebhookStore};
use beckon_store_sqlite::SqliteStore;
use beckon_testkit::FakeClock;
use beckon_testkit::ambient::ambient_with;
use beckon_testkit::builders::{a_webhook, a_workspace, an_event};
use tempfile::TempDir;

const DAY: SignedDuration = SignedDuration::from_hours(24);

/// A store with a workspace, a clock, and the service.
struct House {
    store: Arc<SqliteStore>,
    workspace: WorkspaceId,
    clock: Arc<FakeClock>,
    ambient: Ambient,
    _data: TempDir,
}

impl House {
    async fn open(retention: Retention) -> (House, Service) {
        let data = TempDir::new().unwrap();
        let clock = Arc::new(FakeClock::default());
        let ambient = ambient_with(clock.clone());
        let options = beckon_store_sqlite::Options::new(data.path(), beckon_testkit::a_vault());
        let store = SqliteStore::open(options, ambient.clone()).unwrap();
        let workspace = a_workspace().id;
        store.create_workspace(&a_workspace()).await.unwrap();
        let settings = WorkspaceSettings { retention, ..WorkspaceSettings::default() };
        store.update_settings(workspace, "Acme", &settings).await.unwrap();
        let shared: SharedStore = store.clone();
        let options = Options { step_rows_max: 2, ..Options::default() };
        let service = Service::new(shared.clone(), Arc::new(ConfigCache::new(shared)), ambient.clone(), options);
        (House { store, workspace, clock, ambient, _data: data }, service)
    }

    /// An event that nobody wants, and an entry of the audit log, of now.
    async fn happen(&self, count: usize) {
        for _ in 0..count {
            self.publish(an_event(&self.ambient, &[])).await;
            let entry = AuditEntry {
                id: self.ambient.new_id(),
                workspace_id: self.workspace,
                at: self.ambient.now(),
                actor: Actor::System,
                action: "webhook.created".to_owned(),
                subject: "wh_1".to_owned(),
                before: None,
                after: None,
            };
            self.store.record_audit(&entry).await.unwrap();
        }
    }

    async fn publish(&self, event: NewEvent) {
        let version = self.store.config_version(self.workspace);
        self.store.publish_events(self.workspace, version, vec![event]).await.unwrap();
    }

    /// How many events and entries of the audit log there are.
    async fn left(&self) -> (usize, usize) {
        let page = || PageRequest { limit: PAGE_ROWS_MAX, after: None };
        let events = self.store.list_events(self.workspace, &EventFilter::default(), page()).await.unwrap();
        let entries = self.store.list_audit(self.workspace, &AuditFilter::default(), page()).await.unwrap();
        (events.rows.len(), entries.rows.len())
    }
}

#[test]
fn what_has_no_limit_is_not_asked_for() {
    let now = beckon_testkit::ambient::FAKE_NOW;
    let some = Retention { signals_days: Some(2), events_days: None, audit_days: None };
    let wanted = [(Perishable::Signals, now - DAY * 2), (Perishable::Tallies, now - DAY * 400)];
    assert_eq!(limits(&some, now), wanted);
    assert_eq!(limits(&some, Timestamp::MIN), []);
}

// behaviour V5 (in part)
#[tokio::test(start_paused = true)]
async fn old_things_go_and_young_ones_stay() {
    let retention = Retention { signals_days: None, events_days: Some(2), audit_days: Some(5) };
    let (house, service) = House::open(retention).await;
    house.happen(5).await;
    house.clock.advance(DAY * 3);
    house.happen(4).await;
    house.clock.advance(DAY);

    let stop = CancellationToken::new();
    let running = tokio::spawn(service.run(stop.clone()));
    let until = async |wanted: (usize, usize)| {
        while house.left().await != wanted {
            tokio::time::advance(Duration::from_secs(1)).await;
        }
    };
    until((4, 9)).await;
    house.clock.advance(DAY * 2);
    until((0, 4)).await;

    // A setting that is changed holds from the next round on.
    let kept =
        WorkspaceSettings { retention: Retention { audit_days: Some(1), ..retention }, ..WorkspaceSettings::default() };
    house.store.update_settings(house.workspace, "Acme", &kept).await.unwrap();
    until((0, 0)).await;
    stop.cancel();
    running.await.unwrap();
}

#[tokio::test(start_paused = true)]
async fn a_workspace_with_much_to_forget_lets_others_have_their_turn() {
    let (house, service) = House::open(Retention { audit_days: Some(1), ..Retention::default() }).await;
    let many = STEPS_MAX as usize * 2;
    house.happen(many + 3).await;
    house.clock.advance(DAY * 2);
    assert_eq!(service.round().await, Forgot::Some);
    assert_eq!(house.left().await.1, 3);
    assert_eq!(service.round().await, Forgot::All);
    assert_eq!(house.left().await.1, 0);
}

#[tokio::test(start_paused = true)]
async fn what_waits_is_kept_and_a_store_that_is_away_ends_nothing() {
    let (house, service) = House::open(Retention::default()).await;
    house.store.create_webhook(&a_webhook()).await.unwrap();
    house.publish(an_event(&house.ambient, &[&a_webhook()])).await;
    house.happen(1).await;
    house.clock.advance(DAY * 400);
    assert_eq!(service.round().await, Forgot::All);
    assert_eq!(house.left().await, (1, 0));
    house.store.close().await;
    assert_eq!(service.round().await, Forgot::All, "there is no hurry while nothing can be done");
}

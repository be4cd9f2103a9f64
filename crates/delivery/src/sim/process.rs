//! The process under test: the real engine, between a start and an end.

use std::sync::Arc;
use std::time::Duration;

use beckon_domain::ambient::Ambient;
use beckon_store::{ConfigCache, SharedStore};
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

use super::clock::SimClock;
use super::dice::Dice;
use super::receivers::SimTransport;
use super::run::Run;
use super::store::SimStore;
use super::world::Shared;
use crate::{Handle, Options, Service};

/// A running process.
pub(super) struct Process {
    pub(super) run: Run,
    pub(super) handle: Handle,
    pub(super) store: SharedStore,
    pub(super) config: Arc<ConfigCache>,
    shutdown: CancellationToken,
    task: JoinHandle<()>,
}

impl Process {
    /// Starts the process, with nothing in memory.
    pub(super) fn start(
        number: u32,
        seed: u64,
        world: &Shared,
        clock: &Arc<SimClock>,
        ambient: &Ambient,
        options: &Options,
    ) -> Process {
        let run = Run::new(number);
        {
            let mut world = world.lock();
            world.watch.trace.note(format_args!("run {number} begins"));
            world.watch.run_began();
            world.model.forget_bell();
        }
        let dice = |part: &str| Dice::of(seed.wrapping_add(u64::from(number)), part);
        let store: SharedStore = Arc::new(SimStore::new(world.clone(), clock.clone(), run.clone(), dice("store")));
        let config = Arc::new(ConfigCache::new(store.clone()));
        let transport = SimTransport { world: world.clone(), run: run.clone(), dice: dice("receivers") };
        let (service, handle) = Service::with_transport(
            store.clone(),
            config.clone(),
            ambient.clone(),
            options.clone(),
            Arc::new(transport),
        );
        let shutdown = CancellationToken::new();
        let task = tokio::spawn(service.run(shutdown.clone()));
        Process { run, handle, store, config, shutdown, task }
    }

    /// Ends it as a power cut would.
    pub(super) async fn kill(self, world: &Shared) {
        self.run.kill();
        self.task.abort();
        assert!(self.task.await.is_err_and(|error| error.is_cancelled()), "the engine ended by itself, or panicked");
        world.lock().watch.trace.note(format_args!("run {} is killed", self.run.number()));
        world.lock().watch.run_ended(self.run.number());
    }

    /// Asks it to end, and waits until it has, no longer than the grace and a moment.
    pub(super) async fn stop(self, world: &Shared, grace: Duration) {
        world.lock().watch.trace.note(format_args!("run {} is asked to end", self.run.number()));
        world.lock().watch.run_ends();
        self.shutdown.cancel();
        let ended = tokio::time::timeout(grace + Duration::from_secs(1), self.task).await;
        let mut world = world.lock();
        if !matches!(ended, Ok(Ok(()))) {
            world.watch.violations.push(format!("the engine does not end: {ended:?}"));
        }
        self.run.kill();
        world.watch.trace.note(format_args!("run {} has ended", self.run.number()));
        world.watch.run_ended(self.run.number());
    }
}

//! The engine as the binary runs it.

use std::sync::Arc;

use beckon_domain::ambient::Ambient;
use beckon_domain::invalid::Invalid;
use beckon_store::{ConfigCache, SharedStore};
use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;

use crate::dispatcher;
use crate::handle::{Command, Handle, State};
use crate::jobs::Runner;
use crate::options::Options;
use crate::scout::Scout;
use crate::sender::Sender;
use crate::transport::Transport;

/// Commands that can wait for the engine's next turn.
const COMMANDS_MAX: usize = 1_024;

/// The delivery engine. Does nothing until it is [run](Service::run).
pub struct Service {
    pub(crate) store: SharedStore,
    pub(crate) config: Arc<ConfigCache>,
    pub(crate) ambient: Ambient,
    pub(crate) options: Options,
    pub(crate) transport: Arc<dyn Transport>,
    pub(crate) commands: mpsc::Receiver<Command>,
    pub(crate) jobs: Runner,
    pub(crate) state: Arc<State>,
}

impl Service {
    /// Makes an engine, or says which options are out of bounds.
    pub fn new(
        store: SharedStore,
        config: Arc<ConfigCache>,
        ambient: Ambient,
        options: Options,
    ) -> Result<(Service, Handle), Invalid> {
        options.check()?;
        let http = Sender::new(&options).map_err(|error| Invalid::one("tls", error.to_string()))?;
        Ok(Service::with_transport(store, config, ambient, options, Arc::new(http)))
    }

    /// Makes an engine that sends through `transport`, with options that were checked.
    pub(crate) fn with_transport(
        store: SharedStore,
        config: Arc<ConfigCache>,
        ambient: Ambient,
        options: Options,
        transport: Arc<dyn Transport>,
    ) -> (Service, Handle) {
        let (to_commands, commands) = mpsc::channel(COMMANDS_MAX);
        let (to_jobs, job_commands) = mpsc::channel(COMMANDS_MAX);
        let state = Arc::new(State::default());
        let scout = Arc::new(Scout::new(&options));
        let handle = Handle {
            commands: to_commands,
            jobs: to_jobs,
            store: store.clone(),
            state: state.clone(),
            scout,
            options: Arc::new(options.clone()),
        };
        let jobs =
            Runner { store: store.clone(), ambient: ambient.clone(), state: state.clone(), commands: job_commands };
        (Service { store, config, ambient, options, transport, commands, jobs, state }, handle)
    }

    /// Makes deliveries until `shutdown` is asked for; then starts nothing more, and returns once what is in
    /// flight has ended and is recorded, or the grace is over. What was cut off is due again at the next start.
    pub async fn run(self, shutdown: CancellationToken) {
        let Service { store, config, ambient, options, transport, commands, jobs, state } = self;
        let parts = dispatcher::Parts { store, config, ambient, options, transport, state };
        let jobs_end = shutdown.child_token();
        let deliver = async {
            dispatcher::dispatch(parts, commands, shutdown).await;
            jobs_end.cancel();
        };
        tokio::join!(deliver, jobs.run(jobs_end.clone()));
    }
}

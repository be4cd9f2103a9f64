//! The engine as the binary runs it.

use std::sync::Arc;

use beckon_domain::ambient::Ambient;
use beckon_domain::invalid::Invalid;
use beckon_store::{ConfigCache, SharedStore};
use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;

use crate::dispatcher;
use crate::handle::{Command, Handle, State};
use crate::options::Options;
use crate::sender::Sender;

/// Commands that can wait for the engine's next turn.
const COMMANDS_MAX: usize = 1_024;

/// The delivery engine. Does nothing until it is [run](Service::run).
pub struct Service {
    pub(crate) store: SharedStore,
    pub(crate) config: Arc<ConfigCache>,
    pub(crate) ambient: Ambient,
    pub(crate) options: Options,
    pub(crate) sender: Sender,
    pub(crate) commands: mpsc::Receiver<Command>,
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
        let (sender, commands) = mpsc::channel(COMMANDS_MAX);
        let state = Arc::new(State::default());
        let handle = Handle { commands: sender, state: state.clone() };
        Ok((Service { store, config, ambient, options, sender: http, commands, state }, handle))
    }

    /// Makes deliveries until `shutdown` is asked for; then starts nothing more, and returns once what is in
    /// flight has ended and is recorded, or the grace is over. What was cut off is due again at the next start.
    pub async fn run(self, shutdown: CancellationToken) {
        dispatcher::dispatch(self, shutdown).await;
    }
}

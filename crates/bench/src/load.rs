//! The load: callers that post to the server at the same time, in a process of their own.

mod line;
mod run;
mod script;

use serde::{Deserialize, Serialize};

use crate::process::Process;
use crate::role::Actor;

pub(crate) use run::perform;
pub(crate) use script::Script;

pub(crate) const ROLE: &str = "load";
/// Callers that publish at the same time: the connection pool of a busy API.
pub(crate) const CALLERS: usize = 64;

/// What the load does.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Plan {
    /// The server's host and port.
    pub(crate) address: String,
    /// Callers that post at the same time.
    pub(crate) callers: usize,
    /// How many requests.
    pub(crate) requests: u64,
    /// How many of them a second, whether or not those before have been answered; as many as can be if `None`.
    pub(crate) per_second: Option<u32>,
    /// What is in them.
    pub(crate) script: Script,
}

/// What the load can be asked.
#[derive(Debug, Serialize, Deserialize)]
enum Ask {
    /// Open all connections.
    Prepare(Plan),
    /// Post everything.
    Go,
}

/// How it went: every request was answered 2xx, with nothing refused.
#[derive(Debug, Clone, Copy, Serialize, Deserialize)]
pub(crate) struct Posted {
    /// The first request was begun; of a fixed rate, was due.
    pub(crate) begun_ns: u64,
    /// The last answer was there.
    pub(crate) ended_ns: u64,
    /// Requests that were acknowledged: all of them, or it fails.
    pub(crate) acknowledged: u64,
}

/// A load whose connections are open; dropping it ends it.
pub(crate) struct Load(Actor);

impl Load {
    pub(crate) async fn prepare(plan: Plan) -> anyhow::Result<Load> {
        let mut actor = Actor::start(ROLE)?;
        let () = actor.ask(&Ask::Prepare(plan)).await?;
        Ok(Load(actor))
    }

    pub(crate) fn process(&self) -> Process {
        self.0.process
    }

    /// Posts everything; returns once all of it is acknowledged.
    pub(crate) async fn go(&mut self) -> anyhow::Result<Posted> {
        self.0.ask(&Ask::Go).await
    }
}

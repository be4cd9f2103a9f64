//! A receiver in a process of its own, on one thread, and what can be asked of it.
//!
//! Webhook `n` posts to `/n`; what follows in the URL says in what manner it is answered.

mod serve;
mod tally;

use std::ops::Range;

use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

use crate::process::Process;
use crate::quantile::Quantiles;
use crate::role::Actor;

pub(crate) use serve::serve;
pub(crate) use tally::{Arrived, TakenBy};

pub(crate) const ROLE: &str = "receiver";

/// In what manner the requests of a webhook are answered.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Manner {
    /// At once, with 204.
    Well,
    /// With 204, so many milliseconds later.
    HangsMs(u64),
    /// At once, with this status.
    Fails(u16),
}

impl Manner {
    /// Where webhook `n` posts to.
    pub(crate) fn url(self, address: &str, n: usize) -> String {
        match self {
            Manner::Well => format!("http://{address}/{n}"),
            Manner::HangsMs(ms) => format!("http://{address}/{n}?hang_ms={ms}"),
            Manner::Fails(status) => format!("http://{address}/{n}?status={status}"),
        }
    }
}

/// What the receiver can be asked.
#[derive(Debug, Serialize, Deserialize)]
enum Ask {
    /// Where it listens.
    Address,
    /// What arrived at some webhooks.
    Arrived { webhooks: Range<usize> },
    /// The moment at which so many distinct deliveries had been taken from some webhooks.
    When { webhooks: Range<usize>, deliveries: u64 },
    /// How long payloads were under way to some webhooks.
    Latency { webhooks: Range<usize> },
    /// From now on, answer everything with this status.
    Answer { status: u16 },
    /// From now on, keep the bodies of what is taken.
    Keep,
    /// What was kept.
    Kept,
    /// How many deliveries had been taken by a moment.
    TakenBy { moment_ns: u64 },
}

/// A running receiver; dropping it ends it.
pub(crate) struct Receiver {
    actor: Actor,
    /// Host and port.
    pub(crate) address: String,
}

impl Receiver {
    pub(crate) async fn start() -> anyhow::Result<Receiver> {
        let mut actor = Actor::start(ROLE)?;
        let address = actor.ask(&Ask::Address).await?;
        Ok(Receiver { actor, address })
    }

    pub(crate) fn process(&self) -> Process {
        self.actor.process
    }

    /// What arrived at some webhooks.
    pub(crate) async fn arrived(&mut self, webhooks: Range<usize>) -> anyhow::Result<Arrived> {
        self.ask(Ask::Arrived { webhooks }).await
    }

    /// Waits until so many distinct deliveries have been taken from some webhooks; the moment of the last of them.
    pub(crate) async fn when(&mut self, webhooks: Range<usize>, deliveries: u64) -> anyhow::Result<u64> {
        self.ask(Ask::When { webhooks, deliveries }).await
    }

    /// How long payloads were under way to some webhooks, from the moment they carry to their first arrival.
    pub(crate) async fn latency(&mut self, webhooks: Range<usize>) -> anyhow::Result<Option<Quantiles>> {
        self.ask(Ask::Latency { webhooks }).await
    }

    /// From now on, everything is answered with this status.
    pub(crate) async fn answer(&mut self, status: u16) -> anyhow::Result<()> {
        self.ask(Ask::Answer { status }).await
    }

    /// From now on, the bodies of what is taken are kept.
    pub(crate) async fn keep(&mut self) -> anyhow::Result<()> {
        self.ask(Ask::Keep).await
    }

    /// The bodies that were kept, repeats too, in the order in which they came.
    pub(crate) async fn kept(&mut self) -> anyhow::Result<Vec<String>> {
        self.ask(Ask::Kept).await
    }

    /// How many deliveries had been taken by a moment, or the tenth of a second before it.
    pub(crate) async fn taken_by(&mut self, moment_ns: u64) -> anyhow::Result<TakenBy> {
        self.ask(Ask::TakenBy { moment_ns }).await
    }

    async fn ask<T: DeserializeOwned>(&mut self, ask: Ask) -> anyhow::Result<T> {
        self.actor.ask(&ask).await
    }
}

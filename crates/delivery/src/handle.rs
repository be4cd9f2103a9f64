//! How the rest of the house asks the engine for something.
//!
//! Nothing here is needed for deliveries to be made: those come through the store and its bell.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

use beckon_domain::delivery::{Attempt, Delivery};
use beckon_domain::event::NewEvent;
use beckon_domain::id::{DeliveryId, WorkspaceId};
use tokio::sync::{mpsc, oneshot};

use crate::error::Error;

/// Asks the engine for something. Cheap to clone.
#[derive(Clone)]
pub struct Handle {
    pub(crate) commands: mpsc::Sender<Command>,
    pub(crate) state: Arc<State>,
}

/// What can be asked for.
pub(crate) enum Command {
    /// Store a test event and send it at once.
    SendTest { event: NewEvent, reply: oneshot::Sender<Result<Attempt, Error>> },
    /// End a delivery.
    Cancel { workspace: WorkspaceId, delivery: DeliveryId, reply: oneshot::Sender<Result<Delivery, Error>> },
}

/// How the engine is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Health {
    /// Whether it takes and makes deliveries.
    pub running: bool,
    /// Requests in flight, those whose record is still being written included.
    pub in_flight: usize,
}

/// What the running engine shows of itself.
#[derive(Default)]
pub(crate) struct State {
    pub(crate) running: AtomicBool,
    pub(crate) in_flight: AtomicUsize,
}

impl Handle {
    /// Stores a test event, sends it at once, ahead of everything that waits, and gives back the recorded
    /// attempt. `event` has exactly one delivery. What the receiver answers is in the attempt; an error
    /// means that no request was made or that it could not be recorded in time.
    pub async fn send_test(&self, event: NewEvent) -> Result<Attempt, Error> {
        self.ask(|reply| Command::SendTest { event, reply }).await
    }

    /// Ends a delivery. Once this has returned, no further request of it is written; one that was written
    /// before is finished and recorded. Errors are those of `DeliveryStore::cancel_delivery`.
    pub async fn cancel(&self, workspace: WorkspaceId, delivery: DeliveryId) -> Result<Delivery, Error> {
        self.ask(|reply| Command::Cancel { workspace, delivery, reply }).await
    }

    /// How the engine is right now.
    pub fn health(&self) -> Health {
        Health {
            running: self.state.running.load(Ordering::Relaxed),
            in_flight: self.state.in_flight.load(Ordering::Relaxed),
        }
    }

    async fn ask<T>(&self, command: impl FnOnce(oneshot::Sender<Result<T, Error>>) -> Command) -> Result<T, Error> {
        let (reply, answer) = oneshot::channel();
        let sent = self.commands.send(command(reply)).await;
        if sent.is_err() {
            return Err(Error::Stopped);
        }
        answer.await.unwrap_or(Err(Error::Stopped))
    }
}

//! The delivery engine: from a delivery owed to a recorded attempt.
//!
//! The story. A store commits an event with its deliveries and rings the [bell](beckon_store::DueBell). The
//! **dispatcher** hears it and lets the webhook's lane in the **queue** look into the store for what is due.
//! Workspaces take turns, then the webhooks of each, then the classes of a webhook's requests (first attempts before
//! retries before replays, and now and then the one that waited longest); the queue hands requests out within its
//! caps, and past the **gates** of webhooks that have a rate limit or are paused because they fail. For each, the
//! **courier** makes one attempt: it takes the webhook as it is at that moment, unless it is set up differently than
//! when the request was looked up (then that is looked up again), and gives it to the **transport**: the **sender**
//! composes and **signs** the request and sends it (past the address **guard**). The answer is **classified**. When the
//! attempt has landed, the dispatcher **decides** what follows for the delivery, and for its webhook: how it is doing
//! (`beckon_domain::health`), whether it is disabled, which notices are announced. The **recorder** writes attempt and
//! consequences in one step. If that makes the delivery due again, the store rings.
//!
//! Beside that, the **runner** takes jobs further: what was missed is made due again, a bounded step at a time.
//!
//! Who coordinates: only the dispatcher, on one task, which does no I/O itself; so a webhook's health sees its attempts
//! in one order. Who decides: `decide`, `classify`, the queue, and the domain, which are pure.
//!
//! A webhook in strict order (FIFO) has one scheduled request in flight; its order is the store's, which also holds up
//! what stands behind one that failed. Whenever that order may have changed, what is in memory of it is dropped.
//!
//! What is not needed for correctness: everything in memory. A request's row in the store's queue goes when
//! its attempt is recorded and not before; a process that dies in between makes the request again (at least
//! once), and one whose success is recorded is never made again. The bell, the lanes, rates, kept connections and
//! the sweep only decide how soon. How a webhook is doing is recorded with the attempts, and read before anything is
//! sent after a start.
//!
//! Whether it comes further shows in [`Handle::health`] (`stall`).
//!
//! Not here: which webhooks want an event (`beckon_domain::routing`), SQL, HTTP towards us.

mod attempt;
mod backoff;
mod classify;
mod decide;
mod dispatcher;
pub mod error;
#[cfg(fuzzing)]
pub mod fuzzing;
pub mod guard;
pub mod handle;
pub mod headers;
mod jobs;
mod lookup;
pub mod mail;
mod notices;
pub mod options;
pub mod proxy;
mod queue;
mod record;
pub mod scout;
mod sender;
pub mod service;
pub mod sign;
#[cfg(test)]
mod sim;
mod stall;
pub mod tls;
mod transport;

pub use error::Error;
pub use handle::{Handle, Health};
pub use options::Options;
pub use service::Service;

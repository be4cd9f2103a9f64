//! The delivery engine: from a delivery owed to a recorded attempt.
//!
//! The story. A store commits an event with its deliveries and rings the [bell](beckon_store::DueBell). The
//! **dispatcher** hears it and lets the webhook's lane in the **queue** look into the store for what is due.
//! Lanes take turns; the queue hands requests out within its caps. For each, the **courier** makes one
//! attempt: it takes the webhook as it is at that moment, has the request composed and **signed**, the
//! **sender** sends it (past the address **guard**), the answer is **classified**, and it is **decided** what
//! follows. The **recorder** writes attempt and consequences in one step. If that makes the delivery due
//! again, the store rings.
//!
//! Who coordinates: only the dispatcher, on one task, which does no I/O itself. Who decides: `decide`,
//! `classify` and the queue, which are pure.
//!
//! What is not needed for correctness: everything in memory. A request's row in the store's queue goes when
//! its attempt is recorded and not before; a process that dies in between makes the request again (at least
//! once), and one whose success is recorded is never made again. The bell, the lanes, kept connections and
//! the sweep only decide how soon.
//!
//! Rooms for later, deliberately empty: rate limits and health (a lane that is closed for a while, or lets
//! through one probe), FIFO (a lane with a cap of one that waits for retries).
//!
//! Not here: which webhooks want an event (`beckon_domain::routing`), SQL, HTTP towards us.

mod attempt;
mod backoff;
mod classify;
mod decide;
mod dispatcher;
pub mod error;
pub mod guard;
pub mod handle;
pub mod headers;
mod lookup;
mod notices;
pub mod options;
mod queue;
mod record;
mod sender;
pub mod service;
pub mod sign;

pub use error::Error;
pub use handle::{Handle, Health};
pub use options::Options;
pub use service::Service;

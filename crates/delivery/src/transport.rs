//! How a request gets to its receiver: over HTTP, or in the simulation.
//!
//! Not here: what an answer means (`classify.rs`), and when to send (`queue.rs`).

use std::sync::Arc;

use async_trait::async_trait;
use beckon_domain::delivery::DueAttempt;
use beckon_domain::webhook::Webhook;
use jiff::Timestamp;

use crate::sender::Sent;

/// A request to be composed, signed and sent.
pub(crate) struct Shipment<'a> {
    /// Where it goes, and how, at this moment.
    pub(crate) webhook: &'a Arc<Webhook>,
    /// What it carries.
    pub(crate) due: &'a DueAttempt,
    /// When the attempt began: its `webhook-timestamp`.
    pub(crate) at: Timestamp,
}

/// Sends requests.
#[async_trait]
pub(crate) trait Transport: Send + Sync {
    /// Makes a request, unless it is not `wanted` any more once it could be written: getting there takes time, and
    /// meanwhile a webhook may be disabled. `None` means that nothing of it was written.
    async fn send_if(&self, wanted: &(dyn Fn() -> bool + Send + Sync), shipment: Shipment<'_>) -> Option<Sent>;

    /// Lets go of what has been kept for too long.
    fn drop_idle(&self);
}

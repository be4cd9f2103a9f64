//! Deliveries, their attempts, and the queue of what is due.

use std::sync::Arc;

use async_trait::async_trait;
use beckon_domain::channel::Channel;
use beckon_domain::delivery::{Attempt, Delivery, DeliveryStatus, DueAttempt, Trigger, Verdict};
use beckon_domain::event::{EventId, NewEvent};
use beckon_domain::health::Health;
use beckon_domain::id::{DeliveryId, WebhookId, WorkspaceId};
use jiff::Timestamp;

use crate::{DueBell, Page, PageRequest, Result};

/// Which deliveries. All conditions hold together.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct DeliveryFilter {
    /// Only to this webhook.
    pub webhook_id: Option<WebhookId>,
    /// Only of this event.
    pub event_id: Option<EventId>,
    /// Only with this status.
    pub status: Option<DeliveryStatus>,
    /// Only of this event type.
    pub event_type: Option<String>,
    /// Only of events with this label.
    pub channel: Option<Channel>,
    /// Only owed at or after this moment.
    pub since: Option<Timestamp>,
    /// Only owed before this moment.
    pub until: Option<Timestamp>,
    /// Only of events about contacts or companies that this text finds (see [`crate::people::ContactFilter::text`]):
    /// the newest, at most [`crate::people::ABOUT_PEOPLE_MAX`] of each.
    pub about: Option<String>,
}

/// Which attempts: of one delivery, or of one webhook.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AttemptsOf {
    /// Of this delivery, in the order they were made.
    Delivery(DeliveryId),
    /// Of this webhook, newest first.
    Webhook(WebhookId),
}

/// An attempt to record, and what follows from it.
#[derive(Debug, Clone, PartialEq)]
pub struct FinishedAttempt {
    /// Whose it is.
    pub workspace_id: WorkspaceId,
    /// The attempt.
    pub attempt: Attempt,
    /// What becomes of the delivery.
    pub verdict: Verdict,
    /// Disable the webhook, for this reason.
    pub disable_webhook: Option<String>,
    /// How the webhook's receiver is doing now, if that changed. Forgotten if the webhook is no longer live.
    pub health: Option<Health>,
    /// Notices to announce in the same step, so that each is announced once.
    pub notices: Vec<NewEvent>,
    /// Whether those that are announced are told by e-mail too.
    pub mail_notices: bool,
}

/// Deliveries and the queue.
///
/// The queue holds one row per request that is due: a delivery's next scheduled one, and each manual one
/// beside it. A row stays until its attempt is recorded, so a request that a crash cut off is made again.
/// A webhook's rows stand in [lanes](Lane), each in the order in which it is due.
#[async_trait]
pub trait DeliveryStore {
    /// A delivery.
    async fn get_delivery(&self, workspace: WorkspaceId, id: DeliveryId) -> Result<Delivery>;
    /// Deliveries, newest first.
    async fn list_deliveries(
        &self,
        workspace: WorkspaceId,
        filter: &DeliveryFilter,
        page: PageRequest,
    ) -> Result<Page<Delivery>>;
    /// Attempts. `NotFound` if the delivery or webhook is not of this workspace.
    async fn list_attempts(&self, workspace: WorkspaceId, of: AttemptsOf, page: PageRequest) -> Result<Page<Attempt>>;

    /// Makes one more request of a delivery due at `at`, beside its schedule. `Refused` if its webhook is
    /// disabled or deleted. Asking twice before it is made is one request.
    async fn resend_delivery(&self, workspace: WorkspaceId, id: DeliveryId, at: Timestamp) -> Result<Delivery>;
    /// Ends a delivery: no more requests. `Refused` if it has ended already.
    async fn cancel_delivery(&self, workspace: WorkspaceId, id: DeliveryId, at: Timestamp) -> Result<Delivery>;
    /// Makes the next request of a delivery's schedule due at once, instead of when it would be. `Refused` if the
    /// delivery has ended.
    async fn retry_delivery_now(&self, workspace: WorkspaceId, id: DeliveryId, at: Timestamp) -> Result<Delivery>;
    /// Stores a test event with one delivery, due at once with [`Trigger::Test`] and no schedule behind it.
    /// `Refused` if the webhook is disabled or deleted. The webhook's event types and channels don't matter.
    async fn create_test_delivery(&self, event: NewEvent) -> Result<()>;

    /// The bell that rings after every commit that made something due.
    fn due_bell(&self) -> Arc<DueBell>;
    /// Every webhook with something in the queue, and when its first is due.
    async fn list_due_webhooks(&self) -> Result<Vec<(WorkspaceId, WebhookId, Timestamp)>>;
    /// What is due for a webhook at `now`, lane by lane in the order of [`Lane`], earliest first in each, without the
    /// requests in `skip`, at most `limit` of each lane; and when the first beyond those is due. Only the lane of
    /// retries has to wait for its time: what is in the others is due whatever the clock says.
    ///
    /// A FIFO webhook's scheduled requests all stand in the lane of first attempts, in the order of their events, retries
    /// and replays too. One that has to wait for its time ends the list of that lane: nothing passes it.
    async fn list_due(
        &self,
        webhook: WebhookId,
        now: Timestamp,
        skip: &[(DeliveryId, Trigger)],
        limit: u32,
    ) -> Result<DueBatch>;
    /// Records attempts, each with all that follows from it, as one step each:
    /// the attempt; its row in the queue goes, or of a FIFO webhook stays in its place until its time; the delivery's
    /// status, count and next time; the webhook's health; the webhook is disabled if so asked (as by
    /// [`crate::WebhookStore::update_webhook`]); notices are announced, `webhook.disabled` only if it was this that did.
    ///
    /// What happened meanwhile wins: a delivery that was canceled, or whose webhook was disabled or deleted,
    /// keeps that status (unless it was delivered after all) and gets no new row in the queue, and notices of
    /// such a delivery's exhaustion are not announced. A failed manual attempt changes neither status nor
    /// schedule, unless the delivery had no schedule left: then its status is `failed` (what was delivered
    /// before stays delivered).
    /// An attempt that is recorded already is left as it is, with all that followed: asking again does no harm.
    /// Results are in the order of `finished`; one that fails does not touch the others.
    async fn finish_attempts(&self, finished: Vec<Arc<FinishedAttempt>>) -> Result<Vec<Result<()>>>;
}

/// What is due for a webhook.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct DueBatch {
    /// In the order of lanes, earliest first in each.
    pub due: Vec<DueAttempt>,
    /// When the first request beyond those (and beyond the skipped ones) is due, if there is one. In the
    /// past or present if more than `limit` were due.
    pub next_due_at: Option<Timestamp>,
}

/// In which of a webhook's lines a request waits.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Lane {
    /// Tests: somebody waits for the answer.
    Test,
    /// First attempts of what has just happened. Of a FIFO webhook, all its scheduled requests.
    First,
    /// Requests beside the schedule that a person asked for.
    Resend,
    /// Later attempts, once their time has come.
    Retry,
    /// What was missed and is sent again: first and later attempts.
    Replay,
}

impl Lane {
    /// Every lane, in the order in which they go.
    pub const ALL: [Lane; 5] = [Lane::Test, Lane::First, Lane::Resend, Lane::Retry, Lane::Replay];

    /// The lane of a request of a webhook that is not FIFO.
    pub fn of(due: &DueAttempt) -> Lane {
        match due.trigger {
            Trigger::Test => Lane::Test,
            Trigger::Resend => Lane::Resend,
            Trigger::Replay => Lane::Replay,
            Trigger::Schedule if due.scheduled_attempts == 0 => Lane::First,
            Trigger::Schedule => Lane::Retry,
        }
    }
}

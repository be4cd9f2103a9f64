//! Deliveries, their attempts, and the queue.

mod attempts;
mod finish;
mod list;
mod waiting;
mod ways;

use std::sync::Arc;

use async_trait::async_trait;
use beckon_domain::delivery::{Attempt, Delivery, Trigger};
use beckon_domain::event::NewEvent;
use beckon_domain::id::{DeliveryId, WebhookId, WorkspaceId};
use beckon_store::deliveries::{AttemptsOf, DeliveryFilter, DueBatch, FinishedAttempt};
use beckon_store::{DeliveryStore, DueBell, Page, PageRequest, Result};
use jiff::Timestamp;

use crate::{SqliteStore, queue};

pub(crate) use list::event_seq;
pub(crate) use waiting::{OWED_COLUMNS, Owed, cancel as cancel_delivery, change};

#[async_trait]
impl DeliveryStore for SqliteStore {
    async fn get_delivery(&self, workspace: WorkspaceId, id: DeliveryId) -> Result<Delivery> {
        self.read("reading a delivery", move |sql| list::get(sql, workspace, id)).await
    }

    async fn list_deliveries(
        &self,
        workspace: WorkspaceId,
        filter: &DeliveryFilter,
        page: PageRequest,
    ) -> Result<Page<Delivery>> {
        let filter = filter.clone();
        self.read("listing deliveries", move |sql| list::list(sql, workspace, &filter, &page)).await
    }

    async fn list_attempts(&self, workspace: WorkspaceId, of: AttemptsOf, page: PageRequest) -> Result<Page<Attempt>> {
        self.read("listing attempts", move |sql| attempts::list(sql, workspace, of, &page)).await
    }

    async fn resend_delivery(&self, workspace: WorkspaceId, id: DeliveryId, at: Timestamp) -> Result<Delivery> {
        self.write("resending a delivery", move |write| waiting::resend(write, workspace, id, at)).await
    }

    async fn cancel_delivery(&self, workspace: WorkspaceId, id: DeliveryId, at: Timestamp) -> Result<Delivery> {
        self.write("canceling a delivery", move |write| waiting::cancel(write, workspace, id, at)).await
    }

    async fn retry_delivery_now(&self, workspace: WorkspaceId, id: DeliveryId, at: Timestamp) -> Result<Delivery> {
        self.write("retrying a delivery", move |write| waiting::retry_now(write, workspace, id, at)).await
    }

    async fn create_test_delivery(&self, event: NewEvent) -> Result<()> {
        self.write("creating a test delivery", move |write| waiting::create_test(write, &event)).await
    }

    fn due_bell(&self) -> Arc<DueBell> {
        self.bell.clone()
    }

    async fn list_due_webhooks(&self) -> Result<Vec<(WorkspaceId, WebhookId, Timestamp)>> {
        let now = self.ambient.now();
        self.read("listing webhooks with work", move |sql| queue::due_webhooks(sql, now)).await
    }

    async fn list_due(
        &self,
        webhook: WebhookId,
        now: Timestamp,
        skip: &[(DeliveryId, Trigger)],
        limit: u32,
    ) -> Result<DueBatch> {
        let skip = skip.iter().copied().collect();
        let found = self
            .read("listing what is due", move |sql| queue::list_due(sql, webhook, now, &skip, limit as usize))
            .await?;
        if !found.unreadable.is_empty() {
            let now = self.ambient.now();
            let entries = found.unreadable;
            self.write("setting aside what cannot be read", move |write| queue::set_aside(write, &entries, now))
                .await?;
        }
        Ok(found.batch)
    }

    async fn finish_attempts(&self, finished: Vec<Arc<FinishedAttempt>>) -> Result<Vec<Result<()>>> {
        let (now, doing) = (self.ambient.now(), "recording attempts");
        let sealed = finish::seal_all(doing, &self.vault, finished)?;
        self.write(doing, move |write| finish::finish_all(write, &sealed, now)).await
    }
}

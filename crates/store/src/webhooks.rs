//! Webhooks, with their secrets and their health.

use async_trait::async_trait;
use beckon_domain::health::Health;
use beckon_domain::id::{WebhookId, WorkspaceId};
use beckon_domain::webhook::Webhook;
use jiff::Timestamp;

use crate::{Page, PageRequest, Result};

/// Webhooks and their secrets. Every change counts up the config version.
#[async_trait]
pub trait WebhookStore {
    /// Stores a new webhook with its secrets.
    async fn create_webhook(&self, webhook: &Webhook) -> Result<()>;
    /// A webhook with its secrets, deleted ones included (see `deleted_at`).
    async fn get_webhook(&self, workspace: WorkspaceId, id: WebhookId) -> Result<Webhook>;
    /// Webhooks without deleted ones, newest first, with their secrets.
    async fn list_webhooks(&self, workspace: WorkspaceId, page: PageRequest) -> Result<Page<Webhook>>;
    /// Stores a changed webhook, secrets included, if `webhook.revision` is still the stored one (else
    /// [`crate::StoreError::Stale`]), and gives it back with the next revision. If it is no longer enabled,
    /// everything still waiting for it is canceled in the same step, and its health is forgotten. If it became or
    /// ceased to be FIFO, what waits is put in its new order in the same step.
    async fn update_webhook(&self, webhook: &Webhook) -> Result<Webhook>;
    /// Deletes a webhook: it gets nothing from now on, what was waiting is canceled, its history stays.
    /// Deleting again is `NotFound`.
    async fn delete_webhook(&self, workspace: WorkspaceId, id: WebhookId, at: Timestamp) -> Result<()>;
    /// How a webhook's receiver has been doing, as last recorded with
    /// [`crate::deliveries::FinishedAttempt::health`].
    async fn get_webhook_health(&self, workspace: WorkspaceId, id: WebhookId) -> Result<Health>;
    /// Every webhook that is not [well](Health::is_well), of all workspaces.
    async fn list_unwell_webhooks(&self) -> Result<Vec<(WorkspaceId, WebhookId, Health)>>;
}

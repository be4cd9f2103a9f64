//! Figures, which the delivery engine never asks a store for.

use std::collections::HashMap;

use async_trait::async_trait;
use beckon_domain::id::{SegmentId, WebhookId, WorkspaceId};
use beckon_store::stats::{TalliesOf, Tally};
use beckon_store::{Result, StatsStore};
use jiff::Timestamp;

use super::SimStore;
use super::absent::not_modelled;

#[async_trait]
impl StatsStore for SimStore {
    async fn list_tallies(&self, _: WorkspaceId, _: TalliesOf, _: Timestamp, _: Timestamp) -> Result<Vec<Tally>> {
        Err(not_modelled())
    }
    async fn list_attempt_tallies(
        &self,
        _: WorkspaceId,
        _: &[WebhookId],
        _: Timestamp,
        _: Timestamp,
    ) -> Result<HashMap<WebhookId, Vec<Tally>>> {
        Err(not_modelled())
    }
    async fn list_last_deliveries(&self, _: WorkspaceId) -> Result<Vec<(WebhookId, Timestamp)>> {
        Err(not_modelled())
    }
    async fn list_last_firings(&self, _: WorkspaceId) -> Result<Vec<(SegmentId, Timestamp)>> {
        Err(not_modelled())
    }
    fn activity(&self, _: WorkspaceId) -> u64 {
        0
    }
}

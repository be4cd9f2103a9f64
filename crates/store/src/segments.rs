//! Segments, and the event types a workspace defines.

use async_trait::async_trait;
use beckon_domain::catalog::EventType;
use beckon_domain::id::{SegmentId, WorkspaceId};
use beckon_domain::segment::Segment;
use jiff::Timestamp;

use crate::{Page, PageRequest, Result};

/// Segments and event types. Every change counts up the config version.
#[async_trait]
pub trait SegmentStore {
    /// Stores a new segment and gives it the next number; `segment.id` is ignored. Numbers start at 1001
    /// and are never used twice in an installation.
    async fn create_segment(&self, workspace: WorkspaceId, segment: &Segment) -> Result<Segment>;
    /// A segment, unless it was deleted.
    async fn get_segment(&self, workspace: WorkspaceId, id: SegmentId) -> Result<Segment>;
    /// Segments without deleted ones, newest first.
    async fn list_segments(&self, workspace: WorkspaceId, page: PageRequest) -> Result<Page<Segment>>;
    /// Stores a changed segment if `segment.revision` is still the stored one (else
    /// [`crate::StoreError::Stale`]), and gives it back with the next revision.
    async fn update_segment(&self, workspace: WorkspaceId, segment: &Segment) -> Result<Segment>;
    /// Deletes a segment. Webhooks limited to it keep that limit.
    async fn delete_segment(&self, workspace: WorkspaceId, id: SegmentId, at: Timestamp) -> Result<()>;

    /// Stores an event type the workspace defines. [`crate::StoreError::Exists`] if it has one of that name.
    async fn create_event_type(&self, workspace: WorkspaceId, event_type: &EventType) -> Result<()>;
    /// Event types the workspace defines, by name.
    async fn list_event_types(&self, workspace: WorkspaceId) -> Result<Vec<EventType>>;
    /// Replaces an event type of the same name.
    async fn update_event_type(&self, workspace: WorkspaceId, event_type: &EventType) -> Result<()>;
    /// Deletes an event type. [`crate::StoreError::Refused`] while a webhook that is not deleted lists it.
    async fn delete_event_type(&self, workspace: WorkspaceId, name: &str) -> Result<()>;
}

//! Events.

use async_trait::async_trait;
use beckon_domain::channel::Channel;
use beckon_domain::event::{Event, EventId, NewEvent};
use beckon_domain::id::WorkspaceId;
use jiff::Timestamp;

use crate::config::ConfigVersion;
use crate::{Page, PageRequest, Result};

/// What became of a published event.
#[derive(Debug, Clone, PartialEq)]
pub enum Published {
    /// It is on disk, and its deliveries are due.
    Stored,
    /// An event of that id was there already, and nothing was stored; this is the first one.
    Exists(Box<Event>),
}

/// Which events.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct EventFilter {
    /// Only of this type.
    pub event_type: Option<String>,
    /// Only with this label.
    pub channel: Option<Channel>,
    /// Only announced at or after this moment.
    pub since: Option<Timestamp>,
    /// Only announced before this moment.
    pub until: Option<Timestamp>,
    /// Only about contacts or companies that this text finds (see [`crate::people::ContactFilter::text`]):
    /// the newest, at most [`crate::people::ABOUT_PEOPLE_MAX`] of each.
    pub about: Option<String>,
}

/// Events that were published directly. (Those of segments come with
/// [`crate::IntakeStore::commit_intake`].)
#[async_trait]
pub trait EventStore {
    /// Stores events with their deliveries, in order, each on its own: an id that is taken stores nothing.
    /// An id twice in one call is taken the second time. All events are of `workspace`. Every delivery is due
    /// at its event's `created_at`. [`crate::StoreError::Stale`], and nothing is stored, if the
    /// workspace's config version is no longer `routed_at`.
    async fn publish_events(
        &self,
        workspace: WorkspaceId,
        routed_at: ConfigVersion,
        events: Vec<NewEvent>,
    ) -> Result<Vec<Published>>;
    /// An event.
    async fn get_event(&self, workspace: WorkspaceId, id: &EventId) -> Result<Event>;
    /// Events, newest first.
    async fn list_events(&self, workspace: WorkspaceId, filter: &EventFilter, page: PageRequest)
    -> Result<Page<Event>>;
}

//! What a workspace has set up, as the hot paths hold it: webhooks, segments, event types, lists.
//!
//! Every change of it in a store counts up the workspace's config version. Writers that decided with an
//! old version are refused ([`crate::StoreError::Stale`]) and decide again; so a webhook that was
//! disabled gets nothing from the moment that call returned.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError, RwLock};

use async_trait::async_trait;
use beckon_domain::catalog::EventType;
use beckon_domain::id::{ListId, SegmentId, WebhookId, WorkspaceId};
use beckon_domain::list::List;
use beckon_domain::segment::Segment;
use beckon_domain::segment::evaluate::SegmentCatalog;
use beckon_domain::segment::rule::Names;
use beckon_domain::settings::WorkspaceSettings;
use beckon_domain::webhook::Webhook;
use tokio::sync::Mutex as AsyncMutex;

use crate::{Result, SharedStore};

/// Counts the changes of a workspace's set-up.
pub type ConfigVersion = i64;

/// What a workspace has set up, at one version.
#[derive(Debug, Clone, PartialEq)]
pub struct WorkspaceConfig {
    /// The workspace.
    pub workspace_id: WorkspaceId,
    /// What people call it.
    pub name: String,
    /// Its settings.
    pub settings: WorkspaceSettings,
    /// The version this was read at.
    pub version: ConfigVersion,
    /// All webhooks but deleted ones, with their secrets.
    pub webhooks: Vec<Arc<Webhook>>,
    /// All segments but deleted ones.
    pub segments: Vec<Segment>,
    /// The event types the workspace defines itself.
    pub event_types: Vec<EventType>,
    /// All lists, oldest first; not who is on them.
    pub lists: Vec<List>,
}

impl WorkspaceConfig {
    /// The webhook of that id, unless it was deleted.
    pub fn webhook(&self, id: WebhookId) -> Option<&Arc<Webhook>> {
        self.webhooks.iter().find(|webhook| webhook.id == id)
    }

    /// The segments whose rules ask for a list.
    pub fn segments_with_list(&self, id: ListId) -> impl Iterator<Item = &Segment> {
        self.segments.iter().filter(move |segment| segment.rule.lists().contains(&id))
    }

    /// The segments, ready to be asked, with all their rules ask of the set-up.
    pub fn catalog(&self) -> SegmentCatalog {
        SegmentCatalog::new(self.segments.clone())
            .with_icp(&self.settings.icp)
            .with_lists(&self.lists)
            .with_time_zone(self.settings.time_zone())
    }

    /// The webhooks that get such an event.
    pub fn takers<'a>(
        &'a self,
        event_type: &'a str,
        channels: &'a [beckon_domain::channel::Channel],
    ) -> impl Iterator<Item = &'a Arc<Webhook>> {
        self.webhooks.iter().filter(move |webhook| beckon_domain::routing::wants(webhook, event_type, channels))
    }
}

impl Names for WorkspaceConfig {
    fn segment(&self, id: SegmentId) -> Option<String> {
        self.segments.iter().find(|segment| segment.id == id).map(|segment| segment.name.clone())
    }

    fn list(&self, id: ListId) -> Option<String> {
        self.lists.iter().find(|list| list.id == id).map(|list| list.name.clone())
    }
}

/// Reading what is set up.
#[async_trait]
pub trait ConfigStore {
    /// Reads what a workspace has set up.
    async fn load_config(&self, workspace: WorkspaceId) -> Result<WorkspaceConfig>;

    /// The version a change that has been acknowledged would have made visible. Never behind what
    /// returned calls did; must be cheap enough to ask before every request.
    fn config_version(&self, workspace: WorkspaceId) -> ConfigVersion;

    /// A number that changes whenever any workspace's config version does, in this process.
    fn config_epoch(&self) -> u64;

    /// Whether the store can take writes right now: the readiness check. Writes something and flushes it.
    async fn check_writable(&self) -> Result<()>;
}

/// Keeps what workspaces have set up in memory, never older than the last acknowledged change.
///
/// A set-up can be large, and after a change everyone asks for it at once: one reads it, the others wait.
pub struct ConfigCache {
    store: SharedStore,
    kept: RwLock<HashMap<WorkspaceId, Arc<WorkspaceConfig>>>,
    /// Whose turn it is to read.
    reading: Mutex<HashMap<WorkspaceId, Arc<AsyncMutex<()>>>>,
}

impl ConfigCache {
    /// An empty cache in front of `store`.
    pub fn new(store: SharedStore) -> ConfigCache {
        ConfigCache { store, kept: RwLock::default(), reading: Mutex::default() }
    }

    /// Whether nothing was acknowledged that `config` does not know of.
    pub fn is_current(&self, config: &WorkspaceConfig) -> bool {
        config.version >= self.store.config_version(config.workspace_id)
    }

    /// What `workspace` has set up, read again only if it changed.
    pub async fn get(&self, workspace: WorkspaceId) -> Result<Arc<WorkspaceConfig>> {
        let current = self.store.config_version(workspace);
        if let Some(config) = self.kept_since(workspace, current) {
            return Ok(config);
        }
        let turn = self.reading.lock().unwrap_or_else(PoisonError::into_inner).entry(workspace).or_default().clone();
        let _turn = turn.lock().await;
        if let Some(config) = self.kept_since(workspace, current) {
            return Ok(config);
        }
        let config = Arc::new(self.store.load_config(workspace).await?);
        let mut kept = self.kept.write().unwrap_or_else(PoisonError::into_inner);
        let slot = kept.entry(workspace).or_insert_with(|| config.clone());
        if slot.version < config.version {
            *slot = config.clone();
        }
        Ok(config)
    }

    /// What is at hand of `workspace`, however old, without reading anything.
    pub fn kept(&self, workspace: WorkspaceId) -> Option<Arc<WorkspaceConfig>> {
        self.kept.read().unwrap_or_else(PoisonError::into_inner).get(&workspace).cloned()
    }

    /// What is kept, if it is of that version or a later one.
    fn kept_since(&self, workspace: WorkspaceId, version: ConfigVersion) -> Option<Arc<WorkspaceConfig>> {
        let kept = self.kept.read().unwrap_or_else(PoisonError::into_inner);
        kept.get(&workspace).filter(|config| config.version >= version).cloned()
    }
}

//! Counts the commits that touched each workspace, for pages that show what is there as it comes.
//!
//! In memory: it says that something changed in this process, not what, and begins anew with it.

use std::collections::HashMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{PoisonError, RwLock};

use beckon_domain::id::WorkspaceId;

/// How often each workspace was touched.
#[derive(Default)]
pub(crate) struct Activity {
    touched: RwLock<HashMap<WorkspaceId, AtomicU64>>,
}

impl Activity {
    /// Takes over which workspaces a commit touched; each counts once.
    pub(crate) fn advance(&self, mut workspaces: Vec<WorkspaceId>) {
        workspaces.sort_unstable();
        workspaces.dedup();
        for workspace in workspaces {
            let known = self.touched.read().unwrap_or_else(PoisonError::into_inner);
            if let Some(count) = known.get(&workspace) {
                count.fetch_add(1, Ordering::Release);
                continue;
            }
            drop(known);
            let mut known = self.touched.write().unwrap_or_else(PoisonError::into_inner);
            known.entry(workspace).or_default().fetch_add(1, Ordering::Release);
        }
    }

    /// How often a workspace was touched since the store was opened.
    pub(crate) fn of(&self, workspace: WorkspaceId) -> u64 {
        let known = self.touched.read().unwrap_or_else(PoisonError::into_inner);
        known.get(&workspace).map_or(0, |count| count.load(Ordering::Acquire))
    }
}

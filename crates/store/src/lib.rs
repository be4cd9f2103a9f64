//! What Beckon asks of a database.
//!
//! One trait per family of business steps; a method is one step and one transaction. An engine
//! implements all of them and passes the suite of module `conformance` (a feature, for tests).
//! Promises every engine makes: a method that returned `Ok` is on disk (committed and flushed);
//! concurrent writes may share a transaction, and then succeed or fail one by one; nothing of one
//! workspace can be reached with the id of another.
//! Not here: SQL (the engines), and decisions (`beckon-domain`, `beckon-intake`, `beckon-delivery`).

pub mod audit;
pub mod bell;
pub mod config;
#[cfg(any(test, feature = "conformance"))]
pub mod conformance;
pub mod deliveries;
pub mod error;
pub mod events;
pub mod idempotency;
pub mod identity;
pub mod intake;
pub mod jobs;
pub mod keys;
pub mod lists;
pub mod mail;
pub mod members;
pub mod page;
pub mod people;
pub mod segments;
pub mod settings;
pub mod stats;
pub mod suppressions;
pub mod vault;
pub mod webhooks;

use std::sync::Arc;

pub use audit::AuditStore;
pub use bell::{DueBell, JustWritten, Ring, Rung};
pub use config::{ConfigCache, ConfigStore, WorkspaceConfig};
pub use deliveries::DeliveryStore;
pub use error::{Result, StoreError};
pub use events::EventStore;
pub use idempotency::IdempotencyStore;
pub use identity::IdentityStore;
pub use intake::IntakeStore;
pub use jobs::JobStore;
pub use keys::KeyStore;
pub use lists::ListStore;
pub use mail::MailStore;
pub use members::MemberStore;
pub use page::{Cursor, Page, PageRequest};
pub use people::PeopleStore;
pub use segments::SegmentStore;
pub use settings::SettingsStore;
pub use stats::StatsStore;
pub use suppressions::SuppressionStore;
pub use vault::Vault;
pub use webhooks::WebhookStore;

/// A database that can hold Beckon.
pub trait Store:
    AuditStore
    + ConfigStore
    + DeliveryStore
    + EventStore
    + IdempotencyStore
    + IdentityStore
    + IntakeStore
    + JobStore
    + KeyStore
    + ListStore
    + MailStore
    + MemberStore
    + PeopleStore
    + SegmentStore
    + SettingsStore
    + StatsStore
    + SuppressionStore
    + WebhookStore
    + Send
    + Sync
    + 'static
{
}

impl<S> Store for S where
    S: AuditStore
        + ConfigStore
        + DeliveryStore
        + EventStore
        + IdempotencyStore
        + IdentityStore
        + IntakeStore
        + JobStore
        + KeyStore
        + ListStore
        + MailStore
        + MemberStore
        + PeopleStore
        + SegmentStore
        + SettingsStore
        + StatsStore
        + SuppressionStore
        + WebhookStore
        + Send
        + Sync
        + 'static
{
}

/// A store as the services hold it.
pub type SharedStore = Arc<dyn Store>;

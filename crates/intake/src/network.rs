//! Which company's network is an address in?
//!
//! The operator gives files: MMDB files of a vendor's ([`layout`] knows the layouts) and a CSV file of networks of their
//! own, which goes before them. What several files say of an address is made one answer in [`settle`]; [`watch`] takes
//! in files that change.
//! Promise: a lookup waits for nothing and reads memory only; a changed file that cannot be read leaves the old one in
//! force. Addresses are not kept.
//! Not here: what becomes of the answer (`fold/company.rs`), whose address it is (`beckon-server`).

mod layout;
mod mmdb;
mod settle;
mod table;
mod watch;

use std::fmt;
use std::net::IpAddr;
use std::path::PathBuf;
use std::sync::{Arc, PoisonError, RwLock};

use beckon_domain::email::FreeMail;
use beckon_domain::network::Network;

use mmdb::Mmdb;
use table::Table;
pub use watch::Service;

/// Which files there are.
#[derive(Debug, Clone, Default)]
pub struct Options {
    /// MMDB files.
    pub mmdb: Vec<PathBuf>,
    /// The CSV file of networks, which goes before them.
    pub table: Option<PathBuf>,
    /// Providers of mailboxes, whose networks say nothing of a company.
    pub free_mail: FreeMail,
}

impl Options {
    /// Whether there is nothing to look addresses up in.
    pub fn is_empty(&self) -> bool {
        self.mmdb.is_empty() && self.table.is_none()
    }
}

/// A file that cannot be used.
#[derive(Debug, thiserror::Error)]
#[error("{} cannot be used: {reason}", path.display())]
pub struct Error {
    /// Which.
    pub path: PathBuf,
    /// Why, and what would be right.
    pub reason: String,
}

/// Looks addresses up. Cheap to clone; all clones see a file that was taken in.
#[derive(Clone, Default)]
pub struct Networks(Arc<RwLock<Arc<Files>>>);

/// What was read.
#[derive(Default, Clone)]
struct Files {
    table: Option<Arc<Table>>,
    mmdb: Vec<Arc<Mmdb>>,
    free_mail: Arc<FreeMail>,
}

impl Networks {
    /// The network an address is in; `None` if no file knows it.
    pub fn find(&self, address: IpAddr) -> Option<Network> {
        let files = Arc::clone(&self.0.read().unwrap_or_else(PoisonError::into_inner));
        let address = address.to_canonical();
        if let Some(network) = files.table.as_ref().and_then(|table| table.find(address)) {
            return Some(network.clone());
        }
        let readings: Vec<_> = files.mmdb.iter().filter_map(|file| file.read(address)).collect();
        settle::settle(&readings, &files.free_mail)
    }

    fn put(&self, files: Files) {
        *self.0.write().unwrap_or_else(PoisonError::into_inner) = Arc::new(files);
    }
}

impl fmt::Debug for Networks {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Networks").finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests;

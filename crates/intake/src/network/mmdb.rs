//! One MMDB file, in memory.
//!
//! Promise: a file of no layout we know is refused, and so is one that cannot be a whole MMDB file; a record that cannot
//! be read says nothing.

use std::net::IpAddr;

use maxminddb::{Reader, WithinOptions};

use super::layout::{Fields, Layout, Reading};

/// Largest MMDB file taken, in bytes. It is held in memory, and twice while another takes its place.
pub(super) const MMDB_BYTES_MAX: u64 = 2 * 1024 * 1024 * 1024;
/// Most records looked at to find out a file's layout.
const LAYOUT_RECORDS_MAX: usize = 5_000;
/// How many more bits an IPv4 network has as one of IPv6.
const V4_BITS_BEFORE: u8 = 96;

/// A file that was read.
pub(super) struct Mmdb {
    reader: Reader<Vec<u8>>,
    layout: Layout,
}

impl Mmdb {
    /// Takes in a file.
    ///
    /// # Errors
    /// Why it cannot be used.
    pub(super) fn parse(bytes: Vec<u8>) -> Result<Mmdb, String> {
        let reader = Reader::from_source(bytes).map_err(|error| format!("it is no whole MMDB file: {error}"))?;
        let layout = layout_of(&reader)?;
        Ok(Mmdb { reader, layout })
    }

    /// What the file is, in words for the log.
    pub(super) fn described(&self) -> String {
        let metadata = self.reader.metadata();
        format!("{} ({:?}, {} nodes)", self.layout, metadata.database_type, metadata.node_count)
    }

    /// What the file says of an address.
    pub(super) fn read(&self, address: IpAddr) -> Option<Reading> {
        // Of an IPv6 address a file of IPv4 says nothing, and says so with an error.
        let found = self.reader.lookup(address).ok()?;
        let fields = found.decode::<Fields<'_>>().ok()??;
        let prefix = found.network().ok()?.prefix();
        let bits = if address.is_ipv4() { prefix.saturating_add(V4_BITS_BEFORE) } else { prefix };
        Some(self.layout.read(&fields, bits))
    }
}

fn layout_of(reader: &Reader<Vec<u8>>) -> Result<Layout, String> {
    let records = reader.networks(WithinOptions::default()).map_err(|error| format!("it cannot be read: {error}"))?;
    for record in records.take(LAYOUT_RECORDS_MAX) {
        let record = record.map_err(|error| format!("it cannot be read: {error}"))?;
        let fields = record.decode::<Fields<'_>>().ok().flatten();
        if let Some(layout) = fields.as_ref().and_then(Layout::of) {
            return Ok(layout);
        }
    }
    Err(format!(
        "its type is {:?}, and its records are of none of the layouts known: IPinfo IP-to-Company, Lite and ASN, \
         MaxMind ASN, ISP, Domain, Connection-Type, Anonymous-IP and Enterprise",
        reader.metadata().database_type
    ))
}

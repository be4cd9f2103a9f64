//! How many rows some lists have, counted while they are seeded, and kept beside the data.

use std::collections::BTreeMap;
use std::path::Path;

use anyhow::Context;
use beckon_domain::event::NewEvent;
use serde::{Deserialize, Serialize};

use super::story::{Fate, channel, type_name};

/// Where the totals are kept, in the data directory.
const FILE: &str = "seeded.json";
/// Event types that are counted: the rare one, and the one of the beginning.
const TYPES: [u64; 2] = [18, 19];
/// Channels that are counted: likewise.
const CHANNELS: [u64; 2] = [297, 299];

/// A whole list.
#[derive(Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Total {
    /// Its path, with a query.
    pub(crate) list: String,
    /// How many rows it has.
    pub(crate) rows: u64,
}

/// The totals that a data directory was seeded with; none if it tells none.
pub(crate) fn totals(directory: &Path) -> anyhow::Result<Vec<Total>> {
    let file = directory.join(FILE);
    match std::fs::read(&file) {
        Ok(text) => serde_json::from_slice(&text).with_context(|| format!("reading {}", file.display())),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(Vec::new()),
        Err(error) => Err(error).with_context(|| format!("reading {}", file.display())),
    }
}

/// A count of what is seeded that no server changes: nothing that is still to be done.
#[derive(Debug, Default)]
pub(super) struct Census(BTreeMap<String, u64>);

impl Census {
    /// Counts an event and what becomes of its deliveries.
    pub(super) fn count(&mut self, event: &NewEvent, fates: &[Fate]) {
        let deliveries = event.deliveries.len() as u64;
        for name in TYPES.map(type_name).into_iter().filter(|name| *name == event.event_type) {
            self.add(format!("/api/v1/events?type={name}"), 1);
            self.add(format!("/api/v1/deliveries?event_type={name}"), deliveries);
        }
        for channel in CHANNELS.map(channel).iter().filter(|channel| event.channels.contains(channel)) {
            self.add(format!("/api/v1/events?channel={}", channel.as_str()), 1);
            self.add(format!("/api/v1/deliveries?channel={}", channel.as_str()), deliveries);
        }
        for (delivery, fate) in event.deliveries.iter().zip(fates) {
            let status = match fate {
                Fate::Failed => "failed",
                Fate::Canceled => "canceled",
                _ => continue,
            };
            self.add(format!("/api/v1/deliveries?webhook_id={}&status={status}", delivery.webhook_id), 1);
        }
    }

    fn add(&mut self, list: String, rows: u64) {
        *self.0.entry(list).or_default() += rows;
    }

    /// Writes the totals into the data directory.
    pub(super) fn keep(self, directory: &Path) -> anyhow::Result<()> {
        let totals: Vec<Total> = self.0.into_iter().map(|(list, rows)| Total { list, rows }).collect();
        let file = directory.join(FILE);
        std::fs::write(&file, serde_json::to_string_pretty(&totals)?)
            .with_context(|| format!("writing {}", file.display()))
    }
}

//! Start-up and throughput of a server that has a long history.
//!
//! Not here: making one, or its lists.

use anyhow::Context;

use crate::bench::Bench;
use crate::case::ONE_BY_ONE_EVENTS;
use crate::data::Data;
use crate::publishing::Publishing;
use crate::section::Section;
use crate::start_up;

/// Two tables, of the data directory that was given.
pub(crate) async fn measure(bench: &Bench) -> anyhow::Result<Vec<Section>> {
    let directory = bench.history.clone().context("--history DIRECTORY says which data to start on")?;
    let data = Data::Kept(directory);
    let mib = data.bytes()? / (1024 * 1024);
    let title = |what: &str| format!("{what} with a history of {mib} MiB");
    let publishing = Publishing::one_by_one(ONE_BY_ONE_EVENTS);
    Ok(vec![
        Section {
            title: title("Start-up"),
            notes: vec![],
            rows: vec![start_up::row("a later start", &data, bench).await?],
        },
        Section {
            title: title("Throughput"),
            notes: vec!["Each run adds its events to the history.".to_owned()],
            rows: vec![publishing.throughput_on(&data, bench).await?],
        },
    ])
}

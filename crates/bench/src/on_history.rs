//! A server that has a long history: start-up, throughput, and every list.
//!
//! Not here: making the history, and what is asked of the lists (`history.rs`).

use anyhow::Context;

use crate::bench::Bench;
use crate::case::ONE_BY_ONE_EVENTS;
use crate::data::Data;
use crate::figure::{Figure, Figures, thousands};
use crate::history::{self, DELIVERIES};
use crate::machine::today;
use crate::publishing::{Publishing, latencies};
use crate::quantile::Quantiles;
use crate::section::{Row, Section};
use crate::server::{API_KEY, Server};
use crate::start_up;

/// Of the combinations of filters every so many-th is asked for.
const STRIDE: usize = 7;

/// Three tables, of the data directory that was given or of one made for the purpose.
pub(crate) async fn measure(bench: &Bench) -> anyhow::Result<Vec<Section>> {
    let made = Data::fresh(&bench.scratch)?;
    let data = match &bench.history {
        Some(directory) => Data::Kept(directory.clone()),
        None => {
            history::seed(made.path(), DELIVERIES, today()?).await?;
            // For all runs: each adds to it.
            Data::Kept(made.path().to_owned())
        }
    };
    let mib = data.bytes()? / (1024 * 1024);
    let title = |what: &str| format!("{what} with a history of {} MiB", thousands(mib as f64));
    let start_up = start_up::row("a later start", &data, bench).await?;
    let lists = lists(bench, &data).await?;
    let publishing = Publishing::one_by_one(ONE_BY_ONE_EVENTS).throughput_on(&data, bench).await?;
    let section = |what: &str, note: &str, rows| Section { title: title(what), notes: vec![note.to_owned()], rows };
    Ok(vec![
        section("Start-up", "From the start of the process until /readyz answers 200.", vec![start_up]),
        section("Lists", "Each filter and their combinations, first pages and deep ones.", lists),
        section("Throughput", "Each run adds its events to the history.", vec![publishing]),
    ])
}

async fn lists(bench: &Bench, data: &Data) -> anyhow::Result<Vec<Row>> {
    let server = Server::start(&bench.program, data).await?;
    let times = history::lists(&server.address, API_KEY, today()?, STRIDE).await?;
    server.stop().await?;
    let mut rows = Vec::with_capacity(times.len());
    for (name, millis) in times {
        let calls = millis.len() as f64;
        let quantiles = Quantiles::of(millis.into_iter().map(|ms| (ms * 1e3) as u64).collect());
        let mut figures: Figures = latencies(quantiles.context("times of a list")?);
        figures.insert(Figure::Calls, calls);
        rows.push(Row::new(name, Figure::P50, vec![figures])?);
    }
    Ok(rows)
}

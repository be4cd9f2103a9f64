//! A server that has a long history: start-up, throughput, every list and every page.
//!
//! Not here: making the history, and what is asked of the lists (`history.rs`).

use anyhow::Context;

use crate::bench::Bench;
use crate::case::ONE_BY_ONE_EVENTS;
use crate::data::Data;
use crate::figure::{Figure, Figures, thousands};
use crate::history::{self, DELIVERIES, Times};
use crate::machine::today;
use crate::publishing::{Publishing, latencies};
use crate::quantile::Quantiles;
use crate::section::{Row, Section};
use crate::server::Server;
use crate::start_up;

/// Four tables, of the data directory that was given or of one made for the purpose; an empty one is filled.
pub(crate) async fn measure(bench: &Bench) -> anyhow::Result<Vec<Section>> {
    let made = Data::fresh(&bench.scratch)?;
    // For all runs: each adds to it.
    let data = Data::Kept(bench.history.clone().unwrap_or_else(|| made.path().to_owned()));
    if std::fs::read_dir(data.path())?.next().is_none() {
        history::seed(data.path(), DELIVERIES, today()?).await?;
    }
    let mib = data.bytes()? / (1024 * 1024);
    let title = |what: &str| format!("{what} with a history of {} MiB", thousands(mib as f64));
    let start_up = start_up::row("a later start", &data, bench).await?;
    let (checked, lists) = lists(bench, &data).await?;
    let pages = pages(bench, &data).await?;
    let publishing = Publishing::one_by_one(ONE_BY_ONE_EVENTS).throughput_on(&data, bench).await?;
    let section = |what: &str, notes: &[&str], rows| {
        let notes = notes.iter().map(|note| (*note).to_owned()).collect();
        Section { title: title(what), notes, rows }
    };
    let lists_notes = [
        "Each filter, each pair of them and a part of the rest, first pages and deep ones. p50 to max: until a page is",
        "filled or the list ends, which may take several calls.",
        &checked,
    ];
    let pages_notes = [
        "Every web page that links lead to from the first one, by the shape of its address, as a member who is signed in",
        "sees it: from the request to the last byte of the page. The slowest come first.",
    ];
    Ok(vec![
        section("Start-up", &["From the start of the process until /readyz answers 200."], vec![start_up]),
        section("Lists", &lists_notes, lists),
        section("Pages", &pages_notes, pages),
        section("Throughput", &["Each run adds its events to the history."], vec![publishing]),
    ])
}

async fn lists(bench: &Bench, data: &Data) -> anyhow::Result<(String, Vec<Row>)> {
    let totals = history::totals(data.path())?;
    let server = Server::start(&bench.program, data).await?;
    let times = history::lists(&server, today()?, &totals).await?;
    server.stop().await?;
    let rows = times.into_iter().map(|(name, times)| Row::new(name, Figure::P50, vec![figures(times)?]));
    let checked = format!("Nothing came twice or out of order; {} whole lists were as long as seeded.", totals.len());
    Ok((checked, rows.collect::<anyhow::Result<_>>()?))
}

async fn pages(bench: &Bench, data: &Data) -> anyhow::Result<Vec<Row>> {
    let server = Server::start(&bench.program, data).await?;
    let times = history::pages(&server).await?;
    server.stop().await?;
    let mut rows = Vec::new();
    for (name, times_us) in times {
        let mut figures = Figures::from([(Figure::Pages, times_us.len() as f64)]);
        figures.extend(latencies(Quantiles::of(times_us).context("a page that was never opened")?));
        rows.push(Row::new(name, Figure::P50, vec![figures])?);
    }
    rows.sort_by(|a, b| b.figures()[&Figure::P50].total_cmp(&a.figures()[&Figure::P50]));
    Ok(rows)
}

fn figures(times: Times) -> anyhow::Result<Figures> {
    let (pages, calls) = (times.pages_us.len() as f64, times.calls_us.len() as f64);
    let mut figures: Figures = latencies(Quantiles::of(times.pages_us).context("a list without pages")?);
    let each = Quantiles::of(times.calls_us).context("a list without calls")?;
    figures.insert(Figure::Pages, pages);
    figures.insert(Figure::Calls, calls / pages);
    figures.insert(Figure::CallP95, each.p95_us as f64 / 1_000.0);
    figures.insert(Figure::CallMax, each.max_us as f64 / 1_000.0);
    Ok(figures)
}

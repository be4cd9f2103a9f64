//! The case of page views: tracking batches over HTTP, through many segments, out to a webhook.
//!
//! Known people look at pages; exactly one page view in ten makes its person qualify for a segment. Measured is from
//! the first batch until every event that follows has arrived at the receiver.
//! Promise: a run fails unless what arrived is what was expected: one event per qualifying page view, of the right
//! person and segment, and nothing else.
//! Beside it: how long one page view takes to be matched against the segments, in this process.
//! Not here: the parts of the way one by one (`benches/hot_paths`), and events published by API (`case.rs`).

mod load;
mod matching;
mod receiver;
mod rules;
mod server;
mod visitors;

use std::rc::Rc;
use std::sync::atomic::{AtomicUsize, Ordering};

use anyhow::Context;
use tokio::time::{Duration, Instant, sleep};

use crate::bench::Bench;
use crate::figure::{Figure, Figures, thousands};
use crate::section::{Row, Section, repeat};
use load::{Client, Load};
use receiver::Receiver;
use server::Server;

/// Page views of a run.
const PAGE_VIEWS: usize = 100_000;
/// Segments of the workspace, run by run.
const SEGMENTS: [usize; 2] = [100, 10_000];
/// Page views per request: what a relay that flushes at a hundred sends.
const BATCH: usize = 100;
/// Batches that are under way at the same time.
const CALLERS: usize = 16;
/// How long a run may take before it is called lost.
const PATIENCE: Duration = Duration::from_secs(300);

/// With few and with many segments.
pub(crate) async fn measure(bench: &Bench) -> anyhow::Result<Section> {
    let mut rows = Vec::new();
    for segments in SEGMENTS {
        let runs = repeat(bench.runs, async || run(bench, segments).await).await?;
        rows.push(Row::new(format!("{} segments", thousands(segments as f64)), Figure::PerSecond, runs)?);
    }
    Ok(Section {
        title: "Page views: taken per second, 1 in 10 qualifies".to_owned(),
        notes: vec![
            format!(
                "Batches of {BATCH} from {CALLERS} callers; CPU is per page view; behind: the last arrival after the last answer."
            ),
            "p50 and p99 are how long matching one page view against the segments takes.".to_owned(),
        ],
        rows,
    })
}

async fn run(bench: &Bench, segments: usize) -> anyhow::Result<Figures> {
    let page_views = PAGE_VIEWS;
    let receiver = Receiver::start()?;
    let server = Rc::new(Server::start(bench, segments, &receiver.address).await?);
    let load = Load::new(&server.segments, page_views, BATCH);
    let local = tokio::task::LocalSet::new();
    // Who is known already costs no identify while it is measured.
    send_all(&local, &server, load.identifies.clone()).await?;

    let (cpu_before, begun) = (server.cpu_us()?, Instant::now());
    send_all(&local, &server, load.batches.clone()).await?;
    let taken = begun.elapsed().as_secs_f64();
    while receiver.count() < load.expected.len() {
        anyhow::ensure!(
            begun.elapsed() < PATIENCE,
            "{} of {} events arrived in {PATIENCE:?}",
            receiver.count(),
            load.expected.len()
        );
        sleep(Duration::from_millis(2)).await;
    }
    let arrived = begun.elapsed().as_secs_f64();
    let cpu = server.cpu_us()? - cpu_before;
    let mut events = receiver.events();
    events.sort_unstable();
    anyhow::ensure!(events == load.expected, "other events arrived than were expected");
    let (p50, p99) = matching::percentiles(segments)?;
    Ok(Figures::from([
        (Figure::PerSecond, page_views as f64 / taken),
        (Figure::ServerCpu, cpu / page_views as f64),
        (Figure::PeakRss, server.rss_mib()?),
        (Figure::Behind, (arrived - taken) * 1e3),
        (Figure::P50, p50.as_secs_f64() * 1e3),
        (Figure::P99, p99.as_secs_f64() * 1e3),
    ]))
}

/// Sends bodies from some callers at once, each as soon as one has its answer.
async fn send_all(local: &tokio::task::LocalSet, server: &Rc<Server>, bodies: Rc<[load::Body]>) -> anyhow::Result<()> {
    let next = Rc::new(AtomicUsize::new(0));
    let callers: Vec<_> = (0..CALLERS)
        .map(|_| {
            let (server, bodies, next) = (server.clone(), bodies.clone(), next.clone());
            local.spawn_local(async move {
                let mut client = Client::connect(&server.address).await?;
                while let Some(body) = bodies.get(next.fetch_add(1, Ordering::Relaxed)) {
                    client.send(body).await?;
                }
                anyhow::Ok(())
            })
        })
        .collect();
    local
        .run_until(async {
            for caller in callers {
                caller.await.context("a caller")??;
            }
            anyhow::Ok(())
        })
        .await
}

//! The case of page views: tracking batches over HTTP, through many segments, out to a webhook.
//!
//! Known people look at pages; exactly one page view in ten makes its person qualify for a segment. Measured is from
//! the first batch until every event that follows has arrived at the receiver.
//! Promise: a run fails unless what arrived is what was expected: one event per qualifying page view, of the right
//! person and segment, and nothing else.
//! Beside it: how long one page view takes to be matched against the segments, in this process.
//! Not here: the parts of the way one by one (`benches/hot_paths`), and events published by API (`case.rs`).

pub(crate) mod calls;
mod matching;
mod rules;
mod visitors;
mod workspace;

use anyhow::Context;

use crate::bench::Bench;
use crate::clock::seconds_between;
use crate::cores::CoresSince;
use crate::data::Data;
use crate::figure::{Figure, Figures, thousands};
use crate::load::{Load, Plan, Posted, Script};
use crate::process::CpuSince;
use crate::receiver::{Arrived, Manner, Receiver};
use crate::reconcile::exactly_once;
use crate::section::{Row, Section, repeat};
use crate::server::Server;
use calls::{PAGES_PER_VISITOR, Qualified};

/// Page views of a run.
const PAGE_VIEWS: usize = 100_000;
/// Segments of the workspace, run by run.
const SEGMENTS: [usize; 2] = [100, 10_000];
/// Page views per request: what a relay that flushes at a hundred sends.
const BATCH: usize = 100;
/// Batches that are under way at the same time.
const CALLERS: usize = 16;
/// Visitors of a run.
const VISITORS: usize = PAGE_VIEWS / PAGES_PER_VISITOR;
/// Identifies per request.
const IDENTIFY_BATCH: usize = 500;

/// With few and with many segments.
pub(crate) async fn measure(bench: &Bench) -> anyhow::Result<Section> {
    let mut rows = Vec::new();
    for segments in SEGMENTS {
        let runs = repeat(bench.runs, async || run(bench, segments).await).await?;
        rows.push(Row::new(format!("{} segments", thousands(segments as f64)), Figure::PerSecond, runs)?);
    }
    Ok(Section {
        title: "Page views: page views/s from the first batch to the last arrival, 1 in 10 qualifies".to_owned(),
        notes: vec![
            format!("Batches of {BATCH} from {CALLERS} callers; CPU and disk are per page view."),
            "Behind: the last arrival after the last answer. Match: how long one page view takes to be matched against"
                .to_owned(),
            "the segments, apart from the run and in this program's own process.".to_owned(),
        ],
        rows,
    })
}

async fn run(bench: &Bench, segments: usize) -> anyhow::Result<Figures> {
    let data = Data::fresh(&bench.scratch)?;
    let ids = workspace::set_up(data.path(), segments).await?;
    let expected = calls::expected(VISITORS, &ids);
    let events = expected.len() as u64;
    let mut receiver = Receiver::start().await?;
    receiver.keep().await?;
    let server = workspace::start(bench, &data).await?;
    workspace::add_webhook(&server, &Manner::Well.url(&receiver.address, 0)).await?;
    // Who is known already costs no identify while it is measured.
    let identifies = Script::Identifies { visitors: VISITORS, batch: IDENTIFY_BATCH };
    load(&server, identifies, VISITORS / IDENTIFY_BATCH).await?.go().await?;
    server.stop().await?;
    let bytes_before = data.bytes()?;

    let server = workspace::start(bench, &data).await?;
    let page_views = Script::PageViews { visitors: VISITORS, segments, batch: BATCH };
    let mut load = load(&server, page_views, PAGE_VIEWS / BATCH).await?;
    let cores = CoresSince::now()?;
    let cpu = CpuSince::now([server.process, load.process(), receiver.process()])?;
    let Posted { begun_ns, ended_ns, acknowledged } = load.go().await?;
    let arrived_ns = receiver.when(0..1, events).await?;
    let cpu_us = cpu.us()?;
    let machine = cores.shares(cpu_us.iter().sum())?;
    let peak_rss_mib = server.process.peak_rss_mib()?;
    anyhow::ensure!(acknowledged as usize * BATCH == PAGE_VIEWS, "not all was acknowledged");
    // After this nothing more arrives.
    server.stop().await.context("at the end of a run")?;
    let disk_bytes = data.bytes()?.saturating_sub(bytes_before);
    as_expected(&mut receiver, &expected).await?;

    let (match_p50, match_p99) = matching::percentiles(segments)?;
    let each = |value: f64| value / PAGE_VIEWS as f64;
    let [server_us, load_us, receiver_us] = cpu_us.map(each);
    let per_second = PAGE_VIEWS as f64 / seconds_between(begun_ns, arrived_ns);
    Ok(Figures::from([
        (Figure::PerSecond, per_second),
        (Figure::OfLimit, 100.0 * per_second / bench.limit),
        (Figure::ServerCpu, server_us),
        (Figure::LoadCpu, load_us),
        (Figure::ReceiverCpu, receiver_us),
        (Figure::Idle, machine.idle),
        (Figure::Others, machine.others),
        (Figure::PeakRss, peak_rss_mib),
        (Figure::DiskBytes, each(disk_bytes as f64)),
        (Figure::Behind, seconds_between(ended_ns, arrived_ns) * 1e3),
        (Figure::MatchP50, match_p50.as_secs_f64() * 1e6),
        (Figure::MatchP99, match_p99.as_secs_f64() * 1e6),
    ]))
}

/// A load of so many requests, its connections open.
async fn load(server: &Server, script: Script, requests: usize) -> anyhow::Result<Load> {
    let (address, requests) = (server.address.clone(), requests as u64);
    Load::prepare(Plan { address, callers: CALLERS, requests, per_second: None, script }).await
}

/// Fails unless exactly those events arrived that were expected, each once.
async fn as_expected(receiver: &mut Receiver, expected: &[Qualified]) -> anyhow::Result<()> {
    let events = expected.len() as u64;
    // These payloads carry no numbers; who and which segment is compared instead.
    let arrived = receiver.arrived(0..1).await?;
    exactly_once("events of page views", events, Arrived { numbered: arrived.distinct, ..arrived })?;
    let kept = receiver.kept().await?;
    let mut qualified = kept.iter().map(|body| calls::qualified(body)).collect::<anyhow::Result<Vec<_>>>()?;
    qualified.sort_unstable();
    anyhow::ensure!(qualified == expected, "other events arrived than were expected");
    Ok(())
}

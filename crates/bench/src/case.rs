//! The cases: what each is called on the command line, and what it measures.

use crate::bench::Bench;
use crate::load::{CALLERS, Script};
use crate::payload::PAYLOAD_BYTES;
use crate::publishing::Publishing;
use crate::section::Section;
use crate::{idle, neighbours, on_history, outage, page_views, start_up};

/// Events published one by one for one webhook: as many as take some seconds.
pub(crate) const ONE_BY_ONE_EVENTS: u64 = 60_000;
/// The same for ten webhooks.
const TEN_WEBHOOKS_EVENTS: u64 = 8_000;
/// The same in batches.
const BATCHES_EVENTS: u64 = 100_000;
/// Events per request: as many as the API takes.
pub(crate) const BATCH: u64 = 100;
/// Events a second when latency is measured.
const RATES: [u32; 2] = [200, 2_000];
/// For how long, in seconds.
const RATE_SECONDS: u64 = 10;
/// What the columns of costs mean.
const COSTS: &str = "CPU, disk and flushes are per delivery; flushes are counted once, in a traced run of its own with a \
                     quarter of the events. Idle is what was left of all cores; others, what something else used.";

/// Something to measure.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Case {
    Throughput,
    Latency,
    Neighbours,
    PageViews,
    Outage,
    StartUp,
    Idle,
    History,
}

impl Case {
    /// In the order in which they are run.
    pub(crate) const ALL: [Case; 8] = [
        Case::Throughput,
        Case::Latency,
        Case::Neighbours,
        Case::PageViews,
        Case::Outage,
        Case::StartUp,
        Case::Idle,
        Case::History,
    ];

    /// What it is called.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Case::Throughput => "throughput",
            Case::Latency => "latency",
            Case::Neighbours => "neighbours",
            Case::PageViews => "page-views",
            Case::Outage => "outage",
            Case::StartUp => "start-up",
            Case::Idle => "idle",
            Case::History => "history",
        }
    }

    /// Measures it.
    pub(crate) async fn measure(self, bench: &Bench) -> anyhow::Result<Vec<Section>> {
        Ok(match self {
            Case::Throughput => vec![throughput(bench).await?],
            Case::Latency => vec![latency(bench).await?],
            Case::Neighbours => neighbours::measure(bench).await?,
            Case::PageViews => vec![page_views::measure(bench).await?],
            Case::Outage => vec![outage::measure(bench).await?],
            Case::StartUp => vec![start_up::measure(bench).await?],
            Case::Idle => vec![idle::measure(bench).await?],
            Case::History => on_history::measure(bench).await?,
        })
    }
}

async fn throughput(bench: &Bench) -> anyhow::Result<Section> {
    let one_by_one = Publishing::one_by_one(ONE_BY_ONE_EVENTS);
    let mut rows = Vec::new();
    for publishing in [
        one_by_one,
        Publishing { webhooks: 10, events: TEN_WEBHOOKS_EVENTS, ..one_by_one },
        Publishing { script: Script::Batch(BATCH), events: BATCHES_EVENTS, ..one_by_one },
    ] {
        rows.push(publishing.throughput(bench).await?);
    }
    Ok(Section {
        title: "Throughput: deliveries/s from the first publish to the last arrival".to_owned(),
        notes: vec![
            format!("{CALLERS} callers publish {PAYLOAD_BYTES}-byte payloads at once, each waiting for its answer."),
            COSTS.to_owned(),
        ],
        rows,
    })
}

async fn latency(bench: &Bench) -> anyhow::Result<Section> {
    let mut rows = Vec::new();
    for per_second in RATES {
        let events = u64::from(per_second) * RATE_SECONDS;
        let publishing = Publishing { per_second: Some(per_second), ..Publishing::one_by_one(events) };
        rows.push(publishing.latency(bench).await?);
    }
    Ok(Section {
        title: "Latency: from the moment an event is due to be published to its arrival at the receiver".to_owned(),
        notes: vec![
            "Events are published at a fixed rate, whatever became of those before: waiting for a connection counts."
                .to_owned(),
            COSTS.to_owned(),
        ],
        rows,
    })
}

//! Events published by callers, until every delivery has arrived.

use std::fmt;

use anyhow::Context;

use crate::bench::Bench;
use crate::clock::seconds_between;
use crate::cores::{CoresSince, Shares};
use crate::data::Data;
use crate::figure::{Figure, Figures};
use crate::fsyncs::Tracer;
use crate::load::{Posted, Script};
use crate::process::CpuSince;
use crate::quantile::Quantiles;
use crate::receiver::Manner;
use crate::reconcile::{all_listed, delivered_means_taken, exactly_once};
use crate::section::{Row, repeat};
use crate::stage::Stage;

/// What part of the events is published when flushes are counted: one in so many.
const FLUSHES_PART: u64 = 4;

/// What is published, and to how many.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Publishing {
    /// Webhooks that take every event.
    pub(crate) webhooks: usize,
    /// Events per request.
    pub(crate) script: Script,
    /// Events in all.
    pub(crate) events: u64,
    /// Requests a second; as many as can be if `None`.
    pub(crate) per_second: Option<u32>,
    /// One more webhook, which takes every event too, is not counted, and is answered in this manner.
    pub(crate) neighbour: Option<Manner>,
}

impl fmt::Display for Publishing {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.script.fmt(f)?;
        if let Some(per_second) = self.per_second {
            write!(f, ", {per_second}/s")?;
        }
        write!(f, ", {} webhook{}", self.webhooks, if self.webhooks == 1 { "" } else { "s" })
    }
}

/// What came of a run, before any figure is made of it.
pub(crate) struct Ran {
    posted: Posted,
    /// The last delivery was taken.
    arrived_ns: u64,
    /// CPU time of server, load and receiver, in microseconds.
    cpu_us: [f64; 3],
    machine: Shares,
    peak_rss_mib: f64,
    /// How much the data directory grew, seen when the server had stopped.
    disk_bytes: u64,
    latency: Quantiles,
    flushes: Option<u64>,
}

impl Publishing {
    /// One event per request to one webhook, as many as can be.
    pub(crate) fn one_by_one(events: u64) -> Publishing {
        Publishing { webhooks: 1, script: Script::Event, events, per_second: None, neighbour: None }
    }

    /// Requests in all.
    fn requests(self) -> anyhow::Result<u64> {
        let each = self.script.events();
        anyhow::ensure!(self.events.is_multiple_of(each), "{} events are no number of batches of {each}", self.events);
        Ok(self.events / each)
    }

    fn deliveries(self) -> u64 {
        self.events * self.webhooks as u64
    }

    /// A row: the rate at which deliveries arrive with as many events as can be published.
    pub(crate) async fn throughput(self, bench: &Bench) -> anyhow::Result<Row> {
        let runs = repeat(bench.runs, async || self.ran_fresh(bench, None).await).await?;
        let runs = runs.iter().map(|ran| ran.throughput(self, bench)).collect();
        let mut row = Row::new(self.to_string(), Figure::PerSecond, runs)?;
        self.add_flushes(&mut row, bench).await?;
        Ok(row)
    }

    /// A row: how long deliveries take at a fixed rate.
    pub(crate) async fn latency(self, bench: &Bench) -> anyhow::Result<Row> {
        let runs = repeat(bench.runs, async || self.ran_fresh(bench, None).await).await?;
        let runs = runs.iter().map(|ran| ran.latency(self)).collect();
        let mut row = Row::new(self.to_string(), Figure::P99, runs)?;
        self.add_flushes(&mut row, bench).await?;
        Ok(row)
    }

    /// A row: throughput into a data directory that is kept, and has a history.
    pub(crate) async fn throughput_on(self, data: &Data, bench: &Bench) -> anyhow::Result<Row> {
        let runs = repeat(bench.runs, async || self.run(data, bench, None).await).await?;
        let runs = runs.iter().map(|ran| ran.throughput(self, bench)).collect();
        Row::new(self.to_string(), Figure::PerSecond, runs)
    }

    /// Counts flushes in a run of its own, which is not timed: a part of the events is enough.
    async fn add_flushes(self, row: &mut Row, bench: &Bench) -> anyhow::Result<()> {
        let Some(tracer) = &bench.tracer else {
            row.add(Figure::Fsyncs, f64::NAN);
            return Ok(());
        };
        let each = self.script.events();
        let fewer = Publishing { events: (self.events / FLUSHES_PART).next_multiple_of(each), ..self };
        let ran = fewer.ran_fresh(bench, Some(tracer)).await?;
        let flushes = ran.flushes.context("a run that was traced")?;
        row.add(Figure::Fsyncs, flushes as f64 / fewer.deliveries() as f64);
        Ok(())
    }

    /// One run, with data of its own.
    pub(crate) async fn ran_fresh(self, bench: &Bench, tracer: Option<&Tracer>) -> anyhow::Result<Ran> {
        self.run(&Data::fresh(&bench.scratch)?, bench, tracer).await.with_context(|| self.to_string())
    }

    async fn run(self, data: &Data, bench: &Bench, tracer: Option<&Tracer>) -> anyhow::Result<Ran> {
        let counted = 0..self.webhooks;
        let mut manners = vec![Manner::Well; self.webhooks];
        manners.extend(self.neighbour);
        let mut stage = Stage::set(bench, data, tracer, &manners, None).await?;
        let mut load = stage.load(self.script, self.requests()?, self.per_second).await?;
        let flushes_before = tracer.map(Tracer::flushes).transpose()?;
        let cores = CoresSince::now()?;
        let cpu = CpuSince::now([stage.server.process, load.process(), stage.receiver.process()])?;
        let posted = load.go().await?;
        let arrived_ns = stage.receiver.when(counted.clone(), self.deliveries()).await?;
        let cpu_us = cpu.us()?;
        let machine = cores.shares(cpu_us.iter().sum())?;
        let flushes = tracer.map(Tracer::flushes).transpose()?.zip(flushes_before).map(|(now, before)| now - before);
        let peak_rss_mib = stage.server.process.peak_rss_mib()?;
        anyhow::ensure!(posted.acknowledged * self.script.events() == self.events, "not all was acknowledged");
        let neighbour_delivered = self.neighbour_delivered(&mut stage).await?;
        let (mut receiver, disk_bytes) = stage.clear().await?;
        exactly_once("deliveries", self.deliveries(), receiver.arrived(counted.clone()).await?)?;
        delivered_means_taken(neighbour_delivered, receiver.arrived(self.webhooks..manners.len()).await?)?;
        let latency = receiver.latency(counted).await?.context("latencies")?;
        Ok(Ran { posted, arrived_ns, cpu_us, machine, peak_rss_mib, disk_bytes, latency, flushes })
    }

    /// How many deliveries to the neighbour the server says are delivered; none may be missing.
    async fn neighbour_delivered(self, stage: &mut Stage<'_>) -> anyhow::Result<u64> {
        let (Some(manner), Some(id)) = (self.neighbour, stage.webhooks.last()) else { return Ok(0) };
        if manner == Manner::Well {
            stage.receiver.when(self.webhooks..self.webhooks + 1, self.events).await?;
        }
        all_listed(&stage.server, id, self.events).await
    }
}

impl Ran {
    /// As a run at full speed.
    pub(crate) fn throughput(&self, of: Publishing, bench: &Bench) -> Figures {
        let per_second = of.deliveries() as f64 / seconds_between(self.posted.begun_ns, self.arrived_ns);
        let mut figures = self.costs(of);
        figures.insert(Figure::PerSecond, per_second);
        figures.insert(Figure::OfLimit, 100.0 * per_second / bench.limit);
        figures
    }

    /// As a run at a fixed rate.
    pub(crate) fn latency(&self, of: Publishing) -> Figures {
        let mut figures = self.costs(of);
        figures.extend(latencies(self.latency));
        figures
    }

    fn costs(&self, of: Publishing) -> Figures {
        let per_delivery = |value: f64| value / of.deliveries() as f64;
        let [server, load, receiver] = self.cpu_us.map(per_delivery);
        Figures::from([
            (Figure::ServerCpu, server),
            (Figure::LoadCpu, load),
            (Figure::ReceiverCpu, receiver),
            (Figure::Idle, self.machine.idle),
            (Figure::Others, self.machine.others),
            (Figure::PeakRss, self.peak_rss_mib),
            (Figure::DiskBytes, per_delivery(self.disk_bytes as f64)),
        ])
    }
}

/// Latencies as figures.
pub(crate) fn latencies(quantiles: Quantiles) -> Figures {
    let Quantiles { p50_us, p95_us, p99_us, max_us, .. } = quantiles;
    [(Figure::P50, p50_us), (Figure::P95, p95_us), (Figure::P99, p99_us), (Figure::Max, max_us)]
        .map(|(figure, us)| (figure, us as f64 / 1_000.0))
        .into()
}

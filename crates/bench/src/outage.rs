//! Many deliveries wait while a receiver is down, and drain once it is back.
//!
//! Promise: every event that was acknowledged meanwhile is taken, exactly once.

use anyhow::Context;
use serde_json::json;

use crate::bench::Bench;
use crate::case::BATCH;
use crate::clock::{now_ns, seconds_between};
use crate::cores::CoresSince;
use crate::data::Data;
use crate::figure::{Figure, Figures, thousands};
use crate::load::Script;
use crate::process::CpuSince;
use crate::receiver::{Manner, TakenBy};
use crate::reconcile::taken_once;
use crate::section::{Row, Section};
use crate::server::{Server, call, get};
use crate::stage::Stage;

/// Deliveries that wait.
const WAITING: u64 = 200_000;
/// What the receiver answers while it is down.
const DOWN: u16 = 503;
/// What it answers when it is back.
const UP: u16 = 204;
/// How long the server takes, from the first success on, to give a webhook all it can take again.
const RAMP_NS: u64 = 8_000_000_000;
/// The webhook's retry schedule, in seconds: the few that were tried and refused come again while the others drain.
const RETRY_SCHEDULE: &[u32] = &[2; 20];

/// A table: publishing while it is down, draining, and its two parts.
pub(crate) async fn measure(bench: &Bench) -> anyhow::Result<Section> {
    let mut runs = Vec::new();
    for _ in 0..bench.runs {
        runs.push(run(bench).await?);
    }
    let column = |at: usize| runs.iter().map(|run: &[Figures; 4]| run[at].clone()).collect();
    Ok(Section {
        title: format!("An outage: {} deliveries wait for one webhook and drain", thousands(WAITING as f64)),
        notes: vec![
            format!(
                "The receiver answers {DOWN} while events are published in batches of {BATCH}; memory is its peak."
            ),
            "When it is back, retrying one delivery ends the pause, as an operator does it. A webhook that has"
                .to_owned(),
            "just recovered is given 10/s at first and twice as many each second: that is the ramp, 8 s by design."
                .to_owned(),
            "Costs of draining are of all of it; disk is per delivery, publishing included.".to_owned(),
        ],
        rows: vec![
            Row::new("publishing while it is down", Figure::PerSecond, column(0))?,
            Row::new("draining: all of it", Figure::PerSecond, column(1))?,
            Row::new("draining: the ramp, the first 8 s", Figure::PerSecond, column(2))?,
            Row::new("draining: at full speed, after that", Figure::PerSecond, column(3))?,
        ],
    })
}

async fn run(bench: &Bench) -> anyhow::Result<[Figures; 4]> {
    let data = Data::fresh(&bench.scratch)?;
    let mut stage = Stage::set(bench, &data, None, &[Manner::Well], Some(RETRY_SCHEDULE)).await?;
    stage.receiver.answer(DOWN).await?;
    let mut load = stage.load(Script::Batch(BATCH), WAITING / BATCH, None).await?;
    let cpu = CpuSince::now([stage.server.process, load.process()])?;
    let posted = load.go().await?;
    let [server_us, load_us] = cpu.us()?;
    anyhow::ensure!(posted.acknowledged * BATCH == WAITING, "not all was acknowledged");
    anyhow::ensure!(stage.receiver.arrived(0..1).await?.taken == 0, "something was taken by a receiver that is down");
    let peak_waiting = stage.server.process.peak_rss_mib()?;
    let publishing_seconds = seconds_between(posted.begun_ns, posted.ended_ns);
    drop(load);

    let cores = CoresSince::now()?;
    let cpu = CpuSince::now([stage.server.process, stage.receiver.process()])?;
    stage.receiver.answer(UP).await?;
    let begun_ns = now_ns();
    end_pause(&stage.server).await?;
    let ended_ns = stage.receiver.when(0..1, WAITING).await?;
    let [drain_us, receiver_us] = cpu.us()?;
    let machine = cores.shares(drain_us + receiver_us)?;
    let peak = stage.server.process.peak_rss_mib()?;
    let TakenBy { moment_ns: ramp_end_ns, deliveries: by_ramp } = stage.receiver.taken_by(begun_ns + RAMP_NS).await?;
    anyhow::ensure!(by_ramp < WAITING, "all drained within the ramp: there are too few to measure full speed");
    let (mut receiver, disk_bytes) = stage.clear().await?;
    taken_once("deliveries after an outage", WAITING, receiver.arrived(0..1).await?)?;

    let each = |value: f64| value / WAITING as f64;
    let per_second = WAITING as f64 / seconds_between(begun_ns, ended_ns);
    Ok([
        Figures::from([
            (Figure::PerSecond, WAITING as f64 / publishing_seconds),
            (Figure::Seconds, publishing_seconds),
            (Figure::ServerCpu, each(server_us)),
            (Figure::LoadCpu, each(load_us)),
            (Figure::PeakRss, peak_waiting),
        ]),
        Figures::from([
            (Figure::PerSecond, per_second),
            (Figure::OfLimit, 100.0 * per_second / bench.limit),
            (Figure::Seconds, seconds_between(begun_ns, ended_ns)),
            (Figure::ServerCpu, each(drain_us)),
            (Figure::ReceiverCpu, each(receiver_us)),
            (Figure::Idle, machine.idle),
            (Figure::Others, machine.others),
            (Figure::PeakRss, peak),
            (Figure::DiskBytes, each(disk_bytes as f64)),
        ]),
        part(by_ramp, begun_ns, ramp_end_ns),
        part(WAITING - by_ramp, ramp_end_ns, ended_ns),
    ])
}

/// A part of the draining: so many deliveries between two moments.
fn part(deliveries: u64, begun_ns: u64, ended_ns: u64) -> Figures {
    let seconds = seconds_between(begun_ns, ended_ns);
    Figures::from([(Figure::PerSecond, deliveries as f64 / seconds), (Figure::Seconds, seconds)])
}

/// Retries one delivery that was refused.
async fn end_pause(server: &Server) -> anyhow::Result<()> {
    let mut connection = server.connect().await?;
    let refused = get(&mut connection, "/api/v1/deliveries?status=retrying&limit=1").await?;
    let id = refused["data"][0]["id"].as_str().context("a delivery that was refused")?;
    call(&mut connection, &format!("/api/v1/deliveries/{id}/retry"), &json!({})).await?;
    Ok(())
}

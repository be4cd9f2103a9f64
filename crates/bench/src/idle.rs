//! What a server costs that has nothing to do.

use tokio::time::{Duration, Instant, sleep};

use crate::bench::Bench;
use crate::data::Data;
use crate::figure::{Figure, Figures};
use crate::section::{Row, Section, repeat};
use crate::server::Server;

/// How long it is left alone before it is watched.
const SETTLING: Duration = Duration::from_secs(2);
/// How long it is watched.
const WATCHED: Duration = Duration::from_secs(10);

pub(crate) async fn measure(bench: &Bench) -> anyhow::Result<Section> {
    let runs = repeat(bench.runs, async || run(bench).await).await?;
    Ok(Section {
        title: format!("Idle: a fresh server, watched for {} s", WATCHED.as_secs()),
        notes: vec![],
        rows: vec![Row::new("nothing to do", Figure::CpuShare, runs)?],
    })
}

async fn run(bench: &Bench) -> anyhow::Result<Figures> {
    let data = Data::fresh(&bench.scratch)?;
    let server = Server::start(&bench.program, &data).await?;
    sleep(SETTLING).await;
    let (before, begun) = (server.process.threads_cpu_ns()?, Instant::now());
    sleep(WATCHED).await;
    let watched = begun.elapsed();
    let after = server.process.threads_cpu_ns()?;
    let used_ns: u64 = after.iter().map(|(id, ns)| ns.saturating_sub(before.get(id).copied().unwrap_or(0))).sum();
    let figures = Figures::from([
        (Figure::CpuShare, 100.0 * used_ns as f64 / watched.as_nanos() as f64),
        (Figure::Rss, server.process.rss_mib()?),
        (Figure::PeakRss, server.process.peak_rss_mib()?),
    ]);
    server.stop().await?;
    Ok(figures)
}

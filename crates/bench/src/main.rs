//! Measures deliveries per second, beside the limit of the machine measured in the same run.
//!
//! `make bench` builds the server and this, and runs it. Receiver and server are processes of their own.
//! Promise: every case counts what arrived against what was acknowledged, and fails if they differ.
//! Not here: tests. A number depends on the machine; its ratio to the limit less so.

mod case;
mod limit;
mod post;
mod receiver;
mod report;
mod server;

use anyhow::Context;

/// Events per run of a case.
const EVENTS: u64 = 20_000;
/// Callers that publish at the same time, and connections of the bare client.
const CALLERS: usize = 64;
/// Runs of each case; the median counts.
const RUNS: usize = 3;

fn main() -> anyhow::Result<()> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().context("starting the runtime")?;
    match std::env::args().nth(1).as_deref() {
        Some("receiver") => runtime.block_on(receiver::serve()),
        Some(other) => anyhow::bail!("{other:?} is not known: beckon-bench takes no arguments"),
        None => runtime.block_on(measure()),
    }
}

async fn measure() -> anyhow::Result<()> {
    let only: Option<usize> = std::env::var("ONLY").ok().and_then(|n| n.parse().ok());
    let limit = report::median(if only.is_some() { 1 } else { RUNS }, || limit::run(EVENTS * 4)).await?;
    println!("bare client, {CALLERS} connections, signed 300-byte bodies: {:.0} requests/s\n", limit.per_second);
    report::head();
    for (n, case) in [
        case::Case { webhooks: 1, batch: 1 },
        case::Case { webhooks: 10, batch: 1 },
        case::Case { webhooks: 1, batch: 100 },
    ]
    .into_iter()
    .enumerate()
    {
        if only.is_some_and(|only| only != n) {
            continue;
        }
        let measured = report::median(RUNS, || case.run(EVENTS)).await?;
        report::row(&case.to_string(), &measured, &limit);
    }
    Ok(())
}

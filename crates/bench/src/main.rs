//! Measures Beckon, beside the limit of the machine measured in the same run.
//!
//! `make bench` builds the server and this, and runs it; `beckon-bench throughput idle` runs only those cases. Server,
//! load and receiver are processes of their own; this one directs them and reports. One thing alone is measured within
//! this one: how long a page view takes to be matched.
//! Promise: every case holds what arrived against what was acknowledged, and fails if they differ.
//! Not here: tests of Beckon. A number depends on the machine; its ratio to the limit less so.

mod bench;
mod case;
mod clock;
mod cores;
mod data;
mod figure;
mod fsyncs;
mod history;
mod idle;
mod limit;
mod load;
mod machine;
mod neighbours;
mod on_history;
mod options;
mod outage;
mod page_views;
mod payload;
mod post;
mod process;
mod publishing;
mod quantile;
mod receiver;
mod reconcile;
mod record;
mod role;
mod section;
mod server;
mod stage;
mod start_up;
mod table;

use std::path::Path;

use anyhow::Context;
use tokio::signal::unix::{SignalKind, signal};

use bench::Bench;
use case::Case;
use fsyncs::Tracer;
use options::Options;

/// Where the record goes, beside the folder of this program: `target/bench.json` for `target/release/beckon-bench`.
const RECORD: &str = "bench.json";
/// Where data directories are made, beside the same folder.
const SCRATCH: &str = "bench-data";

fn main() -> anyhow::Result<()> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().context("starting the runtime")?;
    let words: Vec<String> = std::env::args().skip(1).collect();
    match words.first().map(String::as_str) {
        Some(receiver::ROLE) => runtime.block_on(receiver::serve()),
        Some(load::ROLE) => runtime.block_on(load::perform()),
        Some(limit::ROLE) => runtime.block_on(limit::perform()),
        _ => runtime.block_on(direct(Options::read(words, &Case::ALL.map(Case::name))?)),
    }
}

/// Measures until it is done or told to stop; either way nothing is left running.
async fn direct(options: Options) -> anyhow::Result<()> {
    let mut terminate = signal(SignalKind::terminate()).context("listening for SIGTERM")?;
    let mut interrupt = signal(SignalKind::interrupt()).context("listening for SIGINT")?;
    tokio::select! {
        done = measure(options) => done,
        _ = terminate.recv() => anyhow::bail!("stopped by SIGTERM"),
        _ = interrupt.recv() => anyhow::bail!("stopped by SIGINT"),
    }
}

async fn measure(options: Options) -> anyhow::Result<()> {
    let me = std::env::current_exe().context("finding this program")?;
    let program = match options.server.clone() {
        Some(program) => program,
        None => me.with_file_name("beckon"),
    };
    let folder = me.parent().and_then(Path::parent).unwrap_or(Path::new("."));
    let (record_file, scratch) = (folder.join(RECORD), folder.join(SCRATCH));
    std::fs::create_dir_all(&scratch).with_context(|| format!("making {}", scratch.display()))?;
    let machine = machine::describe(&program, &scratch)?;
    println!("{machine}\n");
    let (limit, section) = limit::measure(options.runs).await?;
    println!("{}", table::table(&section));
    let bench = Bench {
        program,
        scratch,
        runs: options.runs,
        limit,
        tracer: Tracer::find().await?,
        history: options.history.clone(),
    };
    let mut sections = vec![("limit", section)];
    for case in Case::ALL.into_iter().filter(|case| wanted(*case, &options)) {
        for section in case.measure(&bench).await.with_context(|| format!("the case {}", case.name()))? {
            println!("{}", table::table(&section));
            sections.push((case.name(), section));
        }
    }
    let record = record::record(&machine, limit, &sections);
    std::fs::write(&record_file, serde_json::to_string_pretty(&record)?)
        .with_context(|| format!("writing {}", record_file.display()))?;
    println!("Every run, and the machine: {}", record_file.display());
    Ok(())
}

fn wanted(case: Case, options: &Options) -> bool {
    options.cases.is_empty() || options.cases.iter().any(|name| name == case.name())
}

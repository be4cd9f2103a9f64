//! How long a server takes from the start of its process until it is ready for work.

use crate::bench::Bench;
use crate::data::Data;
use crate::figure::{Figure, Figures};
use crate::section::{Row, Section, repeat};
use crate::server::Server;

/// Without data, and with next to none.
pub(crate) async fn measure(bench: &Bench) -> anyhow::Result<Section> {
    let first = repeat(bench.runs, async || start(bench, &Data::fresh(&bench.scratch)?).await).await?;
    let data = Data::fresh(&bench.scratch)?;
    start(bench, &data).await?;
    Ok(Section {
        title: "Start-up: from the start of the process until /readyz answers 200".to_owned(),
        notes: vec![],
        rows: vec![Row::new("the first start", Figure::Seconds, first)?, row("a later start", &data, bench).await?],
    })
}

/// A row: starts on data that is there.
pub(crate) async fn row(name: &str, data: &Data, bench: &Bench) -> anyhow::Result<Row> {
    Row::new(name, Figure::Seconds, repeat(bench.runs, async || start(bench, data).await).await?)
}

async fn start(bench: &Bench, data: &Data) -> anyhow::Result<Figures> {
    let server = Server::start(&bench.program, data).await?;
    let figures = Figures::from([
        (Figure::Seconds, server.ready_in.as_secs_f64()),
        (Figure::PeakRss, server.process.peak_rss_mib()?),
    ]);
    server.stop().await?;
    Ok(figures)
}

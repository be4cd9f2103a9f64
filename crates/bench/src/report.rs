//! Medians and the table.

use std::future::Future;

/// What a run measured.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Measured {
    /// Requests that arrived, by second.
    pub(crate) per_second: f64,
    /// CPU time of the sender per request, in microseconds.
    pub(crate) cpu_us: f64,
    /// Peak memory of the sender, in MiB.
    pub(crate) rss_mib: f64,
}

/// The run with the median rate.
pub(crate) async fn median<F>(runs: usize, run: impl Fn() -> F) -> anyhow::Result<Measured>
where
    F: Future<Output = anyhow::Result<Measured>>,
{
    let mut measured = Vec::with_capacity(runs);
    for _ in 0..runs {
        measured.push(run().await?);
    }
    measured.sort_by(|a, b| a.per_second.total_cmp(&b.per_second));
    Ok(measured[runs / 2])
}

pub(crate) fn head() {
    println!("{:<34} {:>12} {:>9} {:>12} {:>9}", "case", "deliveries/s", "of limit", "CPU/delivery", "RSS");
}

pub(crate) fn row(name: &str, measured: &Measured, limit: &Measured) {
    println!(
        "{name:<34} {:>12.0} {:>8.1}% {:>9.1} µs {:>5.0} MiB",
        measured.per_second,
        100.0 * measured.per_second / limit.per_second,
        measured.cpu_us,
        measured.rss_mib,
    );
}

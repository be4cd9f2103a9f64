//! What can be measured: one name, one unit and one way to write each figure.

use std::collections::BTreeMap;

/// A figure, in the order of the columns.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Figure {
    /// What arrived, by second: deliveries unless the table says otherwise.
    PerSecond,
    /// That rate as a share of the limit's, in percent.
    OfLimit,
    /// Its rate, or its p99, as a share of that of the first row, in percent.
    OfFirst,
    /// How long it took, in seconds.
    Seconds,
    /// CPU time of the server per delivery, user and system, in microseconds.
    ServerCpu,
    /// The same of the load.
    LoadCpu,
    /// The same of the receiver.
    ReceiverCpu,
    /// CPU time of the server as a share of one core, in percent.
    CpuShare,
    /// How much of the machine was idle, in percent of all cores.
    Idle,
    /// How much of it something else used than what is measured, in percent of all cores.
    Others,
    /// Memory of the server, in MiB.
    Rss,
    /// Peak memory of the server, in MiB.
    PeakRss,
    /// Bytes on disk per delivery.
    DiskBytes,
    /// Flushes (fsync, fdatasync) per delivery.
    Fsyncs,
    /// Pages of a list that were asked for.
    Pages,
    /// Calls that it took to fill a page, on average.
    Calls,
    /// From the last thing sent to the last arrival, in milliseconds.
    Behind,
    /// Latencies, in milliseconds.
    P50,
    P95,
    P99,
    Max,
    /// The same of single calls.
    CallP95,
    CallMax,
    /// How long matching one page view takes, in microseconds.
    MatchP50,
    MatchP99,
}

/// What stands for a figure that could not be measured, which is NaN.
pub(crate) const UNKNOWN: &str = "-";

/// What a run measured.
pub(crate) type Figures = BTreeMap<Figure, f64>;

impl Figure {
    /// Its name in JSON, with its unit.
    pub(crate) fn key(self) -> &'static str {
        match self {
            Figure::PerSecond => "per_second",
            Figure::OfLimit => "of_limit_percent",
            Figure::OfFirst => "of_first_row_percent",
            Figure::Seconds => "seconds",
            Figure::ServerCpu => "server_cpu_us",
            Figure::LoadCpu => "load_cpu_us",
            Figure::ReceiverCpu => "receiver_cpu_us",
            Figure::CpuShare => "cpu_percent_of_one_core",
            Figure::Idle => "machine_idle_percent",
            Figure::Others => "machine_others_percent",
            Figure::Rss => "rss_mib",
            Figure::PeakRss => "peak_rss_mib",
            Figure::DiskBytes => "disk_bytes",
            Figure::Fsyncs => "fsyncs",
            Figure::Pages => "pages",
            Figure::Calls => "calls_per_page",
            Figure::Behind => "behind_ms",
            Figure::P50 => "p50_ms",
            Figure::P95 => "p95_ms",
            Figure::P99 => "p99_ms",
            Figure::Max => "max_ms",
            Figure::CallP95 => "call_p95_ms",
            Figure::CallMax => "call_max_ms",
            Figure::MatchP50 => "match_p50_us",
            Figure::MatchP99 => "match_p99_us",
        }
    }

    /// The two lines above its column: name and unit.
    pub(crate) fn head(self) -> [&'static str; 2] {
        match self {
            Figure::PerSecond => ["rate", "/s"],
            Figure::OfLimit => ["of limit", "%"],
            Figure::OfFirst => ["of first", "%"],
            Figure::Seconds => ["time", "s"],
            Figure::ServerCpu => ["server", "µs CPU"],
            Figure::LoadCpu => ["load", "µs CPU"],
            Figure::ReceiverCpu => ["receiver", "µs CPU"],
            Figure::CpuShare => ["CPU", "% of a core"],
            Figure::Idle => ["idle", "%"],
            Figure::Others => ["others", "%"],
            Figure::Rss => ["memory", "MiB"],
            Figure::PeakRss => ["peak", "MiB"],
            Figure::DiskBytes => ["disk", "bytes"],
            Figure::Fsyncs => ["flushes", "fsyncs"],
            Figure::Pages => ["pages", ""],
            Figure::Calls => ["calls", "/page"],
            Figure::Behind => ["behind", "ms"],
            Figure::P50 => ["p50", "ms"],
            Figure::P95 => ["p95", "ms"],
            Figure::P99 => ["p99", "ms"],
            Figure::Max => ["max", "ms"],
            Figure::CallP95 => ["call p95", "ms"],
            Figure::CallMax => ["call max", "ms"],
            Figure::MatchP50 => ["match p50", "µs"],
            Figure::MatchP99 => ["match p99", "µs"],
        }
    }

    /// The figure as the table shows it.
    pub(crate) fn text(self, value: f64) -> String {
        if value.is_nan() {
            return UNKNOWN.to_owned();
        }
        match self {
            Figure::PerSecond | Figure::DiskBytes | Figure::Pages => thousands(value),
            Figure::Idle | Figure::Others | Figure::Rss | Figure::PeakRss => format!("{value:.0}"),
            Figure::OfLimit | Figure::OfFirst | Figure::ServerCpu | Figure::LoadCpu | Figure::ReceiverCpu => {
                format!("{value:.1}")
            }
            Figure::CpuShare | Figure::Seconds => format!("{value:.3}"),
            Figure::Fsyncs => format!("{value:.4}"),
            Figure::Calls | Figure::MatchP50 | Figure::MatchP99 => format!("{value:.1}"),
            _ if value >= 100.0 => thousands(value),
            Figure::Behind => format!("{value:.1}"),
            Figure::P50 | Figure::P95 | Figure::P99 | Figure::Max | Figure::CallP95 | Figure::CallMax => {
                format!("{value:.2}")
            }
        }
    }
}

/// A whole number in groups of three digits.
pub(crate) fn thousands(value: f64) -> String {
    let digits = format!("{value:.0}");
    let mut text = String::with_capacity(digits.len() * 4 / 3);
    for (at, digit) in digits.char_indices() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) && !text.ends_with('-') {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn large_numbers_are_read_in_groups() {
        let texts = [0.0, 999.4, 1_000.0, 1_234_567.0, -123_456.0].map(thousands);
        assert_eq!(Figure::Fsyncs.text(f64::NAN), UNKNOWN);
        assert_eq!(texts, ["0", "999", "1,000", "1,234,567", "-123,456"]);
    }
}

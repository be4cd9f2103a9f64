//! What the machine as a whole does while something is measured.

use anyhow::Context;

/// Which fields of `/proc/stat` are time in which nothing ran: `idle` and `iowait`.
const IDLE: [usize; 2] = [3, 4];
/// Fields of `/proc/stat` that count: `guest` and `guest_nice` behind them are in `user` and `nice` already.
const FIELDS: usize = 8;
/// Microseconds in a tick of `/proc/stat` (`getconf CLK_TCK`; 100 a second on every Linux in use).
const TICK_US: f64 = 10_000.0;

/// The time of all cores from now on.
pub(crate) struct CoresSince(Cores);

/// Time of all cores together, in ticks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Cores {
    idle: u64,
    all: u64,
}

/// Shares of all cores together, in percent.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Shares {
    /// Nothing ran.
    pub(crate) idle: f64,
    /// Something ran that is not measured: other programs, and the kernel for itself.
    pub(crate) others: f64,
}

impl CoresSince {
    pub(crate) fn now() -> anyhow::Result<CoresSince> {
        Ok(CoresSince(read()?))
    }

    /// How the time was used since then, of which what is measured used `used_us` microseconds.
    pub(crate) fn shares(&self, used_us: f64) -> anyhow::Result<Shares> {
        Ok(shares(self.0, read()?, used_us))
    }
}

fn shares(before: Cores, after: Cores, used_us: f64) -> Shares {
    let all = after.all.saturating_sub(before.all).max(1) as f64;
    let idle = after.idle.saturating_sub(before.idle) as f64;
    let others = (all - idle - used_us / TICK_US).max(0.0);
    Shares { idle: 100.0 * idle / all, others: 100.0 * others / all }
}

fn read() -> anyhow::Result<Cores> {
    parse(&std::fs::read_to_string("/proc/stat").context("reading /proc/stat")?).context("/proc/stat")
}

fn parse(stat: &str) -> Option<Cores> {
    let line = stat.lines().next()?.strip_prefix("cpu ")?;
    let ticks: Vec<u64> =
        line.split_whitespace().take(FIELDS).map(|field| field.parse().ok()).collect::<Option<_>>()?;
    Some(Cores { idle: IDLE.iter().filter_map(|field| ticks.get(*field)).sum(), all: ticks.iter().sum() })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn time_is_idle_ours_or_others() {
        let before = parse("cpu  10 0 10 70 10 0 0 0 5 0\ncpu0 1 2 3\n").unwrap();
        assert_eq!(before, Cores { idle: 80, all: 100 });
        let after = Cores { idle: 130, all: 300 };
        assert_eq!(shares(before, after, 1_000_000.0), Shares { idle: 25.0, others: 25.0 });
        assert_eq!(shares(before, after, 9e9).others, 0.0);
        assert_eq!(parse("intr 1 2 3"), None);
    }
}

//! What a process used, as /proc tells.

use std::collections::BTreeMap;

use anyhow::Context;

/// Clock ticks a second in /proc (`getconf CLK_TCK`; 100 on every Linux in use).
const TICKS_PER_SECOND: f64 = 100.0;

/// A process, by its number in /proc.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Process(pub(crate) u32);

impl Process {
    /// CPU time used so far, user and system, in microseconds.
    pub(crate) fn cpu_us(self) -> anyhow::Result<f64> {
        let stat = self.read("stat")?;
        // The name in parentheses may hold spaces; utime and stime are the 12th and 13th fields behind it.
        let (_, fields) = stat.rsplit_once(')').context("/proc/*/stat")?;
        let ticks = |n: usize| fields.split_whitespace().nth(n).and_then(|field| field.parse::<f64>().ok());
        let total = ticks(11).zip(ticks(12)).map(|(user, system)| user + system).context("/proc/*/stat")?;
        Ok(total / TICKS_PER_SECOND * 1e6)
    }

    /// CPU time used so far by the threads it has now, in nanoseconds: finer, for a process that does next to nothing.
    pub(crate) fn threads_cpu_ns(self) -> anyhow::Result<BTreeMap<String, u64>> {
        let mut used = BTreeMap::new();
        let threads = format!("/proc/{}/task", self.0);
        for thread in std::fs::read_dir(&threads).with_context(|| format!("reading {threads}"))? {
            let id = thread?.file_name().to_string_lossy().into_owned();
            // A thread may have ended since.
            let Ok(text) = self.read(&format!("task/{id}/schedstat")) else { continue };
            let ns = text.split_whitespace().next().and_then(|first| first.parse().ok());
            used.insert(id, ns.context("/proc/*/task/*/schedstat")?);
        }
        Ok(used)
    }

    /// Resident memory now, in MiB.
    pub(crate) fn rss_mib(self) -> anyhow::Result<f64> {
        self.memory_mib("VmRSS:")
    }

    /// Peak resident memory, in MiB.
    pub(crate) fn peak_rss_mib(self) -> anyhow::Result<f64> {
        self.memory_mib("VmHWM:")
    }

    fn memory_mib(self, field: &str) -> anyhow::Result<f64> {
        let status = self.read("status")?;
        let line = status.lines().find_map(|line| line.strip_prefix(field)).context("/proc/*/status")?;
        let kib: f64 = line.split_whitespace().next().context("a number")?.parse()?;
        Ok(kib / 1024.0)
    }

    fn read(self, file: &str) -> anyhow::Result<String> {
        let path = format!("/proc/{}/{file}", self.0);
        std::fs::read_to_string(&path).with_context(|| format!("reading {path}"))
    }
}

/// The CPU time that some processes use from now on.
pub(crate) struct CpuSince<const N: usize> {
    processes: [Process; N],
    before_us: [f64; N],
}

impl<const N: usize> CpuSince<N> {
    pub(crate) fn now(processes: [Process; N]) -> anyhow::Result<CpuSince<N>> {
        Ok(CpuSince { processes, before_us: cpu_us(processes)? })
    }

    /// Microseconds used since then, by process.
    pub(crate) fn us(&self) -> anyhow::Result<[f64; N]> {
        let mut used = cpu_us(self.processes)?;
        for (used, before) in used.iter_mut().zip(self.before_us) {
            *used -= before;
        }
        Ok(used)
    }
}

fn cpu_us<const N: usize>(processes: [Process; N]) -> anyhow::Result<[f64; N]> {
    let mut all = [0.0; N];
    for (us, process) in all.iter_mut().zip(processes) {
        *us = process.cpu_us()?;
    }
    Ok(all)
}

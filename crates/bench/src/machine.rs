//! What was measured on: the machine, its software and the day.

use std::fmt;
use std::path::Path;
use std::process::Command;

use anyhow::Context;
use jiff::Timestamp;
use rustix::time::{ClockId, clock_gettime};
use serde::Serialize;

/// What a reader must know to make sense of the figures.
#[derive(Debug, Serialize)]
pub(crate) struct Machine {
    cpu: Option<String>,
    cores: usize,
    memory_mib: u64,
    kernel: String,
    /// Of the data directories.
    filesystem: Option<String>,
    /// Of the program that is measured.
    version: String,
    date: Timestamp,
}

/// This machine, with data directories made in `scratch`, now.
pub(crate) fn describe(program: &Path, scratch: &Path) -> anyhow::Result<Machine> {
    let read = |path: &str| std::fs::read_to_string(path).with_context(|| format!("reading {path}"));
    let cpu = field(&read("/proc/cpuinfo")?, "model name");
    let memory_kib: u64 = field(&read("/proc/meminfo")?, "MemTotal")
        .and_then(|value| value.split_whitespace().next()?.parse().ok())
        .context("the size of memory")?;
    let directory = scratch.canonicalize().context("the folder for data directories")?;
    Ok(Machine {
        cpu,
        cores: std::thread::available_parallelism().context("the number of cores")?.get(),
        memory_mib: memory_kib / 1024,
        kernel: read("/proc/sys/kernel/osrelease")?.trim().to_owned(),
        filesystem: filesystem(&read("/proc/self/mounts")?, &directory),
        version: version(program)?,
        date: today()?,
    })
}

/// The date by the system's clock, to the second.
pub(crate) fn today() -> anyhow::Result<Timestamp> {
    Timestamp::from_second(clock_gettime(ClockId::Realtime).tv_sec).context("the date")
}

impl fmt::Display for Machine {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Machine { cpu, cores, memory_mib, kernel, filesystem, version, date } = self;
        let known = |text: &Option<String>| text.clone().unwrap_or_else(|| "unknown".to_owned());
        let (cpu, filesystem) = (known(cpu), known(filesystem));
        write!(f, "{version}, {date}\n{cores} cores of {cpu}, {memory_mib} MiB, Linux {kernel}, data on {filesystem}")
    }
}

/// The value of the first line `name : value`.
fn field(text: &str, name: &str) -> Option<String> {
    text.lines().find_map(|line| {
        let (key, value) = line.split_once(':')?;
        (key.trim() == name).then(|| value.trim().to_owned())
    })
}

/// The type of the filesystem that a directory is on: the last of the deepest mounts above it.
fn filesystem(mounts: &str, directory: &Path) -> Option<String> {
    let above = mounts.lines().filter_map(|line| {
        let mut words = line.split_whitespace().skip(1);
        let (at, kind) = (words.next()?, words.next()?);
        directory.starts_with(at).then_some((at.len(), kind))
    });
    above.max_by_key(|(depth, _)| *depth).map(|(_, kind)| kind.to_owned())
}

fn version(program: &Path) -> anyhow::Result<String> {
    let output = Command::new(program).arg("--version").output();
    let output = output.with_context(|| format!("running {}", program.display()))?;
    Ok(String::from_utf8_lossy(&output.stdout).trim().to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_filesystem_is_that_of_the_deepest_mount() {
        let mounts = "/dev/a / ext4 rw 0 0\ntmpfs /tmp tmpfs rw 0 0\n/dev/b /tmp/disk xfs rw 0 0\n";
        let of = |path: &str| filesystem(mounts, Path::new(path)).unwrap();
        assert_eq!(of("/tmp/x"), "tmpfs");
        assert_eq!(of("/tmp/disk/x"), "xfs");
        assert_eq!(of("/tmpfoo"), "ext4");
    }

    #[test]
    fn a_field_is_found_by_its_whole_name() {
        let text = "MemTotalOther: 1 kB\nMemTotal:       2 kB\n";
        assert_eq!(field(text, "MemTotal").unwrap(), "2 kB");
        assert_eq!(field(text, "MemFree"), None);
    }
}

//! Counts how often a server flushes, by strace: only those calls are stopped, everything else runs at full speed.
//!
//! Not here: timing. What is traced is not timed.

use std::path::Path;
use std::process::Stdio;

use anyhow::Context;
use tempfile::NamedTempFile;
use tokio::process::Command;

const OPTIONS: [&str; 6] = ["-D", "-f", "--seccomp-bpf", "-qq", "-e", "trace=fsync,fdatasync"];

/// Notes the flushes of one server.
pub(crate) struct Tracer(NamedTempFile);

impl Tracer {
    /// `None` if strace is not there or may not trace here.
    pub(crate) async fn find() -> anyhow::Result<Option<Tracer>> {
        let tracer = Tracer(NamedTempFile::new().context("making a file for strace")?);
        let tried = tracer
            .command(Path::new("sync"))
            .arg("--data")
            .arg(tracer.0.path())
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .status()
            .await;
        let works = tried.is_ok_and(|status| status.success()) && tracer.flushes()? == 1;
        if !works {
            return Ok(None);
        }
        std::fs::write(tracer.0.path(), "").context("emptying the file for strace")?;
        Ok(Some(tracer))
    }

    /// Runs a program so that its flushes are noted. It has the process id that is told: strace is its child.
    pub(crate) fn command(&self, program: &Path) -> Command {
        let mut command = Command::new("strace");
        command.args(OPTIONS).arg("-o").arg(self.0.path()).arg(program);
        command
    }

    /// How many flushes there were so far.
    pub(crate) fn flushes(&self) -> anyhow::Result<u64> {
        Ok(count(&std::fs::read_to_string(self.0.path()).context("reading what strace wrote")?))
    }
}

/// A call that another thread's comes between is written in two lines; the first counts.
fn count(log: &str) -> u64 {
    log.lines().filter(|line| line.contains(" fsync(") || line.contains(" fdatasync(")).count() as u64
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_call_written_in_two_lines_counts_once() {
        let log = "11 fdatasync(5)                    = 0\n\
                   12 fsync(7 <unfinished ...>\n\
                   11 fdatasync(5)                    = 0\n\
                   12 <... fsync resumed>)            = 0\n\
                   12 +++ exited with 0 +++\n";
        assert_eq!(count(log), 3);
    }
}

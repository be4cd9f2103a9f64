//! What every case needs to know.

use std::path::PathBuf;

use crate::fsyncs::Tracer;

/// How this benchmark is run.
pub(crate) struct Bench {
    /// The program that is measured.
    pub(crate) program: PathBuf,
    /// Where data directories are made: on a disk, because flushing to memory would cost nothing.
    pub(crate) scratch: PathBuf,
    /// Runs of each case; the median counts.
    pub(crate) runs: usize,
    /// What the machine can do, in requests a second.
    pub(crate) limit: f64,
    /// Counts flushes, if that is possible here.
    pub(crate) tracer: Option<Tracer>,
    /// A data directory with a long history.
    pub(crate) history: Option<PathBuf>,
}

//! What happened, line by line.

use std::collections::VecDeque;
use std::fmt;

use tokio::time::Instant;

/// Lines that are kept to be shown, unless more are asked for.
const TAIL_LINES: usize = 150;
/// Says how many lines to show.
pub(super) const LINES_VARIABLE: &str = "BECKON_SIM_LINES";

/// The trace of a simulation: a hash over all of it, and its end.
pub(super) struct Trace {
    began: Instant,
    hash: u64,
    tail: VecDeque<String>,
    shown: usize,
    lines: usize,
}

impl Trace {
    pub(super) fn new() -> Trace {
        let shown = std::env::var(LINES_VARIABLE).ok().and_then(|lines| lines.parse().ok()).unwrap_or(TAIL_LINES);
        Trace { began: Instant::now(), hash: 0xcbf2_9ce4_8422_2325, tail: VecDeque::new(), shown, lines: 0 }
    }

    /// Adds a line.
    pub(super) fn note(&mut self, what: fmt::Arguments<'_>) {
        let line = format!("{:>12.3} {what}", self.began.elapsed().as_secs_f64());
        // FNV-1a.
        let mix = |hash: u64, byte: u8| (hash ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01b3);
        self.hash = line.bytes().fold(self.hash, mix);
        self.lines += 1;
        if self.tail.len() >= self.shown {
            self.tail.pop_front();
        }
        self.tail.push_back(line);
    }

    /// Two simulations with the same hash did the same.
    pub(super) fn hash(&self) -> u64 {
        self.hash
    }

    /// How many lines there were.
    pub(super) fn lines(&self) -> usize {
        self.lines
    }

    /// The last lines.
    pub(super) fn tail(&self) -> String {
        self.tail.iter().flat_map(|line| [line.as_str(), "\n"]).collect()
    }
}

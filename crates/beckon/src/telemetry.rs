//! Log lines, on stderr: as text for people, or one JSON object a line for machines.
//!
//! Promises: colours only on a terminal, and never where `NO_COLOR` is set (no-color.org); a line that cannot be
//! written ends nothing.
//! Not here: what is logged. Whoever logs leaves out people, payloads and secrets.

use std::io::{IsTerminal as _, stderr};

use tracing_subscriber::fmt;

use crate::config::value::{LogFilter, LogFormat};

/// Begins to log. Once per process; again does nothing.
pub(crate) fn init(format: LogFormat, level: &LogFilter) {
    // A log on a full disk is lost; telling so on the same stderr would end whatever was being done.
    let lines = fmt().with_env_filter(level.filter()).with_writer(stderr).log_internal_errors(false);
    let begun = match format {
        LogFormat::Text => lines.with_ansi(has_colour(stderr().is_terminal())).with_target(false).try_init(),
        LogFormat::Json => lines.json().flatten_event(true).with_current_span(false).try_init(),
    };
    // Somebody else logs already: nothing to do.
    drop(begun);
}

/// Whether to write in colour to what is, or is not, a terminal.
pub(crate) fn has_colour(is_terminal: bool) -> bool {
    is_terminal && std::env::var_os("NO_COLOR").is_none_or(|value| value.is_empty())
}

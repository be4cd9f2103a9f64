//! What the binary can do, one file a command.
//!
//! A command answers with the exit code of the process: 0 done, 1 it failed or the answer is no, 2 it was
//! asked for something that makes no sense.

pub(crate) mod backup;
pub(crate) mod completions;
pub(crate) mod config;
pub(crate) mod demo;
pub(crate) mod openapi;
pub(crate) mod reset_password;
pub(crate) mod restore;
pub(crate) mod serve;
pub(crate) mod verify;

use std::io::{ErrorKind, Write as _};
use std::process::ExitCode;

use crate::config::error::ConfigError;

/// The exit code for a request that makes no sense, as clap has it.
pub(crate) const BAD_USAGE: u8 = 2;

/// Says on stderr what went wrong, with its causes, and gives the exit code for it.
pub(crate) fn complain(error: anyhow::Error) -> ExitCode {
    if error.downcast_ref::<std::io::Error>().is_some_and(|error| error.kind() == ErrorKind::BrokenPipe) {
        // Whoever read our output has seen enough.
        return ExitCode::SUCCESS;
    }
    eprintln!("error: {error:#}");
    if error.is::<ConfigError>() { ExitCode::from(BAD_USAGE) } else { ExitCode::FAILURE }
}

/// Writes to stdout. Unlike `print!` it survives a reader that went away.
pub(crate) fn print(text: &str) -> anyhow::Result<()> {
    let mut out = std::io::stdout().lock();
    out.write_all(text.as_bytes())?;
    Ok(out.flush()?)
}

/// Writes a line to stdout, or not, if its reader went away: what is told goes on all the same.
macro_rules! tell {
    ($($text:tt)*) => {{
        use std::io::Write as _;
        writeln!(std::io::stdout(), $($text)*).ok();
    }};
}
pub(crate) use tell;

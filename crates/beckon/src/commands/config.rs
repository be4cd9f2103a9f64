//! `beckon config`: what `serve` would run with, and where each value comes from.

use std::process::ExitCode;

use crate::config::Config;
use crate::config::flags::ServeFlags;
use crate::config::source::Sources;

/// Prints the configuration in force, secrets masked.
pub(crate) fn run(flags: &ServeFlags) -> anyhow::Result<ExitCode> {
    let (config, reader) = Config::read(&Sources::of_process(flags))?;
    super::print(&config.show(&reader))?;
    Ok(ExitCode::SUCCESS)
}

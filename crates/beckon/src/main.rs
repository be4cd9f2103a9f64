//! The `beckon` command: one binary that takes signals in and sends webhooks out.
//!
//! Here is only the way from the command line to a command. What commands do is in [`commands`]; how the
//! services are put together is in [`wiring`].

mod ambient;
mod cli;
mod commands;
mod config;
mod encryption_key;
mod first_start;
mod listener;
mod portal;
mod telemetry;
mod wiring;

use std::process::ExitCode;

use clap::Parser;

use cli::{Cli, Command};

#[tokio::main]
async fn main() -> ExitCode {
    let done = match Cli::parse().command {
        Command::Serve(flags) => commands::serve::run(&flags).await,
        Command::Config(flags) => commands::config::run(&flags),
        Command::Demo(flags) => commands::demo::run(flags).await,
        Command::Backup(flags) => commands::backup::run(&flags),
        Command::Restore(flags) => commands::restore::run(&flags),
        Command::Verify(flags) => commands::verify::run(&flags),
        Command::ResetPassword(flags) => commands::reset_password::run(&flags).await,
        Command::Openapi => commands::openapi::run(),
        Command::Completions { shell } => commands::completions::run(shell),
    };
    done.unwrap_or_else(commands::complain)
}

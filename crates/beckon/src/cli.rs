//! The command line: what can be typed, and the help that explains it.
//!
//! Not here: what values mean. Flags of `serve` are taken as text and read by [`crate::config`], so that
//! a wrong value is refused in the same words wherever it came from.

use clap::{Parser, Subcommand};

use crate::commands::{backup, demo, reset_password, restore, verify};
use crate::config::flags::ServeFlags;

/// Visitor signals in, signed webhooks out.
#[derive(Debug, Parser)]
#[command(name = "beckon", version, max_term_width = 100)]
pub(crate) struct Cli {
    #[command(subcommand)]
    pub(crate) command: Command,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Run the server: API, tracking, delivery
    Serve(ServeFlags),
    /// Print the configuration `serve` would run with, and where each value comes from
    Config(ServeFlags),
    /// Play a live scene: visitors come, segments match, webhooks are delivered and verified
    Demo(demo::Flags),
    /// Copy the data of a server, also while it runs
    Backup(backup::Flags),
    /// Make a data directory of such a copy
    Restore(restore::Flags),
    /// Check the signature of a webhook request you received
    Verify(verify::Flags),
    /// Print a link with which somebody chooses a new password, while the server is stopped
    ResetPassword(reset_password::Flags),
    /// Print the OpenAPI 3.1 document of the JSON API
    Openapi,
    /// Print completions for a shell
    Completions {
        /// Which shell
        shell: clap_complete::Shell,
    },
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::CommandFactory;

    #[test]
    fn the_command_line_is_sound() {
        Cli::command().debug_assert();
    }

    #[test]
    fn every_setting_has_a_flag_of_its_name() {
        let serve = Cli::command().find_subcommand("serve").unwrap().clone();
        let mut flags: Vec<_> = serve
            .get_arguments()
            .filter_map(clap::Arg::get_long)
            .filter(|name| *name != "config" && *name != "help")
            .map(|name| name.replace('-', "_"))
            .collect();
        let mut keys = crate::config::KEYS.map(str::to_owned).to_vec();
        flags.sort();
        keys.sort();
        assert_eq!(flags, keys);
    }
}

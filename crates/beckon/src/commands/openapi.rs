//! `beckon openapi`: the document of the JSON API, without a running server.

use std::process::ExitCode;

/// Prints the document.
pub(crate) fn run() -> anyhow::Result<ExitCode> {
    super::print(&format!("{:#}\n", beckon_server::openapi()))?;
    Ok(ExitCode::SUCCESS)
}

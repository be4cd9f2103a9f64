//! `beckon reset-password`: a link for somebody who has lost their password, when nobody can make one in the pages.
//!
//! Promise: nothing changes until the link is used. It works while the server is stopped: the data has one process at a
//! time.

use std::fmt::Write as _;
use std::process::ExitCode;

use beckon_domain::email::Email;
use beckon_domain::member::{Invitation, Role};
use beckon_server::auth;
use beckon_store::{KeyStore as _, MemberStore as _};
use beckon_store_sqlite::{DATABASE_FILE, SqliteStore};
use clap::Args;

use super::serve::pages_url;
use crate::config::Config;
use crate::config::flags::DataFlags;
use crate::config::source::Sources;
use crate::config::value::{LogFilter, LogFormat};
use crate::{ambient, first_start, telemetry, wiring};

/// For whom.
#[derive(Debug, Args)]
#[command(
    after_help = "Stop the server first, and start it again before the link is opened. While somebody else can still sign in \
    as an admin, they can make such a link in the settings instead, without stopping anything."
)]
pub(crate) struct Flags {
    /// The address they sign in with
    #[arg(value_name = "ADDRESS")]
    email: String,

    #[command(flatten)]
    data: DataFlags,
}

/// Makes the link and prints it.
pub(crate) async fn run(flags: &Flags) -> anyhow::Result<ExitCode> {
    let (config, _) = Config::read(&Sources::of_process(&flags.data.as_settings()))?;
    telemetry::init(LogFormat::Text, &LogFilter::errors());
    let database = config.database_dir().join(DATABASE_FILE);
    anyhow::ensure!(
        database.exists(),
        "there is no database at {}: say where it is with --data-dir",
        database.display()
    );
    let ambient = ambient::real()?;
    let key = wiring::provide_key(&config, &ambient).await?.key;
    let store = wiring::open_store(&config, key.vault(&ambient), &ambient).await?;
    let Some(member) = find(&store, &flags.email).await? else {
        let owners = owners(&store).await?;
        store.close().await;
        anyhow::bail!("nobody has an account with the address {:?}{owners}", flags.email);
    };
    let token = auth::generate_token(&ambient);
    let invitation = Invitation::to_reset(&member, ambient.new_id(), ambient.now());
    store.create_invitation(&invitation, auth::hash(&token)).await?;
    store.close().await;
    super::print(&format!(
        "{} ({}) chooses a new password, once and within three days, at\n  {}{}\nStart the server before it is opened.\n",
        member.name,
        member.email,
        pages_url(&config, config.listen),
        first_start::link_path(&token),
    ))?;
    Ok(ExitCode::SUCCESS)
}

async fn find(store: &SqliteStore, email: &str) -> anyhow::Result<Option<beckon_domain::member::Member>> {
    let Some(email) = Email::parse(email) else { return Ok(None) };
    Ok(store.find_member(&email).await?)
}

/// Whom it could be made for, for whoever does not remember.
async fn owners(store: &SqliteStore) -> anyhow::Result<String> {
    let mut text = String::new();
    for workspace in store.list_workspaces().await? {
        for member in store.list_members(workspace.id).await? {
            if member.role == Role::Owner {
                // Writing to a String cannot fail.
                let _ = write!(text, "\n  the workspace {:?} is owned by {}", workspace.name, member.email);
            }
        }
    }
    if text.is_empty() {
        text.push_str("\n  nor has anybody: beckon serve prints a link that makes the first one");
    }
    Ok(text)
}

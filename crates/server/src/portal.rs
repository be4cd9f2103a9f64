//! Portal links: short-lived, signed, opening the webhooks part of one workspace in somebody else's page.
//!
//! Promise: a link is good until it expires, for its workspace only, and cannot be made or changed without the key it is
//! signed with. It is in the path and not in a cookie, because browsers keep cookies from pages in frames.
//! Not here: which pages it opens (`web.rs`), and who may frame them (`web/guard.rs`).

pub mod accent;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use beckon_domain::id::{PortalLinkId, WorkspaceId};
use hmac::digest::Key;
use hmac::{Hmac, KeyInit, Mac};
use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};
use sha2::Sha256;

use crate::app::App;
use crate::problem::{Code, Problem};

/// Shortest life of a link.
pub const LINK_LIFE_MIN: SignedDuration = SignedDuration::from_mins(1);
/// Longest life of a link.
pub const LINK_LIFE_MAX: SignedDuration = SignedDuration::from_hours(24);
/// Life of a link when nobody says.
pub const LINK_LIFE_DEFAULT: SignedDuration = SignedDuration::from_hours(1);
/// Longest label, in characters.
pub const LABEL_CHARS_MAX: usize = 100;
/// Longest token looked at, in bytes.
const TOKEN_BYTES_MAX: usize = 1024;

/// What a link says.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct PortalLink {
    /// Its id.
    pub(crate) id: PortalLinkId,
    /// What it opens.
    pub(crate) workspace_id: WorkspaceId,
    /// For whom it was made.
    pub(crate) label: String,
    /// Until when it is good.
    pub(crate) expires_at: Timestamp,
}

/// The token of a link.
pub(crate) fn sign(app: &App, link: &PortalLink) -> Result<String, Problem> {
    let claims = serde_json::to_vec(link).map_err(|error| Problem::internal(&error))?;
    let seal = keyed(app).chain_update(&claims).finalize().into_bytes();
    Ok(format!("{}.{}", URL_SAFE_NO_PAD.encode(claims), URL_SAFE_NO_PAD.encode(seal)))
}

/// What the token says, if it was signed by us and has not expired.
pub(crate) fn open(app: &App, token: &str) -> Result<PortalLink, Problem> {
    let forged = || Problem::new(Code::NotFound, "this link is not complete, or not one of ours: ask for a new one");
    let (claims, seal) = token.split_once('.').filter(|_| token.len() <= TOKEN_BYTES_MAX).ok_or_else(forged)?;
    let decode = |text: &str| URL_SAFE_NO_PAD.decode(text).ok();
    let (claims, seal) = decode(claims).zip(decode(seal)).ok_or_else(forged)?;
    keyed(app).chain_update(&claims).verify_slice(&seal).ok().ok_or_else(forged)?;
    let link: PortalLink = serde_json::from_slice(&claims).ok().ok_or_else(forged)?;
    if link.expires_at <= app.ambient.now() {
        return Err(Problem::new(Code::NotFound, "this link has expired: go back and open it anew"));
    }
    Ok(link)
}

fn keyed(app: &App) -> Hmac<Sha256> {
    // A key shorter than a block is filled up with zeros (RFC 2104 §2).
    let mut key = Key::<Hmac<Sha256>>::default();
    key[..app.link_key.len()].copy_from_slice(&app.link_key);
    Hmac::<Sha256>::new(&key)
}

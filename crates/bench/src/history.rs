//! A store with a history, and how it is to live with.
//!
//! `seed` fills a data directory with three months of a busy workspace; `lists` asks a server that runs on it for every
//! list with filters and their combinations, and checks some against the `census` of what was seeded; `pages` opens every
//! web page as a member sees it.
//! Promise: what is seeded depends on the number of deliveries and the present moment alone, and goes through the
//! store as everything does.
//! Not here: starting the server.

mod census;
mod lists;
mod made;
mod pages;
mod seed;
mod story;

pub(crate) use census::totals;
pub(crate) use lists::{Times, lists};
pub(crate) use pages::pages;
pub(crate) use seed::seed;

/// The encryption key of what is seeded, and the same in base64, as the server's key file has it.
const KEY: &[u8; 32] = b"0123456789abcdef0123456789abcdef";
const KEY_FILE: &str = "beckon.key";
const KEY_BASE64: &str = "MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY=";
/// Deliveries of a whole history; they come to about two million attempts.
pub(crate) const DELIVERIES: u64 = 1_500_000;

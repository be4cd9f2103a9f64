//! Beckon over HTTP.
//!
//! A request passes, from the outside in: request id, log line, panic guard, timeout (`api/door.rs`), then for
//! the JSON API the idempotency key ([`idempotency`]), the extractors (who is asking: [`auth`]; what:
//! [`extract`]) and a handler in `api/`, one file a resource. Every error is a [`problem::Problem`].
//! Promise: nothing is answered with success before it is on disk; the document at
//! `/api/v1/openapi.json` is made of the very types the handlers read and write.
//! Not here: deciding anything about signals, events and deliveries (`beckon-intake`, `beckon-delivery`).

mod api;
pub mod app;
mod attempts;
mod audit;
pub mod auth;
mod client_address;
mod docs;
mod email_links;
pub mod extract;
#[cfg(fuzzing)]
pub mod fuzzing;
mod idempotency;
mod links;
mod openapi;
mod operations;
pub mod paging;
mod passwords;
pub mod patch;
mod pixel;
pub mod portal;
pub mod problem;
mod reply;
mod tracking;
mod turns;
mod web;

pub use api::router;
pub use app::{App, AppParts, Options, PortalOptions};
pub use openapi::openapi;

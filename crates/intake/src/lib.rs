//! From a signal to announced events: who is it, which visit, which segments.
//!
//! ```text
//! tracking ─┐                            ┌─ identify ─ company ─ visit ─ qualify ─ event ─┐
//! intent ───┼─► Handle ─► Service ─► batch: read ─► fold (pure) ────────────────────────────┴─► one commit
//! import ───┘                             (again, if the set-up changed meanwhile)
//! ```
//!
//! [`client`] and [`network`] find out who is at the other end of a call. [`tracking`], [`intent`] and [`import`] read what clients send; [`Handle`] queues it; [`Service`] decides,
//! one batch of a workspace after the other; [`Publisher`] takes events that need no deciding. [`retention`] forgets what
//! is older than each workspace wants it kept.
//! Promise: what was answered with success is on disk, with every delivery it owes.
//! Not here: HTTP (`beckon-server`), the rule language (`beckon-domain`), sending (`beckon-delivery`).

mod batch;
pub mod client;
mod error;
mod fold;
mod ids;
pub mod import;
pub mod intent;
pub mod network;
mod publish;
pub mod retention;
pub mod schema;
mod service;
#[cfg(test)]
mod testing;
pub mod tracking;
mod upsert;

pub use client::Clients;
pub use error::Error;
pub use publish::{Publication, PublishedEvent, Publisher, Refusal};
pub use service::{Handle, Options, Service, Taken};
pub use upsert::{COMPANY_FIELDS, Change, CompanyRef, CompanyUpsert, ContactUpsert, Upserted};

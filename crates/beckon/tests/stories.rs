//! Stories told over real HTTP: the real binary, a real receiver, a real disk.
//!
//! One file per family of behaviours (docs/behaviours.md). `beckon` starts the server,
//! `http` talks to it, `browser` looks at its pages.
#![allow(clippy::disallowed_methods, reason = "stories run in real time")]
#![allow(clippy::unwrap_used, reason = "a story that cannot go on fails")]
#![allow(missing_docs, unreachable_pub, reason = "a test has no callers")]

#[path = "stories/api.rs"]
mod api;
#[path = "stories/backlog.rs"]
mod backlog;
#[path = "stories/backup.rs"]
mod backup;
#[path = "stories/beckon.rs"]
mod beckon;
#[path = "stories/behaviours.rs"]
mod behaviours;
#[path = "stories/browser.rs"]
mod browser;
#[path = "stories/clients.rs"]
mod clients;
#[path = "stories/companies.rs"]
mod companies;
#[path = "stories/durability.rs"]
mod durability;
#[path = "stories/erasing.rs"]
mod erasing;
#[path = "stories/failing.rs"]
mod failing;
#[path = "stories/figures.rs"]
mod figures;
#[path = "stories/http.rs"]
mod http;
#[path = "stories/interop.rs"]
mod interop;
#[path = "stories/jobs.rs"]
mod jobs;
#[path = "stories/limits.rs"]
mod limits;
#[path = "stories/lists.rs"]
mod lists;
#[path = "stories/mails.rs"]
mod mails;
#[path = "stories/openapi.rs"]
mod openapi;
#[path = "stories/order.rs"]
mod order;
#[path = "stories/pages.rs"]
mod pages;
#[path = "stories/pixel.rs"]
mod pixel;
#[path = "stories/qualification.rs"]
mod qualification;
#[path = "stories/routing.rs"]
mod routing;
#[path = "stories/secrets.rs"]
mod secrets;
#[path = "stories/sending.rs"]
mod sending;
#[path = "stories/signing_in.rs"]
mod signing_in;
#[path = "stories/sources.rs"]
mod sources;
#[path = "stories/tracking.rs"]
mod tracking;
#[path = "stories/trying_again.rs"]
mod trying_again;

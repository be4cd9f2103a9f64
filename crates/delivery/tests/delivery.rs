//! The engine between a real store and real sockets.

#![expect(clippy::unwrap_used, reason = "all of this is test code: a panic is a failed test")]

#[path = "delivery/ending.rs"]
mod ending;
#[path = "delivery/engine.rs"]
mod engine;
#[path = "delivery/fairness.rs"]
mod fairness;
#[path = "delivery/sending.rs"]
mod sending;
#[path = "delivery/wishes.rs"]
mod wishes;

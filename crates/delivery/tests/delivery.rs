//! The engine between a real store and real sockets.

#![expect(clippy::unwrap_used, reason = "all of this is test code: a panic is a failed test")]

#[path = "delivery/ending.rs"]
mod ending;
#[path = "delivery/engine.rs"]
mod engine;
#[path = "delivery/fairness.rs"]
mod fairness;
#[path = "delivery/health.rs"]
mod health;
#[path = "delivery/hostile.rs"]
mod hostile;
#[path = "delivery/idle.rs"]
mod idle;
#[path = "delivery/jobs.rs"]
mod jobs;
#[path = "delivery/order.rs"]
mod order;
#[path = "delivery/rate.rs"]
mod rate;
#[path = "delivery/sending.rs"]
mod sending;
#[path = "delivery/wishes.rs"]
mod wishes;

//! The engine between a real store and real sockets.

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

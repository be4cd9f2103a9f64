//! The API over HTTP, in one process: real store, real services, no socket on our side.

mod catalog;
mod doors;
mod events;
mod house;
mod idempotency;
mod keys;
mod people;
mod segments;
mod tracking;
mod webhooks;

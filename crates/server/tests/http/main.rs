//! The API over HTTP, in one process: real store, real services, no socket on our side.

mod catalog;
mod doors;
mod events;
mod house;
mod idempotency;
mod jobs;
mod keys;
mod people;
mod retrying;
mod segments;
mod signing;
mod tracking;
mod webhook_settings;
mod webhooks;

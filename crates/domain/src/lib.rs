//! The nouns of Beckon and the rules that decide.
//!
//! Everything here is a value or a pure function of `(state, input, now, randomness)`.
//! Promise: nothing in this crate reads a clock, draws randomness, touches the network or a disk, or
//! is async. [`ambient`] says what "now" and "randomness" look like; the binary makes the real ones.
//! Not here: what is stored where (`beckon-store`), when things happen (`beckon-intake`,
//! `beckon-delivery`), what they look like over HTTP (`beckon-server`).

pub mod ambient;
pub mod audit;
pub mod bot;
pub mod catalog;
pub mod channel;
pub mod company;
pub mod contact;
pub mod delivery;
pub mod email;
pub mod event;
pub mod health;
pub mod histogram;
pub mod id;
pub mod identity;
pub mod invalid;
pub mod job;
pub mod key;
pub mod list;
pub mod member;
pub mod network;
pub mod page_path;
pub mod qualify;
pub mod rate;
pub mod retry;
pub mod routing;
pub mod secret;
pub mod segment;
pub mod settings;
pub mod signal;
pub mod signing;
pub mod suppression;
pub mod visit;
pub mod webhook;
pub mod whole;

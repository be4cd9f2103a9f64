//! What Beckon's tests share.
//!
//! [`ambient`]: a clock that is set by hand, randomness from a seed, and the real ones for tests that talk
//! to real things. [`receiver`]: an HTTP receiver that replies as told and remembers what it got.
//! [`smtp`]: a mail server of the same kind.
//! [`authority`]: certificates for receivers that speak TLS.
//! [`mmdb`]: files of networks.
//! [`builders`]: nouns with believable values, to be changed with `..`.
//! [`vault`]: a vault whose key is always the same.
//! Not here: a store. Tests that need one open `beckon-store-sqlite` in a [`tempfile::TempDir`] themselves,
//! so that the engines can use this crate in their own tests.

#![expect(clippy::unwrap_used, clippy::expect_used, reason = "all of this is test code: a panic is a failed test")]

pub mod ambient;
pub mod authority;
pub mod builders;
pub mod mmdb;
pub mod receiver;
pub mod smtp;
pub mod vault;

pub use ambient::{FakeClock, SeededEntropy, fake_ambient, real_ambient};
pub use authority::Authority;
pub use mmdb::Mmdb;
pub use receiver::{Received, Receiver, Reply};
pub use vault::a_vault;

//! The one real clock and the one real generator.

use std::sync::Arc;

use beckon_domain::ambient::{Ambient, Clock, Entropy};
use jiff::Timestamp;

/// Bundles the system's clock and generator, or says why the system has no randomness to give.
pub(crate) fn real() -> anyhow::Result<Ambient> {
    // Asked once here, so that what follows can rely on it.
    getrandom::fill(&mut [0; 1]).map_err(|error| anyhow::anyhow!("the system gives no randomness: {error}"))?;
    Ok(Ambient::new(Arc::new(SystemClock), Arc::new(SystemEntropy)))
}

struct SystemClock;

impl Clock for SystemClock {
    #[expect(clippy::disallowed_methods, reason = "this is the one place that asks the system for the time")]
    fn now(&self) -> Timestamp {
        Timestamp::now()
    }
}

struct SystemEntropy;

impl Entropy for SystemEntropy {
    fn fill(&self, bytes: &mut [u8]) {
        // Never go on with guessable ids and secrets. It answered at start; a kernel that did so once
        // does not stop.
        if let Err(error) = getrandom::fill(bytes) {
            panic!("the system stopped giving randomness: {error}");
        }
    }
}

//! The one real clock and the one real generator.

use std::cell::RefCell;
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

/// Draws from the system in advance, a thread at a time: ids need a little randomness often, and asking costs more than
/// the randomness. What was given is wiped, so that nothing is given twice, nor found later.
struct SystemEntropy;

/// Randomness drawn at once, in bytes.
const DRAWN_BYTES: usize = 1024;

struct Drawn {
    bytes: [u8; DRAWN_BYTES],
    /// How many at the front are not given yet.
    left: usize,
}

thread_local! {
    static DRAWN: RefCell<Drawn> = const { RefCell::new(Drawn { bytes: [0; DRAWN_BYTES], left: 0 }) };
}

impl Entropy for SystemEntropy {
    fn fill(&self, bytes: &mut [u8]) {
        DRAWN.with_borrow_mut(|drawn| drawn.fill(bytes));
    }
}

impl Drawn {
    fn fill(&mut self, bytes: &mut [u8]) {
        if bytes.len() > DRAWN_BYTES {
            return draw(bytes);
        }
        if bytes.len() > self.left {
            draw(&mut self.bytes);
            self.left = DRAWN_BYTES;
        }
        let given = &mut self.bytes[self.left - bytes.len()..self.left];
        bytes.copy_from_slice(given);
        given.fill(0);
        self.left -= bytes.len();
    }
}

fn draw(bytes: &mut [u8]) {
    // Never go on with guessable ids and secrets. It answered at start; a kernel that did so once
    // does not stop.
    if let Err(error) = getrandom::fill(bytes) {
        panic!("the system stopped giving randomness: {error}");
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    #[test]
    fn nothing_is_given_twice_and_what_was_given_is_wiped() {
        let mut drawn = Drawn { bytes: [0; DRAWN_BYTES], left: 0 };
        let given: BTreeSet<[u8; 24]> = (0..1_000)
            .map(|_| {
                let mut bytes = [0; 24];
                drawn.fill(&mut bytes);
                assert!(drawn.bytes[drawn.left..].iter().all(|byte| *byte == 0));
                bytes
            })
            .collect();
        assert_eq!(given.len(), 1_000);
        let mut more = [0; 2 * DRAWN_BYTES];
        drawn.fill(&mut more);
        assert!(more.iter().any(|byte| *byte != 0));
    }
}

//! What "now" and "randomness" are, so that everything that decides can take them as arguments.
//!
//! The binary makes the one real clock and generator; tests make fake ones. [`Ambient`] carries both
//! to the services, and makes ids, because an id is a time and some randomness.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use jiff::Timestamp;
use uuid::Uuid;

/// Tells the time.
pub trait Clock: Send + Sync {
    /// The present moment.
    fn now(&self) -> Timestamp;
}

/// Gives randomness fit for secrets.
pub trait Entropy: Send + Sync {
    /// Fills `bytes` with randomness nobody can predict.
    fn fill(&self, bytes: &mut [u8]);
}

/// The clock and the generator that a service works with.
#[derive(Clone)]
pub struct Ambient {
    clock: Arc<dyn Clock>,
    entropy: Arc<dyn Entropy>,
    last_id: Arc<AtomicU64>,
}

impl Ambient {
    /// Bundles a clock and a generator.
    pub fn new(clock: Arc<dyn Clock>, entropy: Arc<dyn Entropy>) -> Ambient {
        Ambient { clock, entropy, last_id: Arc::default() }
    }

    /// The present moment, cut to the millisecond, which is what stores keep.
    pub fn now(&self) -> Timestamp {
        let now = self.clock.now();
        Timestamp::from_millisecond(now.as_millisecond()).unwrap_or(now)
    }

    /// Fills `bytes` with randomness fit for secrets.
    pub fn fill(&self, bytes: &mut [u8]) {
        self.entropy.fill(bytes);
    }

    /// A number in `0.0..1.0`, for jitter.
    pub fn unit(&self) -> f64 {
        let mut bytes = [0; 8];
        self.entropy.fill(&mut bytes);
        // 53 bits, the precision of an f64.
        (u64::from_le_bytes(bytes) >> 11) as f64 / (1_u64 << 53) as f64
    }

    /// A new id of any kind.
    ///
    /// Ids of one process sort in the order they were made, also within a millisecond (RFC 9562 §6.2,
    /// method 1: 12 bits of counter stand between the time and the randomness).
    pub fn new_id<I: From<Uuid>>(&self) -> I {
        let millis = u64::try_from(self.clock.now().as_millisecond()).unwrap_or(0);
        let floor = millis << 12;
        let mut made = 0;
        self.last_id
            .fetch_update(Ordering::Relaxed, Ordering::Relaxed, |last| {
                made = floor.max(last + 1);
                Some(made)
            })
            .ok();
        let mut random = [0; 8];
        self.entropy.fill(&mut random);
        let mut bytes = [0; 16];
        bytes[..6].copy_from_slice(&(made >> 12).to_be_bytes()[2..]);
        bytes[6..8].copy_from_slice(&(0x7000 | (made & 0x0fff) as u16).to_be_bytes());
        bytes[8..].copy_from_slice(&random);
        bytes[8] = 0x80 | (bytes[8] & 0x3f);
        I::from(Uuid::from_bytes(bytes))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::id::WebhookId;

    struct Stopped;
    impl Clock for Stopped {
        fn now(&self) -> Timestamp {
            Timestamp::UNIX_EPOCH
        }
    }
    struct Zeros;
    impl Entropy for Zeros {
        fn fill(&self, bytes: &mut [u8]) {
            bytes.fill(0);
        }
    }

    #[test]
    fn ids_made_in_one_millisecond_sort_in_the_order_they_were_made() {
        let ambient = Ambient::new(Arc::new(Stopped), Arc::new(Zeros));
        let ids: Vec<WebhookId> = (0..10_000).map(|_| ambient.new_id()).collect();
        assert!(ids.is_sorted());
        assert_eq!(ids[0].uuid().get_version_num(), 7);
    }
}

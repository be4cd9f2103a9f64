//! Durations counted by size, for percentiles that cost nothing to add up.
//!
//! Promise: what is read from a histogram is at most a quarter above the true value, up to 3.9 hours; longer is not told apart.

use std::time::Duration;

/// How many sizes there are. The last holds everything longer.
pub const BUCKETS: usize = 96;
/// Buckets for each doubling.
const PER_DOUBLING: f64 = 4.0;

/// In which bucket a duration is counted: 0 is up to a millisecond, each next one reaches a fifth further.
pub fn bucket_of(duration: Duration) -> usize {
    let millis = duration.as_secs_f64() * 1000.0;
    if millis <= 1.0 {
        return 0;
    }
    ((millis.log2() * PER_DOUBLING).ceil() as usize).min(BUCKETS - 1)
}

/// The longest duration that is counted in a bucket.
pub fn longest_of(bucket: usize) -> Duration {
    Duration::from_secs_f64((bucket as f64 / PER_DOUBLING).exp2() / 1000.0)
}

/// The duration that the share `quantile` (0 to 1) of all that was counted does not exceed, or `None` if nothing was.
/// `counts` are by bucket.
pub fn quantile(counts: &[u64; BUCKETS], quantile: f64) -> Option<Duration> {
    let total: u64 = counts.iter().sum();
    let wanted = ((total as f64 * quantile).ceil() as u64).max(1);
    let mut seen = 0;
    let bucket = counts.iter().position(|count| {
        seen += count;
        seen >= wanted
    });
    bucket.map(longest_of)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_percentile_is_never_below_and_little_above_the_truth() {
        for millis in [1_u64, 2, 3, 10, 99, 1_000, 15_000, 3_600_000] {
            let mut counts = [0; BUCKETS];
            counts[bucket_of(Duration::from_millis(millis))] += 1;
            let read = quantile(&counts, 0.95).unwrap().as_secs_f64() * 1000.0;
            assert!(read >= millis as f64 * 0.999 && read <= millis as f64 * 1.25, "{millis}: {read}");
        }
        assert_eq!(bucket_of(Duration::MAX), BUCKETS - 1);
        assert_eq!(quantile(&[0; BUCKETS], 0.5), None);
    }

    #[test]
    fn the_share_that_is_asked_for_is_what_is_below() {
        let mut counts = [0; BUCKETS];
        counts[bucket_of(Duration::from_millis(1))] = 95;
        counts[bucket_of(Duration::from_secs(1))] = 5;
        assert!(quantile(&counts, 0.95).unwrap() <= Duration::from_millis(1));
        assert!(quantile(&counts, 0.96).unwrap() >= Duration::from_secs(1));
    }
}

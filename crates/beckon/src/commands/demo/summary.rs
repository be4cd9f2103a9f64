//! What it all came to: a table, and whether exactly what should arrive did.

use std::time::Duration;

use super::account::{Account, Tone, in_words};
use super::scene::SUBSCRIBERS;
use super::stream::STREAM;
use super::tally::{Multiset, Received, Tally, differences, expected};
use crate::commands::tell;

/// Prints the table and the verdict; answers whether exactly what should arrive did.
pub(super) fn tell(account: &Account, tally: &Tally) -> bool {
    let expectations = SUBSCRIBERS.map(|subscriber| expected(&subscriber, STREAM));
    account.headline("What came of it");
    print_table(account, tally, &expectations);
    let sum = |count: fn(&Received) -> usize| tally.received.iter().map(count).sum::<usize>();
    let events: usize = STREAM.iter().map(|beat| beat.fires.len()).sum();
    tell!(
        "\n  {} signals made {events} events, owed as {} deliveries, made in {} requests: {} failed, {} signatures verified.",
        STREAM.len(),
        expectations.iter().flat_map(Multiset::values).sum::<usize>(),
        sum(|received| received.requests),
        sum(|received| received.turned_away + received.unverified),
        sum(|received| received.verified),
    );
    let wrong: Vec<_> = SUBSCRIBERS
        .iter()
        .zip(&expectations)
        .zip(&tally.received)
        .flat_map(|((subscriber, expected), received)| differences(subscriber.name, expected, received))
        .collect();
    if wrong.is_empty() {
        tell!(
            "  {}",
            account.paint(Tone::Good, "Every event arrived exactly once, where it should and nowhere else.", 0)
        );
        return true;
    }
    tell!("  {}", account.paint(Tone::Bad, "What arrived is not what should have:", 0));
    for line in wrong {
        tell!("    {line}");
    }
    false
}

fn print_table(account: &Account, tally: &Tally, expectations: &[Multiset]) {
    let header = format!(
        "  {:<16} {:>8} {:>7} {:>8} {:>6} {:>8} {:>9} {:>9}",
        "webhook", "expected", "arrived", "requests", "failed", "verified", "p50", "p95"
    );
    tell!("{}", account.paint(Tone::Dim, header, 0));
    for ((subscriber, expected), received) in SUBSCRIBERS.iter().zip(expectations).zip(&tally.received) {
        tell!(
            "  {:<16} {:>8} {:>7} {:>8} {:>6} {:>8} {:>9} {:>9}",
            subscriber.name,
            expected.values().sum::<usize>(),
            received.taken.values().sum::<usize>(),
            received.requests,
            received.turned_away + received.unverified,
            received.verified,
            percentile(&received.latencies, 50).map_or_else(|| "-".to_owned(), in_words),
            percentile(&received.latencies, 95).map_or_else(|| "-".to_owned(), in_words),
        );
    }
    tell!("{}", account.paint(Tone::Dim, "  p50, p95: from sending the signal to the event being at the receiver", 0));
}

/// The smallest value that at least `percent` % of all are not above (nearest rank).
fn percentile(values: &[Duration], percent: usize) -> Option<Duration> {
    let mut sorted = values.to_vec();
    sorted.sort();
    let rank = (sorted.len() * percent).div_ceil(100).max(1);
    sorted.get(rank - 1).copied()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_percentile_is_the_nearest_rank() {
        let values: Vec<_> = (1..=20).rev().map(Duration::from_millis).collect();
        assert_eq!(percentile(&values, 50), Some(Duration::from_millis(10)));
        assert_eq!(percentile(&values, 95), Some(Duration::from_millis(19)));
        assert_eq!(percentile(&values[..1], 95), Some(Duration::from_millis(20)));
        assert_eq!(percentile(&[], 50), None);
    }
}

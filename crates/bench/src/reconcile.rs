//! Holds what arrived, or what the server says of it, against what was acknowledged.

use std::collections::BTreeMap;

use anyhow::Context;

use crate::receiver::Arrived;
use crate::server::{Server, get};

/// Statuses of a delivery that is not lost.
const KEPT: [&str; 3] = ["pending", "retrying", DELIVERED];
const DELIVERED: &str = "delivered";
/// Deliveries on a page of the list.
const PAGE_ROWS: usize = 250;

/// Fails unless every delivery that was owed arrived, exactly once.
pub(crate) fn exactly_once(what: &str, owed: u64, arrived: Arrived) -> anyhow::Result<()> {
    let Arrived { requests, taken, distinct, numbered } = arrived;
    let expected = Arrived { requests: owed, taken: owed, distinct: owed, numbered: owed };
    anyhow::ensure!(
        arrived == expected,
        "{what}: {owed} owed, but {requests} requests, {taken} of them taken: {distinct} ids, {numbered} events"
    );
    Ok(())
}

/// Fails unless every delivery that was owed was taken, exactly once; it may have been refused before.
pub(crate) fn taken_once(what: &str, owed: u64, arrived: Arrived) -> anyhow::Result<()> {
    exactly_once(what, owed, Arrived { requests: arrived.taken, ..arrived })
}

/// Fails unless so many distinct deliveries were taken, or more: the last ones may not have been recorded yet.
pub(crate) fn delivered_means_taken(delivered: u64, arrived: Arrived) -> anyhow::Result<()> {
    let taken = arrived.distinct;
    anyhow::ensure!(taken >= delivered, "{delivered} are said to be delivered, but {taken} were taken");
    Ok(())
}

/// Fails unless the server lists every delivery owed to a webhook as delivered, or still under way. Gives how many
/// are delivered.
pub(crate) async fn all_listed(server: &Server, webhook: &str, owed: u64) -> anyhow::Result<u64> {
    let mut connection = server.connect().await?;
    let first = format!("/api/v1/webhooks/{webhook}/deliveries?limit={PAGE_ROWS}");
    let mut statuses = BTreeMap::new();
    let mut path = first.clone();
    loop {
        let page = get(&mut connection, &path).await?;
        for delivery in page["data"].as_array().context("a page of deliveries")? {
            let status = delivery["status"].as_str().context("the status of a delivery")?.to_owned();
            *statuses.entry(status).or_default() += 1;
        }
        match page["next_cursor"].as_str() {
            Some(cursor) => path = format!("{first}&cursor={cursor}"),
            None => break,
        }
    }
    all_kept(owed, &statuses)?;
    Ok(statuses.get(DELIVERED).copied().unwrap_or(0))
}

fn all_kept(owed: u64, statuses: &BTreeMap<String, u64>) -> anyhow::Result<()> {
    let kept: u64 = KEPT.iter().filter_map(|status| statuses.get(*status)).sum();
    let listed: u64 = statuses.values().sum();
    anyhow::ensure!(kept == owed && listed == owed, "{owed} deliveries owed, but listed are {statuses:?}");
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn anything_but_each_once_fails() {
        let all = Arrived { requests: 5, taken: 5, distinct: 5, numbered: 5 };
        assert!(exactly_once("deliveries", 5, all).is_ok());
        for wrong in [
            Arrived { requests: 6, taken: 6, ..all },
            Arrived { requests: 6, ..all },
            Arrived { distinct: 4, ..all },
            Arrived { numbered: 4, ..all },
            Arrived { requests: 4, taken: 4, distinct: 4, numbered: 4 },
        ] {
            assert!(exactly_once("deliveries", 5, wrong).is_err(), "{wrong:?}");
        }
    }

    #[test]
    fn what_was_refused_before_it_was_taken_is_taken_once() {
        let all = Arrived { requests: 9, taken: 5, distinct: 5, numbered: 5 };
        assert!(taken_once("deliveries", 5, all).is_ok());
        assert!(taken_once("deliveries", 5, Arrived { taken: 6, ..all }).is_err());
        assert!(taken_once("deliveries", 6, all).is_err());
    }

    #[test]
    fn what_is_said_to_be_delivered_was_taken() {
        let arrived = Arrived { requests: 9, taken: 6, distinct: 5, numbered: 5 };
        assert!(delivered_means_taken(4, arrived).is_ok());
        assert!(delivered_means_taken(6, arrived).is_err());
    }

    #[test]
    fn a_delivery_that_is_missing_or_given_up_fails() {
        let statuses = |list: &[(&str, u64)]| list.iter().map(|(name, n)| ((*name).to_owned(), *n)).collect();
        assert!(all_kept(6, &statuses(&[("pending", 1), ("retrying", 2), ("delivered", 3)])).is_ok());
        assert!(all_kept(6, &statuses(&[("pending", 5)])).is_err());
        assert!(all_kept(6, &statuses(&[("pending", 5), ("failed", 1)])).is_err());
        assert!(all_kept(6, &statuses(&[("pending", 6), ("canceled", 1)])).is_err());
    }
}

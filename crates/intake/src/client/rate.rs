//! Whether page views come faster than a person makes them: of one visitor, and of one address.
//!
//! Counted by the minute in which they happened. Who exceeds the rate is taken for a bot for half an hour. The counts are
//! in memory and start anew with the process; the visitors and addresses that were not seen for longest are forgotten
//! first. An address that is not of the public internet has no rate: everybody may be behind it, as behind a proxy.

use std::collections::HashMap;
use std::hash::{BuildHasher as _, RandomState};
use std::net::IpAddr;

use beckon_domain::id::WorkspaceId;
use beckon_domain::signal::Signal;

/// Most page views of a visitor in a minute; with more it is a bot.
pub(super) const PAGE_VIEWS_OF_VISITOR_MAX: u32 = 60;
/// Most page views from an address in a minute, which a whole office may share; with more they are a bot's. A /64 of IPv6 counts as one.
pub(super) const PAGE_VIEWS_OF_ADDRESS_MAX: u32 = 600;
/// Visitors and addresses whose page views are counted: twice as many at most, 24 bytes or so each.
pub(super) const RATES_MAX: usize = 50_000;
/// How many minutes who exceeds a rate is taken for a bot.
const BOT_FOR_MINUTES: u32 = 30;

/// What was counted lately.
#[derive(Debug, Default)]
pub(super) struct Rates {
    /// Lately used.
    young: HashMap<u64, Rate>,
    /// Not used since `young` was begun.
    old: HashMap<u64, Rate>,
    hasher: RandomState,
}

#[derive(Debug, Clone, Copy, Default)]
struct Rate {
    /// In minutes since 1970, as all times here.
    minute: u32,
    page_views: u32,
    /// A bot until the end of this minute.
    bot_until: u32,
}

/// Where a signal is counted.
#[derive(Debug, Clone, Copy)]
pub(super) struct Tickets {
    minute: u32,
    visitor: Option<u64>,
    address: Option<u64>,
}

impl Tickets {
    pub(super) fn of(rates: &Rates, workspace: WorkspaceId, signal: &Signal, address: Option<IpAddr>) -> Tickets {
        let visitor = signal.from.anonymous_id.as_ref();
        let address = address.and_then(counted_as);
        Tickets {
            minute: u32::try_from(signal.at.as_second() / 60).unwrap_or(0),
            visitor: visitor.map(|id| rates.hasher.hash_one((workspace, id))),
            address: address.map(|address| rates.hasher.hash_one((workspace, address))),
        }
    }

    fn limits(&self) -> impl Iterator<Item = (u64, u32)> {
        let of = |ticket: Option<u64>, max| ticket.map(|ticket| (ticket, max));
        [of(self.visitor, PAGE_VIEWS_OF_VISITOR_MAX), of(self.address, PAGE_VIEWS_OF_ADDRESS_MAX)].into_iter().flatten()
    }
}

impl Rates {
    /// Counts a page view.
    pub(super) fn count(&mut self, tickets: &Tickets) {
        for (ticket, max) in tickets.limits() {
            let mut rate = self.get(ticket);
            if rate.minute < tickets.minute {
                rate = Rate { minute: tickets.minute, page_views: 0, ..rate };
            }
            // What comes late, from an earlier minute, is not worth a count of its own.
            if rate.minute == tickets.minute {
                rate.page_views = rate.page_views.saturating_add(1);
            }
            if rate.page_views > max {
                rate.bot_until = rate.minute.saturating_add(BOT_FOR_MINUTES);
            }
            self.put(ticket, rate);
        }
    }

    /// Counts the signals of a call on top of what is counted, without keeping that.
    pub(super) fn counting(&self) -> Counting<'_> {
        Counting { rates: self, more: HashMap::new() }
    }

    fn get(&self, ticket: u64) -> Rate {
        self.young.get(&ticket).or_else(|| self.old.get(&ticket)).copied().unwrap_or_default()
    }

    fn put(&mut self, ticket: u64, rate: Rate) {
        if self.young.len() >= RATES_MAX && !self.young.contains_key(&ticket) {
            self.old = std::mem::take(&mut self.young);
        }
        self.young.insert(ticket, rate);
    }
}

/// See [`Rates::counting`].
pub(super) struct Counting<'r> {
    rates: &'r Rates,
    /// By ticket and minute.
    more: HashMap<(u64, u32), u32>,
}

impl Counting<'_> {
    /// Adds a signal, and says whether it comes too fast.
    pub(super) fn add(&mut self, tickets: &Tickets, is_page_view: bool) -> bool {
        let mut is_too_fast = false;
        for (ticket, max) in tickets.limits() {
            let rate = self.rates.get(ticket);
            let more = self.more.entry((ticket, tickets.minute)).or_default();
            *more += u32::from(is_page_view);
            let counted = if rate.minute == tickets.minute { rate.page_views } else { 0 };
            is_too_fast |= counted.saturating_add(*more) > max || tickets.minute <= rate.bot_until;
        }
        is_too_fast
    }
}

/// An address as it is counted; `None` if everybody may be behind it.
fn counted_as(address: IpAddr) -> Option<IpAddr> {
    match address.to_canonical() {
        IpAddr::V4(v4) => {
            let [first, second, ..] = v4.octets();
            let is_carriers = first == 100 && (64..128).contains(&second);
            let is_local = v4.is_private() || v4.is_loopback() || v4.is_link_local() || v4.is_unspecified();
            (!is_carriers && !is_local).then_some(IpAddr::V4(v4))
        }
        IpAddr::V6(v6) => {
            let is_local =
                v6.is_loopback() || v6.is_unspecified() || v6.is_unique_local() || v6.is_unicast_link_local();
            let network = u128::from(v6) & !u128::from(u64::MAX);
            (!is_local).then_some(IpAddr::V6(network.into()))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn memory_is_bounded_and_who_was_seen_lately_is_remembered() {
        let mut rates = Rates::default();
        let of = |ticket: u64| Tickets { minute: 7, visitor: Some(ticket), address: None };
        for round in 0..3 {
            for ticket in 0..RATES_MAX as u64 {
                rates.count(&of(1 + round * RATES_MAX as u64 + ticket));
                if ticket % 1_000 == 0 {
                    rates.count(&of(0));
                }
            }
        }
        assert!(rates.young.len() + rates.old.len() <= 2 * RATES_MAX);
        assert_eq!(rates.get(0).page_views, 150);
        assert_eq!(rates.get(1).page_views, 0, "forgotten");
    }

    #[test]
    fn an_address_behind_which_everybody_may_be_has_no_rate() {
        let of = |text: &str| counted_as(text.parse().unwrap()).map(|address| address.to_string());
        for local in [
            "127.0.0.1",
            "10.1.2.3",
            "192.168.0.1",
            "100.64.0.1",
            "169.254.1.1",
            "::1",
            "fd00::1",
            "fe80::1",
            "::ffff:10.0.0.1",
        ] {
            assert_eq!(of(local), None, "{local}");
        }
        assert_eq!(of("203.0.113.7").as_deref(), Some("203.0.113.7"));
        assert_eq!(of("2001:db8:1:2:3:4:5:6").as_deref(), Some("2001:db8:1:2::"));
    }
}

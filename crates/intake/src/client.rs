//! Who is at the other end of a call: from which network, and is it a bot?
//!
//! Asked once per call, before its signals are decided on: [`Clients::judge`] notes in each signal what was found, and
//! [`Clients::count`] counts the page views once they are on disk, so that a call which is sent again because it failed
//! counts once.
//! Promise: memory is bounded, and holds no address longer than the call takes: counts are kept under hashes.
//! Not here: what becomes of a bot's signal (`fold/bot.rs`), whose address a call has (`beckon-server`).

mod agent;
mod rate;

use std::net::IpAddr;
use std::sync::{Arc, Mutex, PoisonError};

use beckon_domain::bot::BotReason;
use beckon_domain::id::WorkspaceId;
use beckon_domain::network::Network;
use beckon_domain::signal::{Signal, SignalBody};

use crate::Taken;
use crate::network::Networks;
use rate::{Rates, Tickets};

/// Who made a call.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Call {
    /// The visitor's own browser: its address and user agent are the call's, whatever the signals say.
    Browser {
        /// Its address; `None` if it cannot be known.
        address: Option<IpAddr>,
        /// Its user agent.
        user_agent: Option<String>,
    },
    /// A server, on behalf of its visitors: their addresses and user agents are what the signals say.
    Server,
}

/// Finds out who clients are. Cheap to clone.
#[derive(Debug, Clone)]
pub struct Clients {
    networks: Networks,
    rates: Arc<Mutex<Rates>>,
    detects_bots: bool,
}

impl Default for Clients {
    fn default() -> Clients {
        Clients::new(Networks::default(), true)
    }
}

/// The page views of a call, to be counted once they are on disk.
#[derive(Debug)]
#[must_use = "page views that are not counted make no rate"]
pub struct Uncounted(Vec<Option<Tickets>>);

impl Clients {
    /// Looks addresses up in `networks`, and marks bots if it is to.
    pub fn new(networks: Networks, detects_bots: bool) -> Clients {
        Clients { networks, rates: Arc::default(), detects_bots }
    }

    /// Notes in each signal of a call who its client is.
    pub fn judge(&self, workspace: WorkspaceId, call: &Call, signals: &mut [Signal]) -> Uncounted {
        let mut looked_up: Option<(IpAddr, Option<Network>)> = None;
        let mut known_agent: Option<(String, bool)> = None;
        for signal in &mut *signals {
            let client = &mut signal.client;
            if let Call::Browser { address, user_agent } = call {
                (client.address, client.user_agent) = (*address, user_agent.clone());
            }
            // All items of a browser's call have one address and one user agent.
            if let Some(address) = client.address {
                let known = looked_up.take().filter(|(of, _)| *of == address);
                let (_, network) = looked_up.insert(known.unwrap_or_else(|| (address, self.networks.find(address))));
                client.network = network.clone().filter(|network| self.detects_bots || !network.is_hosting());
                if client.gpc
                    && let Some(network) = &mut client.network
                {
                    network.company = None;
                }
            }
            if self.detects_bots && !is_named_by_a_server(call, signal) {
                signal.client.bot = by_its_word(call, signal, &mut known_agent);
            }
        }
        if !self.detects_bots {
            return Uncounted(Vec::new());
        }
        let rates = self.rates.lock().unwrap_or_else(PoisonError::into_inner);
        let mut counting = rates.counting();
        let judged = signals.iter_mut().map(|signal| {
            if is_named_by_a_server(call, signal) {
                return None;
            }
            let is_page_view = matches!(signal.body, SignalBody::Page { .. });
            let tickets = Tickets::of(&rates, workspace, signal, counted_address(call));
            let is_too_fast = counting.add(&tickets, is_page_view);
            signal.client.bot = signal.client.bot.or(is_too_fast.then_some(BotReason::Rate));
            is_page_view.then_some(tickets)
        });
        Uncounted(judged.collect())
    }

    /// Counts the page views of a call that are on disk now. `taken` is what became of each of its signals.
    pub fn count(&self, uncounted: Uncounted, taken: &[Taken]) {
        let mut rates = self.rates.lock().unwrap_or_else(PoisonError::into_inner);
        for (tickets, taken) in uncounted.0.into_iter().zip(taken) {
            if let (Some(tickets), Taken::Stored { .. }) = (tickets, taken) {
                rates.count(&tickets);
            }
        }
    }
}

/// Whether a server says who it is: it knows whom it names, and what it says of their browser may be its own library's.
fn is_named_by_a_server(call: &Call, signal: &Signal) -> bool {
    *call == Call::Server && signal.from.user_id.is_some()
}

/// The address whose page views are counted: one that we have seen ourselves. What a server gives as the address of its
/// visitors may be that of a proxy in front of it, the same for all of them.
fn counted_address(call: &Call) -> Option<IpAddr> {
    match call {
        Call::Browser { address, .. } => *address,
        Call::Server => None,
    }
}

/// What the client says itself that gives it away. `known_agent` is the user agent that was looked at last, and whether it
/// is a bot's.
fn by_its_word(call: &Call, signal: &Signal, known_agent: &mut Option<(String, bool)>) -> Option<BotReason> {
    let client = &signal.client;
    if client.webdriver {
        return Some(BotReason::Webdriver);
    }
    let agent = client.user_agent.as_deref().map(str::trim).filter(|agent| !agent.is_empty());
    match (agent, call) {
        (Some(agent), _) => {
            let known = known_agent.take().filter(|(of, _)| of == agent);
            let (_, is_bots) = known_agent.insert(known.unwrap_or_else(|| (agent.to_owned(), agent::is_bots(agent))));
            is_bots.then_some(BotReason::UserAgent)
        }
        (None, Call::Browser { .. }) => Some(BotReason::NoUserAgent),
        (None, Call::Server) => None,
    }
}

#[cfg(test)]
mod tests;

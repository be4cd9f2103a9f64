//! Does a signal mean anything, or is it a bot's?
//!
//! What a bot sends is kept in the log of signals with the reason, and that is all: no visitor, visit, contact or company
//! comes of it. Only what comes from a data centre has its visit, on which nobody qualifies: people work through data
//! centres too, and somebody who says in mid-visit who they are has made its page views.

use beckon_domain::bot::BotReason;
use beckon_domain::network::Network;
use beckon_domain::signal::Signal;

use super::keys::Keys;
use super::working::Working;

/// Why the signal is a bot's; `None` if it is somebody's.
pub(super) fn reason(working: &Working, keys: &Keys, signal: &Signal) -> Option<BotReason> {
    if signal.client.bot.is_some() {
        return signal.client.bot;
    }
    let is_hosted = signal.client.network.as_ref().is_some_and(Network::is_hosting);
    (is_hosted && !is_about_somebody(working, keys)).then_some(BotReason::Hosting)
}

/// Whether a person is known behind the signal, or it names one.
fn is_about_somebody(working: &Working, keys: &Keys) -> bool {
    let visitor = keys.visitor.as_ref().and_then(|key| working.visitor(key));
    keys.user_id.is_some() || keys.email.is_some() || visitor.is_some_and(|visitor| visitor.contact_id.is_some())
}

//! Who goes next: workspaces take turns, and so do the webhooks of one.
//!
//! Promise: a workspace with a thousand webhooks in line gets no more turns than one with a single webhook.
//! Not here: whether a webhook may start anything (`lane.rs`, `gate.rs`).

use std::collections::BTreeMap;

use beckon_domain::id::{WebhookId, WorkspaceId};

/// Whose a webhook is; `None` until the first look into the store told. Those stand in a line of their own.
pub(super) type Home = Option<WorkspaceId>;

/// Where a webhook stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Place {
    home: Home,
    ticket: u64,
}

/// Webhooks in line.
#[derive(Debug, Default)]
pub(super) struct Turns {
    last_ticket: u64,
    /// In the order of their turns.
    homes: BTreeMap<u64, Home>,
    lines: BTreeMap<Home, Line>,
}

#[derive(Debug)]
struct Line {
    ticket: u64,
    /// In the order of their turns.
    webhooks: BTreeMap<u64, WebhookId>,
}

impl Turns {
    /// Puts a webhook at the end of its workspace's line.
    pub(super) fn push(&mut self, home: Home, webhook: WebhookId) -> Place {
        let ticket = self.draw();
        if !self.lines.contains_key(&home) {
            let ticket = self.draw();
            self.homes.insert(ticket, home);
            self.lines.insert(home, Line { ticket, webhooks: BTreeMap::new() });
        }
        if let Some(line) = self.lines.get_mut(&home) {
            line.webhooks.insert(ticket, webhook);
        }
        Place { home, ticket }
    }

    /// Takes a webhook out of its line.
    pub(super) fn remove(&mut self, place: Place) {
        let Some(line) = self.lines.get_mut(&place.home) else { return };
        line.webhooks.remove(&place.ticket);
        if line.webhooks.is_empty() {
            self.homes.remove(&line.ticket);
            self.lines.remove(&place.home);
        }
    }

    /// Takes out the next webhook that may go, and lets its workspace wait behind the others. Who may not go keeps
    /// its place.
    pub(super) fn next(&mut self, may: impl Fn(Home) -> bool, goes: impl Fn(WebhookId) -> bool) -> Option<WebhookId> {
        let (place, webhook) = self.find(may, goes)?;
        self.remove(place);
        let behind = self.draw();
        if let Some(line) = self.lines.get_mut(&place.home) {
            self.homes.remove(&line.ticket);
            line.ticket = behind;
            self.homes.insert(behind, place.home);
        }
        Some(webhook)
    }

    /// The next webhook that may go, which keeps its place.
    pub(super) fn find(
        &self,
        may: impl Fn(Home) -> bool,
        goes: impl Fn(WebhookId) -> bool,
    ) -> Option<(Place, WebhookId)> {
        self.homes.values().filter(|home| may(**home)).find_map(|home| {
            let (ticket, webhook) = self.lines.get(home)?.webhooks.iter().find(|(_, webhook)| goes(**webhook))?;
            Some((Place { home: *home, ticket: *ticket }, *webhook))
        })
    }

    /// Whether nobody is in line.
    pub(super) fn is_empty(&self) -> bool {
        self.lines.is_empty()
    }

    fn draw(&mut self) -> u64 {
        self.last_ticket += 1;
        self.last_ticket
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use uuid::Uuid;

    fn home(n: u128) -> Home {
        Some(WorkspaceId::from(Uuid::from_u128(n)))
    }

    fn webhook(n: u128) -> WebhookId {
        WebhookId::from(Uuid::from_u128(n))
    }

    fn in_line(webhooks: &[(u128, u128)]) -> Turns {
        let mut turns = Turns::default();
        for (home_n, webhook_n) in webhooks {
            turns.push(home(*home_n), webhook(*webhook_n));
        }
        turns
    }

    #[test]
    fn workspaces_take_turns_and_so_do_the_webhooks_of_one() {
        let mut turns = in_line(&[(1, 10), (1, 11), (1, 12), (2, 20), (3, 30), (3, 31)]);
        let order: Vec<_> = std::iter::from_fn(|| turns.next(|_| true, |_| true)).collect();
        assert_eq!(order, [10, 20, 30, 11, 31, 12].map(webhook));
        assert!(turns.is_empty() && turns.homes.is_empty());
    }

    #[test]
    fn who_may_not_go_keeps_its_place() {
        let mut turns = in_line(&[(1, 10), (2, 20), (2, 21)]);
        assert_eq!(turns.next(|of| of != home(1), |_| true), Some(webhook(20)));
        assert_eq!(turns.next(|_| true, |one| one != webhook(10)), Some(webhook(21)));
        assert_eq!(turns.next(|_| true, |_| true), Some(webhook(10)));
    }

    #[test]
    fn who_was_taken_out_gets_no_turn() {
        let mut turns = in_line(&[(2, 20)]);
        let place = turns.push(home(1), webhook(10));
        turns.remove(place);
        assert_eq!(turns.next(|_| true, |_| true), Some(webhook(20)));
        assert_eq!(turns.next(|_| true, |_| true), None);
    }
}

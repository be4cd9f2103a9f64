//! Answers whether a rule holds.
//!
//! Pure: everything a rule can ask for is in [`Facts`], also the time. A rule that asks for another
//! segment finds it in the [`SegmentCatalog`].
//! Not here: how facts are gathered, and whether a match is announced ([`crate::qualify`]).

mod catalog;
mod compare;
mod explain;
mod fit;
mod index;
mod lookup;

#[cfg(test)]
mod tests;

use std::collections::HashMap;

use jiff::Timestamp;
use jiff::tz::TimeZone;

use super::rule::{IntentMatch, Leaf, Node, PathMatch, Visited, Window};
use crate::company::Company;
use crate::contact::Contact;
use crate::id::{ListId, SegmentId};
use crate::signal::Intent;
use crate::visit::{PageView, Visit};

pub use catalog::{CHAIN_MAX, Needs, SegmentCatalog};
pub use explain::{Finding, FindingKind};

/// Everything a rule can ask for, about one person or account at one instant.
#[derive(Debug, Clone, Copy)]
pub struct Facts<'a> {
    /// The person, if known.
    pub contact: Option<&'a Contact>,
    /// The account, if known.
    pub company: Option<&'a Company>,
    /// The visit in progress, if there is one.
    pub visit: Option<&'a Visit>,
    /// Page views, in any order, as far back as [`Needs::page_views`] says.
    pub page_views: &'a [PageView],
    /// Interest shown elsewhere, in any order, as far back as [`Needs::intents`] says.
    pub intents: &'a [Intent],
    /// The lists that the person is on, and those that the account is on, in any order; needed if [`Needs::lists`] says so.
    pub lists: &'a [ListId],
    /// The instant at which the question is asked.
    pub now: Timestamp,
}

/// One look at one set of facts. Every segment that others refer to is decided once.
struct Evaluation<'a> {
    catalog: &'a SegmentCatalog,
    facts: &'a Facts<'a>,
    decided: HashMap<SegmentId, bool>,
    /// Whether the ideal customer profile is met; decided once, too.
    fits: Option<bool>,
}

impl<'a> Evaluation<'a> {
    fn new(catalog: &'a SegmentCatalog, facts: &'a Facts<'a>) -> Evaluation<'a> {
        Evaluation { catalog, facts, decided: HashMap::new(), fits: None }
    }

    fn holds(&mut self, node: &Node) -> bool {
        match node {
            Node::All(nodes) => nodes.iter().all(|node| self.holds(node)),
            Node::Any(nodes) => nodes.iter().any(|node| self.holds(node)),
            Node::Not(node) => !self.holds(node),
            Node::Leaf(Leaf::Prop { property, test }) => compare::passes(test, lookup::find(property, self.facts)),
            Node::Leaf(Leaf::Visited(leaf)) => visited(leaf, self.facts, &self.catalog.zone),
            Node::Leaf(Leaf::Intent(leaf)) => intent(leaf, self.facts, &self.catalog.zone),
            Node::Leaf(Leaf::Segment(id)) => self.is_in(*id),
            Node::Leaf(Leaf::Icp) => self.fits(),
            Node::Leaf(Leaf::List(id)) => self.facts.lists.contains(id),
        }
    }

    fn is_in(&mut self, id: SegmentId) -> bool {
        if let Some(known) = self.decided.get(&id) {
            return *known;
        }
        // Only what is sound is given out, so this comes to an end.
        let holds = self.catalog.referable(id).is_some_and(|segment| self.holds(segment.rule.root()));
        self.decided.insert(id, holds);
        holds
    }

    fn fits(&mut self) -> bool {
        *self.fits.get_or_insert_with(|| self.catalog.profile.misses(self.facts).is_empty())
    }
}

fn visited(leaf: &Visited, facts: &Facts<'_>, zone: &TimeZone) -> bool {
    let span = Span::of(leaf.within, facts.now, zone);
    let mut views = facts.page_views.iter().filter(|view| {
        let on_path = match leaf.path_match {
            PathMatch::Contains => view.path.contains(&leaf.path),
            PathMatch::Exactly => view.path == leaf.path,
            PathMatch::Prefix => view.path.starts_with(&leaf.path),
        };
        on_path && span.has(view.at)
    });
    match leaf.count {
        None => views.next().is_some(),
        Some(limit) => {
            let count = views.count() as u64;
            count > 0 && limit.admits(count)
        }
    }
}

fn intent(leaf: &IntentMatch, facts: &Facts<'_>, zone: &TimeZone) -> bool {
    let span = Span::of(leaf.within, facts.now, zone);
    facts.intents.iter().any(|intent| {
        (leaf.topics.is_empty() || leaf.topics.iter().any(|topic| topic.equals(intent.topic.trim())))
            && leaf.score.is_none_or(|limit| intent.score.is_some_and(|score| limit.admits(score)))
            && span.has(intent.observed_at)
    })
}

/// The time that counts: a window, both ends included, or without one any time.
#[derive(Debug, Clone, Copy)]
struct Span(Option<(Timestamp, Timestamp)>);

impl Span {
    fn of(window: Option<Window>, now: Timestamp, zone: &TimeZone) -> Span {
        Span(window.map(|window| (window.since(now, zone), now)))
    }

    fn has(self, at: Timestamp) -> bool {
        self.0.is_none_or(|(since, now)| since <= at && at <= now)
    }
}

//! Reads the rule of a segment and says what is wrong with it.
//!
//! A rule is a tree of `all`, `any` and `not` over six kinds of leaf: `prop` (what is known of the
//! contact, the company or the visit), `visited` (page views, counted), `intent` (offsite interest),
//! `segment` (another segment's rule), `icp` (the workspace's ideal customer profile) and `list` (being on a named list).
//! Promise: a [`Rule`] in hand is within its bounds and every part of it means something; it writes
//! itself back in the language it was read in, and reads itself back as the same rule.
//! Not here: whether a rule holds ([`super::evaluate`]), and whether the segments and lists it refers to exist
//! ([`super::evaluate::SegmentCatalog::check_references`]).

mod comparison;
mod named;
mod parse;
mod property;
mod schema;
mod sentence;
mod text;
mod window;
mod write;

#[cfg(test)]
pub(super) mod tests;

use std::collections::BTreeSet;

use serde_json::Value;

use super::Subject;
use crate::id::{ListId, SegmentId};
use crate::invalid::{Findings, Invalid};

pub(super) use comparison::read_moment;
pub use comparison::{Limit, Mark, Op, Order, Scalar, Test};
pub use property::{CompanyProperty, ContactProperty, Property, VisitProperty};
pub use sentence::Names;
pub use text::{Text, fold};
pub use window::{Lookback, Unit, WINDOW_MAX, Window};

/// Deepest tree taken, in nodes from the root to a leaf, both counted.
pub const DEPTH_MAX: usize = 16;
/// Most leaves taken. A group with nothing in it counts as one.
pub const LEAVES_MAX: usize = 64;
/// Longest text taken anywhere in a rule, in characters.
pub const TEXT_CHARS_MAX: usize = 512;
/// Most values taken in one list.
pub const LIST_VALUES_MAX: usize = 1000;
/// Most page views a `count` can ask for.
pub const COUNT_MAX: u64 = 1000;
/// The strongest score an intent can have.
pub const SCORE_MAX: f64 = 100.0;

/// Who is in a segment.
#[derive(Debug, Clone, PartialEq)]
pub struct Rule {
    root: Node,
}

/// A node of the tree.
#[derive(Debug, Clone, PartialEq)]
pub enum Node {
    /// Holds if all of them do; with none, it holds.
    All(Vec<Node>),
    /// Holds if at least one of them does; with none, it does not hold.
    Any(Vec<Node>),
    /// Holds if that does not.
    Not(Box<Node>),
    /// Holds or not by itself.
    Leaf(Leaf),
}

/// What asks for a fact.
#[derive(Debug, Clone, PartialEq)]
pub enum Leaf {
    /// What is known passes a test.
    Prop {
        /// What is looked at.
        property: Property,
        /// What it must pass. Without a value nothing passes but [`Test::NotExists`].
        test: Test,
    },
    /// Pages were viewed.
    Visited(Visited),
    /// Interest was shown elsewhere.
    Intent(IntentMatch),
    /// The rule of that segment holds.
    Segment(SegmentId),
    /// The ideal customer profile ([`crate::settings::Icp`]) is met.
    Icp,
    /// The contact, or the company, is on that list ([`crate::list::List`]).
    List(ListId),
}

named::named! {
    /// How a page's path is compared. Both sides are in the form of [`crate::page_path::normalize`],
    /// hence without case, host, query, fragment and trailing slash.
    pub enum PathMatch {
        Contains = "contains",
        Exactly = "exactly",
        Prefix = "prefix",
    }
}

/// Page views of a path.
///
/// Needs at least one page view to hold, also under a `count` of `lt` or `lte`: who never was there is
/// found with `not`.
#[derive(Debug, Clone, PartialEq)]
pub struct Visited {
    /// What is looked for. `exactly` and `prefix` compare whole paths, so that `pricing` is `/pricing`;
    /// `prefix` is by letters, so that `/pricing` is also in front of `/pricing-v2`. `contains` takes
    /// the text as typed, so that `pricing` is in `/us/pricing-v2` and `/pricing` only where a part of
    /// the path starts with it.
    pub path: String,
    /// How it is compared.
    pub path_match: PathMatch,
    /// How many page views there must be; `None` asks for one.
    pub count: Option<Limit<u64>>,
    /// How long ago they may be; `None` for any time.
    pub within: Option<Window>,
}

/// Interest shown elsewhere.
#[derive(Debug, Clone, PartialEq)]
pub struct IntentMatch {
    /// The topics looked for, compared without case; empty for any topic.
    pub topics: Vec<Text>,
    /// How strong it must be; an intent without a score does not pass. `None` asks for nothing.
    pub score: Option<Limit<f64>>,
    /// How long ago it may be; `None` for any time.
    pub within: Option<Window>,
}

impl Rule {
    /// Reads a rule.
    ///
    /// # Errors
    /// Every wrong part, by its JSON pointer (RFC 6901) from the rule's root. Behind the first leaf over
    /// [`LEAVES_MAX`] and below [`DEPTH_MAX`] nothing is looked at any more.
    pub fn parse(json: &Value) -> Result<Rule, Invalid> {
        parse::rule(json)
    }

    /// The tree.
    pub fn root(&self) -> &Node {
        &self.root
    }

    /// The rule in the language it was read in, with defaults spelt out.
    pub fn to_json(&self) -> Value {
        write::node(&self.root)
    }

    /// Checks that a segment about `subject` can have this rule.
    ///
    /// # Errors
    /// The path of each leaf that asks for a contact where there is none: a company segment speaks of
    /// visitors nobody knows.
    pub fn check_for(&self, subject: Subject) -> Result<(), Invalid> {
        let mut findings = Findings::default();
        self.each_leaf(&mut |path, leaf| {
            if let (Subject::Company, Leaf::Prop { property, .. }) = (subject, leaf)
                && property.is_of_contact()
            {
                findings.add(
                    format!("{path}/prop"),
                    format!("a company segment has no contact to look at, so not {property}: use company.* or visit.*"),
                );
            }
        });
        findings.into_result(())
    }

    /// The segments it refers to, each once, in the order in which they are mentioned.
    pub fn references(&self) -> Vec<SegmentId> {
        let mut found = Vec::new();
        self.each_leaf(&mut |_, leaf| {
            if let Leaf::Segment(id) = leaf
                && !found.contains(id)
            {
                found.push(*id);
            }
        });
        found
    }

    /// The lists it asks for, each once, without those of the segments it refers to.
    pub fn lists(&self) -> BTreeSet<ListId> {
        let mut found = BTreeSet::new();
        self.each_leaf(&mut |_, leaf| {
            if let Leaf::List(id) = leaf {
                found.insert(*id);
            }
        });
        found
    }

    /// Whether it asks for the ideal customer profile, without the segments it refers to.
    pub fn asks_icp(&self) -> bool {
        let mut asks = false;
        self.each_leaf(&mut |_, leaf| asks |= *leaf == Leaf::Icp);
        asks
    }

    /// How far back page views are needed to decide it, without the segments it refers to; `None` if
    /// they are not.
    pub fn page_view_window(&self) -> Option<Lookback> {
        self.farthest(|leaf| match leaf {
            Leaf::Visited(visited) => Some(Lookback::from(visited.within)),
            _ => None,
        })
    }

    /// How far back intents are needed to decide it, without the segments it refers to; `None` if they
    /// are not.
    pub fn intent_window(&self) -> Option<Lookback> {
        self.farthest(|leaf| match leaf {
            Leaf::Intent(intent) => Some(Lookback::from(intent.within)),
            _ => None,
        })
    }

    /// How many leaves it has. A group with nothing in it counts as one.
    pub fn leaf_count(&self) -> usize {
        fn count(node: &Node) -> usize {
            match node {
                Node::All(nodes) | Node::Any(nodes) => nodes.iter().map(count).sum::<usize>().max(1),
                Node::Not(node) => count(node),
                Node::Leaf(_) => 1,
            }
        }
        count(&self.root)
    }

    fn farthest(&self, lookback: impl Fn(&Leaf) -> Option<Lookback>) -> Option<Lookback> {
        let mut farthest = None;
        self.each_leaf(&mut |_, leaf| farthest = farthest.max(lookback(leaf)));
        farthest
    }

    /// Shows every leaf with its JSON pointer, which is the same in what was read and in what is written.
    pub(super) fn each_leaf<'a>(&'a self, see: &mut dyn FnMut(&str, &'a Leaf)) {
        fn walk<'a>(node: &'a Node, path: &str, see: &mut dyn FnMut(&str, &'a Leaf)) {
            match node {
                Node::All(nodes) => {
                    for (n, node) in nodes.iter().enumerate() {
                        walk(node, &format!("{path}/all/{n}"), see);
                    }
                }
                Node::Any(nodes) => {
                    for (n, node) in nodes.iter().enumerate() {
                        walk(node, &format!("{path}/any/{n}"), see);
                    }
                }
                Node::Not(node) => walk(node, &format!("{path}/not"), see),
                Node::Leaf(leaf) => see(path, leaf),
            }
        }
        walk(&self.root, "", see);
    }
}

//! Says for each node of a rule whether it holds, and what was found.
//!
//! Promise: what is said of the root is what the evaluator answers on the same facts. Every node is looked at, also
//! those that could not change the answer any more. A segment that is referred to is explained where it is met first, and
//! at most [`SEGMENTS_MAX`] are.
//! Not here: whether a match is announced ([`crate::qualify`], [`crate::routing`]).

use std::collections::HashSet;

use jiff::SignedDuration;
use jiff::tz::TimeZone;
use schemars::JsonSchema;
use serde::Serialize;

use super::compare::{self, Atom};
use super::fit::Miss;
use super::lookup::{self, Found};
use super::{Evaluation, Facts, SegmentCatalog, Span, intent, visited};
use crate::id::{ListId, SegmentId};
use crate::segment::Subject;
use crate::segment::rule::{IntentMatch, Leaf, Node, Property, Rule, Visited};

/// Most segments that are explained within one explanation; of others it is only said whether they hold.
const SEGMENTS_MAX: usize = 20;
/// Most elements of a list that are shown as found.
const VALUES_SHOWN_MAX: usize = 5;
/// Longest text shown as found, in characters.
const TEXT_CHARS_SHOWN_MAX: usize = 120;

/// What became of a node.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
#[schemars(rename = "RuleFinding")]
pub struct Finding {
    /// What it is.
    pub is: FindingKind,
    /// Whether it holds.
    pub holds: bool,
    /// What it asks for.
    pub wanted: String,
    /// What was found. Groups find nothing themselves.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub found: Option<String>,
    /// What it is made of; for a segment, that segment's rule.
    pub parts: Vec<Finding>,
}

/// What a node is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum FindingKind {
    /// Holds if all its parts do.
    All,
    /// Holds if one of its parts does.
    Any,
    /// Holds if its part does not.
    Not,
    /// Holds or not by itself.
    Condition,
    /// Holds if the segment's rule does.
    Segment,
}

impl SegmentCatalog {
    /// Explains a rule, which need not be that of a segment here, on some facts.
    pub fn explain(&self, rule: &Rule, facts: &Facts<'_>) -> Finding {
        Explanation { evaluation: Evaluation::new(self, facts), explained: HashSet::new() }.node(rule.root())
    }
}

struct Explanation<'a> {
    evaluation: Evaluation<'a>,
    explained: HashSet<SegmentId>,
}

impl Explanation<'_> {
    fn node(&mut self, node: &Node) -> Finding {
        match node {
            Node::All(nodes) => {
                let parts = self.nodes(nodes);
                let holds = parts.iter().all(|part| part.holds);
                group(FindingKind::All, holds, "all of these", parts)
            }
            Node::Any(nodes) => {
                let parts = self.nodes(nodes);
                let holds = parts.iter().any(|part| part.holds);
                group(FindingKind::Any, holds, "at least one of these", parts)
            }
            Node::Not(node) => {
                let part = self.node(node);
                group(FindingKind::Not, !part.holds, "not this", vec![part])
            }
            Node::Leaf(Leaf::Segment(id)) => self.segment(*id),
            Node::Leaf(leaf) => self.condition(leaf),
        }
    }

    fn nodes(&mut self, nodes: &[Node]) -> Vec<Finding> {
        nodes.iter().map(|node| self.node(node)).collect()
    }

    fn condition(&mut self, leaf: &Leaf) -> Finding {
        let (facts, zone) = (self.evaluation.facts, &self.evaluation.catalog.zone);
        let (holds, found) = match leaf {
            Leaf::Prop { property, test } => {
                let found = lookup::find(property, facts);
                (compare::passes(test, found), value_of(property, found, facts))
            }
            Leaf::Visited(leaf) => (visited(leaf, facts, zone), pages_of(leaf, facts, zone)),
            Leaf::Intent(leaf) => (intent(leaf, facts, zone), interests_of(leaf, facts, zone)),
            Leaf::Segment(id) => return self.segment(*id),
            Leaf::List(id) => (facts.lists.contains(id), self.listed(*id)),
            Leaf::Icp => {
                let misses = self.evaluation.catalog.profile.misses(facts);
                (misses.is_empty(), fit_of(&misses))
            }
        };
        let wanted = leaf.sentence(self.evaluation.catalog);
        Finding { is: FindingKind::Condition, holds, wanted, found: Some(found), parts: vec![] }
    }

    fn listed(&self, id: ListId) -> String {
        let facts = self.evaluation.facts;
        let Some(list) = self.evaluation.catalog.list(id) else { return "there is no such list".to_owned() };
        let (whom, is_known) = match list.subject {
            Subject::Contact => ("contact", facts.contact.is_some()),
            Subject::Company => ("company", facts.company.is_some()),
        };
        match facts.lists.contains(&id) {
            _ if !is_known => format!("there is no {whom} that could be on it"),
            true => format!("the {whom} is on it"),
            false => format!("the {whom} is not on it"),
        }
    }

    fn segment(&mut self, id: SegmentId) -> Finding {
        let holds = self.evaluation.is_in(id);
        let wanted = Leaf::Segment(id).sentence(self.evaluation.catalog);
        let catalog = self.evaluation.catalog;
        let (found, parts) = match catalog.referable(id) {
            None if catalog.get(id).is_none() => (Some("there is no such segment".to_owned()), vec![]),
            None => (Some("segments refer to each other in a circle, so it does not hold".to_owned()), vec![]),
            Some(_) if self.explained.contains(&id) => (Some("explained above".to_owned()), vec![]),
            Some(_) if self.explained.len() >= SEGMENTS_MAX => (None, vec![]),
            Some(segment) => {
                self.explained.insert(id);
                (None, vec![self.node(segment.rule.root())])
            }
        };
        Finding { is: FindingKind::Segment, holds, wanted, found, parts }
    }
}

fn group(is: FindingKind, holds: bool, wanted: &str, parts: Vec<Finding>) -> Finding {
    let found = match (is, parts.as_slice()) {
        (FindingKind::All, []) => Some("nothing is asked, so it holds".to_owned()),
        (FindingKind::Any, []) => Some("there is nothing that could hold".to_owned()),
        _ => None,
    };
    Finding { is, holds, wanted: wanted.to_owned(), found, parts }
}

fn value_of(property: &Property, found: Option<Found<'_>>, facts: &Facts<'_>) -> String {
    let label = property.label();
    match found {
        Some(Found::One(atom)) => format!("{label} is {}", shown(atom)),
        Some(Found::Many(values)) => {
            let mut words: Vec<String> = values.iter().filter_map(Atom::of).take(VALUES_SHOWN_MAX).map(shown).collect();
            if values.len() > words.len() {
                words.push(format!("… ({} in all)", values.len()));
            }
            format!("{label} is the list {}", words.join(", "))
        }
        Some(Found::Opaque) => format!("{label} is an object"),
        None => {
            let whose = match property {
                Property::Contact(_) | Property::ContactTrait(_) if facts.contact.is_none() => ": there is no contact",
                Property::Company(_) | Property::CompanyTrait(_) if facts.company.is_none() => ": there is no company",
                Property::Visit(_) if facts.visit.is_none() => ": there is no visit",
                _ => "",
            };
            format!("{label} is not known{whose}")
        }
    }
}

fn fit_of(misses: &[Miss<'_>]) -> String {
    let value = |label: &str, value: &Option<&str>| match value {
        Some(value) => format!("{label} is {}", quoted(value)),
        None => format!("{label} is not known"),
    };
    let said = misses.iter().map(|miss| match miss {
        Miss::NothingAsked => "the profile is empty, so it fits nobody".to_owned(),
        Miss::NoAccounts => "there is no contact, and the profile names no target accounts".to_owned(),
        Miss::Title(title) => format!("{}, and the profile asks for other words in it", value("title", title)),
        Miss::TitleWithout { title, word } => {
            format!("{}, and the profile wants none with {}", value("title", &Some(title)), quoted(word))
        }
        Miss::Seniority(seniority) => format!("{}, and the profile asks for others", value("seniority", seniority)),
        Miss::Account(domain) => format!("{}, which is no target account", value("company domain", domain)),
    });
    let said: Vec<String> = said.collect();
    if said.is_empty() { "every list of the profile is met".to_owned() } else { said.join("; ") }
}

fn shown(atom: Atom<'_>) -> String {
    match atom {
        Atom::Text(text) => quoted(text),
        Atom::Bool(yes) => if yes { "yes" } else { "no" }.to_owned(),
        Atom::Number(_) => atom.as_text().into_owned(),
    }
}

fn quoted(text: &str) -> String {
    match text.char_indices().nth(TEXT_CHARS_SHOWN_MAX) {
        Some((end, _)) => format!("“{}…”", &text[..end]),
        None => format!("“{text}”"),
    }
}

fn pages_of(leaf: &Visited, facts: &Facts<'_>, zone: &TimeZone) -> String {
    let span = Span::of(leaf.within, facts.now, zone);
    // The same leaf without its bounds tells apart what was never seen from what was too long ago.
    let anywhere = Visited { count: None, within: None, ..leaf.clone() };
    let on_path = facts.page_views.iter().filter(|view| {
        let one = Facts { page_views: std::slice::from_ref(view), ..*facts };
        visited(&anywhere, &one, zone)
    });
    let (inside, outside): (Vec<_>, Vec<_>) = on_path.partition(|view| span.has(view.at));
    let latest = |views: &[&crate::visit::PageView]| views.iter().map(|view| view.at).max();
    match (latest(&inside), latest(&outside)) {
        (Some(at), _) => format!("{} there, the latest {}", counted(inside.len(), "page view"), ago(facts, at)),
        (None, Some(at)) => format!(
            "{} there, but none in that time: the latest {}",
            counted(outside.len(), "page view"),
            ago(facts, at)
        ),
        (None, None) => match facts.page_views.len() {
            0 => "no page views that it looks at".to_owned(),
            others => format!("no such page among {}", counted(others, "page view")),
        },
    }
}

fn interests_of(leaf: &IntentMatch, facts: &Facts<'_>, zone: &TimeZone) -> String {
    let span = Span::of(leaf.within, facts.now, zone);
    let anything = IntentMatch { score: None, within: None, ..leaf.clone() };
    let on_topic = facts.intents.iter().filter(|one| {
        let one = Facts { intents: std::slice::from_ref(one), ..*facts };
        intent(&anything, &one, zone)
    });
    let (inside, outside): (Vec<_>, Vec<_>) = on_topic.partition(|one| span.has(one.observed_at));
    let latest = |all: &[&crate::signal::Intent]| all.iter().map(|one| one.observed_at).max();
    match (latest(&inside), latest(&outside)) {
        (Some(at), _) => {
            let strongest = inside.iter().filter_map(|one| one.score).max_by(f64::total_cmp);
            let score = strongest.map_or("without a score".to_owned(), |score| format!("the highest score {score}"));
            format!("{} on it, {score}, the latest {}", counted(inside.len(), "intent"), ago(facts, at))
        }
        (None, Some(at)) => {
            format!("{} on it, but none in that time: the latest {}", counted(outside.len(), "intent"), ago(facts, at))
        }
        (None, None) => match facts.intents.len() {
            0 => "no intent that it looks at".to_owned(),
            others => format!("no such topic among {}", counted(others, "intent")),
        },
    }
}

fn counted(count: usize, what: &str) -> String {
    format!("{count} {what}{}", if count == 1 { "" } else { "s" })
}

fn ago(facts: &Facts<'_>, at: jiff::Timestamp) -> String {
    let length: SignedDuration = facts.now.duration_since(at);
    let (amount, unit) = match length.as_secs() {
        ..0 => return "afterwards".to_owned(),
        0..60 => return "just then".to_owned(),
        60..3_600 => (length.as_mins(), "minute"),
        3_600..172_800 => (length.as_hours(), "hour"),
        _ => (length.as_hours() / 24, "day"),
    };
    format!("{amount} {unit}{} before", if amount == 1 { "" } else { "s" })
}

#[cfg(test)]
mod tests {
    use proptest::collection::vec;
    use proptest::prelude::*;
    use serde_json::json;

    use super::super::index::tests::{catalog, rule, world};
    use super::super::tests::World;
    use super::*;
    use crate::segment::rule::tests::rule as read;

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(500))]

        #[test]
        fn what_is_said_of_the_root_is_what_the_evaluator_answers(
            catalog in catalog(), rules in vec(rule(), 1..4), world in world(),
        ) {
            let facts = world.facts();
            for rule in &rules {
                prop_assert_eq!(catalog.explain(rule, &facts).holds, catalog.holds(rule, &facts), "{:?}", rule);
            }
        }
    }

    fn explained(world: &World, json: serde_json::Value) -> Finding {
        SegmentCatalog::default().explain(&read(json), &world.facts())
    }

    #[test]
    fn a_condition_says_what_was_wanted_and_what_was_found() {
        let world = World::new().viewed("/pricing", 3).viewed("/pricing", 30).viewed("/pricing", 24 * 9);
        let told = |json| {
            let finding = explained(&world, json);
            (finding.holds, finding.wanted, finding.found.unwrap())
        };
        let pricing = json!({"path": "/pricing", "match": "exactly"});
        assert_eq!(
            told(json!({"prop": "contact.title", "op": "contains_any", "value": ["cto", "head"]})),
            (false, "title contains any of cto, head".to_owned(), "title is “VP Marketing”".to_owned())
        );
        assert_eq!(
            told(json!({"visited": pricing, "count": {"op": "gte", "value": 3}, "within": "7d"})),
            (
                false,
                "visited /pricing at least 3 times within 7 days".to_owned(),
                "2 page views there, the latest 3 hours before".to_owned()
            )
        );
        assert_eq!(
            told(json!({"visited": pricing, "within": "1h"})).2,
            "3 page views there, but none in that time: the latest 3 hours before"
        );
        assert_eq!(told(json!({"visited": {"path": "/jobs"}})).2, "no such page among 3 page views");
        assert_eq!(told(json!({"prop": "contact.traits.none", "op": "exists"})).2, "trait none is not known");
        assert_eq!(
            told(json!({"prop": "contact.traits.tags", "op": "eq", "value": "VIP"})).2,
            "trait tags is the list “Early Adopter”, “VIP”, 7"
        );
    }

    #[test]
    fn an_interest_says_how_strong_and_how_long_ago_it_was() {
        let world = World::new().interested("crm", Some(40.0), 20).interested("cdp", None, 24 * 30);
        let found = |json| explained(&world, json).found.unwrap();
        let crm = json!({"intent": {"topic": "crm"}, "score": {"op": "gte", "value": 70}});
        assert_eq!(found(crm), "1 intent on it, the highest score 40, the latest 20 hours before");
        let cdp = json!({"intent": {"topic": "cdp"}, "within": "14d"});
        assert_eq!(found(cdp), "1 intent on it, but none in that time: the latest 30 days before");
        assert_eq!(found(json!({"intent": {"topic": "erp"}})), "no such topic among 2 intents");
    }

    #[test]
    fn every_part_of_a_group_is_looked_at() {
        let finding = explained(
            &World::new(),
            json!({"all": [
                {"prop": "contact.title", "op": "eq", "value": "CTO"},
                {"not": {"prop": "contact.country", "op": "eq", "value": "DE"}},
                {"any": []},
                {"prop": "contact.country", "op": "eq", "value": "de"}]}),
        );
        assert_eq!(finding.parts.iter().map(|part| part.holds).collect::<Vec<_>>(), [false, false, false, true]);
        assert_eq!(finding.parts[1].parts[0].found.as_deref(), Some("country is “DE”"));
        assert!(!finding.holds);
    }
}

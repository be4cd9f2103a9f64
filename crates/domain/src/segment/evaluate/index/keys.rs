//! What a rule cannot do without.
//!
//! Of several things that must all be, one is enough to find the rule by: the one that fewest rules wait for. Of
//! several of which one must be, it takes all.

use std::cell::RefCell;
use std::collections::HashMap;

use crate::id::{ListId, SegmentId};
use crate::segment::evaluate::SegmentCatalog;
use crate::segment::evaluate::compare::is_only_text;
use crate::segment::evaluate::fit::{COMPANY_DOMAIN, Profile, SENIORITY, TITLE};
use crate::segment::rule::{
    CompanyProperty, IntentMatch, Leaf, Node, PathMatch, Property, Rule, Scalar, Test, Text, VisitProperty, Visited,
};

/// Most keys of a rule; a rule with more of them is always asked.
const KEYS_MAX: usize = 4_096;
/// How much more often a property is known than has one certain value. A guess; it only decides what is found by what.
const KNOWN_WEIGHT: usize = 50;

/// Something the facts can show. Texts are in lower case.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) enum Key<'a> {
    /// There is a value.
    Known(&'a Property),
    /// The value, or one of its elements, is this text.
    Equal(&'a Property, &'a str),
    /// The value, or one of its elements, has this text in it.
    Part(&'a Property, &'a str),
    /// This path was viewed.
    PathIs(&'a str),
    /// A path was viewed that starts like this.
    PathStarts(&'a str),
    /// A path was viewed that has this in it.
    PathHas(&'a str),
    /// Interest in this was shown.
    Topic(&'a str),
    /// Interest in something was shown.
    AnyIntent,
    /// The person or the account is on this list.
    OnList(ListId),
}

/// One of these is there whenever something is so; `None` if it can be so without anything.
type Needed<'a> = Option<Vec<Key<'a>>>;

/// Works out the keys of rules.
pub(super) struct Keys<'a> {
    catalog: &'a SegmentCatalog,
    /// How many leaves of all rules wait for a key.
    waiting: HashMap<Key<'a>, usize>,
    /// Of the segments that others refer to, and whether it is that they hold or that they don't.
    referred: RefCell<HashMap<(SegmentId, bool), Needed<'a>>>,
}

impl<'a> Keys<'a> {
    /// For the rules of the segments at `places` in the catalog.
    pub(super) fn of(catalog: &'a SegmentCatalog, places: &[usize]) -> Keys<'a> {
        let mut waiting = HashMap::new();
        for place in places {
            catalog.segments[*place].rule.each_leaf(&mut |_, leaf| {
                for key in of_leaf(catalog, leaf).into_iter().flatten() {
                    *waiting.entry(key).or_default() += 1;
                }
            });
        }
        Keys { catalog, waiting, referred: RefCell::default() }
    }

    /// What must be there for the rule to hold.
    pub(super) fn of_rule(&self, rule: &'a Rule) -> Needed<'a> {
        self.of_node(rule.root(), true)
    }

    /// What must be there for the node to hold or, if not `holds`, for it not to hold.
    fn of_node(&self, node: &'a Node, holds: bool) -> Needed<'a> {
        match (node, holds) {
            (Node::All(nodes), true) | (Node::Any(nodes), false) => {
                nodes.iter().filter_map(|node| self.of_node(node, holds)).min_by_key(|keys| self.weight(keys))
            }
            (Node::Any(nodes), true) | (Node::All(nodes), false) => {
                let mut keys = Vec::new();
                for node in nodes {
                    keys.extend(self.of_node(node, holds)?);
                }
                (keys.len() <= KEYS_MAX).then_some(keys)
            }
            (Node::Not(node), _) => self.of_node(node, !holds),
            (Node::Leaf(Leaf::Segment(id)), _) => self.of_reference(*id, holds),
            (Node::Leaf(leaf), true) => of_leaf(self.catalog, leaf),
            (Node::Leaf(Leaf::Prop { property, test: Test::NotExists }), false) => Some(vec![Key::Known(property)]),
            (Node::Leaf(_), false) => None,
        }
    }

    fn of_reference(&self, id: SegmentId, holds: bool) -> Needed<'a> {
        // What cannot be referred to never holds, so nothing brings it about.
        let Some(segment) = self.catalog.referable(id) else { return holds.then(Vec::new) };
        if let Some(known) = self.referred.borrow().get(&(id, holds)) {
            return known.clone();
        }
        let keys = self.of_node(segment.rule.root(), holds);
        self.referred.borrow_mut().insert((id, holds), keys.clone());
        keys
    }

    /// How many rules would be found by these keys, roughly.
    fn weight(&self, keys: &[Key<'a>]) -> usize {
        let of_key = |key: &Key<'a>| {
            let waiting = self.waiting.get(key).copied().unwrap_or(1);
            if matches!(key, Key::Known(_) | Key::AnyIntent) { waiting * KNOWN_WEIGHT } else { waiting }
        };
        keys.iter().map(of_key).sum()
    }
}

/// What must be there for a leaf to hold. (What a reference needs is not said in it.)
fn of_leaf<'a>(catalog: &'a SegmentCatalog, leaf: &'a Leaf) -> Needed<'a> {
    match leaf {
        Leaf::Prop { property, test } => of_test(property, test),
        Leaf::Visited(Visited { path, path_match, .. }) => Some(vec![match path_match {
            PathMatch::Contains => Key::PathHas(path),
            PathMatch::Exactly => Key::PathIs(path),
            PathMatch::Prefix => Key::PathStarts(path),
        }]),
        Leaf::Intent(IntentMatch { topics, .. }) if topics.is_empty() => Some(vec![Key::AnyIntent]),
        Leaf::Intent(IntentMatch { topics, .. }) => {
            Some(topics.iter().map(|topic| Key::Topic(topic.folded())).collect())
        }
        Leaf::Segment(_) => None,
        Leaf::Icp => of_profile(&catalog.profile),
        Leaf::List(id) => Some(vec![Key::OnList(*id)]),
    }
}

/// What must be there to fit the ideal customer profile: one list of it is enough.
fn of_profile(profile: &Profile) -> Needed<'_> {
    if profile.is_empty() {
        // Nobody fits, so nothing brings it about.
        return Some(Vec::new());
    }
    let lists = [(&COMPANY_DOMAIN, &profile.domains), (&SENIORITY, &profile.seniorities)];
    match lists.into_iter().find(|(_, words)| !words.is_empty()) {
        Some((property, words)) => Some(words.iter().map(|word| Key::Equal(property, word.folded())).collect()),
        None if !profile.titles.is_empty() => Some(vec![Key::Known(&TITLE)]),
        None => None,
    }
}

fn of_test<'a>(property: &'a Property, test: &'a Test) -> Needed<'a> {
    let known = || vec![Key::Known(property)];
    let parts = |texts: &'a [Text]| texts.iter().map(|text| Key::Part(property, text.folded())).collect();
    let equal = |values: &'a [Scalar]| values.iter().map(|value| equal(property, value)).collect::<Option<_>>();
    Some(match test {
        Test::Eq(value) => equal(std::slice::from_ref(value)).unwrap_or_else(known),
        Test::In(values) => equal(values).unwrap_or_else(known),
        Test::Contains(text) | Test::StartsWith(text) | Test::EndsWith(text) => parts(std::slice::from_ref(text)),
        Test::ContainsAny(texts) => parts(texts),
        Test::NotExists => return None,
        Test::Neq(_)
        | Test::NotIn(_)
        | Test::NotContains(_)
        | Test::Gt(_)
        | Test::Gte(_)
        | Test::Lt(_)
        | Test::Lte(_)
        | Test::Exists => known(),
    })
}

/// The key of a value, if nothing but that text equals it: `"70"` is also the number 70, and the text `70.0` equals the
/// number 70.
fn equal<'a>(property: &'a Property, value: &'a Scalar) -> Option<Key<'a>> {
    let is_of_text = match property {
        Property::Contact(_) => true,
        Property::Company(property) => *property != CompanyProperty::Employees,
        Property::Visit(property) => !matches!(property, VisitProperty::PageViews | VisitProperty::FirstVisit),
        Property::ContactTrait(_) | Property::CompanyTrait(_) => false,
    };
    match value {
        Scalar::Text(text) if is_of_text || is_only_text(text) => Some(Key::Equal(property, text.folded())),
        Scalar::Text(_) | Scalar::Number(_) | Scalar::Bool(_) => None,
    }
}

//! Says a rule in words, as a marketer would.
//!
//! Promise: every node is said, and in one way only; `and` and `or` are never mixed without parentheses.
//! Not here: reading a sentence back. The language of rules is JSON ([`super::write`]).

use super::{
    CompanyProperty, ContactProperty, IntentMatch, Leaf, Limit, Mark, Node, Op, Order, PathMatch, Property, Rule,
    Scalar, Test, Text, Unit, VisitProperty, Visited, Window,
};
use crate::id::{ListId, SegmentId};

/// What people call what a rule refers to; `None` for what there is not.
pub trait Names {
    /// A segment's name.
    fn segment(&self, id: SegmentId) -> Option<String>;
    /// A list's name.
    fn list(&self, id: ListId) -> Option<String>;
}

/// Most values of a list that a sentence says; it counts the others.
const VALUES_SAID_MAX: usize = 8;

impl Rule {
    /// The rule as a sentence, without a full stop: "Title contains any of vp, head and visited /pricing at least 3
    /// times within 7 days".
    pub fn sentence(&self, names: &dyn Names) -> String {
        capitalized(&said(&self.root, names).words)
    }
}

impl Leaf {
    /// What it asks for: "title contains any of vp, head".
    pub fn sentence(&self, names: &dyn Names) -> String {
        match self {
            Leaf::Prop { property, test } => prop(property, test),
            Leaf::Visited(leaf) => format!("visited {}", pages(leaf)),
            Leaf::Intent(leaf) => format!("showed intent {}", interest(leaf)),
            Leaf::Segment(id) => format!("is in {}", segment(*id, names)),
            Leaf::Icp => "fits the ideal customer profile".to_owned(),
            Leaf::List(id) => format!("is on {}", named_list(*id, names)),
        }
    }
}

impl Property {
    /// What people call it: "title", "company domain", "UTM source".
    pub fn label(&self) -> String {
        match self {
            Property::Contact(property) => property.label().to_owned(),
            Property::ContactTrait(path) => format!("trait {path}"),
            Property::Company(property) => property.label().to_owned(),
            Property::CompanyTrait(path) => format!("company trait {path}"),
            Property::Visit(property) => property.label().to_owned(),
        }
    }
}

impl ContactProperty {
    /// What people call it.
    pub fn label(self) -> &'static str {
        match self {
            ContactProperty::Email => "email",
            ContactProperty::FirstName => "first name",
            ContactProperty::LastName => "last name",
            ContactProperty::Title => "title",
            ContactProperty::Company => "company",
            ContactProperty::LinkedinUrl => "LinkedIn URL",
            ContactProperty::Seniority => "seniority",
            ContactProperty::Department => "department",
            ContactProperty::Country => "country",
            ContactProperty::Phone => "phone",
            ContactProperty::UserId => "user id",
        }
    }
}

impl CompanyProperty {
    /// What people call it.
    pub fn label(self) -> &'static str {
        match self {
            CompanyProperty::Domain => "company domain",
            CompanyProperty::Name => "company name",
            CompanyProperty::LinkedinUrl => "company LinkedIn URL",
            CompanyProperty::Industry => "industry",
            CompanyProperty::Employees => "employees",
            CompanyProperty::Country => "company country",
        }
    }
}

impl VisitProperty {
    /// What people call it.
    pub fn label(self) -> &'static str {
        match self {
            VisitProperty::Url => "page URL",
            VisitProperty::Path => "page path",
            VisitProperty::Title => "page title",
            VisitProperty::Referrer => "referrer",
            VisitProperty::PageViews => "page views in the visit",
            VisitProperty::FirstVisit => "first visit",
            VisitProperty::UtmSource => "UTM source",
            VisitProperty::UtmMedium => "UTM medium",
            VisitProperty::UtmCampaign => "UTM campaign",
            VisitProperty::UtmTerm => "UTM term",
            VisitProperty::UtmContent => "UTM content",
        }
    }
}

impl Op {
    /// The verb between a property and its value.
    pub fn verb(self) -> &'static str {
        match self {
            Op::Eq => "is",
            Op::Neq => "is not",
            Op::In => "is one of",
            Op::NotIn => "is none of",
            Op::Contains => "contains",
            Op::NotContains => "does not contain",
            Op::ContainsAny => "contains any of",
            Op::StartsWith => "starts with",
            Op::EndsWith => "ends with",
            Op::Gt => "is more than",
            Op::Gte => "is at least",
            Op::Lt => "is less than",
            Op::Lte => "is at most",
            Op::Exists => "is known",
            Op::NotExists => "is not known",
        }
    }
}

impl PathMatch {
    /// How people say it, before the path.
    pub fn verb(self) -> &'static str {
        match self {
            PathMatch::Contains => "a page containing",
            PathMatch::Exactly => "",
            PathMatch::Prefix => "a page starting with",
        }
    }
}

/// Words, and what binds them.
struct Said {
    words: String,
    binding: Binding,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Binding {
    One,
    And,
    Or,
}

impl Said {
    fn one(words: impl Into<String>) -> Said {
        Said { words: words.into(), binding: Binding::One }
    }

    /// In parentheses, unless it can stand beside others bound like this.
    fn within(self, binding: Binding) -> String {
        if self.binding == Binding::One || self.binding == binding { self.words } else { format!("({})", self.words) }
    }
}

fn said(node: &Node, names: &dyn Names) -> Said {
    match node {
        Node::All(nodes) => group(nodes, Binding::And, "everyone", names),
        Node::Any(nodes) => group(nodes, Binding::Or, "no one", names),
        Node::Not(node) => Said::one(not(node, names)),
        Node::Leaf(leaf) => Said::one(leaf.sentence(names)),
    }
}

fn group(nodes: &[Node], binding: Binding, if_empty: &str, names: &dyn Names) -> Said {
    match nodes {
        [] => Said::one(if_empty),
        [only] => said(only, names),
        many => {
            let parts: Vec<String> = many.iter().map(|node| said(node, names).within(binding)).collect();
            Said { words: parts.join(if binding == Binding::And { " and " } else { " or " }), binding }
        }
    }
}

fn not(node: &Node, names: &dyn Names) -> String {
    match node {
        Node::Leaf(Leaf::Visited(leaf)) => format!("has not visited {}", pages(leaf)),
        Node::Leaf(Leaf::Intent(leaf)) => format!("showed no intent {}", interest(leaf)),
        Node::Leaf(Leaf::Segment(id)) => format!("is not in {}", segment(*id, names)),
        Node::Leaf(Leaf::Icp) => "does not fit the ideal customer profile".to_owned(),
        Node::Leaf(Leaf::List(id)) => format!("is not on {}", named_list(*id, names)),
        other => format!("not ({})", said(other, names).words),
    }
}

fn prop(property: &Property, test: &Test) -> String {
    let label = property.label();
    let with = |op: Op, value: String| format!("{label} {} {value}", op.verb());
    match test {
        Test::Eq(value) => with(Op::Eq, scalar(value)),
        Test::Neq(value) => with(Op::Neq, scalar(value)),
        Test::In(values) => with(Op::In, list(values, scalar)),
        Test::NotIn(values) => with(Op::NotIn, list(values, scalar)),
        Test::Contains(value) => with(Op::Contains, text(value)),
        Test::NotContains(value) => with(Op::NotContains, text(value)),
        Test::ContainsAny(values) => with(Op::ContainsAny, list(values, text)),
        Test::StartsWith(value) => with(Op::StartsWith, text(value)),
        Test::EndsWith(value) => with(Op::EndsWith, text(value)),
        Test::Gt(Mark::Moment(at)) => format!("{label} is after {at}"),
        Test::Gte(Mark::Moment(at)) => format!("{label} is at or after {at}"),
        Test::Lt(Mark::Moment(at)) => format!("{label} is before {at}"),
        Test::Lte(Mark::Moment(at)) => format!("{label} is at or before {at}"),
        Test::Gt(Mark::Number(value)) => with(Op::Gt, value.to_string()),
        Test::Gte(Mark::Number(value)) => with(Op::Gte, value.to_string()),
        Test::Lt(Mark::Number(value)) => with(Op::Lt, value.to_string()),
        Test::Lte(Mark::Number(value)) => with(Op::Lte, value.to_string()),
        Test::Exists => format!("{label} {}", Op::Exists.verb()),
        Test::NotExists => format!("{label} {}", Op::NotExists.verb()),
    }
}

fn pages(leaf: &Visited) -> String {
    let path = plain(&leaf.path);
    let mut words = match leaf.path_match {
        PathMatch::Exactly => path,
        other => format!("{} {path}", other.verb()),
    };
    if let Some(limit) = leaf.count {
        words.push(' ');
        words.push_str(&times(limit));
    }
    words.extend(leaf.within.map(within));
    words
}

fn times(Limit { op, value }: Limit<u64>) -> String {
    let times = match value {
        1 => "once".to_owned(),
        many => format!("{many} times"),
    };
    match op {
        Order::Eq => format!("exactly {times}"),
        Order::Gt => format!("more than {times}"),
        Order::Gte => format!("at least {times}"),
        Order::Lt => format!("at least once and fewer than {times}"),
        Order::Lte => format!("at least once and at most {times}"),
    }
}

fn interest(leaf: &IntentMatch) -> String {
    let mut words = match leaf.topics.as_slice() {
        [] => "on any topic".to_owned(),
        [only] => format!("on {}", text(only)),
        many => format!("on any of {}", list(many, text)),
    };
    if let Some(Limit { op, value }) = leaf.score {
        let bound = match op {
            Order::Eq => "of exactly",
            Order::Gt => "above",
            Order::Gte => "of at least",
            Order::Lt => "below",
            Order::Lte => "of at most",
        };
        words.push_str(&format!(" with a score {bound} {value}"));
    }
    words.extend(leaf.within.map(within));
    words
}

fn within(window: Window) -> String {
    let (amount, unit) = window.parts();
    let unit = match unit {
        Unit::Minutes => "minute",
        Unit::Hours => "hour",
        Unit::Days => "day",
    };
    format!(" within {amount} {unit}{}", if amount == 1 { "" } else { "s" })
}

fn segment(id: SegmentId, names: &dyn Names) -> String {
    match names.segment(id) {
        Some(name) => format!("“{name}” ({id})"),
        None => format!("segment {id}"),
    }
}

fn named_list(id: ListId, names: &dyn Names) -> String {
    match names.list(id) {
        Some(name) => format!("the list “{name}”"),
        None => format!("the list {id}"),
    }
}

fn scalar(value: &Scalar) -> String {
    match value {
        Scalar::Text(value) => text(value),
        Scalar::Number(value) => value.to_string(),
        Scalar::Bool(true) => "yes".to_owned(),
        Scalar::Bool(false) => "no".to_owned(),
    }
}

fn text(text: &Text) -> String {
    plain(text.as_str())
}

fn list<T>(values: &[T], say: impl Fn(&T) -> String) -> String {
    let mut words: Vec<String> = values.iter().take(VALUES_SAID_MAX).map(say).collect();
    if values.len() > VALUES_SAID_MAX {
        words.push(format!("… ({} more)", values.len() - VALUES_SAID_MAX));
    }
    words.join(", ")
}

/// Somebody's text: in quotes where it could be taken for words of the sentence.
fn plain(text: &str) -> String {
    let simple = |c: char| c.is_alphanumeric() || "-_./@+%:&".contains(c);
    if !text.is_empty() && text.chars().all(simple) { text.to_owned() } else { format!("“{text}”") }
}

fn capitalized(words: &str) -> String {
    let mut letters = words.chars();
    letters.next().map(|first| first.to_uppercase().chain(letters).collect()).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};
    use uuid::Uuid;

    use super::super::tests::rule;
    use super::*;

    struct Known;

    impl Names for Known {
        fn segment(&self, id: SegmentId) -> Option<String> {
            (id == SegmentId(7264)).then(|| "High Intent".to_owned())
        }

        fn list(&self, id: ListId) -> Option<String> {
            (id == ListId::from(Uuid::nil())).then(|| "Target accounts".to_owned())
        }
    }

    fn sentence(json: Value) -> String {
        rule(json).sentence(&Known)
    }

    #[test]
    fn a_rule_reads_as_a_sentence() {
        let pricing = json!({"visited": {"path": "/pricing", "match": "exactly"}, "count": {"op": "gte", "value": 3}, "within": "7d"});
        let title = json!({"prop": "contact.title", "op": "contains_any", "value": ["vp", "head"]});
        assert_eq!(
            sentence(json!({"all": [title, pricing]})),
            "Title contains any of vp, head and visited /pricing at least 3 times within 7 days"
        );
        assert_eq!(
            sentence(json!({"all": [
                title,
                {"any": [pricing, {"intent": {"topic": ["crm", "sales tool"]}, "score": {"op": "gte", "value": 70}, "within": "1d"}]},
                {"not": {"segment": "7264"}}]})),
            "Title contains any of vp, head and (visited /pricing at least 3 times within 7 days or showed intent on any \
             of crm, “sales tool” with a score of at least 70 within 1 day) and is not in “High Intent” (7264)"
        );
    }

    #[test]
    fn a_group_needs_parentheses_only_where_and_meets_or() {
        let leaf = |n: u8| json!({"prop": "company.employees", "op": "gt", "value": n});
        assert_eq!(
            sentence(json!({"all": [leaf(1), {"all": [leaf(2), {"any": [leaf(3)]}]}]})),
            "Employees is more than 1 and employees is more than 2 and employees is more than 3"
        );
        assert_eq!(
            sentence(json!({"any": [leaf(1), {"all": [leaf(2), leaf(3)]}]})),
            "Employees is more than 1 or (employees is more than 2 and employees is more than 3)"
        );
        assert_eq!(
            sentence(json!({"not": {"any": [leaf(1), leaf(2)]}})),
            "Not (employees is more than 1 or employees is more than 2)"
        );
    }

    #[test]
    fn whoever_did_not_do_something_is_said_as_people_say_it() {
        let not = |leaf: Value| sentence(json!({ "not": leaf }));
        assert_eq!(not(json!({"visited": {"path": "pricing"}})), "Has not visited a page containing pricing");
        assert_eq!(not(json!({"intent": {}, "within": "36h"})), "Showed no intent on any topic within 36 hours");
        assert_eq!(not(json!({"segment": "9"})), "Is not in segment 9");
        assert_eq!(not(json!({"icp": true})), "Does not fit the ideal customer profile");
        let known = json!({"list": ListId::from(Uuid::nil())});
        assert_eq!(not(known.clone()), "Is not on the list “Target accounts”");
        assert_eq!(sentence(known), "Is on the list “Target accounts”");
        let gone = ListId::from(Uuid::max());
        assert_eq!(sentence(json!({"list": gone})), format!("Is on the list {gone}"));
        assert_eq!(not(json!({"prop": "visit.first_visit", "op": "eq", "value": true})), "Not (first visit is yes)");
    }

    #[test]
    fn what_could_be_taken_for_words_of_the_sentence_stands_in_quotes() {
        let is = |value: Value| sentence(json!({"prop": "contact.traits.plan", "op": "eq", "value": value}));
        assert_eq!(is(json!("pro")), "Trait plan is pro");
        assert_eq!(is(json!("pro and contra")), "Trait plan is “pro and contra”");
        assert_eq!(is(json!("")), "Trait plan is “”");
        let many: Vec<_> = (0..11).collect();
        assert!(
            sentence(json!({"prop": "contact.country", "op": "in", "value": many})).ends_with("6, 7, … (3 more)"),
            "a long list is cut"
        );
        assert_eq!(sentence(json!({"all": []})), "Everyone");
        assert_eq!(sentence(json!({"any": []})), "No one");
    }
}

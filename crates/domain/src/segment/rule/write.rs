//! Writes a rule back in the language it was read in.

use serde::de::Error;
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use serde_json::{Map, Value, json};

use super::{IntentMatch, Leaf, Limit, Mark, Node, Op, Property, Rule, Scalar, Test, Text, Visited};

impl Serialize for Rule {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.to_json().serialize(serializer)
    }
}

impl<'de> Deserialize<'de> for Rule {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Rule, D::Error> {
        Rule::parse(&Value::deserialize(deserializer)?).map_err(D::Error::custom)
    }
}

pub(super) fn node(node: &Node) -> Value {
    match node {
        Node::All(nodes) => json!({ "all": nodes.iter().map(self::node).collect::<Vec<_>>() }),
        Node::Any(nodes) => json!({ "any": nodes.iter().map(self::node).collect::<Vec<_>>() }),
        Node::Not(node) => json!({ "not": self::node(node) }),
        Node::Leaf(Leaf::Prop { property, test }) => prop(property, test),
        Node::Leaf(Leaf::Visited(leaf)) => visited(leaf),
        Node::Leaf(Leaf::Intent(leaf)) => intent(leaf),
        Node::Leaf(Leaf::Segment(id)) => json!({ "segment": id.to_string() }),
        Node::Leaf(Leaf::Icp) => json!({ "icp": true }),
        Node::Leaf(Leaf::List(id)) => json!({ "list": id.to_string() }),
    }
}

fn prop(property: &Property, test: &Test) -> Value {
    let (op, value) = match test {
        Test::Eq(value) => (Op::Eq, Some(scalar(value))),
        Test::Neq(value) => (Op::Neq, Some(scalar(value))),
        Test::In(values) => (Op::In, Some(values.iter().map(scalar).collect())),
        Test::NotIn(values) => (Op::NotIn, Some(values.iter().map(scalar).collect())),
        Test::Contains(value) => (Op::Contains, Some(text(value))),
        Test::NotContains(value) => (Op::NotContains, Some(text(value))),
        Test::ContainsAny(values) => (Op::ContainsAny, Some(values.iter().map(text).collect())),
        Test::StartsWith(value) => (Op::StartsWith, Some(text(value))),
        Test::EndsWith(value) => (Op::EndsWith, Some(text(value))),
        Test::Gt(value) => (Op::Gt, Some(mark(value))),
        Test::Gte(value) => (Op::Gte, Some(mark(value))),
        Test::Lt(value) => (Op::Lt, Some(mark(value))),
        Test::Lte(value) => (Op::Lte, Some(mark(value))),
        Test::Exists => (Op::Exists, None),
        Test::NotExists => (Op::NotExists, None),
    };
    let mut object = Map::new();
    object.insert("prop".into(), property.to_string().into());
    object.insert("op".into(), op.as_str().into());
    object.extend(value.map(|value| ("value".into(), value)));
    object.into()
}

fn visited(leaf: &Visited) -> Value {
    let mut object = Map::new();
    object.insert("visited".into(), json!({ "path": leaf.path, "match": leaf.path_match.as_str() }));
    object.extend(leaf.count.map(|Limit { op, value }| ("count".into(), json!({ "op": op.as_str(), "value": value }))));
    object.extend(leaf.within.map(|within| ("within".into(), within.to_string().into())));
    object.into()
}

fn intent(leaf: &IntentMatch) -> Value {
    let mut object = Map::new();
    object.insert("intent".into(), json!({ "topic": leaf.topics.iter().map(Text::as_str).collect::<Vec<_>>() }));
    object.extend(
        leaf.score.map(|Limit { op, value }| ("score".into(), json!({ "op": op.as_str(), "value": number(value) }))),
    );
    object.extend(leaf.within.map(|within| ("within".into(), within.to_string().into())));
    object.into()
}

/// A score the way people write it: `70`, not `70.0`.
fn number(score: f64) -> Value {
    // Exact: a score is small.
    if score.fract() == 0.0 { (score as i64).into() } else { score.into() }
}

fn scalar(scalar: &Scalar) -> Value {
    match scalar {
        Scalar::Text(value) => text(value),
        Scalar::Number(value) => value.clone().into(),
        Scalar::Bool(value) => (*value).into(),
    }
}

fn mark(mark: &Mark) -> Value {
    match mark {
        Mark::Number(value) => value.clone().into(),
        Mark::Moment(at) => at.to_string().into(),
    }
}

fn text(text: &Text) -> Value {
    text.as_str().into()
}

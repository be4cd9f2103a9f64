//! Reads a rule and names every part of it that is wrong.
//!
//! A wrong part becomes a placeholder and reading goes on, so that one look finds them all; the tree is
//! given out only when nothing was found.

mod values;

use serde_json::{Map, Value};

use super::named::named;
use super::{
    COUNT_MAX, DEPTH_MAX, IntentMatch, LEAVES_MAX, Leaf, Limit, Node, Order, PathMatch, Property, Rule, SCORE_MAX,
    Text, Visited, WINDOW_MAX, Window,
};
use crate::id::{ListId, SegmentId};
use crate::invalid::{Findings, Invalid};
use crate::page_path;
use crate::whole::whole;
use values::{echo, escape, kind_of};

named! {
    /// What a node can be: the one key that says so.
    enum Kind {
        All = "all",
        Any = "any",
        Not = "not",
        Prop = "prop",
        Visited = "visited",
        Intent = "intent",
        Segment = "segment",
        Icp = "icp",
        List = "list",
    }
}

impl Kind {
    /// The keys a node of this kind can have.
    fn keys(self) -> &'static [&'static str] {
        match self {
            Kind::All => &["all"],
            Kind::Any => &["any"],
            Kind::Not => &["not"],
            Kind::Prop => &["prop", "op", "value"],
            Kind::Visited => &["visited", "count", "within"],
            Kind::Intent => &["intent", "score", "within"],
            Kind::Segment => &["segment"],
            Kind::Icp => &["icp"],
            Kind::List => &["list"],
        }
    }
}

type Object = Map<String, Value>;

pub(super) fn rule(json: &Value) -> Result<Rule, Invalid> {
    let mut parser = Parser::default();
    let root = parser.node(json, "", 1);
    parser.findings.into_result(Rule { root })
}

#[derive(Default)]
struct Parser {
    findings: Findings,
    leaves: usize,
}

impl Parser {
    fn node(&mut self, json: &Value, at: &str, depth: usize) -> Node {
        if self.leaves > LEAVES_MAX {
            return placeholder();
        }
        if depth > DEPTH_MAX {
            self.findings.add(at, format!("is too deep: a rule is at most {DEPTH_MAX} nodes deep"));
            return self.wrong(at);
        }
        let Some(object) = json.as_object() else {
            let reason = format!("must be an object with one of {}, not {}", Kind::words(), kind_of(json));
            self.findings.add(at, reason);
            return self.wrong(at);
        };
        let kinds: Vec<Kind> = object.keys().filter_map(|key| Kind::parse(key)).collect();
        let &[kind] = kinds.as_slice() else {
            self.kind_unclear(object, &kinds, at);
            return self.wrong(at);
        };
        self.unknown_keys(object, kind.keys(), at);
        let inner = format!("{at}/{}", kind.as_str());
        let value = &object[kind.as_str()];
        match kind {
            Kind::All => Node::All(self.group(value, at, &inner, depth)),
            Kind::Any => Node::Any(self.group(value, at, &inner, depth)),
            Kind::Not => Node::Not(Box::new(self.node(value, &inner, depth + 1))),
            Kind::Prop | Kind::Visited | Kind::Intent | Kind::Segment | Kind::Icp | Kind::List => {
                self.count_leaf(at);
                self.leaf(kind, object, at).map_or_else(placeholder, Node::Leaf)
            }
        }
    }

    fn group(&mut self, json: &Value, at: &str, inner: &str, depth: usize) -> Vec<Node> {
        let nodes = json.as_array().map(Vec::as_slice).unwrap_or_else(|| {
            self.findings.add(inner, format!("must be a list of nodes, not {}", kind_of(json)));
            &[]
        });
        if nodes.is_empty() {
            self.count_leaf(at);
        }
        nodes.iter().enumerate().map(|(n, node)| self.node(node, &format!("{inner}/{n}"), depth + 1)).collect()
    }

    fn leaf(&mut self, kind: Kind, object: &Object, at: &str) -> Option<Leaf> {
        match kind {
            Kind::Prop => self.prop(object, at),
            Kind::Visited => self.visited(object, at),
            Kind::Intent => self.intent(object, at),
            Kind::Segment => self.segment(object, at),
            Kind::Icp => self.icp(object, at),
            Kind::List => self.list_leaf(object, at),
            Kind::All | Kind::Any | Kind::Not => None,
        }
    }

    fn prop(&mut self, object: &Object, at: &str) -> Option<Leaf> {
        let at_property = format!("{at}/prop");
        let property = match object["prop"].as_str() {
            Some(name) => {
                let property = Property::parse(name);
                if property.is_none() {
                    let reason = format!("{} is no property; there are {}", echo(name), Property::words());
                    self.findings.add(at_property, reason);
                }
                property
            }
            None => {
                let reason = format!("must be the name of a property, not {}", kind_of(&object["prop"]));
                self.findings.add(at_property, reason);
                None
            }
        };
        let test = self.test(object, at);
        Some(Leaf::Prop { property: property?, test: test? })
    }

    fn visited(&mut self, object: &Object, at: &str) -> Option<Leaf> {
        let inner = format!("{at}/visited");
        let visited = self.object(&object["visited"], &["path", "match"], &inner);
        let page = visited.and_then(|visited| {
            let path_match = match visited.get("match") {
                None => Some(PathMatch::Contains),
                Some(word) => self.word(word, PathMatch::parse, &PathMatch::words(), &format!("{inner}/match")),
            };
            let path = self.filled_text(visited.get("path"), &format!("{inner}/path"));
            Some((path?, path_match?))
        });
        let count = self.limit(object.get("count"), &format!("{at}/count"), Parser::page_views);
        let within = self.within(object, at);
        let (path, path_match) = page?;
        let path = match path_match {
            PathMatch::Contains => path_part(path),
            PathMatch::Exactly | PathMatch::Prefix => whole_path(path),
        };
        // Again: the slash in front and lower case can lengthen it.
        self.bounded(&path, &format!("{inner}/path"))?;
        Some(Leaf::Visited(Visited { path, path_match, count: count?, within: within? }))
    }

    fn intent(&mut self, object: &Object, at: &str) -> Option<Leaf> {
        let inner = format!("{at}/intent");
        let at_topic = format!("{inner}/topic");
        let topics = self.object(&object["intent"], &["topic"], &inner).and_then(|intent| match intent.get("topic") {
            None => Some(Vec::new()),
            Some(one @ Value::String(_)) => {
                self.filled_text(Some(one), &at_topic).map(|topic| vec![Text::new(topic.trim())])
            }
            Some(Value::Array(topics)) => {
                let topics = self.elements(topics, &at_topic, |parser, topic, at| parser.filled_text(Some(topic), at));
                topics.map(|topics| topics.into_iter().map(|topic| Text::new(topic.trim())).collect())
            }
            Some(other) => {
                self.findings.add(at_topic, format!("must be a topic or a list of topics, not {}", kind_of(other)));
                None
            }
        });
        let score = self.limit(object.get("score"), &format!("{at}/score"), Parser::score);
        let within = self.within(object, at);
        Some(Leaf::Intent(IntentMatch { topics: topics?, score: score?, within: within? }))
    }

    fn segment(&mut self, object: &Object, at: &str) -> Option<Leaf> {
        let id: Option<SegmentId> = match &object["segment"] {
            Value::String(text) => text.parse().ok(),
            Value::Number(number) => number.to_string().parse().ok(),
            _ => None,
        };
        if id.is_none() {
            self.findings.add(format!("{at}/segment"), "must be the number of a segment, such as \"7264\"");
        }
        id.map(Leaf::Segment)
    }

    fn icp(&mut self, object: &Object, at: &str) -> Option<Leaf> {
        let asked = object["icp"] == Value::Bool(true);
        if !asked {
            let reason = "must be true; for who does not fit the ideal customer profile, put the leaf in a not";
            self.findings.add(format!("{at}/icp"), reason);
        }
        asked.then_some(Leaf::Icp)
    }

    fn list_leaf(&mut self, object: &Object, at: &str) -> Option<Leaf> {
        let id: Option<ListId> = object["list"].as_str().and_then(|text| text.parse().ok());
        if id.is_none() {
            let reason = format!("must be the id of a list: {}_ and 26 letters or digits", ListId::PREFIX);
            self.findings.add(format!("{at}/list"), reason);
        }
        id.map(Leaf::List)
    }

    /// `Some(None)` if there is none, `None` if there is a wrong one; likewise below.
    fn within(&mut self, object: &Object, at: &str) -> Option<Option<Window>> {
        let Some(json) = object.get("within") else { return Some(None) };
        let window = json.as_str().and_then(Window::parse);
        if window.is_none() {
            let days = WINDOW_MAX.as_hours() / 24;
            self.findings.add(
                format!("{at}/within"),
                format!("must be a text such as \"30m\", \"24h\" or \"7d\", from 1 minute to {days} days"),
            );
        }
        window.map(Some)
    }

    fn limit<T>(
        &mut self,
        json: Option<&Value>,
        at: &str,
        value: fn(&mut Parser, Order, &Value, &str) -> Option<T>,
    ) -> Option<Option<Limit<T>>> {
        let Some(json) = json else { return Some(None) };
        let object = self.object(json, &["op", "value"], at)?;
        let op = match object.get("op") {
            Some(word) => self.word(word, Order::parse, &Order::words(), &format!("{at}/op")),
            None => self.missing(&format!("{at}/op"), &format!("one of {}", Order::words())),
        };
        let at_value = format!("{at}/value");
        let value = match object.get("value") {
            // Without a known operator only the range can be checked, and `gte` leaves it whole.
            Some(number) => value(self, op.unwrap_or(Order::Gte), number, &at_value),
            None => self.missing(&at_value, "a number"),
        };
        Some(Some(Limit { op: op?, value: value? }))
    }

    fn page_views(&mut self, op: Order, json: &Value, at: &str) -> Option<u64> {
        // A count asks for at least one page view, so `lt 1` could never hold.
        let least = if op == Order::Lt { 2 } else { 1 };
        let number = json.as_number().and_then(whole).filter(|number| (least..=COUNT_MAX).contains(number));
        if number.is_none() {
            self.findings.add(
                at,
                format!(
                    "must be a whole number from {least} to {COUNT_MAX}: a count needs at least one page view (for none, put the leaf in a not)"
                ),
            );
        }
        number
    }

    fn score(&mut self, _: Order, json: &Value, at: &str) -> Option<f64> {
        let number = json.as_f64().filter(|number| (0.0..=SCORE_MAX).contains(number));
        if number.is_none() {
            self.findings.add(at, format!("must be a number from 0 to {SCORE_MAX}"));
        }
        number
    }

    fn kind_unclear(&mut self, object: &Object, kinds: &[Kind], at: &str) {
        let reason = if kinds.is_empty() {
            let keys: Vec<_> = object.keys().take(3).map(|key| echo(key)).collect();
            let found = if keys.is_empty() { "nothing".to_owned() } else { keys.join(", ") };
            format!("must have one of {}; it has {found}", Kind::words())
        } else {
            let found: Vec<_> = kinds.iter().map(|kind| kind.as_str()).collect();
            format!("has {}: a node is only one of them (put each in its own, under all or any)", found.join(" and "))
        };
        self.findings.add(at, reason);
    }

    fn unknown_keys(&mut self, object: &Object, known: &[&str], at: &str) {
        for key in object.keys().filter(|key| !known.contains(&key.as_str())) {
            self.findings
                .add(format!("{at}/{}", escape(key)), format!("is not known here; known are {}", known.join(", ")));
        }
    }

    fn wrong(&mut self, at: &str) -> Node {
        self.count_leaf(at);
        placeholder()
    }

    fn count_leaf(&mut self, at: &str) {
        self.leaves += 1;
        if self.leaves == LEAVES_MAX + 1 {
            self.findings.add(at, format!("is one leaf too many: a rule has at most {LEAVES_MAX}"));
        }
    }
}

/// Stands for a wrong node in a tree nobody will see.
fn placeholder() -> Node {
    Node::Any(Vec::new())
}

/// A path as `exactly` and `prefix` compare it.
fn whole_path(typed: &str) -> String {
    let mut path = page_path::normalize(typed);
    // Normalising can lay bare a blank or slash at the end; what is kept must read back as itself.
    loop {
        let again = page_path::normalize(&path);
        if again == path {
            return path;
        }
        path = again;
    }
}

/// Part of a path as `contains` looks for it: as typed, without what no path has.
fn path_part(typed: &str) -> String {
    if typed.contains("://") {
        return whole_path(typed);
    }
    let bare = page_path::readable(typed.split(['?', '#']).next().unwrap_or_default());
    let bare = bare.trim().trim_end_matches(|c: char| c == '/' || c.is_whitespace()).to_lowercase();
    // Every path has a slash.
    if bare.is_empty() { "/".to_owned() } else { bare }
}

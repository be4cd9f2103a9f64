//! What the rule editor offers, made from the rule language itself: fields by noun with their kind, operators with the
//! values they take, ways to compare, and the segments and lists that can be referred to.

use beckon_domain::id::SegmentId;
use beckon_domain::segment::rule::{
    COUNT_MAX, CompanyProperty, ContactProperty, DEPTH_MAX, LEAVES_MAX, Op, Order, PathMatch, Property, SCORE_MAX,
    VisitProperty,
};
use beckon_store::WorkspaceConfig;
use serde_json::{Value, json};

/// All of it, as JSON for `assets/rule.js`. The segment that is edited is not offered: it cannot refer to itself.
pub(super) fn for_editor(config: &WorkspaceConfig, edited: Option<SegmentId>) -> String {
    let others = config.segments.iter().filter(|segment| Some(segment.id) != edited);
    json!({
        "fields": fields(),
        "ops": Op::ALL.iter().map(|op| json!({
            "name": op.as_str(), "words": op.verb(), "value": value(*op), "kinds": kinds(*op),
        })).collect::<Vec<_>>(),
        "matches": PathMatch::ALL.iter().map(|way| json!({ "name": way.as_str(), "words": match_words(*way) })).collect::<Vec<_>>(),
        "orders": Order::ALL.iter().map(|order| json!({ "name": order.as_str(), "words": order_words(*order) })).collect::<Vec<_>>(),
        "segments": others.map(|segment| json!({
            "id": segment.id, "name": segment.name, "subject": segment.subject,
        })).collect::<Vec<_>>(),
        "lists": config.lists.iter().map(|list| json!({
            "id": list.id, "name": list.name, "subject": list.subject,
        })).collect::<Vec<_>>(),
        "limits": { "depth": DEPTH_MAX, "leaves": LEAVES_MAX, "count": COUNT_MAX, "score": SCORE_MAX },
    })
    .to_string()
}

fn fields() -> Vec<Value> {
    let contact = ContactProperty::ALL.iter().map(|property| ("Contact", Property::Contact(*property), "text"));
    let company = CompanyProperty::ALL.iter().map(|property| {
        let kind = if *property == CompanyProperty::Employees { "number" } else { "text" };
        ("Company", Property::Company(*property), kind)
    });
    let visit = VisitProperty::ALL.iter().map(|property| {
        let kind = match property {
            VisitProperty::PageViews => "number",
            VisitProperty::FirstVisit => "bool",
            _ => "text",
        };
        ("Visit", Property::Visit(*property), kind)
    });
    let shown = |(noun, property, kind): (&str, Property, &str)| json!({ "name": property.to_string(), "words": property.label(), "noun": noun, "kind": kind });
    contact.chain(company).chain(visit).map(shown).collect()
}

/// What kind of value an operator takes: one, several, something to be before or after, or none.
fn value(op: Op) -> &'static str {
    match op {
        Op::Eq | Op::Neq => "one",
        Op::Contains | Op::NotContains | Op::StartsWith | Op::EndsWith => "text",
        Op::In | Op::NotIn => "list",
        Op::ContainsAny => "texts",
        Op::Gt | Op::Gte | Op::Lt | Op::Lte => "mark",
        Op::Exists | Op::NotExists => "none",
    }
}

/// The kinds of field an operator makes sense for. (A trait can be of any kind.)
fn kinds(op: Op) -> &'static [&'static str] {
    match op {
        Op::Eq | Op::Neq | Op::Exists | Op::NotExists => &["text", "number", "bool", "any"],
        Op::In | Op::NotIn => &["text", "number", "any"],
        Op::Contains | Op::NotContains | Op::ContainsAny | Op::StartsWith | Op::EndsWith => &["text", "any"],
        Op::Gt | Op::Gte | Op::Lt | Op::Lte => &["number", "any"],
    }
}

fn match_words(way: PathMatch) -> &'static str {
    match way {
        PathMatch::Contains => "contains",
        PathMatch::Exactly => "is exactly",
        PathMatch::Prefix => "starts with",
    }
}

fn order_words(order: Order) -> &'static str {
    match order {
        Order::Eq => "exactly",
        Order::Gt => "more than",
        Order::Gte => "at least",
        Order::Lt => "less than",
        Order::Lte => "at most",
    }
}

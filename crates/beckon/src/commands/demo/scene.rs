//! The cast and the stage of the demo: companies, contacts, segments, webhooks.
//!
//! Everything is invented; `.example` is a top-level domain that nobody can own (RFC 2606).

use serde_json::{Value, json};

/// Names of segments, as the stream's expectations use them.
pub(super) const PRICING_TWICE: &str = "Pricing page, twice";
/// See [`PRICING_TWICE`].
pub(super) const LEADERS: &str = "Decision makers";
/// See [`PRICING_TWICE`].
pub(super) const SOFTWARE: &str = "Software companies";
/// See [`PRICING_TWICE`].
pub(super) const RESEARCHING_CRM: &str = "Researching CRM";

/// The event types that webhooks of the demo list.
pub(super) const EVENT_TYPES: [&str; 3] = ["contact.visited", "contact.intent", "company.visited"];

/// A webhook of the demo, and how its receiver behaves.
pub(super) struct Subscriber {
    /// Its name.
    pub(super) name: &'static str,
    /// The one segment it is limited to.
    pub(super) only_segment: Option<&'static str>,
    /// How many requests its receiver answers with 503 before it is well.
    pub(super) sick_requests: u32,
    /// Its waits between attempts, in seconds.
    pub(super) retry_schedule: Option<&'static [u32]>,
}

/// The webhooks.
pub(super) const SUBSCRIBERS: [Subscriber; 3] = [
    Subscriber { name: "CRM", only_segment: None, sick_requests: 0, retry_schedule: None },
    Subscriber { name: "Slack alerts", only_segment: Some(LEADERS), sick_requests: 0, retry_schedule: None },
    Subscriber { name: "Data warehouse", only_segment: None, sick_requests: 2, retry_schedule: Some(&[1, 1, 2]) },
];

/// Companies, as the API takes them.
pub(super) fn companies() -> Vec<Value> {
    vec![
        json!({"domain": "acme.example", "name": "Acme Corp", "industry": "Retail", "employees": 420, "country": "United States"}),
        json!({"domain": "brightwater.example", "name": "Brightwater", "industry": "Logistics", "employees": 2600}),
        json!({"domain": "kestrel.example", "name": "Kestrel Software", "industry": "Software", "employees": 85}),
        json!({"domain": "lindgren.example", "name": "Lindgren Foods", "industry": "Food", "employees": 1100, "country": "Sweden"}),
    ]
}

/// Contacts that a system of the customer's adds one by one.
pub(super) fn contacts() -> Vec<Value> {
    vec![
        json!({"email": "jane.doe@acme.example", "user_id": "u-jane", "first_name": "Jane", "last_name": "Doe",
               "title": "Marketing Manager", "company": "Acme Corp"}),
        json!({"email": "omar.haddad@brightwater.example", "user_id": "u-omar", "first_name": "Omar", "last_name": "Haddad",
               "title": "VP Sales", "company": "Brightwater"}),
        json!({"email": "mei.tanaka@kestrel.example", "first_name": "Mei", "last_name": "Tanaka",
               "title": "Head of Growth", "company": "Kestrel Software"}),
    ]
}

/// Contacts that come from a spreadsheet.
pub(super) const CONTACTS_CSV: &str = "\
email,first_name,last_name,title,company
lucas.moreau@kestrel.example,Lucas,Moreau,Data Engineer,Kestrel Software
ingrid.lindgren@lindgren.example,Ingrid,Lindgren,Director of Operations,Lindgren Foods
sam.okafor@acme.example,Sam,Okafor,Account Executive,Acme Corp
";

/// Segments, as the API takes them, each with what it says in words.
pub(super) fn segments() -> Vec<(Value, &'static str)> {
    vec![
        (
            json!({"name": PRICING_TWICE, "subject": "contact", "enabled": true, "actions": ["webhook"], "rule":
                {"visited": {"path": "/pricing", "match": "prefix"}, "count": {"op": "gte", "value": 2}, "within": "7d"}}),
            "contacts who viewed /pricing… at least twice in 7 days",
        ),
        (
            json!({"name": LEADERS, "subject": "contact", "enabled": true, "actions": ["webhook"], "rule":
                {"prop": "contact.title", "op": "contains_any", "value": ["vp", "head", "director"]}}),
            "contacts with vp, head or director in their title",
        ),
        (
            json!({"name": SOFTWARE, "subject": "company", "enabled": true, "actions": ["webhook"], "rule":
                {"all": [{"prop": "company.industry", "op": "eq", "value": "software"},
                         {"visited": {"path": "/product", "match": "prefix"}, "within": "7d"}]}}),
            "software companies whose people, unnamed, viewed /product…",
        ),
        (
            json!({"name": RESEARCHING_CRM, "subject": "contact", "enabled": true, "actions": ["webhook"], "rule":
                {"intent": {"topic": ["crm"]}, "score": {"op": "gte", "value": 70}, "within": "14d"}}),
            "contacts with CRM intent of 70 or more in 14 days",
        ),
    ]
}

/// Who an address, a signed-in user or a browser is to the audience: a name and what they do; `None` for
/// whoever is not of the cast.
pub(super) fn introduce(id: &str) -> Option<&'static str> {
    Some(match id {
        "u-jane" | "b-jane" | "jane.doe@acme.example" => "Jane Doe, Marketing Manager",
        "u-omar" | "b-omar" | "omar.haddad@brightwater.example" => "Omar Haddad, VP Sales",
        "mei.tanaka@kestrel.example" => "Mei Tanaka, Head of Growth",
        "lucas.moreau@kestrel.example" => "Lucas Moreau, Data Engineer",
        "ingrid.lindgren@lindgren.example" => "Ingrid Lindgren, Director",
        "sam.okafor@acme.example" => "Sam Okafor, Account Executive",
        "kestrel.example" => "Kestrel Software",
        "acme.example" => "Acme Corp",
        "b-kestrel-1" | "b-kestrel-2" => "someone at Kestrel Software",
        "b-acme" => "someone at Acme Corp",
        _ => return None,
    })
}

//! Segments as marketers make them, and people who view pages.
//!
//! Segment `n` with a multiple of [`WINNER_EVERY`] holds for who looked at one page of its own; the others ask for
//! what these people have in part, so that they have to be looked at and do not hold.

use beckon_domain::id::SegmentId;
use beckon_domain::segment::rule::Rule;
use beckon_domain::segment::{Action, Frequency, Segment, Subject};
use jiff::Timestamp;
use serde_json::{Value, json};

/// One segment in so many has a page that qualifies.
pub(crate) const WINNER_EVERY: usize = 10;

/// The job titles of the people, in turn.
pub(crate) const TITLES: [&str; 5] =
    ["Marketing Manager", "VP of Sales", "Head of Growth", "Software Engineer", "Director of Operations"];
/// Where they work, in turn.
pub(crate) const INDUSTRIES: [&str; 4] = ["Software", "Retail", "Logistics", "Banking"];

/// The page that makes whoever looks at it qualify for the `n`th winning segment.
pub(crate) fn winning_page(n: usize) -> String {
    format!("/solutions/s{n:05}/overview")
}

/// A page that qualifies nobody.
pub(crate) fn other_page(n: usize) -> String {
    match n % 5 {
        0 => "/pricing".to_owned(),
        1 => format!("/blog/post-{}", n % 997),
        2 => format!("/docs/guide-{}", n % 331),
        3 => "/".to_owned(),
        _ => format!("/customers/story-{}", n % 97),
    }
}

/// The rule of segment `n`.
pub(crate) fn rule(n: usize) -> Value {
    if n.is_multiple_of(WINNER_EVERY) {
        return json!({ "all": [
            { "visited": { "path": format!("/solutions/s{:05}", n / WINNER_EVERY), "match": "prefix" }, "within": "30d" },
            { "prop": "contact.email", "op": "exists" },
        ]});
    }
    match n % WINNER_EVERY {
        // Accounts on a list that look at the prices.
        1 | 2 => json!({ "all": [
            { "visited": { "path": "/pricing", "match": "prefix" }, "within": "7d" },
            { "prop": "company.domain", "op": "in", "value": [
                format!("target-{n}.example"), format!("prospect-{n}.example"), format!("lost-{n}.example")] },
        ]}),
        // Readers of one page, of some seniority.
        3 => json!({ "all": [
            { "visited": { "path": format!("/webinars/w{n}"), "match": "exactly" }, "within": "30d" },
            { "prop": "contact.title", "op": "contains_any", "value": ["vp", "head", "director"] },
        ]}),
        // A campaign.
        4 => json!({ "all": [
            { "prop": "visit.utm.campaign", "op": "eq", "value": format!("campaign-{n}") },
            { "prop": "contact.title", "op": "contains", "value": "manager" },
        ]}),
        // The same page again and again.
        5 => json!({ "all": [
            { "prop": "company.industry", "op": "eq", "value": "Software" },
            { "visited": { "path": format!("/docs/integrations/i{n}"), "match": "prefix" }, "count": { "op": "gte", "value": 3 }, "within": "7d" },
        ]}),
        // Interest shown elsewhere.
        6 => json!({ "all": [
            { "intent": { "topic": [format!("topic-{n}")] }, "score": { "op": "gte", "value": 70 }, "within": "14d" },
            { "prop": "company.employees", "op": "gte", "value": 50 },
        ]}),
        // One of two pages, by people of one title, and not from one country.
        7 => json!({ "all": [
            { "prop": "contact.title", "op": "contains", "value": format!("specialist {n}") },
            { "any": [{ "visited": { "path": "/pricing", "match": "prefix" } }, { "visited": { "path": format!("compare-{n}") } }] },
            { "not": { "prop": "contact.country", "op": "eq", "value": "Atlantis" } },
        ]}),
        // Somebody's accounts.
        8 => json!({ "all": [
            { "prop": "contact.traits.owner", "op": "eq", "value": format!("owner-{n}") },
            { "visited": { "path": "/", "match": "prefix" } },
        ]}),
        // A part of the site, by a big company of one country.
        _ => json!({ "all": [
            { "visited": { "path": format!("/industries/n{n}/"), "match": "contains" }, "within": "30d" },
            { "prop": "company.employees", "op": "gt", "value": 1000 },
            { "prop": "company.country", "op": "in", "value": ["Germany", "France"] },
        ]}),
    }
}

/// Segment `n`, under that number.
///
/// # Errors
/// If the rule is not one, which would be a mistake in here.
pub(crate) fn segment(n: usize, now: Timestamp) -> anyhow::Result<Segment> {
    Ok(Segment {
        id: SegmentId(i64::try_from(n)?),
        name: format!("Segment {n}"),
        subject: Subject::Contact,
        rule: Rule::parse(&rule(n)).map_err(|invalid| anyhow::anyhow!("the rule of segment {n}: {invalid:?}"))?,
        enabled: true,
        actions: vec![Action::Webhook],
        frequency: Frequency::EveryVisit,
        revision: 1,
        created_at: now,
        updated_at: now,
    })
}

/// The domain of whom person `n` works for.
pub(crate) fn domain(n: usize) -> String {
    format!("company-{}.example", n / 10)
}

/// The address of person `n`.
pub(crate) fn email(n: usize) -> String {
    format!("person-{n}@{}", domain(n))
}

/// What a program that knows person `n` says about them.
pub(crate) fn traits(n: usize) -> Value {
    json!({
        "email": email(n),
        "firstName": "Jane",
        "lastName": format!("Doe {n}"),
        "title": TITLES[n % TITLES.len()],
        "country": "Austria",
        "owner": format!("rep-{}", n % 7),
        "company": {
            "name": format!("Company {}", n / 10),
            "domain": domain(n),
            "industry": INDUSTRIES[(n / 10) % INDUSTRIES.len()],
            "employees": 40 + n / 10,
        },
    })
}

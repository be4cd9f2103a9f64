//! That nothing is missed by looking at candidates only.

use jiff::{SignedDuration, Timestamp};
use proptest::collection::vec;
use proptest::option;
use proptest::prelude::*;
use proptest::sample::select;
use serde_json::{Value, json};
use uuid::Uuid;

use crate::company::{Company, CompanyProfile, Domain};
use crate::contact::{Contact, ContactProfile};
use crate::id::{CompanyId, ContactId, ListId, SegmentId, VisitId, VisitorId};
use crate::segment::evaluate::{Facts, SegmentCatalog};
use crate::segment::rule::Rule;
use crate::segment::{Action, Frequency, Segment, Subject};
use crate::settings::Icp;
use crate::signal::Intent;
use crate::visit::{PageView, Utm, Visit};

const WORDS: [&str; 14] =
    ["vp", "VP Sales", "sales", "Été", "é", "K", "\u{212A}", "70", "70.0", "true", "TRUE", "", "crm", "CRM tool"];
const PATHS: [&str; 9] =
    ["/", "/pricing", "/pricing-v2", "/us/pricing", "/docs", "/docs/a", "/docs/a/b", "/é", "/été/x"];
const PROPERTIES: [&str; 14] = [
    "contact.title",
    "contact.email",
    "contact.country",
    "contact.traits.plan",
    "contact.traits.crm.stage",
    "contact.traits.tags",
    "company.name",
    "company.employees",
    "company.traits.tier",
    "visit.path",
    "visit.page_views",
    "visit.first_visit",
    "visit.utm.source",
    "visit.title",
];
/// Numbers of the segments; references lead among them, and to some that are not there.
const SEGMENTS: i64 = 8;
/// How many lists rules ask for, and people are on.
const LISTS: u128 = 4;

fn list_id(n: u128) -> ListId {
    ListId::from(Uuid::from_u128(n))
}

fn now() -> Timestamp {
    Timestamp::from_second(1_700_000_000).unwrap()
}

fn word() -> impl Strategy<Value = String> {
    select(&WORDS[..]).prop_map(str::to_owned)
}

fn scalar() -> impl Strategy<Value = Value> {
    prop_oneof![
        4 => word().prop_map(Value::from),
        1 => select(vec![json!(70), json!(70.0), json!(3), json!(0.5)]),
        1 => any::<bool>().prop_map(Value::from),
    ]
}

fn prop_leaf() -> impl Strategy<Value = Value> {
    let filled = || word().prop_filter("a part has letters", |word| !word.is_empty());
    let test = prop_oneof![
        4 => (select(vec!["eq", "neq"]), scalar()),
        4 => (select(vec!["in", "not_in"]), vec(scalar(), 1..4).prop_map(Value::from)),
        4 => (select(vec!["contains", "not_contains", "starts_with", "ends_with"]), filled().prop_map(Value::from)),
        2 => (Just("contains_any"), vec(filled(), 1..4).prop_map(Value::from)),
        2 => (select(vec!["gt", "gte", "lt", "lte"]), select(vec![json!(3), json!(70)])),
        2 => (select(vec!["exists", "not_exists"]), Just(Value::Null)),
    ];
    (select(&PROPERTIES[..]), test).prop_map(|(property, (op, value))| match value {
        Value::Null => json!({ "prop": property, "op": op }),
        value => json!({ "prop": property, "op": op, "value": value }),
    })
}

fn leaf() -> impl Strategy<Value = Value> {
    let path = select(vec!["/", "/pricing", "pricing", "docs", "/docs/a", "a", "é", "/us/pricing"]);
    let visited =
        (path, select(vec!["contains", "exactly", "prefix"]), option::of((select(vec!["gte", "lte"]), 1u64..3)))
            .prop_map(|(path, how, count)| {
                let mut leaf = json!({ "visited": { "path": path, "match": how }, "within": "7d" });
                if let Some((op, value)) = count {
                    leaf["count"] = json!({ "op": op, "value": value });
                }
                leaf
            });
    let topics = vec(select(vec!["crm", "CRM tool", "Été"]), 0..3);
    let intent = (topics, option::of(select(vec![0, 70]))).prop_map(|(topics, score)| match score {
        Some(score) => json!({ "intent": { "topic": topics }, "score": { "op": "gte", "value": score } }),
        None => json!({ "intent": { "topic": topics } }),
    });
    let segment = (1..=SEGMENTS + 1).prop_map(|id| json!({ "segment": id.to_string() }));
    let list = (0..LISTS).prop_map(|n| json!({ "list": list_id(n) }));
    prop_oneof![6 => prop_leaf(), 4 => visited, 2 => intent, 2 => segment, 2 => Just(json!({ "icp": true })), 2 => list]
}

pub(in super::super) fn rule() -> impl Strategy<Value = Rule> {
    let tree = leaf().prop_recursive(4, 12, 3, |node| {
        prop_oneof![
            vec(node.clone(), 0..4).prop_map(|nodes| json!({ "all": nodes })),
            vec(node.clone(), 0..4).prop_map(|nodes| json!({ "any": nodes })),
            node.prop_map(|node| json!({ "not": node })),
        ]
    });
    tree.prop_map(|json| Rule::parse(&json).unwrap())
}

pub(in super::super) fn catalog() -> impl Strategy<Value = SegmentCatalog> {
    // Circles and all: a reference into one does not hold.
    let rules = vec((rule(), prop::bool::weighted(0.9), any::<bool>()), SEGMENTS as usize);
    (rules, icp()).prop_map(|(rules, icp)| {
        let segment = |(id, (rule, enabled, of_contacts)): (i64, (Rule, bool, bool))| Segment {
            id: SegmentId(id),
            name: String::new(),
            subject: if of_contacts { Subject::Contact } else { Subject::Company },
            rule,
            enabled,
            actions: vec![Action::Webhook],
            frequency: Frequency::EveryVisit,
            revision: 0,
            created_at: now(),
            updated_at: now(),
        };
        SegmentCatalog::new((1..).zip(rules).map(segment).collect()).with_icp(&icp)
    })
}

/// Often with lists that are empty.
fn icp() -> impl Strategy<Value = Icp> {
    let words = || prop_oneof![2 => Just(vec![]), 1 => vec(select(vec!["vp", "Sales", "été", "k", "70"]).prop_map(str::to_owned), 1..3)];
    let domains = prop_oneof![2 => Just(vec![]), 1 => Just(vec!["acme.com".to_owned(), "crm.example".to_owned()])];
    (words(), words(), words(), domains).prop_map(|(titles, titles_not, seniorities, domains)| Icp {
        titles,
        titles_not,
        seniorities,
        domains,
    })
}

/// What is known, owned.
#[derive(Debug)]
pub(in super::super) struct World {
    contact: Option<Contact>,
    company: Option<Company>,
    visit: Option<Visit>,
    page_views: Vec<PageView>,
    intents: Vec<Intent>,
    lists: Vec<ListId>,
}

fn traits() -> impl Strategy<Value = serde_json::Map<String, Value>> {
    let value = prop_oneof![
        scalar(),
        vec(scalar(), 0..3).prop_map(Value::from),
        scalar().prop_map(|stage| json!({ "stage": stage })),
        Just(Value::Null),
    ];
    proptest::collection::hash_map(select(vec!["plan", "crm", "tags", "tier", "crm.stage"]), value, 0..4)
        .prop_map(|all| all.into_iter().map(|(name, value)| (name.to_owned(), value)).collect())
}

pub(in super::super) fn world() -> impl Strategy<Value = World> {
    let text = || option::of(word());
    let contact = (text(), text(), text(), traits()).prop_map(|(title, seniority, country, traits)| Contact {
        id: ContactId::from(Uuid::nil()),
        email: crate::email::Email::parse("jane@crm.example"),
        user_id: None,
        company_id: None,
        profile: ContactProfile { title, seniority, country, ..ContactProfile::default() },
        traits,
        identity: Default::default(),
        suppressed_at: None,
        created_at: now(),
        updated_at: now(),
    });
    let company = (text(), option::of(select(vec![3u64, 70])), any::<bool>(), traits()).prop_map(
        |(name, employees, is_target, traits)| Company {
            id: CompanyId::from(Uuid::nil()),
            domain: Domain::parse(if is_target { "crm.example" } else { "other.example" }),
            group_id: None,
            profile: CompanyProfile { name, employees, ..CompanyProfile::default() },
            traits,
            created_at: now(),
            updated_at: now(),
        },
    );
    let visit =
        (select(&PATHS[..]), text(), text(), any::<bool>()).prop_map(|(path, title, source, first_visit)| Visit {
            id: VisitId::from(Uuid::nil()),
            visitor_id: VisitorId::from(Uuid::nil()),
            started_at: now(),
            last_seen_at: now(),
            page_views: 3,
            first_visit,
            network_company_id: None,
            page: crate::visit::Page { path: path.to_owned(), title, ..Default::default() },
            referrer: None,
            utm: Utm { source, ..Utm::default() },
        });
    // Some are too old for a window, and one is yet to come.
    let at = || select(vec![-1i64, 0, 24, 24 * 30]).prop_map(|hours| now() - SignedDuration::from_hours(hours));
    let page_view = (select(&PATHS[..]), at()).prop_map(|(path, at)| PageView { path: path.to_owned(), at });
    let intent = (word(), option::of(select(vec![10.0, 90.0])), at()).prop_map(|(topic, score, observed_at)| Intent {
        topic,
        score,
        source: None,
        observed_at,
    });
    let lists = vec((0..LISTS).prop_map(list_id), 0..3);
    (option::of(contact), option::of(company), option::of(visit), vec(page_view, 0..5), vec(intent, 0..3), lists)
        .prop_map(|(contact, company, visit, page_views, intents, lists)| World {
            contact,
            company,
            visit,
            page_views,
            intents,
            lists,
        })
}

impl World {
    pub(in super::super) fn facts(&self) -> Facts<'_> {
        Facts {
            contact: self.contact.as_ref(),
            company: self.company.as_ref(),
            visit: self.visit.as_ref(),
            page_views: &self.page_views,
            intents: &self.intents,
            lists: &self.lists,
            now: now(),
        }
    }
}

fn ids<'a>(segments: impl IntoIterator<Item = &'a Segment>) -> Vec<i64> {
    segments.into_iter().map(|segment| segment.id.0).collect()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1_000))]

    // behaviour Q8 (in part)
    #[test]
    fn what_holds_is_found_as_if_every_rule_were_asked(catalog in catalog(), worlds in vec(world(), 1..6)) {
        for world in &worlds {
            let facts = world.facts();
            for subject in [Subject::Contact, Subject::Company] {
                let asked = catalog.announcing(subject).filter(|segment| catalog.matches(segment, &facts));
                prop_assert_eq!(ids(catalog.matching(subject, &facts)), ids(asked), "{:?}", world);
            }
        }
    }
}

fn segment(n: i64, rule: Value) -> Segment {
    Segment {
        id: SegmentId(n),
        name: String::new(),
        subject: Subject::Contact,
        rule: Rule::parse(&rule).unwrap(),
        enabled: true,
        actions: vec![Action::Webhook],
        frequency: Frequency::EveryVisit,
        revision: 0,
        created_at: now(),
        updated_at: now(),
    }
}

#[test]
fn a_number_is_found_by_a_text_that_equals_it() {
    let catalog = SegmentCatalog::new(vec![
        segment(1, json!({ "prop": "contact.traits.seats", "op": "eq", "value": "70.0" })),
        segment(2, json!({ "prop": "contact.traits.seats", "op": "in", "value": ["x", " 7e1 "] })),
        segment(3, json!({ "prop": "contact.traits.seats", "op": "eq", "value": "seventy" })),
    ]);
    let contact = Contact {
        id: ContactId::from(Uuid::nil()),
        email: None,
        user_id: None,
        company_id: None,
        profile: ContactProfile::default(),
        traits: [("seats".to_owned(), json!(70))].into_iter().collect(),
        identity: Default::default(),
        suppressed_at: None,
        created_at: now(),
        updated_at: now(),
    };
    let facts = Facts {
        contact: Some(&contact),
        company: None,
        visit: None,
        page_views: &[],
        intents: &[],
        lists: &[],
        now: now(),
    };
    assert_eq!(ids(catalog.matching(Subject::Contact, &facts)), [1, 2]);
}

#[test]
fn of_many_rules_only_those_that_come_close_are_candidates() {
    let rule = |n: i64| {
        json!({ "all": [
            { "prop": "contact.email", "op": "exists" },
            { "prop": "contact.title", "op": "contains", "value": "sales" },
            { "visited": { "path": format!("/page-{n:04}"), "match": "prefix" }, "within": "7d" },
        ]})
    };
    let catalog = SegmentCatalog::new((1..=1_000).map(|n| segment(n, rule(n))).collect());
    let index = super::Index::new(&catalog, &(0..1_000).collect::<Vec<_>>());
    let page_views = ["/page-0007/more", "/page-0500"].map(|path| PageView { path: path.to_owned(), at: now() });
    let facts = Facts {
        contact: None,
        company: None,
        visit: None,
        page_views: &page_views,
        intents: &[],
        lists: &[],
        now: now(),
    };
    assert_eq!(index.candidates(&facts).collect::<Vec<_>>(), [6, 499]);
}

/// What a marketer asks for, of ten thousand: a page of each, an account of each, a campaign of each.
fn one_of_many(n: i64) -> Value {
    match n % 4 {
        0 => json!({ "all": [
            { "prop": "contact.email", "op": "exists" },
            { "visited": { "path": format!("/solutions/s{n:05}"), "match": "prefix" }, "count": { "op": "gte", "value": 2 }, "within": "30d" },
        ]}),
        1 => json!({ "all": [
            { "visited": { "path": "/pricing", "match": "prefix" }, "within": "7d" },
            { "prop": "company.domain", "op": "in", "value": [format!("target-{n}.example"), format!("lost-{n}.example")] },
        ]}),
        2 => json!({ "all": [
            { "prop": "visit.utm.campaign", "op": "eq", "value": format!("campaign-{n}") },
            { "not": { "visited": { "path": "/careers", "match": "contains" } } },
        ]}),
        _ => json!({ "all": [
            { "intent": { "topic": [format!("topic-{n}")] }, "score": { "op": "gte", "value": 70 }, "within": "14d" },
            { "prop": "contact.title", "op": "contains_any", "value": ["vp", "head", "director"] },
        ]}),
    }
}

// behaviour Q15
#[test]
fn with_ten_thousand_segments_a_signal_looks_at_those_that_come_close() {
    const SEGMENTS: i64 = 10_000;
    let catalog = SegmentCatalog::new((1..=SEGMENTS).map(|n| segment(n, one_of_many(n))).collect());
    let index = super::Index::new(&catalog, &(0..SEGMENTS as usize).collect::<Vec<_>>());
    let view = |path: &str| PageView { path: path.to_owned(), at: now() };
    let page_views: Vec<PageView> = (1..=20).map(|n| view(&format!("/solutions/s{:05}/overview", n * 4))).collect();
    let twice = [page_views.clone(), page_views, vec![view("/pricing"), view("/docs/a"), view("/careers")]].concat();
    let intents = [Intent { topic: "topic-7".to_owned(), score: Some(90.0), source: None, observed_at: now() }];
    let facts = Facts {
        contact: None,
        company: None,
        visit: None,
        page_views: &twice,
        intents: &intents,
        lists: &[],
        now: now(),
    };
    let candidates: Vec<_> = index.candidates(&facts).collect();
    assert_eq!(candidates.len(), 21, "one for each page that is asked for, and one for the topic");
}

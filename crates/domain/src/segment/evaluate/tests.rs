//! When a rule holds.

use jiff::SignedDuration;
use serde_json::{Value, json};
use uuid::Uuid;

use super::*;
use crate::company::{CompanyProfile, Domain};
use crate::contact::ContactProfile;
use crate::email::Email;
use crate::id::{CompanyId, ContactId, VisitId, VisitorId};
use crate::list::List;
use crate::page_path::normalize;
use crate::segment::rule::tests::rule;
use crate::segment::rule::{CompanyProperty, ContactProperty, Lookback, Property, VisitProperty};
use crate::segment::{Action, Frequency, Segment, Subject};
use crate::visit::{Page, Utm};

fn now() -> Timestamp {
    "2024-04-15T14:32:00Z".parse().unwrap()
}

fn ago(hours: i64) -> Timestamp {
    now() - SignedDuration::from_hours(hours)
}

/// One person, account and visit, with everything filled in.
pub(super) struct World {
    contact: Contact,
    company: Company,
    visit: Visit,
    page_views: Vec<PageView>,
    intents: Vec<Intent>,
}

impl World {
    pub(super) fn new() -> World {
        let text = |text: &str| Some(text.to_owned());
        let traits = json!({
            "plan": "Pro", "seats": "25", "spend": 99.5, "trial": true, "big": 9007199254740993u64, "none": null,
            "tags": ["Early Adopter", "VIP", 7], "no_tags": [], "crm": {"stage": "Won", "owner": {"name": "Kim"}},
            "a.b": "flat", "renews": "2024-05-01", "signed": "2024-04-01T00:00:00Z", "blank": "",
        });
        World {
            contact: Contact {
                id: ContactId::from(Uuid::from_u128(1)),
                email: Email::parse("jane.doe@example.com"),
                user_id: text("u-1"),
                company_id: None,
                profile: ContactProfile {
                    first_name: text("Jane"),
                    last_name: text("Doe"),
                    title: text("VP Marketing"),
                    company: text("Acme Corp"),
                    linkedin_url: text("https://linkedin.com/in/janedoe"),
                    seniority: text("VP"),
                    department: text("Marketing"),
                    country: text("DE"),
                    phone: text("+49 30 1234"),
                },
                traits: traits.as_object().cloned().unwrap(),
                identity: Default::default(),
                suppressed_at: None,
                created_at: ago(100),
                updated_at: ago(100),
            },
            company: Company {
                id: CompanyId::from(Uuid::from_u128(2)),
                domain: Domain::parse("acme.com"),
                group_id: None,
                profile: CompanyProfile {
                    name: text("Acme Corp"),
                    linkedin_url: text("https://linkedin.com/company/acme"),
                    industry: text("Software"),
                    employees: Some(250),
                    country: text("US"),
                },
                traits: json!({"tier": 1}).as_object().cloned().unwrap(),
                created_at: ago(100),
                updated_at: ago(100),
            },
            visit: Visit {
                id: VisitId::from(Uuid::from_u128(3)),
                visitor_id: VisitorId::from(Uuid::from_u128(4)),
                started_at: ago(0),
                last_seen_at: ago(0),
                page_views: 3,
                first_visit: true,
                network_company_id: None,
                page: Page {
                    url: text("https://acme.test/Pricing?x=1"),
                    path: normalize("/Pricing"),
                    title: text("Pricing"),
                    partner_id: None,
                },
                referrer: text("https://www.google.com/"),
                utm: Utm {
                    source: text("newsletter"),
                    medium: text("email"),
                    campaign: text("spring"),
                    term: text("crm"),
                    content: text("button"),
                },
            },
            page_views: Vec::new(),
            intents: Vec::new(),
        }
    }

    pub(super) fn viewed(mut self, path: &str, hours_ago: i64) -> World {
        self.page_views.push(PageView { path: normalize(path), at: ago(hours_ago) });
        self
    }

    pub(super) fn interested(mut self, topic: &str, score: Option<f64>, hours_ago: i64) -> World {
        self.intents.push(Intent { topic: topic.to_owned(), score, source: None, observed_at: ago(hours_ago) });
        self
    }

    pub(super) fn facts(&self) -> Facts<'_> {
        Facts {
            contact: Some(&self.contact),
            company: Some(&self.company),
            visit: Some(&self.visit),
            page_views: &self.page_views,
            intents: &self.intents,
            lists: &[],
            now: now(),
        }
    }

    fn holds(&self, json: Value) -> bool {
        SegmentCatalog::default().holds(&rule(json), &self.facts())
    }

    fn passes(&self, prop: &str, op: &str, value: Value) -> bool {
        self.holds(json!({"prop": prop, "op": op, "value": value}))
    }
}

// behaviour Q8
#[test]
fn each_operator_on_a_text_says_what_its_name_says() {
    let world = World::new();
    let title = |op: &str, value: Value| world.passes("contact.title", op, value);
    assert!(title("eq", json!("vp marketing")) && !title("eq", json!("vp")));
    assert!(title("neq", json!("vp")) && !title("neq", json!("VP MARKETING")));
    assert!(title("in", json!(["cto", "VP marketing"])) && !title("in", json!(["cto"])));
    assert!(title("not_in", json!(["cto"])) && !title("not_in", json!(["cto", "VP marketing"])));
    assert!(title("contains", json!("MARKET")) && !title("contains", json!("sales")));
    assert!(title("not_contains", json!("sales")) && !title("not_contains", json!("market")));
    assert!(title("contains_any", json!(["sales", "Vp"])) && !title("contains_any", json!(["sales", "cto"])));
    assert!(title("starts_with", json!("vp ")) && !title("starts_with", json!("marketing")));
    assert!(title("ends_with", json!("MARKETING")) && !title("ends_with", json!("vp")));
    assert!(world.holds(json!({"prop": "contact.title", "op": "exists"})));
    assert!(!world.holds(json!({"prop": "contact.title", "op": "not_exists"})));
}

// behaviour Q8
#[test]
fn numbers_compare_as_numbers_also_when_they_are_texts() {
    let world = World::new();
    for property in ["company.employees", "contact.traits.seats", "contact.traits.spend"] {
        assert!(world.passes(property, "gt", json!(9)), "{property}: not as texts, where 9 is the greatest");
        assert!(world.passes(property, "lt", json!("1000")), "{property}");
    }
    assert!(
        world.passes("contact.traits.seats", "eq", json!(25))
            && world.passes("contact.traits.seats", "eq", json!(25.0))
    );
    assert!(
        world.passes("company.employees", "eq", json!("250"))
            && world.passes("company.employees", "in", json!(["250"]))
    );
    assert!(
        world.passes("company.employees", "gte", json!(250)) && !world.passes("company.employees", "gt", json!(250))
    );
    assert!(
        world.passes("company.employees", "lte", json!(250)) && !world.passes("company.employees", "lt", json!(250))
    );
    assert!(world.passes("contact.traits.spend", "gt", json!(99.25)));
    assert!(!world.passes("contact.traits.big", "eq", json!(9007199254740992u64)), "whole numbers compare exactly");
    for op in ["gt", "gte", "lt", "lte"] {
        assert!(!world.passes("contact.title", op, json!(1)), "a text that is no number is neither more nor less");
        assert!(!world.passes("contact.traits.trial", op, json!(1)), "{op}");
    }
    assert!(world.passes("company.employees", "starts_with", json!("25")), "a number is a text where one is asked for");
}

// behaviour Q8
#[test]
fn dates_compare_as_instants() {
    let world = World::new();
    assert!(world.passes("contact.traits.renews", "gt", json!("2024-04-30T23:00:00Z")));
    assert!(world.passes("contact.traits.renews", "gte", json!("2024-05-01")));
    assert!(!world.passes("contact.traits.renews", "gt", json!("2024-05-01")));
    assert!(world.passes("contact.traits.signed", "lte", json!("2024-04-01T02:00:00+02:00")));
    assert!(!world.passes("contact.traits.signed", "lt", json!("2024-04-01T02:00:00+02:00")));
    assert!(!world.passes("contact.traits.spend", "lt", json!("2024-04-01")), "a number is no date");
}

// behaviour Q8
#[test]
fn yes_and_no_compare_with_themselves_and_their_words() {
    let world = World::new();
    assert!(
        world.passes("contact.traits.trial", "eq", json!(true))
            && !world.passes("contact.traits.trial", "eq", json!(false))
    );
    assert!(
        world.passes("contact.traits.trial", "eq", json!("TRUE"))
            && !world.passes("contact.traits.trial", "eq", json!(1))
    );
    assert!(
        world.passes("visit.first_visit", "eq", json!(true)) && world.passes("visit.first_visit", "neq", json!(false))
    );
}

// behaviour Q8
#[test]
fn a_missing_property_makes_every_comparison_false_and_its_not_true() {
    let world = World::new();
    let values = json!({
        "eq": "a", "neq": "a", "in": ["a"], "not_in": ["a"], "contains": "a", "not_contains": "a", "contains_any": ["a"],
        "starts_with": "a", "ends_with": "a", "gt": 1, "gte": 1, "lt": 1, "lte": 1,
    });
    for property in
        ["contact.traits.none", "contact.traits.nobody", "contact.traits.crm.nobody", "contact.traits.plan.x"]
    {
        for (op, value) in values.as_object().unwrap() {
            assert!(!world.passes(property, op, value.clone()), "{property} {op}");
            assert!(world.holds(json!({"not": {"prop": property, "op": op, "value": value}})), "{property} {op}");
        }
        assert!(!world.holds(json!({"prop": property, "op": "exists"})), "{property}");
        assert!(world.holds(json!({"prop": property, "op": "not_exists"})), "{property}");
    }
}

#[test]
fn without_a_contact_company_or_visit_nothing_of_theirs_is_known() {
    let facts =
        Facts { contact: None, company: None, visit: None, page_views: &[], intents: &[], lists: &[], now: now() };
    for property in ["contact.email", "contact.traits.plan", "company.name", "company.traits.tier", "visit.path"] {
        let catalog = SegmentCatalog::default();
        assert!(!catalog.holds(&rule(json!({"prop": property, "op": "exists"})), &facts), "{property}");
        assert!(catalog.holds(&rule(json!({"prop": property, "op": "not_exists"})), &facts), "{property}");
    }
}

#[test]
fn every_property_finds_its_own_value() {
    let world = World::new();
    let expected = [
        ("contact.email", json!("jane.doe@example.com")),
        ("contact.first_name", json!("Jane")),
        ("contact.last_name", json!("Doe")),
        ("contact.title", json!("VP Marketing")),
        ("contact.company", json!("Acme Corp")),
        ("contact.linkedin_url", json!("https://linkedin.com/in/janedoe")),
        ("contact.seniority", json!("VP")),
        ("contact.department", json!("Marketing")),
        ("contact.country", json!("DE")),
        ("contact.phone", json!("+49 30 1234")),
        ("contact.user_id", json!("u-1")),
        ("company.domain", json!("acme.com")),
        ("company.name", json!("Acme Corp")),
        ("company.linkedin_url", json!("https://linkedin.com/company/acme")),
        ("company.industry", json!("Software")),
        ("company.employees", json!(250)),
        ("company.country", json!("US")),
        ("visit.url", json!("https://acme.test/Pricing?x=1")),
        ("visit.path", json!("/pricing")),
        ("visit.title", json!("Pricing")),
        ("visit.referrer", json!("https://www.google.com/")),
        ("visit.page_views", json!(3)),
        ("visit.first_visit", json!(true)),
        ("visit.utm.source", json!("newsletter")),
        ("visit.utm.medium", json!("email")),
        ("visit.utm.campaign", json!("spring")),
        ("visit.utm.term", json!("crm")),
        ("visit.utm.content", json!("button")),
        ("contact.traits.plan", json!("pro")),
        ("contact.traits.crm.owner.name", json!("kim")),
        ("contact.traits.a.b", json!("flat")),
        ("contact.traits.blank", json!("")),
        ("company.traits.tier", json!(1)),
    ];
    for (property, value) in &expected {
        assert!(world.passes(property, "eq", value.clone()), "{property}");
    }
    let named = ContactProperty::ALL.iter().map(|property| Property::Contact(*property));
    let named = named.chain(CompanyProperty::ALL.iter().map(|property| Property::Company(*property)));
    for property in named.chain(VisitProperty::ALL.iter().map(|property| Property::Visit(*property))) {
        assert!(expected.iter().any(|(name, _)| *name == property.to_string()), "{property} is not shown here");
    }
}

// behaviour Q8
#[test]
fn a_list_passes_what_an_element_passes() {
    let world = World::new();
    let tags = |op: &str, value: Value| world.passes("contact.traits.tags", op, value);
    assert!(tags("eq", json!("vip")) && tags("in", json!(["x", "vip"])) && tags("contains", json!("adopter")));
    assert!(tags("gt", json!(6)) && tags("starts_with", json!("early")) && !tags("eq", json!("v")));
    assert!(!tags("neq", json!("vip")) && !tags("not_in", json!(["vip"])) && !tags("not_contains", json!("adopter")));
    assert!(tags("neq", json!("x")) && tags("not_in", json!(["x"])) && tags("not_contains", json!("x")));
    assert!(!world.passes("contact.traits.no_tags", "contains", json!("x")));
    assert!(world.passes("contact.traits.no_tags", "not_contains", json!("x")));
    assert!(world.holds(json!({"prop": "contact.traits.crm", "op": "exists"})));
    assert!(!world.passes("contact.traits.crm", "contains", json!("won")), "an object is no text");
}

// behaviour Q8
#[test]
fn groups_combine_as_they_say_and_empty_ones_are_decided() {
    let world = World::new();
    let (yes, no) = (json!({"all": []}), json!({"any": []}));
    assert!(world.holds(yes.clone()) && !world.holds(no.clone()));
    assert!(world.holds(json!({"not": no})) && !world.holds(json!({"not": yes})));
    assert!(world.holds(json!({"all": [yes, yes]})) && !world.holds(json!({"all": [yes, no]})));
    assert!(world.holds(json!({"any": [no, yes]})) && !world.holds(json!({"any": [no, no]})));
    assert!(world.holds(json!({"all": [{"any": [no, {"not": no}]}, {"not": {"all": [yes, no]}}]})));
}

// behaviour Q8
#[test]
fn each_way_to_match_a_page_matches_its_pages_and_no_others() {
    let hits = |path: &str, path_match: &str, page: &str| {
        World::new().viewed(page, 1).holds(json!({"visited": {"path": path, "match": path_match}}))
    };
    for page in ["/pricing", "/Pricing/", "https://acme.test/PRICING?utm=1#top"] {
        for path in ["pricing", "/pricing", "/Pricing/", "https://acme.test/pricing?x"] {
            for path_match in ["contains", "exactly", "prefix"] {
                assert!(hits(path, path_match, page), "{path} {path_match} {page}");
            }
        }
    }
    assert!(hits("pricing", "contains", "/us/pricing-v2") && hits("pricing", "contains", "/us/our-pricing"));
    for typed in ["über uns", "%C3%BCber%20uns"] {
        assert!(hits(typed, "contains", "/de/%C3%BCber%20uns/team"), "{typed}, as browsers encode the page");
    }
    assert!(hits("/pricing", "contains", "/us/pricing") && !hits("/pricing", "contains", "/us/our-pricing"));
    assert!(!hits("pricing", "exactly", "/us/pricing") && !hits("pricing", "exactly", "/pricing/enterprise"));
    assert!(hits("pricing", "prefix", "/pricing/enterprise") && hits("pricing", "prefix", "/pricing-v2"));
    assert!(!hits("pricing", "prefix", "/us/pricing"));
    assert!(hits("/", "exactly", "https://acme.test") && !hits("/", "exactly", "/pricing"));
    assert!(
        World::new().viewed("/us/pricing", 1).holds(json!({"visited": {"path": "pricing"}})),
        "contains is the default"
    );
}

// behaviour Q8
#[test]
fn who_has_not_visited_is_found_with_not() {
    let has_not = json!({"not": {"visited": {"path": "/pricing"}, "within": "7d"}});
    assert!(World::new().viewed("/blog", 1).holds(has_not.clone()));
    assert!(!World::new().viewed("/pricing", 1).holds(has_not.clone()));
    assert!(World::new().viewed("/pricing", 8 * 24).holds(has_not));
}

// behaviour Q8
#[test]
fn at_least_three_within_seven_days_counts_the_matching_ones_inside_the_window() {
    let asks =
        json!({"visited": {"path": "/pricing", "match": "prefix"}, "count": {"op": "gte", "value": 3}, "within": "7d"});
    let two = || World::new().viewed("/pricing", 1).viewed("/pricing/enterprise", 100).viewed("/blog", 2);
    assert!(!two().holds(asks.clone()));
    assert!(two().viewed("/pricing", 7 * 24 + 14).holds(asks.clone()), "the first hour of that day");
    assert!(!two().viewed("/pricing", 7 * 24 + 15).holds(asks.clone()), "the day before");
    assert!(!two().viewed("/pricing", -1).holds(asks), "what has not happened yet is not within");
}

#[test]
fn each_count_operator_needs_at_least_one_page_view() {
    let holds = |views: usize, op: &str, value: u64| {
        let world = (0..views).fold(World::new(), |world, _| world.viewed("/a", 1));
        world.holds(json!({"visited": {"path": "/a"}, "count": {"op": op, "value": value}}))
    };
    assert!(holds(2, "eq", 2) && !holds(1, "eq", 2) && !holds(3, "eq", 2));
    assert!(holds(3, "gt", 2) && !holds(2, "gt", 2));
    assert!(holds(2, "gte", 2) && !holds(1, "gte", 2));
    assert!(holds(1, "lt", 2) && !holds(2, "lt", 2) && !holds(0, "lt", 2));
    assert!(holds(2, "lte", 2) && !holds(3, "lte", 2) && !holds(0, "lte", 2));
}

// behaviour Q8
#[test]
fn an_intent_holds_by_topic_score_and_time_of_one_and_the_same_signal() {
    let asks = json!({"intent": {"topic": ["crm", "Sales"]}, "score": {"op": "gte", "value": 70}, "within": "14d"});
    assert!(World::new().interested("CRM", Some(70.0), 14 * 24).holds(asks.clone()));
    assert!(World::new().interested("erp", Some(1.0), 1).interested("sales", Some(99.5), 1).holds(asks.clone()));
    for world in [
        World::new(),
        World::new().interested("erp", Some(90.0), 1),
        World::new().interested("crm", Some(69.9), 1),
        World::new().interested("crm", None, 1),
        World::new().interested("crm", Some(90.0), 14 * 24 + 15),
        World::new().interested("crm", Some(10.0), 1).interested("erp", Some(90.0), 1),
    ] {
        assert!(!world.holds(asks.clone()), "{:?}", world.intents);
    }
    for any_topic in [json!({"intent": {}}), json!({"intent": {"topic": []}})] {
        assert!(World::new().interested("erp", None, 10_000).holds(any_topic.clone()));
        assert!(!World::new().holds(any_topic));
    }
}

fn segment(id: i64, rule_json: Value) -> Segment {
    Segment {
        id: SegmentId(id),
        name: format!("Segment {id}"),
        subject: Subject::Contact,
        rule: rule(rule_json),
        enabled: true,
        actions: vec![Action::Webhook],
        frequency: Frequency::EveryVisit,
        revision: 1,
        created_at: now(),
        updated_at: now(),
    }
}

fn refers_to(ids: &[i64]) -> Value {
    json!({"all": ids.iter().map(|id| json!({"segment": id})).collect::<Vec<_>>()})
}

// behaviour Q8
#[test]
fn being_in_another_segment_is_a_matter_of_its_rule() {
    let world = World::new();
    let vps = json!({"prop": "contact.title", "op": "starts_with", "value": "vp"});
    let catalog = SegmentCatalog::new(vec![
        Segment { enabled: false, ..segment(1, vps) },
        segment(2, refers_to(&[1])),
        segment(3, json!({"not": {"segment": "2"}})),
        segment(4, refers_to(&[99])),
        segment(5, json!({"not": {"segment": "99"}})),
    ]);
    let matches = |id| catalog.matches(catalog.get(SegmentId(id)).unwrap(), &world.facts());
    assert!(matches(1), "whether or not it is enabled");
    assert!(matches(2) && !matches(3));
    assert!(!matches(4) && matches(5), "a segment that is gone has nobody in it");
    let facts = world.facts();
    let matching: Vec<_> = catalog.matching(Subject::Contact, &facts).iter().map(|segment| segment.id.0).collect();
    assert_eq!(matching, [2, 5]);
}

#[test]
fn only_enabled_segments_with_the_action_and_the_subject_announce() {
    let anyone = json!({"all": []});
    let catalog = SegmentCatalog::new(vec![
        segment(4, anyone.clone()),
        segment(1, anyone.clone()),
        Segment { enabled: false, ..segment(2, anyone.clone()) },
        Segment { actions: vec![], ..segment(3, anyone.clone()) },
        Segment { subject: Subject::Company, ..segment(5, anyone) },
    ]);
    let announcing = |subject| catalog.announcing(subject).map(|segment| segment.id.0).collect::<Vec<_>>();
    assert_eq!(announcing(Subject::Contact), [1, 4]);
    assert_eq!(announcing(Subject::Company), [5]);
}

#[test]
fn needs_are_those_of_announcing_segments_and_all_they_refer_to() {
    let visited = |within: &str| json!({"visited": {"path": "a"}, "within": within});
    let days = |days: i64| Some(Lookback::Window(SignedDuration::from_hours(24 * (days + 1) + 1)));
    let catalog = SegmentCatalog::new(vec![
        segment(1, json!({"any": [visited("1d"), {"segment": "2"}]})),
        Segment { enabled: false, ..segment(2, json!({"any": [visited("3d"), {"segment": "3"}]})) },
        Segment { enabled: false, ..segment(3, json!({"intent": {}, "within": "2d"})) },
        Segment { enabled: false, ..segment(4, visited("30d")) },
        Segment { subject: Subject::Company, ..segment(5, json!({"visited": {"path": "a"}})) },
    ]);
    assert_eq!(catalog.needs(Subject::Contact), Needs { page_views: days(3), intents: days(2), lists: false });
    assert_eq!(
        catalog.needs(Subject::Company),
        Needs { page_views: Some(Lookback::Ever), intents: None, lists: false }
    );
    let both = catalog.needs(Subject::Contact).and(catalog.needs(Subject::Company));
    assert_eq!(both, Needs { page_views: Some(Lookback::Ever), intents: days(2), lists: false });
    assert_eq!(SegmentCatalog::default().needs(Subject::Contact), Needs::default());
}

fn list(n: u128, subject: Subject) -> List {
    let id = ListId::from(Uuid::from_u128(n));
    List { id, name: format!("List {n}"), subject, created_at: now(), updated_at: now() }
}

#[test]
fn a_list_holds_for_those_who_are_on_it() {
    let (on, off) = (list(1, Subject::Company), list(2, Subject::Contact));
    let catalog = SegmentCatalog::default().with_lists(&[on.clone(), off.clone()]);
    let (world, lists) = (World::new(), [on.id]);
    let facts = Facts { lists: &lists, ..world.facts() };
    let told = |facts: &Facts<'_>, id: ListId| {
        let rule = rule(json!({ "list": id }));
        let finding = catalog.explain(&rule, facts);
        assert_eq!(finding.holds, catalog.holds(&rule, facts));
        (finding.holds, finding.wanted, finding.found.unwrap())
    };
    let said = |holds, wanted: &str, found: &str| (holds, wanted.to_owned(), found.to_owned());
    assert_eq!(told(&facts, on.id), said(true, "is on the list “List 1”", "the company is on it"));
    assert_eq!(told(&facts, off.id), said(false, "is on the list “List 2”", "the contact is not on it"));
    let nobody = Facts { contact: None, ..facts };
    assert_eq!(told(&nobody, off.id).2, "there is no contact that could be on it");
    let gone = list(3, Subject::Contact).id;
    assert_eq!(told(&facts, gone).2, "there is no such list");
}

#[test]
fn a_list_must_be_there_and_of_companies_for_a_company_segment() {
    let (people, accounts) = (list(1, Subject::Contact), list(2, Subject::Company));
    let catalog = SegmentCatalog::default().with_lists(&[people.clone(), accounts.clone()]);
    let gone = list(3, Subject::Contact).id;
    let asks = rule(json!({"all": [{"list": people.id}, {"not": {"list": accounts.id}}, {"any": [{"list": gone}]}]}));
    let wrong = |subject| {
        let found = catalog.check_references(None, subject, &asks).unwrap_err().0;
        found.into_iter().map(|field| (field.field, field.reason)).collect::<Vec<_>>()
    };
    let of_contacts = wrong(Subject::Contact);
    assert_eq!(of_contacts, [("/all/2/any/0/list".to_owned(), format!("there is no list {gone}"))]);
    let of_companies = wrong(Subject::Company);
    assert_eq!(of_companies[0].0, "/all/0/list");
    assert!(of_companies[0].1.contains("“List 1” is of contacts"), "{of_companies:?}");
    assert_eq!(of_companies.len(), 2);
}

#[test]
fn lists_are_needed_only_where_a_rule_or_one_below_it_asks_for_one() {
    let asks = json!({"not": {"list": list(1, Subject::Contact).id}});
    let catalog = SegmentCatalog::new(vec![
        segment(1, refers_to(&[2])),
        Segment { enabled: false, ..segment(2, asks.clone()) },
        Segment { subject: Subject::Company, ..segment(3, json!({"icp": true})) },
    ]);
    assert!(catalog.needs(Subject::Contact).lists && !catalog.needs(Subject::Company).lists);
    assert!(!catalog.needs(Subject::Contact).history());
    assert!(catalog.needs_of(&rule(asks)).lists && !catalog.needs_of(&rule(json!({"icp": true}))).lists);
}

fn refused(catalog: &SegmentCatalog, id: Option<i64>, json: Value) -> Vec<(String, String)> {
    let checked = catalog.check_references(id.map(SegmentId), Subject::Contact, &rule(json));
    checked
        .err()
        .map(|invalid| invalid.0)
        .unwrap_or_default()
        .into_iter()
        .map(|field| (field.field, field.reason))
        .collect()
}

#[test]
fn a_reference_must_lead_to_a_segment_about_the_same_subject() {
    let catalog = SegmentCatalog::new(vec![
        segment(1, json!({"all": []})),
        Segment { subject: Subject::Company, ..segment(2, json!({"all": []})) },
    ]);
    assert_eq!(refused(&catalog, None, refers_to(&[1])), []);
    let found =
        refused(&catalog, Some(1), json!({"any": [{"segment": "1"}, {"not": {"segment": "2"}}, {"segment": "3"}]}));
    let paths: Vec<_> = found.iter().map(|(path, _)| path.as_str()).collect();
    assert_eq!(paths, ["/any/0/segment", "/any/1/not/segment", "/any/2/segment"]);
    assert!(found[0].1.contains("its own") && found[1].1.contains("companies") && found[2].1.contains("no segment 3"));
}

#[test]
fn a_circle_is_refused_with_the_segments_on_it() {
    let catalog = SegmentCatalog::new(vec![
        segment(1, json!({"all": []})),
        segment(2, refers_to(&[1])),
        segment(3, refers_to(&[4, 2])),
        segment(4, json!({"all": []})),
    ]);
    let found = refused(&catalog, Some(1), json!({"any": [{"segment": "4"}, {"segment": "3"}]}));
    assert_eq!(found, [("/any/1/segment".to_owned(), "closes a circle of segments: 1 → 3 → 2 → 1".to_owned())]);
    assert_eq!(refused(&catalog, Some(4), refers_to(&[2])), [], "two ways to one segment are no circle");
    assert_eq!(refused(&catalog, None, refers_to(&[3])), []);
}

#[test]
fn a_circle_that_is_there_all_the_same_does_not_hold_and_comes_to_an_end() {
    let catalog = SegmentCatalog::new(vec![
        segment(1, json!({"not": {"segment": "2"}})),
        segment(2, json!({"any": [{"segment": "1"}, {"all": []}]})),
        segment(3, json!({"segment": "3"})),
        segment(4, refers_to(&[1])),
        segment(5, json!({"all": []})),
    ]);
    let world = World::new();
    let matches = |id| catalog.matches(catalog.get(SegmentId(id)).unwrap(), &world.facts());
    assert!(matches(1) && matches(2) && !matches(3) && !matches(4));
    assert_eq!(refused(&catalog, Some(1), refers_to(&[5])), [], "it can be mended");
}

#[test]
fn a_chain_is_bounded_wherever_it_is_lengthened() {
    let longest = i64::try_from(CHAIN_MAX).unwrap();
    let below = |id: i64| if id == 1 { refers_to(&[]) } else { refers_to(&[id - 1]) };
    let mut segments: Vec<Segment> = (1..=longest).map(|id| segment(id, below(id))).collect();
    let catalog = SegmentCatalog::new(segments.clone());
    let world = World::new();
    assert!(catalog.matches(catalog.get(SegmentId(longest)).unwrap(), &world.facts()));
    assert_eq!(refused(&catalog, None, refers_to(&[longest - 1])), [], "on top, as long as allowed");
    let too_long = refused(&catalog, None, refers_to(&[longest]));
    assert!(too_long[0].1.contains("more than 8"), "{too_long:?}");
    segments.push(segment(100, json!({"all": []})));
    let catalog = SegmentCatalog::new(segments);
    assert_eq!(refused(&catalog, Some(1), refers_to(&[100])).len(), 1, "at the bottom");
    assert_eq!(refused(&catalog, Some(longest), refers_to(&[100])), [], "at the top");
}

#[test]
fn many_ways_to_the_same_segment_are_decided_once() {
    // Asked again for every mention, this would be 20 to the 7th questions.
    let wide =
        |id: i64| if id == 1 { json!({"any": []}) } else { json!({"any": vec![json!({"segment": id - 1}); 20]}) };
    let catalog = SegmentCatalog::new((1..=8).map(|id| segment(id, wide(id))).collect());
    let world = World::new();
    let facts = world.facts();
    let mut evaluation = Evaluation::new(&catalog, &facts);
    assert!(!evaluation.holds(catalog.get(SegmentId(8)).unwrap().rule.root()));
    assert_eq!(evaluation.decided.len(), 7);
}

// behaviour Q8 (in part)
#[test]
fn seven_days_are_days_of_the_workspaces_calendar() {
    let zone = jiff::tz::TimeZone::get("Europe/Berlin").unwrap();
    let rule = json!({ "visited": { "path": "/pricing" }, "within": "7d" });
    let now: Timestamp = "2026-11-24T11:00:00Z".parse().unwrap();
    let seen = |at: &str, zone: &jiff::tz::TimeZone| {
        let views = [PageView { path: "/pricing".to_owned(), at: at.parse().unwrap() }];
        let facts =
            Facts { contact: None, company: None, visit: None, page_views: &views, intents: &[], lists: &[], now };
        let catalog = SegmentCatalog::default().with_time_zone(zone.clone());
        catalog.holds(&crate::segment::rule::Rule::parse(&rule).unwrap(), &facts)
    };
    assert!(seen("2026-11-16T23:00:00Z", &zone), "the first minute of the 17th in Berlin");
    assert!(!seen("2026-11-16T22:59:59Z", &zone));
    assert!(!seen("2026-11-16T23:00:00Z", &jiff::tz::TimeZone::UTC), "which is the 16th in UTC");
}

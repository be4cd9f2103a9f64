//! What a rule may say, and what is said of one that may not.

use proptest::prelude::*;
use serde_json::{Value, json};

use super::*;
use jiff::SignedDuration;
use uuid::Uuid;

/// A rule that must be right.
pub(in crate::segment) fn rule(json: Value) -> Rule {
    Rule::parse(&json).unwrap_or_else(|invalid| panic!("{json}: {invalid}"))
}

/// Where a rule is wrong.
fn wrong(json: &Value) -> Vec<String> {
    Rule::parse(json).unwrap_err().0.into_iter().map(|field| field.field).collect()
}

/// Where and why a rule is wrong, if it is wrong once.
fn wrong_once(json: &Value) -> (String, String) {
    let found = Rule::parse(json).unwrap_err().0;
    assert_eq!(found.len(), 1, "{found:?}");
    (found[0].field.clone(), found[0].reason.clone())
}

/// The rule shown in the documentation.
fn example() -> Value {
    json!({"all": [
        {"prop": "contact.title", "op": "contains_any", "value": ["vp", "head", "director"]},
        {"any": [
            {"visited": {"path": "/pricing", "match": "prefix"}, "count": {"op": "gte", "value": 3}, "within": "7d"},
            {"intent": {"topic": ["crm"]}, "score": {"op": "gte", "value": 70}, "within": "14d"}]},
        {"not": {"segment": "7264"}}]})
}

// behaviour Q8
#[test]
fn the_documented_example_reads_and_writes_itself_back() {
    let example = example();
    let rule = rule(example.clone());
    assert_eq!(rule.to_json(), example);
    assert_eq!(serde_json::from_str::<Rule>(&serde_json::to_string(&rule).unwrap()).unwrap(), rule);
    assert_eq!(rule.leaf_count(), 4);
    assert_eq!(rule.references(), [SegmentId(7264)]);
    assert_eq!(rule.page_view_window(), Some(Lookback::Window(SignedDuration::from_hours(8 * 24 + 1))));
    assert_eq!(rule.intent_window(), Some(Lookback::Window(SignedDuration::from_hours(15 * 24 + 1))));
}

#[test]
fn the_farthest_look_back_counts() {
    let visited = |within: &str| json!({"visited": {"path": "a"}, "within": within});
    let two = rule(json!({"any": [visited("72h"), {"not": visited("1d")}]}));
    assert_eq!(two.page_view_window(), Some(Lookback::Window(SignedDuration::from_hours(72))));
    assert_eq!(two.intent_window(), None);
    let ever = rule(json!({"any": [visited("366d"), {"visited": {"path": "a"}}, {"intent": {}}]}));
    assert_eq!(ever.page_view_window(), Some(Lookback::Ever));
    assert_eq!(ever.intent_window(), Some(Lookback::Ever));
}

#[test]
fn a_segment_is_referred_to_once_however_often_it_is_mentioned() {
    let rule = rule(json!({"any": [{"segment": "2"}, {"not": {"segment": 1}}, {"segment": "2"}]}));
    assert_eq!(rule.references(), [SegmentId(2), SegmentId(1)]);
}

#[test]
fn five_wrong_nodes_are_five_errors_at_their_paths() {
    let found = wrong(&json!({"all": [
        {"prop": "contact.shoe_size", "op": "eq", "value": 43},
        {"any": [
            {"prop": "contact.title", "op": "matches", "value": "vp"},
            {"visited": {"path": "/pricing"}, "within": "7w"},
            {"prop": "contact.title", "op": "exists"}]},
        {"not": {"all": [], "any": []}},
        {"when": "tomorrow"}]}));
    assert_eq!(found, ["/all/0/prop", "/all/1/any/0/op", "/all/1/any/1/within", "/all/2/not", "/all/3"]);
}

#[test]
fn two_wrong_parts_of_one_leaf_are_both_named() {
    let found = wrong(
        &json!({"visited": {"path": " ", "match": "regex", "host": "x"}, "count": {"op": "ge"}, "within": 7, "a/b~": 1}),
    );
    assert_eq!(
        found,
        ["/a~1b~0", "/visited/host", "/visited/match", "/visited/path", "/count/op", "/count/value", "/within"]
    );
}

#[test]
fn a_reason_says_what_would_be_right() {
    let says = |json: Value, path: &str, words: &[&str]| {
        let (at, reason) = wrong_once(&json);
        assert_eq!(at, path);
        for word in words {
            assert!(reason.contains(word), "{reason:?} does not say {word:?}");
        }
    };
    says(
        json!({"prop": "contact.x", "op": "exists"}),
        "/prop",
        &["contact.x", "linkedin_url", "contact.traits.<name>", "utm.source"],
    );
    says(json!({"prop": "contact.email", "op": "is"}), "/op", &["\"is\"", "eq, neq, in, not_in", "not_exists"]);
    says(json!({"prop": "contact.email"}), "/op", &["missing", "eq, neq"]);
    says(json!({"all": [], "segment": "1"}), "", &["all and segment"]);
    says(json!({}), "", &["all, any, not, prop, visited, intent, segment, icp, list", "nothing"]);
    says(json!({"op": "eq"}), "", &["\"op\""]);
    says(json!([]), "", &["a list"]);
    says(json!({"all": {}}), "/all", &["list of nodes", "an object"]);
    says(json!({"not": [{"all": []}]}), "/not", &["a list"]);
    says(json!({"any": [{"list": "vip"}]}), "/any/0/list", &["id of a list", "lst_"]);
    says(json!({"list": ["lst_0000000000000000000000000a"]}), "/list", &["id of a list"]);
    says(json!({"any": [{"icp": false}]}), "/any/0/icp", &["must be true", "not"]);
    says(json!({"icp": "true"}), "/icp", &["must be true"]);
    says(json!({"icp": true, "count": 3}), "/count", &["known are icp"]);
    says(json!({"segment": "07"}), "/segment", &["7264"]);
    says(json!({"visited": {"path": "a"}, "op": "gte"}), "/op", &["visited, count, within"]);
    says(json!({"visited": {}}), "/visited/path", &["missing"]);
    says(json!({"visited": "pricing"}), "/visited", &["path and match"]);
    says(json!({"intent": {"topic": 4}}), "/intent/topic", &["list of topics"]);
    says(json!({"intent": {"topic": ["crm", ""]}}), "/intent/topic/1", &["empty"]);
    says(json!({"intent": {}, "score": {"op": "gte", "value": 101}}), "/score/value", &["0 to 100"]);
}

#[test]
fn each_operator_takes_its_kind_of_value() {
    let fits =
        |op: &str, value: Value| Rule::parse(&json!({"prop": "contact.title", "op": op, "value": value})).is_ok();
    for op in ["eq", "neq"] {
        assert!(fits(op, json!("a")) && fits(op, json!("")) && fits(op, json!(1.5)) && fits(op, json!(true)), "{op}");
        assert!(!fits(op, json!(null)) && !fits(op, json!(["a"])) && !fits(op, json!({})), "{op}");
    }
    for op in ["in", "not_in"] {
        assert!(fits(op, json!(["a", 1, true])), "{op}");
        assert!(!fits(op, json!("a")) && !fits(op, json!([])) && !fits(op, json!([[]])), "{op}");
    }
    for op in ["contains", "not_contains", "starts_with", "ends_with"] {
        assert!(fits(op, json!("a")), "{op}");
        assert!(!fits(op, json!("")) && !fits(op, json!(1)) && !fits(op, json!(["a"])), "{op}");
    }
    assert!(
        fits("contains_any", json!(["a"])) && !fits("contains_any", json!("a")) && !fits("contains_any", json!([1]))
    );
    for op in ["gt", "gte", "lt", "lte"] {
        assert!(fits(op, json!(1)) && fits(op, json!("1.5")) && fits(op, json!("2024-04-15")), "{op}");
        assert!(fits(op, json!("2024-04-15T14:32:00+02:00")), "{op}");
        assert!(!fits(op, json!("many")) && !fits(op, json!("2024-02-30")) && !fits(op, json!("NaN")), "{op}");
        assert!(!fits(op, json!(true)), "{op}");
    }
    for op in ["exists", "not_exists"] {
        assert!(Rule::parse(&json!({"prop": "contact.title", "op": op})).is_ok());
        assert_eq!(wrong(&json!({"prop": "contact.title", "op": op, "value": null})), ["/value"]);
    }
    for op in Op::ALL.iter().filter(|op| !matches!(op, Op::Exists | Op::NotExists)) {
        assert_eq!(wrong(&json!({"prop": "contact.title", "op": op.as_str()})), ["/value"]);
    }
}

#[test]
fn a_tree_too_deep_is_named_where_it_becomes_so() {
    let nested = |depth: usize| (1..depth).fold(json!({"segment": "1"}), |node, _| json!({"not": node}));
    assert!(Rule::parse(&nested(DEPTH_MAX)).is_ok());
    assert_eq!(wrong(&nested(DEPTH_MAX + 1)), ["/not".repeat(DEPTH_MAX)]);
    assert_eq!(wrong(&nested(100)), ["/not".repeat(DEPTH_MAX)]);
}

#[test]
fn one_leaf_too_many_is_named_once_and_empty_groups_are_leaves() {
    for leaf in [json!({"segment": "1"}), json!({"all": []})] {
        let of = |count: usize| json!({"any": [{"not": leaf.clone()}, {"all": vec![leaf.clone(); count - 1]}]});
        assert_eq!(rule(of(LEAVES_MAX)).leaf_count(), LEAVES_MAX);
        assert_eq!(wrong(&of(LEAVES_MAX + 1)), ["/any/1/all/63"]);
        assert_eq!(wrong(&of(LEAVES_MAX * 3)), ["/any/1/all/63"]);
    }
}

#[test]
fn wrong_nodes_are_bounded_like_leaves() {
    let found = wrong(&json!({"all": vec![json!(1); 10_000]}));
    assert_eq!(found.len(), LEAVES_MAX + 2, "one more wrong node, and that it is one too many: {found:?}");
}

#[test]
fn texts_and_lists_are_bounded() {
    let eq = |text: String| json!({"prop": "contact.title", "op": "eq", "value": text});
    assert!(Rule::parse(&eq("é".repeat(TEXT_CHARS_MAX))).is_ok());
    assert_eq!(wrong(&eq("é".repeat(TEXT_CHARS_MAX + 1))), ["/value"]);
    let among = |count: usize| json!({"prop": "contact.title", "op": "in", "value": vec!["a"; count]});
    assert!(Rule::parse(&among(LIST_VALUES_MAX)).is_ok());
    assert_eq!(wrong(&among(LIST_VALUES_MAX + 1)), ["/value"]);
    let visited = |path: String| json!({"visited": {"path": path, "match": "exactly"}});
    assert!(Rule::parse(&visited("a".repeat(TEXT_CHARS_MAX - 1))).is_ok());
    assert_eq!(wrong(&visited("a".repeat(TEXT_CHARS_MAX))), ["/visited/path"], "the slash in front is one more");
    let (_, reason) = wrong_once(&json!({"prop": "x".repeat(10_000), "op": "exists"}));
    assert!(reason.len() < 1000, "a reason does not repeat what it was given at length");
}

#[test]
fn a_count_is_at_least_one_and_can_hold() {
    let count = |op: &str, value: Value| json!({"visited": {"path": "a"}, "count": {"op": op, "value": value}});
    for (op, value) in [("gte", json!(1)), ("lt", json!(2)), ("lte", json!(1)), ("eq", json!(COUNT_MAX))] {
        assert!(Rule::parse(&count(op, value)).is_ok());
    }
    assert_eq!(Rule::parse(&count("gte", json!(3.0))), Rule::parse(&count("gte", json!(3))));
    for (op, value) in
        [("gte", json!(0)), ("lt", json!(1)), ("gt", json!(1.5)), ("eq", json!("3")), ("eq", json!(1001))]
    {
        assert_eq!(wrong(&count(op, value)), ["/count/value"]);
    }
}

#[test]
fn a_path_is_kept_in_the_form_in_which_it_is_compared() {
    let path = |path: &str, path_match: Option<&str>| {
        let mut visited = json!({"path": path});
        if let Some(path_match) = path_match {
            visited["match"] = path_match.into();
        }
        rule(json!({ "visited": visited })).to_json()["visited"].clone()
    };
    assert_eq!(path("Pricing/", Some("exactly")), json!({"path": "/pricing", "match": "exactly"}));
    assert_eq!(path("https://acme.test/Pricing?x#y", Some("prefix")), json!({"path": "/pricing", "match": "prefix"}));
    assert_eq!(path(" Pricing ", None), json!({"path": "pricing", "match": "contains"}));
    assert_eq!(path("/Pricing/?x", None), json!({"path": "/pricing", "match": "contains"}));
    assert_eq!(path("https://acme.test/pricing", None)["path"], "/pricing");
    assert_eq!(path("/", None)["path"], "/");
    assert_eq!(path("/a /", Some("exactly"))["path"], "/a");
}

#[test]
fn a_company_segment_has_no_contact_to_look_at() {
    let rule = rule(json!({"all": [
        {"prop": "company.industry", "op": "exists"},
        {"not": {"prop": "contact.traits.plan", "op": "exists"}},
        {"any": [{"prop": "visit.path", "op": "exists"}, {"prop": "contact.email", "op": "exists"}]}]}));
    assert_eq!(rule.check_for(Subject::Contact), Ok(()));
    let found: Vec<_> = rule.check_for(Subject::Company).unwrap_err().0.into_iter().map(|field| field.field).collect();
    assert_eq!(found, ["/all/1/not/prop", "/all/2/any/1/prop"]);
}

#[test]
fn a_stored_rule_that_is_wrong_is_refused_with_its_path() {
    let error = serde_json::from_str::<Rule>(r#"{"any": [{"segment": ""}]}"#).unwrap_err();
    assert!(error.to_string().contains("/any/0/segment"), "{error}");
}

fn schema() -> jsonschema::Validator {
    let schema = schemars::SchemaGenerator::default().into_root_schema_for::<Rule>();
    jsonschema::validator_for(schema.as_value()).unwrap()
}

#[test]
fn the_schema_takes_the_example_and_refuses_what_is_no_node() {
    let schema = schema();
    assert!(schema.is_valid(&example()));
    for wrong in [
        json!([]),
        json!({}),
        json!({"all": {}}),
        json!({"all": [{"any": [{"nope": 1}]}]}),
        json!({"prop": "contact.email", "op": "is"}),
        json!({"visited": {"path": "a"}, "within": "7w"}),
        json!({"not": {"segment": "1"}, "all": []}),
    ] {
        assert!(!schema.is_valid(&wrong), "{wrong}");
    }
}

fn some_text() -> impl Strategy<Value = String> {
    prop_oneof![
        Just("vp".to_owned()),
        "[A-Za-z0-9/?# .-]{1,20}",
        "\\PC{1,12}",
        Just("https://acme.test/A/?b".to_owned()),
    ]
}

fn some_scalar() -> impl Strategy<Value = Value> {
    prop_oneof![
        some_text().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<u64>().prop_map(Value::from),
        any::<f64>().prop_map(Value::from).prop_filter("finite", |value| !value.is_null()),
        any::<bool>().prop_map(Value::from),
    ]
}

fn some_mark() -> impl Strategy<Value = Value> {
    prop_oneof![
        any::<i32>().prop_map(Value::from),
        any::<i32>().prop_map(|number| number.to_string().into()),
        Just(json!(" 1.5e3 ")),
        Just(json!("2024-04-15")),
        Just(json!("2024-04-15T14:32:00.125+02:00")),
    ]
}

fn some_property() -> impl Strategy<Value = String> {
    let named: Vec<String> = ContactProperty::ALL
        .iter()
        .map(|property| Property::Contact(*property).to_string())
        .chain(CompanyProperty::ALL.iter().map(|property| Property::Company(*property).to_string()))
        .chain(VisitProperty::ALL.iter().map(|property| Property::Visit(*property).to_string()))
        .collect();
    prop_oneof![proptest::sample::select(named), "(contact|company)\\.traits\\.[a-zA-Z_ ]{1,8}(\\.[a-z]{1,3}){0,2}",]
}

fn some_test() -> impl Strategy<Value = (Op, Option<Value>)> {
    proptest::sample::select(Op::ALL).prop_flat_map(|op| {
        let value = match op {
            Op::Eq | Op::Neq => some_scalar().prop_map(Some).boxed(),
            Op::In | Op::NotIn => {
                proptest::collection::vec(some_scalar(), 1..4).prop_map(|all| Some(all.into())).boxed()
            }
            Op::Contains | Op::NotContains | Op::StartsWith | Op::EndsWith => {
                some_text().prop_map(|text| Some(text.into())).boxed()
            }
            Op::ContainsAny => proptest::collection::vec(some_text(), 1..4).prop_map(|all| Some(all.into())).boxed(),
            Op::Gt | Op::Gte | Op::Lt | Op::Lte => some_mark().prop_map(Some).boxed(),
            Op::Exists | Op::NotExists => Just(None).boxed(),
        };
        (Just(op), value)
    })
}

fn some_extras(
    value: impl Strategy<Value = Value> + 'static,
) -> impl Strategy<Value = (Option<Value>, Option<String>)> {
    let order = proptest::sample::select(Order::ALL);
    let limit = (order, value).prop_map(|(op, value)| json!({"op": op.as_str(), "value": value}));
    (proptest::option::of(limit), proptest::option::of("[1-9][0-9]{0,1}[mhd]"))
}

fn some_leaf() -> impl Strategy<Value = Value> {
    let filled = || some_text().prop_filter("not blank", |text| !text.trim().is_empty());
    let prop = (some_property(), some_test()).prop_map(|(property, (op, value))| {
        let mut node = json!({"prop": property, "op": op.as_str()});
        node.as_object_mut().unwrap().extend(value.map(|value| ("value".to_owned(), value)));
        node
    });
    let path_match = proptest::option::of(proptest::sample::select(PathMatch::ALL));
    let visited = (filled(), path_match, some_extras((2u64..=COUNT_MAX).prop_map(Value::from)));
    let visited = visited.prop_map(|(path, path_match, (count, within))| {
        let mut node = json!({"visited": {"path": path}});
        if let Some(path_match) = path_match {
            node["visited"]["match"] = path_match.as_str().into();
        }
        let node_keys = node.as_object_mut().unwrap();
        node_keys.extend(count.map(|count| ("count".to_owned(), count)));
        node_keys.extend(within.map(|within| ("within".to_owned(), within.into())));
        node
    });
    let topics = prop_oneof![
        Just(json!({})),
        filled().prop_map(|topic| json!({ "topic": topic })),
        proptest::collection::vec(filled(), 0..3).prop_map(|topics| json!({ "topic": topics })),
    ];
    let score = prop_oneof![(0u64..=100).prop_map(Value::from), (0.0..=100.0).prop_map(|score: f64| score.into())];
    let intent = (topics, some_extras(score)).prop_map(|(intent, (score, within))| {
        let mut node = json!({ "intent": intent });
        let node_keys = node.as_object_mut().unwrap();
        node_keys.extend(score.map(|score| ("score".to_owned(), score)));
        node_keys.extend(within.map(|within| ("within".to_owned(), within.into())));
        node
    });
    let segment = (1u32..)
        .prop_flat_map(|id| prop_oneof![Just(json!({ "segment": id })), Just(json!({ "segment": id.to_string() }))]);
    let list = any::<u128>().prop_map(|id| json!({ "list": ListId::from(Uuid::from_u128(id)) }));
    prop_oneof![4 => prop, 2 => visited, 2 => intent, 1 => segment, 1 => Just(json!({ "icp": true })), 1 => list]
}

fn some_rule() -> impl Strategy<Value = Value> {
    some_leaf().prop_recursive(5, 40, 4, |node| {
        prop_oneof![
            proptest::collection::vec(node.clone(), 0..4).prop_map(|nodes| json!({ "all": nodes })),
            proptest::collection::vec(node.clone(), 0..4).prop_map(|nodes| json!({ "any": nodes })),
            node.prop_map(|node| json!({ "not": node })),
        ]
    })
}

fn any_json() -> impl Strategy<Value = Value> {
    let word = prop_oneof![
        proptest::sample::select(vec![
            "all", "any", "not", "prop", "op", "value", "visited", "path", "match", "count", "within", "intent",
            "topic", "score", "segment", "icp", "list",
        ])
        .prop_map(str::to_owned),
        "\\PC{0,4}",
    ];
    let leaf = prop_oneof![Just(Value::Null), some_scalar(), word.clone().prop_map(Value::from), some_leaf()];
    leaf.prop_recursive(20, 80, 4, move |json| {
        prop_oneof![
            proptest::collection::vec(json.clone(), 0..4).prop_map(Value::from),
            proptest::collection::hash_map(word.clone(), json.clone(), 0..3)
                .prop_map(|keys| Value::Object(keys.into_iter().collect())),
            json.prop_map(|json| json!({ "all": [json] })),
        ]
    })
}

proptest! {
    #[test]
    fn a_rule_reads_back_as_written_and_fits_the_schema(json in some_rule()) {
        let read = rule(json.clone());
        let written = serde_json::to_value(&read).unwrap();
        prop_assert_eq!(&Rule::parse(&written).unwrap(), &read);
        prop_assert_eq!(read.to_json(), written.clone(), "writing is stable");
        let schema = schema();
        prop_assert!(schema.is_valid(&json), "{}", json);
        prop_assert!(schema.is_valid(&written), "{}", written);
    }

    #[test]
    fn any_json_is_read_or_refused_with_paths_that_lead_somewhere(json in any_json()) {
        match Rule::parse(&json) {
            Ok(read) => prop_assert_eq!(Rule::parse(&read.to_json()).unwrap(), read),
            Err(invalid) => {
                prop_assert!(!invalid.0.is_empty());
                for field in invalid.0 {
                    // What is missing is not there, but what it is missing from is.
                    let parent = field.field.rsplit_once('/').map_or("", |(parent, _)| parent);
                    prop_assert!(json.pointer(&field.field).or(json.pointer(parent)).is_some(), "{}", field.field);
                }
            }
        }
    }
}

#[test]
fn every_rule_in_the_document_about_segments_is_one() {
    let document = include_str!("../../../../../docs/segments.md");
    let rules: Vec<_> = document.split("```json\n").skip(1).map(|part| part.split("```").next().unwrap()).collect();
    assert!(rules.len() >= 5, "{}", rules.len());
    for text in rules {
        let json: serde_json::Value = serde_json::from_str(text).unwrap();
        Rule::parse(&json).unwrap_or_else(|wrong| panic!("{wrong}: {text}"));
    }
}

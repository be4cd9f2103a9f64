//! What the extractors say.

use axum::body::Body;
use http::StatusCode;

use super::*;

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[allow(dead_code, reason = "read by serde only")]
struct Order {
    name: String,
    #[serde(default)]
    numbers: Option<Vec<u8>>,
    #[schemars(with = "Value")]
    payload: Box<RawValue>,
    #[serde(default)]
    kind: Option<Kind>,
}

#[derive(Debug, Deserialize, JsonSchema, PartialEq)]
#[serde(rename_all = "snake_case")]
enum Kind {
    Small,
    Large,
}

fn refused(body: &str) -> Problem {
    read_json::<Order>(body.as_bytes()).unwrap_err()
}

fn fields(problem: &Problem) -> Vec<String> {
    problem.body().errors.into_iter().map(|error| error.field).collect()
}

// behaviour A6
#[test]
fn every_wrong_field_is_named_at_once() {
    let problem = refused(r#"{"numbers":[1,"x",999],"payload":1e400,"nope":true,"kind":"huge"}"#);
    assert_eq!(problem.code(), Code::InvalidRequest);
    let mut named = fields(&problem);
    named.sort();
    assert_eq!(named, ["kind", "name", "nope", "numbers/1", "numbers/2"]);
}

#[test]
fn a_missing_body_and_a_wrong_moment_are_told_with_what_to_send() {
    #[derive(Debug, Deserialize, JsonSchema)]
    #[allow(dead_code, reason = "read by serde only")]
    struct Window {
        #[schemars(schema_with = "docs::timestamp")]
        since: jiff::Timestamp,
    }
    for nothing in ["", " \n"] {
        let problem = refused(nothing);
        assert_eq!(problem.code(), Code::InvalidJson);
        assert!(problem.body().detail.contains("no body"), "{problem:?}");
    }
    let problem = read_json::<Window>(br#"{"since":"2024-04-15"}"#).unwrap_err().body();
    assert_eq!(problem.errors[0].field, "since");
    assert!(problem.errors[0].reason.contains("2024-04-15T14:32:00Z"), "{problem:?}");
}

// behaviour A6
#[test]
fn a_wrong_word_is_one_wrong_field_with_the_right_ones_named() {
    #[derive(Debug, Deserialize, JsonSchema)]
    #[serde(rename_all = "snake_case")]
    #[allow(dead_code, reason = "read by serde only")]
    enum Told {
        /// In words.
        Words,
        /// In figures.
        Figures,
    }
    #[derive(Debug, Deserialize, JsonSchema)]
    #[allow(dead_code, reason = "read by serde only")]
    struct Account {
        plain: Kind,
        told: Told,
    }
    let reasons = |body: &str| {
        let errors = read_json::<Account>(body.as_bytes()).unwrap_err().body().errors;
        errors.into_iter().map(|error| (error.field, error.reason)).collect::<Vec<_>>()
    };
    for (value, type_wrong) in [("null", true), ("7", true), ("\"huge\"", false)] {
        let found = reasons(&format!(r#"{{"plain":{value},"told":{value}}}"#));
        let fields: Vec<_> = found.iter().map(|(field, _)| field.as_str()).collect();
        assert_eq!(fields, ["plain", "told"], "{value}");
        let expected = if type_wrong { ["string"; 2] } else { ["small", "words\", \"figures"] };
        for ((_, reason), expected) in found.iter().zip(expected) {
            assert!(reason.contains(expected), "{value}: {reason}");
        }
    }
}

// behaviour A6
#[test]
fn what_has_several_forms_is_held_against_the_one_its_mark_says() {
    #[derive(Debug, Deserialize, JsonSchema)]
    #[serde(tag = "kind", rename_all = "snake_case", deny_unknown_fields)]
    #[allow(dead_code, reason = "read by serde only")]
    enum Payment {
        Cash { amount: u8 },
        Card { number: String, code: String },
    }
    #[derive(Debug, Deserialize, JsonSchema)]
    #[allow(dead_code, reason = "read by serde only")]
    struct Purchase {
        payment: Option<Object<Payment>>,
    }
    let named = |payment: &str| {
        let mut named = fields(&read_json::<Purchase>(format!(r#"{{"payment":{payment}}}"#).as_bytes()).unwrap_err());
        named.sort();
        named
    };
    assert_eq!(named(r#"{"kind":"card","amount":1}"#), ["payment/amount", "payment/code", "payment/number"]);
    assert_eq!(named(r#"{"kind":"cash","number":"1","code":"2"}"#).len(), 3);
    assert_eq!(named(r#"{"kind":"cheque","amount":1}"#), ["payment/kind"]);
    assert_eq!(named(r#"{"amount":1}"#), ["payment/kind"]);
    assert_eq!(named("7"), ["payment"]);
    assert_eq!(named(r#"["cash", 1]"#), ["payment"]);
    let problem = read_json::<Purchase>(br#"{"payment":{"kind":"cheque"}}"#).unwrap_err();
    assert!(problem.body().errors[0].reason.contains(r#""cash", "card""#), "{problem:?}");
}

// behaviour A8
#[test]
fn an_unknown_field_is_refused_by_name() {
    let problem = refused(r#"{"name":"a","payload":1,"limit":5}"#);
    assert_eq!(fields(&problem), ["limit"]);
}

#[test]
fn what_is_not_json_says_where() {
    for (body, place) in [("{\"name\":", "line 1 column 8"), ("{\n  nope}", "line 2 column 3")] {
        let problem = refused(body);
        assert_eq!(problem.code(), Code::InvalidJson, "{body}");
        assert!(problem.body().detail.contains(place), "{problem:?}");
    }
    assert_eq!(read_json::<Order>(b"{\"name\":\"\xff\"}").unwrap_err().code(), Code::InvalidJson);
}

#[test]
fn a_wrong_shape_at_the_top_is_not_an_unreadable_body() {
    for body in ["[]", "5", "null", "\"x\"", "1e400"] {
        assert_eq!(refused(body).code(), Code::InvalidRequest, "{body}");
    }
}

#[test]
fn a_list_is_no_object() {
    assert_eq!(refused(r#" ["a", null, 1, null]"#).code(), Code::InvalidRequest);
    #[derive(Debug, Deserialize, JsonSchema)]
    struct Orders {
        orders: Vec<Object<Order>>,
    }
    let problem = read_json::<Orders>(br#"{"orders":[["a", null, 1, null]]}"#).unwrap_err();
    assert_eq!(fields(&problem), ["orders/0"]);
    let read: Orders = read_json(br#"{"orders":[{"name":"a","payload":1e400 }]}"#).unwrap();
    assert_eq!(read.orders[0].0.payload.get(), "1e400");
}

// behaviour S2
#[test]
fn raw_values_go_through_byte_for_byte() {
    let order: Order = read_json(br#"{"name":"a","payload": {"b" : 1e400, "b":1.0 ,"\u00e9":"\ud83d"} }"#).unwrap();
    assert_eq!(order.payload.get(), r#"{"b" : 1e400, "b":1.0 ,"\u00e9":"\ud83d"}"#);
}

#[test]
fn what_only_serde_can_tell_is_named_too() {
    let problem = refused(r#"{"name":"a","name":"b","payload":1}"#);
    assert_eq!(problem.code(), Code::InvalidRequest);
    assert!(problem.body().detail.contains("duplicate field `name`"), "{problem:?}");
    assert_eq!(fields(&refused(r#"{"name":"a","numbers":[1,2,-0.5e999],"payload":1}"#)), ["numbers/2"]);
}

#[test]
fn a_reason_does_not_repeat_the_value() {
    let problem = refused(r#"{"name":{"secret":"whsec_abc"},"payload":1}"#);
    assert_eq!(fields(&problem), ["name"]);
    assert!(!format!("{problem:?}").contains("whsec"), "{problem:?}");
}

async fn post(content_type: Option<&str>, body: &str) -> Result<Json<Order>, Problem> {
    let mut request = http::Request::post("/");
    if let Some(content_type) = content_type {
        request = request.header(CONTENT_TYPE, content_type);
    }
    Json::from_request(request.body(Body::from(body.to_owned())).unwrap(), &()).await
}

#[tokio::test]
async fn only_json_is_taken() {
    let good = r#"{"name":"a","payload":1}"#;
    for fine in [None, Some("application/json"), Some("Application/JSON; charset=utf-8"), Some("application/x+json")] {
        assert!(post(fine, good).await.is_ok(), "{fine:?}");
    }
    for odd in ["text/plain", "application/jsonx", "", "text/json"] {
        let problem = post(Some(odd), good).await.unwrap_err();
        assert_eq!(problem.into_response().status(), StatusCode::UNSUPPORTED_MEDIA_TYPE, "{odd}");
    }
}

#[derive(Debug, Default, Deserialize, JsonSchema, PartialEq)]
#[serde(default)]
struct Wanted {
    kind: Option<Kind>,
    since: Option<i64>,
}

async fn listing(query: &str) -> Result<Listing<Wanted>, Vec<String>> {
    let (mut parts, ()) = http::Request::get(format!("/?{query}")).body(()).unwrap().into_parts();
    Listing::from_request_parts(&mut parts, &()).await.map_err(|problem| fields(&problem))
}

#[tokio::test]
async fn filter_and_page_are_read_together() {
    let Listing { filter, page } = listing("kind=large&limit=7&since=5&cursor=abc").await.unwrap();
    assert_eq!(filter, Wanted { kind: Some(Kind::Large), since: Some(5) });
    assert_eq!(page, PageQuery { limit: Some(7), cursor: Some("abc".to_owned()) });
    assert_eq!(listing("").await.unwrap().page, PageQuery::default());
}

// behaviour A6
#[tokio::test]
async fn every_wrong_parameter_is_named_at_once() {
    let mut named = listing("kind=huge&limit=many&since=x&colour=red&cursor=a&cursor=b").await.unwrap_err();
    named.sort();
    assert_eq!(named, ["colour", "cursor", "kind", "limit", "since"]);
}

#[test]
fn a_parameter_has_no_null() {
    let mut schema = schemars::schema_for!(Wanted).to_value();
    let kind = &mut schema["properties"]["kind"];
    shape::without_null(kind);
    assert!(!kind.to_string().contains("null"), "{kind}");
    let mut limit = schemars::schema_for!(PageQuery).to_value()["properties"]["limit"].take();
    shape::without_null(&mut limit);
    assert_eq!(limit["type"], "integer");
}

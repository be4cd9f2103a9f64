//! Items as real clients send them.

use super::*;
use crate::testing::{ambient, email};
use serde_json::json;

fn received() -> Timestamp {
    "2026-11-23T09:00:00Z".parse().unwrap()
}

fn read_json(item: Value) -> Result<Signal, ItemError> {
    read(None, item.as_object().unwrap(), received(), None, &ambient())
}

fn body(item: Value) -> SignalBody {
    read_json(item).unwrap().body
}

fn code(item: Value) -> &'static str {
    read_json(item).unwrap_err().code
}

#[test]
fn a_server_identify_is_read_with_its_person_and_company() {
    let signal = read_json(json!({
        "timestamp": "2026-11-23T08:48:18.669Z", "integrations": {}, "type": "identify", "userId": "u1",
        "traits": { "email": "Ann@Example.com", "company": { "name": "Initech", "id": "c1" }, "plan": "pro" },
        "context": { "library": { "name": "@segment/analytics-node", "version": "3.1.0" } }, "messageId": "node-next-1",
    }))
    .unwrap();
    assert_eq!(signal.message_id.as_deref(), Some("node-next-1"));
    assert_eq!(signal.at, "2026-11-23T08:48:18.669Z".parse().unwrap());
    let SignalBody::Identify(person) = signal.body else { panic!("an identify") };
    assert_eq!(person.email, Some(email("ann@example.com")));
    assert_eq!(person.user_id.as_deref(), Some("u1"));
    assert_eq!(person.profile.company.as_deref(), Some("Initech"));
    assert_eq!(person.company.unwrap().group_id.as_deref(), Some("c1"));
    assert_eq!(Value::Object(person.traits), json!({ "plan": "pro" }));
}

#[test]
fn traits_of_the_context_are_taken_and_those_of_the_item_go_before_them() {
    let SignalBody::Identify(person) = body(json!({
        "type": "identify", "userId": "u1", "channel": "server",
        "context": { "traits": { "email": "ann@example.com", "title": "VP" } }, "traits": { "title": "CEO" },
    })) else {
        panic!("an identify")
    };
    assert_eq!(person.email, Some(email("ann@example.com")));
    assert_eq!(person.profile.title.as_deref(), Some("CEO"));
}

#[test]
fn traits_are_one_by_any_name_clients_give_them() {
    for said in [
        json!({ "firstName": "Ann", "lastName": "Lee", "jobTitle": "VP", "linkedinUrl": "https://l/ann", "phone": 123 }),
        json!({ "first_name": "Ann", "last_name": "Lee", "title": "VP", "linkedin_url": "https://l/ann", "phone": "123" }),
        json!({ "First Name": " Ann ", "Last Name": "Lee", "Title": "VP", "LinkedIn URL": "https://l/ann", "phone": "123" }),
    ] {
        let person = person_traits(said.as_object().unwrap());
        let of = |name| person.profile.field(name).unwrap_or_default().to_owned();
        assert_eq!(
            ["first_name", "last_name", "title", "linkedin_url", "phone"].map(of),
            ["Ann", "Lee", "VP", "https://l/ann", "123"],
            "{said}"
        );
        assert!(person.traits.is_empty(), "{said}");
    }
}

#[test]
fn what_is_no_field_stays_a_trait_and_nothing_is_taken_for_an_address_that_is_none() {
    let said =
        json!({ "email": "nobody", "name": "Ann Lee", "plan": null, "seats": 4, "title": "", "phone": { "home": 1 } });
    let person = person_traits(said.as_object().unwrap());
    assert_eq!(person.email, None);
    assert_eq!(person.profile, Default::default());
    assert_eq!(Value::Object(person.traits), json!({ "name": "Ann Lee", "seats": 4, "phone": { "home": 1 } }));
}

#[test]
fn a_company_is_read_from_a_group() {
    let signal = read_json(json!({
        "type": "group", "userId": "u1", "groupId": "c1",
        "traits": { "name": "Initech", "website": "https://www.Initech.com/about", "employee_count": "1,200", "plan": "x" },
    }))
    .unwrap();
    assert_eq!(signal.from.group_id.as_deref(), Some("c1"));
    let SignalBody::Group(company) = signal.body else { panic!("a group") };
    assert_eq!(company.group_id.as_deref(), Some("c1"));
    assert_eq!(company.domain.unwrap().as_str(), "initech.com");
    assert_eq!((company.profile.name.as_deref(), company.profile.employees), (Some("Initech"), Some(1_200)));
    assert_eq!(Value::Object(company.traits), json!({ "plan": "x" }));
    assert_eq!([json!(5.0), json!(5.5), json!("many")].map(|said| employees(&said)), [Some(5), None, None]);
}

#[test]
fn a_domain_goes_before_a_website_in_either_order() {
    for said in [
        json!({ "website": "https://blog.host.test", "domain": "acme.test" }),
        json!({ "domain": "acme.test", "website": "https://blog.host.test" }),
    ] {
        assert_eq!(company_traits(said.as_object().unwrap()).domain.unwrap().as_str(), "acme.test");
    }
}

#[test]
fn a_browser_page_is_read_with_its_campaign() {
    let SignalBody::Page { page, referrer, utm } = body(json!({
        "type": "page", "anonymousId": "f26", "userId": null, "name": "Home", "category": "Docs",
        "properties": { "path": "/Pricing/", "referrer": "", "search": "?utm_source=x", "title": "Prices",
                        "url": "https://acme.test/Pricing/?utm_source=x" },
        "context": { "campaign": { "source": "news", "medium": "email", "name": "spring" },
                     "page": { "referrer": "https://news.test/" } },
    })) else {
        panic!("a page")
    };
    assert_eq!(page.path, "/pricing");
    assert_eq!(page.url.as_deref(), Some("https://acme.test/Pricing/?utm_source=x"));
    assert_eq!(page.title.as_deref(), Some("Prices"));
    assert_eq!(referrer.as_deref(), Some("https://news.test/"), "blank is absent");
    assert_eq!((utm.source.as_deref(), utm.campaign.as_deref()), (Some("news"), Some("spring")));
}

#[test]
fn what_a_page_passes_through_for_a_partner_is_kept_with_the_page() {
    let partner_id = |said: Value| {
        let item = json!({ "type": "page", "anonymousId": "a", "context": { "partnerId": said } });
        let SignalBody::Page { page, .. } = body(item) else { panic!("a page") };
        page.partner_id
    };
    assert_eq!(partner_id(json!("{\"id\":7}")).as_deref(), Some("{\"id\":7}"));
    assert_eq!(partner_id(json!(42)).as_deref(), Some("42"));
    assert_eq!((partner_id(json!(" ")), partner_id(json!({ "id": 7 })), partner_id(Value::Null)), (None, None, None));
    assert_eq!(partner_id(json!("x".repeat(1_000))).unwrap().len(), page::PARTNER_ID_CHARS_MAX);
}

#[test]
fn what_a_page_leaves_out_is_found_around_it() {
    let SignalBody::Page { page, referrer, utm } = body(json!({
        "type": "page", "anonymousId": "a",
        "context": { "page": { "url": "https://acme.test/blog/x?utm_campaign=a%20b&utm_term=t#top", "title": "X", "referrer": "$direct" } },
    })) else {
        panic!("a page")
    };
    assert_eq!((page.path.as_str(), page.title.as_deref(), referrer), ("/blog/x", Some("X"), None));
    assert_eq!((utm.campaign.as_deref(), utm.term.as_deref(), utm.source), (Some("a b"), Some("t"), None));
}

#[test]
fn a_screen_is_a_page_by_its_name() {
    let SignalBody::Page { page, .. } = body(json!({ "type": "screen", "userId": "u", "name": "Settings" })) else {
        panic!("a page")
    };
    assert_eq!((page.path.as_str(), page.title.as_deref()), ("/settings", Some("Settings")));
}

#[test]
fn the_path_of_the_request_tells_the_kind_before_the_item_does() {
    let item = json!({ "type": "page", "userId": "u", "event": "Signed Up" });
    let signal = read(Some(Kind::Track), item.as_object().unwrap(), received(), None, &ambient()).unwrap();
    assert_eq!(signal.body, SignalBody::Track { event: "Signed Up".to_owned() });
    for (short, long) in
        [("i", "identify"), ("t", "track"), ("p", "page"), ("s", "screen"), ("g", "group"), ("a", "alias")]
    {
        assert_eq!(Kind::parse(short), Kind::parse(long));
    }
    assert_eq!(Kind::parse("merge"), None);
}

// behaviour W4
#[test]
fn an_item_without_a_signal_is_told_by_a_stable_code() {
    assert_eq!(code(json!({ "userId": "u" })), "unknown_type");
    assert_eq!(code(json!({ "type": "dance", "userId": "u" })), "unknown_type");
    assert_eq!(code(json!({ "type": "page" })), "identity_required");
    assert_eq!(code(json!({ "type": "page", "userId": "", "anonymousId": null })), "identity_required");
    assert_eq!(code(json!({ "type": "page", "userId": "undefined", "anonymousId": {} })), "identity_required");
    assert_eq!(code(json!({ "type": "track", "userId": "u", "event": " " })), "event_required");
    assert_eq!(code(json!({ "type": "alias", "userId": "u" })), "previous_id_required");
    for id in ["userId", "anonymousId", "messageId", "groupId"] {
        let mut item = json!({ "type": "page", "anonymousId": "a" });
        item[id] = "x".repeat(KEY_BYTES_MAX + 1).into();
        assert_eq!(code(item), "id_too_long", "{id}");
    }
    assert_eq!(
        code(json!({ "type": "page", "userId": "u", "properties": { "x": "y".repeat(ITEM_BYTES_MAX) } })),
        "too_large"
    );
}

#[test]
fn ids_are_taken_as_numbers_and_in_snake_case() {
    let signal = read_json(json!({ "type": "page", "user_id": 42, "anonymous_id": " b " })).unwrap();
    assert_eq!((signal.from.user_id.as_deref(), signal.from.anonymous_id.as_deref()), (Some("42"), Some("b")));
}

#[test]
fn an_alias_with_equal_ids_is_taken() {
    assert_eq!(
        body(json!({ "type": "alias", "userId": "u1", "previousId": "u1" })),
        SignalBody::Alias { previous_id: "u1".to_owned() }
    );
}

#[test]
fn the_group_may_stand_in_the_context() {
    let signal = read_json(json!({ "type": "page", "anonymousId": "a", "context": { "groupId": "g1" } })).unwrap();
    assert_eq!(signal.from.group_id.as_deref(), Some("g1"));
}

#[test]
fn what_is_kept_of_an_item_is_all_but_the_write_key() {
    let signal = read_json(json!({ "type": "page", "anonymousId": "a", "writeKey": "secret", "extra": [1] })).unwrap();
    assert_eq!(signal.raw, r#"{"type":"page","anonymousId":"a","extra":[1]}"#);
}

#[test]
fn texts_hold_no_nul_and_are_cut() {
    let SignalBody::Track { event } =
        body(json!({ "type": "track", "userId": "u", "event": format!("a\0{}", "b".repeat(1_000)) }))
    else {
        panic!("a track")
    };
    assert!(event.starts_with("ab"));
    assert_eq!(event.chars().count(), NAME_CHARS_MAX);
}

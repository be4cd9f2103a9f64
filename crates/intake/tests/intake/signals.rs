//! From a signal to events and deliveries on disk.

use super::*;
use beckon_domain::email::Email;
use beckon_domain::segment::Subject;
use beckon_domain::segment::rule::Rule;
use beckon_intake::{ContactUpsert, Taken};
use beckon_store::{IntakeStore, PeopleStore};
use jiff::SignedDuration;
use serde_json::json;

fn identify(browser: &str, email: &str) -> Value {
    json!({ "type": "identify", "anonymousId": browser, "traits": { "email": email } })
}

fn page(browser: &str, path: &str) -> Value {
    json!({ "type": "page", "anonymousId": browser, "properties": { "path": path, "url": format!("https://acme.test{path}") } })
}

fn pricing_times(times: u64) -> Rule {
    let rule = json!({ "visited": { "path": "/pricing" }, "count": { "op": "gte", "value": times }, "within": "7d" });
    Rule::parse(&rule).unwrap()
}

// behaviour Q1 (in part)
#[tokio::test]
async fn a_page_view_of_a_contact_becomes_an_event_and_a_delivery() {
    let house = House::open().await;
    let (webhook, segment) = (house.webhook().await, house.everybody().await);
    let taken = house.submit([identify("b", "ann@acme.test"), page("b", "/pricing")]).await;

    let [event] = &house.events().await[..] else { panic!("one event") };
    let told: Value = serde_json::from_slice(&event.payload).unwrap();
    assert_eq!(event.event_type, "contact.visited");
    assert_eq!(told["contact"]["email"], "ann@acme.test");
    assert_eq!(told["segment"]["id"], segment.id.to_string());
    assert_eq!(told["visit"]["url"], "https://acme.test/pricing");
    assert_eq!(event.delivery_count, 1);
    let [delivery] = &house.deliveries().await[..] else { panic!("one delivery") };
    assert_eq!((delivery.webhook_id, &delivery.event_id), (webhook.id, &event.id));

    let signals = house.store.list_signals(house.workspace, &SignalFilter::default(), latest()).await.unwrap().rows;
    assert_eq!(signals.len(), 2);
    let Taken::Stored { contact_id: Some(contact), .. } = taken[1] else { panic!("{taken:?}") };
    assert!(signals.iter().all(|signal| signal.contact_id == Some(contact)));
    assert_eq!(house.store.get_contact(house.workspace, contact).await.unwrap().email, Email::parse("ann@acme.test"));
}

// behaviour Q2
// behaviour Q3
#[tokio::test]
async fn a_visit_is_announced_once_over_many_batches_and_the_next_one_again() {
    let house = House::open().await;
    house.everybody().await;
    house.submit([identify("b", "ann@acme.test")]).await;
    for _ in 0..4 {
        house.submit([page("b", "/")]).await;
        house.clock.advance(SignedDuration::from_mins(20));
    }
    assert_eq!(house.events().await.len(), 1);
    house.clock.advance(SignedDuration::from_mins(11));
    house.submit([page("b", "/")]).await;
    assert_eq!(house.events().await.len(), 2);
}

// behaviour Q2
#[tokio::test]
async fn the_third_page_of_a_visit_can_be_the_one_that_fires() {
    let house = House::open().await;
    house.segment(Segment { rule: pricing_times(3), ..a_segment() }).await;
    house.submit([identify("b", "ann@acme.test")]).await;
    for seen in [0, 0, 1, 1] {
        house.submit([page("b", "/pricing")]).await;
        assert_eq!(house.events().await.len(), seen);
    }
}

// behaviour Q4
#[tokio::test]
async fn pages_stored_before_the_visitor_was_identified_count_for_the_contact() {
    let house = House::open().await;
    house.segment(Segment { rule: pricing_times(2), ..a_segment() }).await;
    house.submit([page("b", "/pricing")]).await;
    house.submit([page("b", "/pricing")]).await;
    assert_eq!(house.events().await.len(), 0);
    house.submit([identify("b", "ann@acme.test")]).await;
    assert_eq!(house.events().await.len(), 1);

    house.clock.advance(SignedDuration::from_hours(1));
    house.submit([page("b", "/")]).await;
    assert_eq!(house.events().await.len(), 2, "they are the contact's for good");
}

// behaviour Q5
#[tokio::test]
async fn a_shared_browser_keeps_two_contacts_apart_over_batches() {
    let house = House::open().await;
    house.segment(Segment { rule: pricing_times(2), ..a_segment() }).await;
    for person in ["ann@acme.test", "bob@acme.test"] {
        house.submit([identify("b", person)]).await;
        house.submit([page("b", "/pricing")]).await;
    }
    assert_eq!(house.events().await.len(), 0);
    let contacts = house.store.list_contacts(house.workspace, &ContactFilter::default(), latest()).await.unwrap();
    assert_eq!(contacts.rows.len(), 2);
}

// behaviour Q6 (in part)
#[tokio::test]
async fn an_anonymous_visitor_of_a_group_announces_the_company_without_a_contact() {
    let house = House::open().await;
    let webhook = house.webhook().await;
    house.segment(Segment { subject: Subject::Company, ..a_segment() }).await;
    house.submit([json!({ "type": "group", "anonymousId": "b", "groupId": "g1", "traits": { "name": "Acme", "website": "acme.test" } })]).await;
    house.submit([page("b", "/")]).await;
    let [event] = &house.events().await[..] else { panic!("one event") };
    let told: Value = serde_json::from_slice(&event.payload).unwrap();
    assert_eq!(event.event_type, "company.visited");
    assert_eq!(told["company"], json!({ "name": "Acme", "domain": "acme.test" }));
    assert_eq!(told.get("contact"), None);
    assert_eq!(house.deliveries().await[0].webhook_id, webhook.id);
}

// behaviour Q7
#[tokio::test]
async fn an_intent_signal_of_an_imported_contact_is_announced_with_its_topic() {
    let house = House::open().await;
    let rule = Rule::parse(&json!({ "prop": "contact.title", "op": "contains", "value": "vp" })).unwrap();
    house.segment(Segment { rule, ..a_segment() }).await;
    let ann = ContactUpsert {
        email: Email::parse("ann@acme.test").into(),
        profile: [("title".to_owned(), Some("VP Sales".to_owned()))].into(),
        ..ContactUpsert::default()
    };
    assert!(house.intake.upsert_contacts(house.workspace, vec![ann]).await.unwrap()[0].as_ref().unwrap().created);

    let report = |email: &str| beckon_intake::intent::IntentReport {
        person: tracking::person_traits(json!({ "email": email }).as_object().unwrap()),
        topic: "crm".to_owned(),
        score: Some(82.0),
        raw: "{}".to_owned(),
        ..Default::default()
    };
    let signals = ["ann@acme.test", "bob@acme.test"]
        .map(|email| beckon_intake::intent::intent_signal(report(email), house.ambient.now(), &house.ambient).unwrap());
    house.intake.submit(house.workspace, signals.to_vec()).await.unwrap();
    let [event] = &house.events().await[..] else { panic!("one event") };
    let told: Value = serde_json::from_slice(&event.payload).unwrap();
    assert_eq!(event.event_type, "contact.intent");
    assert_eq!((&told["intent"]["topic"], &told["intent"]["score"]), (&json!("crm"), &json!(82.0)));
}

// behaviour Q9 (in part)
#[tokio::test]
async fn a_change_of_a_segment_acts_on_the_next_signal() {
    let house = House::open().await;
    let segment = house.segment(Segment { enabled: false, ..a_segment() }).await;
    house.submit([identify("b", "ann@acme.test"), page("b", "/")]).await;
    assert_eq!(house.events().await.len(), 0);
    house.store.update_segment(house.workspace, &Segment { enabled: true, ..segment }).await.unwrap();
    house.submit([page("b", "/")]).await;
    assert_eq!(house.events().await.len(), 1);
}

// behaviour Q11
#[tokio::test]
async fn a_message_id_is_one_signal_over_batches() {
    let house = House::open().await;
    house.everybody().await;
    let mut item = page("b", "/");
    item["userId"] = "u1".into();
    item["messageId"] = "m1".into();
    assert!(matches!(house.submit([item.clone()]).await[0], Taken::Stored { .. }));
    let again = house.submit([item.clone(), item]).await;
    assert_eq!(again, [Taken::Duplicate, Taken::Duplicate]);
    assert_eq!(house.events().await.len(), 1);
    let contact = house.store.list_signals(house.workspace, &SignalFilter::default(), latest()).await.unwrap();
    assert_eq!(contact.rows.len(), 1);
}

// behaviour R7
#[tokio::test]
async fn a_webhook_disabled_before_a_signal_is_owed_nothing() {
    let house = House::open().await;
    let webhook = house.webhook().await;
    house.everybody().await;
    house.submit([identify("b", "ann@acme.test"), page("b", "/")]).await;
    assert_eq!(house.deliveries().await.len(), 1);
    let webhook = house.store.get_webhook(house.workspace, webhook.id).await.unwrap();
    house.store.update_webhook(&Webhook { enabled: false, ..webhook }).await.unwrap();
    house.submit([identify("c", "bob@acme.test"), page("c", "/")]).await;
    let counts: Vec<u32> = house.events().await.iter().map(|event| event.delivery_count).collect();
    assert_eq!(counts, [0, 1], "newest first");
}

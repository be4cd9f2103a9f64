//! Events published directly.

use super::*;
use beckon_domain::catalog::{EventType, Origin};
use beckon_domain::channel::Channel;
use beckon_domain::event::EventId;
use beckon_domain::invalid::Invalid;
use beckon_intake::{Publication, PublishedEvent, Refusal};
use beckon_store::config::ConfigStore;
use bytes::Bytes;
use serde_json::json;

fn publication(id: Option<&str>, event_type: &str, payload: &str) -> Publication {
    Publication {
        id: id.map(|id| EventId::parse(id).unwrap()),
        event_type: event_type.to_owned(),
        payload: Bytes::from(payload.to_owned()),
        channels: vec![],
    }
}

impl House {
    async fn publish(&self, publication: Publication) -> Result<PublishedEvent, Refusal> {
        self.publisher.publish(self.workspace, vec![publication]).await.unwrap().remove(0)
    }

    async fn event_type(&self, name: &str, schema: Option<Value>, example: Option<Value>) {
        let event_type = EventType {
            name: name.to_owned(),
            description: String::new(),
            schema,
            example,
            origin: Origin::Workspace,
            created_at: self.ambient.now(),
            updated_at: self.ambient.now(),
        };
        self.store.create_event_type(self.workspace, &event_type).await.unwrap();
    }

    async fn webhook_for(&self, event_type: &str) -> Webhook {
        let webhook = Webhook { id: self.ambient.new_id(), event_types: vec![event_type.to_owned()], ..a_webhook() };
        self.store.create_webhook(&webhook).await.unwrap();
        webhook
    }
}

fn fields(refused: Result<PublishedEvent, Refusal>) -> Vec<String> {
    match refused {
        Err(Refusal::Invalid(Invalid(fields))) => fields.into_iter().map(|field| field.field).collect(),
        other => panic!("{other:?}"),
    }
}

// behaviour S1
#[tokio::test]
async fn a_published_event_has_a_stable_id_and_is_on_disk_with_what_it_owes() {
    let house = House::open().await;
    house.event_type("invoice.paid", None, None).await;
    let webhook = house.webhook_for("invoice.paid").await;
    let published = house.publish(publication(None, "invoice.paid", r#"{"total":1}"#)).await.unwrap();
    assert!(published.first && published.event.id.as_str().starts_with("evt_"));
    let stored = house.store.get_event(house.workspace, &published.event.id).await.unwrap();
    assert_eq!(stored, published.event);
    let [delivery] = &house.deliveries().await[..] else { panic!("one delivery") };
    assert_eq!(delivery.webhook_id, webhook.id);
}

// behaviour S2
#[tokio::test]
async fn the_payload_is_stored_byte_for_byte() {
    let house = House::open().await;
    house.event_type("odd.bytes", Some(json!({ "type": "object" })), None).await;
    let odd = "{ \"a\": 1,\"a\" :2, \"n\":1e400, \"u\":\"\\u00e9\\ud800é\", \"s\":\"\\/\" } \n ";
    let published = house.publish(publication(None, "odd.bytes", odd)).await.unwrap();
    let stored = house.store.get_event(house.workspace, &published.event.id).await.unwrap();
    assert_eq!(&stored.payload[..], odd.as_bytes());
}

// behaviour A2
#[tokio::test]
async fn the_same_event_again_is_told_of_the_first_and_another_of_its_id_is_refused() {
    let house = House::open().await;
    house.event_type("invoice.paid", None, None).await;
    house.webhook_for("invoice.paid").await;
    let again = publication(Some("inv-1"), "invoice.paid", r#"{"total":1}"#);
    let first = house.publish(again.clone()).await.unwrap();
    house.clock.advance(jiff::SignedDuration::from_secs(60));
    let second = house.publish(again.clone()).await.unwrap();
    assert_eq!((first.first, second.first), (true, false));
    assert_eq!(first.event, second.event);
    let other_bytes = Publication { payload: Bytes::from_static(br#"{"total": 1}"#), ..again.clone() };
    let other_channels = Publication { channels: vec![Channel::parse("vip").unwrap()], ..again.clone() };
    for other in [other_bytes, other_channels] {
        let refused = house.publish(other).await.unwrap_err();
        assert_eq!(refused, Refusal::IdTaken { id: first.event.id.clone(), created_at: first.event.created_at });
    }
    assert_eq!(house.deliveries().await.len(), 1);
}

// behaviour A2
#[tokio::test]
async fn the_same_event_from_many_at_once_and_twice_in_one_call_is_one() {
    let house = Arc::new(House::open().await);
    house.event_type("invoice.paid", None, None).await;
    house.webhook_for("invoice.paid").await;
    let one = publication(Some("inv-1"), "invoice.paid", "{}");
    let publishers: Vec<_> = (0..20)
        .map(|_| {
            let (house, one) = (house.clone(), one.clone());
            tokio::spawn(async move { house.publisher.publish(house.workspace, vec![one.clone(), one]).await.unwrap() })
        })
        .collect();
    let mut firsts = 0;
    for publisher in publishers {
        firsts += publisher.await.unwrap().iter().filter(|published| published.as_ref().unwrap().first).count();
    }
    assert_eq!((firsts, house.events().await.len(), house.deliveries().await.len()), (1, 1, 1));
}

// behaviour R6
#[tokio::test]
async fn what_violates_its_schema_is_refused_with_the_json_pointer_and_fails_alone() {
    let house = House::open().await;
    let schema = json!({ "type": "object", "properties": { "lines": { "items": { "type": "number" } } } });
    house.event_type("invoice.paid", Some(schema), None).await;
    let publications =
        [r#"{"lines":[1]}"#, r#"{"lines":[1,"2"]}"#, "not json"].map(|text| publication(None, "invoice.paid", text));
    let mut published = house.publisher.publish(house.workspace, publications.to_vec()).await.unwrap();
    assert_eq!(fields(published.remove(2)), ["payload"]);
    assert_eq!(fields(published.remove(1)), ["/payload/lines/1"]);
    assert!(published[0].is_ok());
    assert_eq!(house.events().await.len(), 1);
}

// behaviour R5
#[tokio::test]
async fn an_event_type_that_is_unknown_or_only_beckons_own_is_refused() {
    let house = House::open().await;
    for event_type in ["invoice.paid", "", "webhook.disabled", "delivery.exhausted"] {
        assert_eq!(fields(house.publish(publication(None, event_type, "{}")).await), ["type"], "{event_type}");
    }
    let example = beckon_domain::catalog::built_in().remove(0).example.unwrap().to_string();
    assert!(house.publish(publication(None, "contact.visited", &example)).await.is_ok());
    assert!(house.publish(publication(None, "contact.visited", "{}")).await.is_err(), "its schema holds");
}

// behaviour L9
#[tokio::test]
async fn a_payload_over_the_limit_is_refused() {
    let house = House::with(Options { payload_bytes_max: 100, ..Options::default() }).await;
    house.event_type("a.b", None, None).await;
    let of = |bytes: usize| publication(None, "a.b", &format!("\"{}\"", "x".repeat(bytes - 2)));
    assert!(house.publish(of(100)).await.is_ok());
    assert_eq!(house.publish(of(101)).await.unwrap_err(), Refusal::TooLarge { bytes: 101, bytes_max: 100 });
}

// behaviour R2
// behaviour R10
#[tokio::test]
async fn channels_decide_who_takes_an_event_and_nobody_may() {
    let house = House::open().await;
    house.event_type("a.b", None, None).await;
    let limited =
        Webhook { channels: vec![Channel::parse("segment_1").unwrap()], ..house.webhook_for("other.type").await };
    let limited = Webhook { id: house.ambient.new_id(), event_types: vec!["a.b".to_owned()], ..limited };
    house.store.create_webhook(&limited).await.unwrap();
    let labelled = |channel: &str| Publication {
        channels: vec![Channel::parse(channel).unwrap(); 2],
        ..publication(None, "a.b", "{}")
    };
    let counts = [labelled("segment_1"), labelled("segment_2"), publication(None, "a.b", "{}")];
    let published = house.publisher.publish(house.workspace, counts.to_vec()).await.unwrap();
    let counts: Vec<u32> = published.iter().map(|one| one.as_ref().unwrap().event.delivery_count).collect();
    assert_eq!(counts, [1, 0, 0]);
    assert_eq!(published[0].as_ref().unwrap().event.channels.len(), 1, "a repeat is one");
}

// behaviour R7
#[tokio::test]
async fn a_webhook_disabled_a_moment_ago_is_owed_nothing() {
    let house = House::open().await;
    house.event_type("a.b", None, None).await;
    let webhook = house.webhook_for("a.b").await;
    house.publish(publication(None, "a.b", "{}")).await.unwrap();
    let webhook = house.store.get_webhook(house.workspace, webhook.id).await.unwrap();
    let before = house.store.config_version(house.workspace);
    house.store.update_webhook(&Webhook { enabled: false, ..webhook }).await.unwrap();
    assert!(house.store.config_version(house.workspace) > before);
    let published = house.publish(publication(None, "a.b", "{}")).await.unwrap();
    assert_eq!(published.event.delivery_count, 0);
}

#[tokio::test]
async fn a_test_event_says_the_example_and_goes_to_its_webhook_only() {
    let house = House::open().await;
    let webhook = Webhook { channels: vec![Channel::parse("segment_1").unwrap()], ..house.webhook_for("a.b").await };
    let test = async |event_type: &str, payload: Option<&'static str>| {
        let payload = payload.map(|text| Bytes::from_static(text.as_bytes()));
        house.publisher.test_event(house.workspace, &webhook, event_type, payload).await.unwrap()
    };
    let event = test("contact.visited", None).await.unwrap();
    let told: Value = serde_json::from_slice(&event.payload).unwrap();
    assert_eq!(told, beckon_domain::catalog::built_in()[0].example.clone().unwrap());
    assert!(event.source.test);
    assert_eq!(event.deliveries.iter().map(|delivery| delivery.webhook_id).collect::<Vec<_>>(), [webhook.id]);
    assert!(test("webhook.disabled", None).await.is_ok(), "notices can be tried out");

    house.event_type("a.b", None, None).await;
    assert_eq!(&test("a.b", None).await.unwrap().payload[..], br#"{"event":"a.b"}"#);
    assert_eq!(&test("a.b", Some("[1]")).await.unwrap().payload[..], b"[1]");
    assert!(test("a.b", Some("[1")).await.is_err());
    assert!(test("no.such", None).await.is_err());
    assert_eq!(house.events().await.len(), 0, "nothing is stored here");
}

//! Facts about events.

use beckon_domain::event::{Event, EventId, EventSource, NewEvent};
use beckon_domain::id::SegmentId;
use bytes::Bytes;

use super::deliveries::acme_and_others;
use super::given::{at, channel};
use super::{Given, assert_not_found, assert_refused, assert_stale, everything, garbage, walk};
use crate::events::{EventFilter, Published};
use crate::{PageRequest, SharedStore, StoreError};

fn as_read(event: &NewEvent) -> Event {
    Event {
        id: event.id.clone(),
        event_type: event.event_type.clone(),
        channels: event.channels.clone(),
        payload: event.payload.clone(),
        source: event.source.clone(),
        created_at: event.created_at,
        delivery_count: event.deliveries.len() as u32,
    }
}

// behaviour S2
/// With all it carries.
pub async fn a_published_event_is_read_back_byte_for_byte(store: &SharedStore) {
    let given = Given::new(store).await;
    let (one, two) = (given.webhook().await.id, given.webhook().await.id);
    let event = NewEvent {
        id: EventId::parse("order-1_A").unwrap(),
        channels: vec![channel(8), channel(7)],
        payload: Bytes::from_static("{\"a\":1e400,\"a\":\"\u{1f600}\\u0000\" }  \n".as_bytes()),
        source: EventSource {
            segment_id: Some(SegmentId(7264)),
            contact_id: Some(given.ambient.new_id()),
            company_id: Some(given.ambient.new_id()),
            visit_id: Some(given.ambient.new_id()),
            test: false,
        },
        ..given.an_event(&[one, two])
    };
    given.publish(&event).await;
    assert_eq!(store.get_event(given.workspace, &event.id).await.unwrap(), as_read(&event));
    let due = given.only_due(one).await;
    assert_eq!((&due.payload, &due.event_id, &due.channels), (&event.payload, &event.id, &event.channels));
    let shouted = EventId::parse("ORDER-1_A").unwrap();
    assert_not_found(store.get_event(given.workspace, &shouted).await);
}

// behaviour A2
/// Within a call and across calls; the first one is shown.
pub async fn an_id_that_is_taken_stores_nothing(store: &SharedStore) {
    let given = Given::new(store).await;
    let webhook = given.webhook().await.id;
    let version = store.config_version(given.workspace);
    let first = given.an_event(&[webhook]);
    let twin = NewEvent {
        payload: Bytes::from_static(b"2"),
        id: first.id.clone(),
        channels: vec![channel(9)],
        ..given.an_event(&[webhook])
    };
    let next = given.an_event(&[webhook]);
    let batch = vec![first.clone(), twin.clone(), next.clone()];
    let published = store.publish_events(given.workspace, version, batch).await.unwrap();
    let exists = Published::Exists(Box::new(as_read(&first)));
    assert_eq!(published, [Published::Stored, exists.clone(), Published::Stored]);
    let published = store.publish_events(given.workspace, version, vec![twin]).await.unwrap();
    assert_eq!(published, [exists]);

    let due: Vec<_> = given.due(webhook).await.iter().map(|due| due.delivery_id).collect();
    assert_eq!(due, [first.deliveries[0].id, next.deliveries[0].id]);
    let labelled = EventFilter { channel: Some(channel(9)), ..EventFilter::default() };
    assert_eq!(store.list_events(given.workspace, &labelled, everything()).await.unwrap().rows, []);
}

// behaviour R9
/// Ids that publishers choose do not collide between tenants.
pub async fn an_id_can_be_taken_in_each_workspace(store: &SharedStore) {
    let given = Given::new(store).await;
    let other = given.other().await;
    let event = given.an_event(&[]);
    given.publish(&event).await;
    let theirs = NewEvent { workspace_id: other.workspace, payload: Bytes::from_static(b"2"), ..event.clone() };
    other.publish(&theirs).await;
    assert_eq!(store.get_event(given.workspace, &event.id).await.unwrap().payload, event.payload);
    assert_eq!(store.get_event(other.workspace, &event.id).await.unwrap().payload, theirs.payload);
}

// behaviour R7
/// So that a webhook that was disabled gets nothing from the moment that call returned.
pub async fn what_was_routed_with_an_old_config_is_stale(store: &SharedStore) {
    let given = Given::new(store).await;
    let webhook = given.webhook().await;
    let routed_at = store.config_version(given.workspace);
    store.delete_webhook(given.workspace, webhook.id, given.now()).await.unwrap();
    let event = given.an_event(&[webhook.id]);
    assert_stale(store.publish_events(given.workspace, routed_at, vec![event.clone()]).await);
    assert_not_found(store.get_event(given.workspace, &event.id).await);
    assert_eq!(given.due(webhook.id).await, []);
    assert_not_found(store.publish_events(given.ambient.new_id(), 1, vec![]).await);
}

/// All of a call or nothing.
pub async fn an_event_of_another_workspace_is_refused(store: &SharedStore) {
    let given = Given::new(store).await;
    let other = given.other().await;
    let (mine, theirs) = (given.an_event(&[]), other.an_event(&[]));
    let version = store.config_version(given.workspace);
    let batch = vec![mine.clone(), theirs.clone()];
    assert_refused(store.publish_events(given.workspace, version, batch).await);
    assert_not_found(store.get_event(given.workspace, &mine.id).await);
    assert_not_found(store.get_event(other.workspace, &theirs.id).await);
}

// behaviour R10
/// It is there, shows zero deliveries, and the queue knows nothing of it.
pub async fn an_event_without_takers_costs_no_queue_work(store: &SharedStore) {
    let given = Given::new(store).await;
    let elsewhere = given.webhook().await;
    let event = given.an_event(&[]);
    given.publish(&event).await;
    assert_eq!(store.get_event(given.workspace, &event.id).await.unwrap().delivery_count, 0);
    assert_eq!(store.list_due_webhooks().await.unwrap(), []);
    assert_eq!(given.due(elsewhere.id).await, []);
}

// behaviour A5
/// Type, label, time and about whom, each alone and all together.
pub async fn events_are_listed_by_every_combination_of_filters(store: &SharedStore) {
    let given = Given::new(store).await;
    let other = given.other().await;
    let sources = acme_and_others(&given).await;
    let mut all = Vec::new();
    for n in 0..24 {
        let event = NewEvent {
            event_type: ["a.a", "b.b"][n % 2].to_owned(),
            channels: [vec![], vec![channel(7)], vec![channel(7), channel(8)]][n % 3].clone(),
            source: sources[n % sources.len()].clone(),
            ..given.an_event(&[])
        };
        given.publish(&event).await;
        other
            .publish(&NewEvent {
                id: EventId::generate(&given.ambient),
                workspace_id: other.workspace,
                ..event.clone()
            })
            .await;
        all.push(as_read(&event));
        if n % 2 == 1 {
            given.tick();
        }
    }
    all.reverse();
    for combination in 0..32 {
        let on = |bit: u32| combination & (1 << bit) != 0;
        let filter = EventFilter {
            event_type: on(0).then(|| "a.a".to_owned()),
            channel: on(1).then(|| channel(7)),
            since: on(2).then(|| at(3)),
            until: on(3).then(|| at(9)),
            about: on(4).then(|| "acme".to_owned()),
        };
        let fits = |event: &&Event| {
            (!on(0) || event.event_type == "a.a")
                && (!on(1) || event.channels.contains(&channel(7)))
                && (!on(2) || event.created_at >= at(3))
                && (!on(3) || event.created_at < at(9))
                && (!on(4) || sources[1..4].contains(&event.source))
        };
        let wanted: Vec<_> = all.iter().filter(fits).cloned().collect();
        let listed = walk(3, async |page| store.list_events(given.workspace, &filter, page).await).await;
        assert_eq!(listed, wanted, "{filter:?}");
    }
}

// behaviour A4
/// Also when many are of one moment.
pub async fn events_are_paged_completely_while_more_arrive(store: &SharedStore) {
    let given = Given::new(store).await;
    let mut ids = Vec::new();
    for n in 0..20 {
        let event = given.an_event(&[]);
        given.publish(&event).await;
        ids.push(event.id);
        if n == 10 {
            given.tick();
        }
    }
    ids.reverse();
    let listed = walk(3, async |page| {
        let answer = store.list_events(given.workspace, &EventFilter::default(), page).await;
        given.publish(&given.an_event(&[])).await;
        answer
    });
    assert_eq!(listed.await.into_iter().map(|event| event.id).collect::<Vec<_>>(), ids);
    for cursor in garbage() {
        let page = PageRequest { after: Some(cursor), ..PageRequest::default() };
        let answer = store.list_events(given.workspace, &EventFilter::default(), page).await;
        assert!(matches!(&answer, Err(StoreError::Refused(why)) if why.contains("cursor")), "{answer:?}");
    }
}

// behaviour R9
/// Neither read nor listed.
pub async fn an_event_of_another_workspace_is_not_found(store: &SharedStore) {
    let given = Given::new(store).await;
    let other = given.other().await;
    let theirs = other.an_event(&[]);
    other.publish(&theirs).await;
    assert_not_found(store.get_event(given.workspace, &theirs.id).await);
    assert_eq!(store.list_events(given.workspace, &EventFilter::default(), everything()).await.unwrap().rows, []);
}

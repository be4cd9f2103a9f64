//! Facts about reading deliveries and attempts.

use std::collections::HashSet;

use beckon_domain::company::Company;
use beckon_domain::contact::Contact;
use beckon_domain::delivery::{Delivery, DeliveryStatus, Trigger, Verdict};
use beckon_domain::event::{EventId, EventSource, NewEvent};
use beckon_domain::id::DeliveryId;

use super::given::{at, channel};
use super::intake::commit;
use super::{Given, assert_not_found, assert_refused, everything, garbage, walk};
use crate::deliveries::{AttemptsOf, DeliveryFilter};
use crate::events::EventFilter;
use crate::intake::{IntakeChanges, SignalFilter};
use crate::{PageRequest, SharedStore, StoreError};

// behaviour V2
/// As soon as it is owed.
pub async fn a_delivery_begins_pending_and_due(store: &SharedStore) {
    let given = Given::new(store).await;
    let webhook = given.webhook().await.id;
    let event = given.an_event(&[webhook]);
    given.publish(&event).await;
    let delivery = Delivery {
        id: event.deliveries[0].id,
        event_id: event.id.clone(),
        event_type: event.event_type.clone(),
        channels: event.channels.clone(),
        webhook_id: webhook,
        status: DeliveryStatus::Pending,
        attempt_count: 0,
        next_attempt_at: Some(event.created_at),
        created_at: event.created_at,
        updated_at: event.created_at,
    };
    assert_eq!(given.read(delivery.id).await, delivery);
    let due = given.only_due(webhook).await;
    assert_eq!((due.delivery_id, due.workspace_id, due.webhook_id), (delivery.id, given.workspace, webhook));
    assert_eq!((due.trigger, due.due_at), (Trigger::Schedule, event.created_at));
    assert_eq!((due.attempt_count, due.scheduled_attempts), (0, 0));
    assert_eq!(due.event_type, event.event_type);
}

/// Deliveries of every status, two types, some labels, two webhooks, about some people, over a dozen seconds, newest
/// first; and the events about somebody of Acme.
async fn a_mixture(given: &Given) -> (Vec<Delivery>, HashSet<EventId>) {
    let sources = acme_and_others(given).await;
    let mut about_acme = HashSet::new();
    let webhooks = [given.webhook().await.id, given.webhook().await.id];
    let mut ids = Vec::new();
    for n in 0..40 {
        let event = NewEvent {
            event_type: ["a.a", "b.b"][n % 2].to_owned(),
            channels: [vec![], vec![channel(7)], vec![channel(8), channel(7)]][n % 3].clone(),
            source: sources[n % sources.len()].clone(),
            ..given.an_event(&[webhooks[(n / 2) % 2], webhooks[(n / 3) % 2]][..1 + n % 2])
        };
        if (1..4).contains(&(n % sources.len())) {
            about_acme.insert(event.id.clone());
        }
        given.publish(&event).await;
        ids.extend(event.deliveries.iter().map(|delivery| delivery.id));
        if n % 3 == 2 {
            given.tick();
        }
    }
    for (n, id) in ids.iter().enumerate() {
        let due = given.due(webhooks[0]).await.into_iter().chain(given.due(webhooks[1]).await);
        let due = due.into_iter().find(|due| due.delivery_id == *id).unwrap();
        match n % 5 {
            0 => given.finish(given.finished(&due, Verdict::RetryAt(at(9_000)))).await,
            1 => given.finish(given.finished(&due, Verdict::Delivered)).await,
            2 => given.finish(given.finished(&due, Verdict::Failed)).await,
            3 => drop(given.store.cancel_delivery(given.workspace, *id, given.now()).await.unwrap()),
            _ => {}
        }
    }
    let mut deliveries = Vec::new();
    for id in ids.iter().rev() {
        deliveries.push(given.read(*id).await);
    }
    (deliveries, about_acme)
}

/// Nobody; Jane of Acme, Acme, Joe of Acme; somebody else.
pub(super) async fn acme_and_others(given: &Given) -> [EventSource; 5] {
    let acme = given.a_company("acme.com");
    let [jane, joe, else_] = ["jane@acme.com", "joe@acme.com", "x@else.test"].map(|email| given.a_contact(email));
    let source = |contact: Option<&Contact>, company: Option<&Company>| EventSource {
        contact_id: contact.map(|contact| contact.id),
        company_id: company.map(|company| company.id),
        ..EventSource::default()
    };
    let sources = [
        EventSource::default(),
        source(Some(&jane), Some(&acme)),
        source(None, Some(&acme)),
        source(Some(&joe), None),
        source(Some(&else_), None),
    ];
    let changes = IntakeChanges { contacts: vec![jane, joe, else_], companies: vec![acme], ..IntakeChanges::default() };
    commit(given, changes).await.unwrap();
    sources
}

// behaviour A5
/// Webhook, event, status, type, label, since, until, about: each alone and with every other.
pub async fn deliveries_are_listed_by_every_combination_of_filters(store: &SharedStore) {
    let given = Given::new(store).await;
    let other = given.other().await;
    a_mixture(&other).await;
    let (all, about_acme) = a_mixture(&given).await;
    assert_eq!(DeliveryStatus::ALL.into_iter().filter(|status| all.iter().any(|one| one.status == *status)).count(), 5);
    let (from, to) = (all[all.len() - 9].created_at, all[4].created_at);
    for status in [DeliveryStatus::Failed, DeliveryStatus::Delivered] {
        let model = all.iter().rev().find(|delivery| delivery.status == status && delivery.channels.len() == 2);
        let model = model.unwrap();
        for combination in 0..256 {
            let on = |bit: u32| combination & (1 << bit) != 0;
            let filter = DeliveryFilter {
                webhook_id: on(0).then_some(model.webhook_id),
                event_id: on(1).then(|| model.event_id.clone()),
                status: on(2).then_some(status),
                event_type: on(3).then(|| model.event_type.clone()),
                channel: on(4).then(|| channel(7)),
                since: on(5).then_some(from),
                until: on(6).then_some(to),
                about: on(7).then(|| "Acm".to_owned()),
            };
            let fits = |delivery: &&Delivery| {
                (!on(0) || delivery.webhook_id == model.webhook_id)
                    && (!on(1) || delivery.event_id == model.event_id)
                    && (!on(2) || delivery.status == status)
                    && (!on(3) || delivery.event_type == model.event_type)
                    && (!on(4) || delivery.channels.contains(&channel(7)))
                    && (!on(5) || delivery.created_at >= from)
                    && (!on(6) || delivery.created_at < to)
                    && (!on(7) || about_acme.contains(&delivery.event_id))
            };
            let wanted: Vec<_> = all.iter().filter(fits).cloned().collect();
            let listed = walk(7, async |page| store.list_deliveries(given.workspace, &filter, page).await).await;
            assert_eq!(listed, wanted, "{filter:?}");
        }
    }
    let nobody = DeliveryFilter { about: Some("nobody".to_owned()), ..DeliveryFilter::default() };
    assert_eq!(store.list_deliveries(given.workspace, &nobody, everything()).await.unwrap().rows, []);
    let everybody = DeliveryFilter { about: Some(" - ".to_owned()), ..DeliveryFilter::default() };
    assert_eq!(store.list_deliveries(given.workspace, &everybody, everything()).await.unwrap().rows, all);
    let nothing = DeliveryFilter { event_id: Some(given.an_event(&[]).id), ..DeliveryFilter::default() };
    assert_eq!(store.list_deliveries(given.workspace, &nothing, everything()).await.unwrap().rows, []);
}

// behaviour A4
/// Also when many are of one moment.
pub async fn deliveries_about_somebody_are_paged_completely_while_more_arrive(store: &SharedStore) {
    let given = Given::new(store).await;
    let webhooks = [given.webhook().await.id, given.webhook().await.id, given.webhook().await.id];
    let sources = acme_and_others(&given).await;
    let publish = async |n: usize| {
        let event = NewEvent { source: sources[n % sources.len()].clone(), ..given.an_event(&webhooks) };
        given.publish(&event).await;
        event
    };
    let mut wanted: Vec<DeliveryId> = Vec::new();
    for n in 0..30 {
        let event = publish(n).await;
        if (1..4).contains(&(n % sources.len())) {
            wanted.extend(event.deliveries.iter().map(|delivery| delivery.id));
        }
        if n % 12 == 11 {
            given.tick();
        }
    }
    wanted.reverse();
    let filter = DeliveryFilter { about: Some("acme.com".to_owned()), ..DeliveryFilter::default() };
    let listed = walk(4, async |page| {
        let answer = given.store.list_deliveries(given.workspace, &filter, page).await;
        publish(1).await;
        answer
    });
    assert_eq!(listed.await.into_iter().map(|delivery| delivery.id).collect::<Vec<_>>(), wanted);
}

async fn paged(given: &Given, filter: DeliveryFilter) {
    let webhook = given.webhook().await.id;
    let mut ids: Vec<DeliveryId> = Vec::new();
    for n in 0..20 {
        ids.push(given.delivery(webhook).await);
        if n % 8 == 7 {
            given.tick();
        }
    }
    ids.reverse();
    let listed = walk(3, async |page| {
        let answer = given.store.list_deliveries(given.workspace, &filter, page).await;
        given.delivery(webhook).await;
        answer
    });
    assert_eq!(listed.await.into_iter().map(|delivery| delivery.id).collect::<Vec<_>>(), ids);
}

// behaviour A4
/// Also when many are of one moment.
pub async fn deliveries_are_paged_completely_while_more_arrive(store: &SharedStore) {
    paged(&Given::new(store).await, DeliveryFilter::default()).await;
}

// behaviour A4
/// The list of a segment's page.
pub async fn deliveries_with_a_label_are_paged_completely(store: &SharedStore) {
    let filter = DeliveryFilter { channel: Some(channel(7264)), ..DeliveryFilter::default() };
    paged(&Given::new(store).await, filter).await;
}

/// With a reason that names the cursor; a cursor of another list too.
pub async fn a_cursor_of_nowhere_is_refused(store: &SharedStore) {
    let given = Given::new(store).await;
    let webhook = given.webhook().await.id;
    let delivery = given.delivery(webhook).await;
    given.delivery(webhook).await;
    let one = PageRequest { limit: 1, after: None };
    let page = store.list_deliveries(given.workspace, &DeliveryFilter::default(), one).await.unwrap();
    let elsewhere = page.next.unwrap();
    let own = PageRequest { limit: 1, after: Some(elsewhere.clone()) };
    assert_eq!(store.list_deliveries(given.workspace, &DeliveryFilter::default(), own).await.unwrap().rows.len(), 1);
    for cursor in garbage() {
        let page = PageRequest { limit: 5, after: Some(cursor) };
        let answer = store.list_deliveries(given.workspace, &DeliveryFilter::default(), page).await;
        assert!(matches!(&answer, Err(StoreError::Refused(why)) if why.contains("cursor")), "{answer:?}");
    }
    for cursor in garbage().into_iter().chain([elsewhere]) {
        let page = PageRequest { limit: 5, after: Some(cursor) };
        assert_refused(store.list_attempts(given.workspace, AttemptsOf::Delivery(delivery), page.clone()).await);
        assert_refused(store.list_attempts(given.workspace, AttemptsOf::Webhook(webhook), page.clone()).await);
        assert_refused(store.list_signals(given.workspace, &SignalFilter::default(), page).await);
    }
}

// behaviour V1
/// Exactly as they were recorded, page by page.
pub async fn attempts_are_listed_of_a_delivery_in_order_and_of_a_webhook_newest_first(store: &SharedStore) {
    let given = Given::new(store).await;
    let webhook = given.webhook().await.id;
    let (one, two) = (given.delivery(webhook).await, given.delivery(webhook).await);
    let mut made = Vec::new();
    for n in 0..7 {
        for due in given.due(webhook).await {
            let next = Verdict::RetryAt(at(n + 1));
            let finished = given.finished(&due, next);
            made.push(finished.attempt.clone());
            given.finish(finished).await;
        }
        given.tick();
    }
    assert_eq!(made.len(), 14);
    for id in [one, two] {
        let of = AttemptsOf::Delivery(id);
        let listed = walk(3, async |page| store.list_attempts(given.workspace, of, page).await).await;
        assert_eq!(listed.iter().map(|attempt| attempt.number).collect::<Vec<_>>(), [1, 2, 3, 4, 5, 6, 7]);
        assert_eq!(listed, made.iter().filter(|attempt| attempt.delivery_id == id).cloned().collect::<Vec<_>>());
    }
    made.reverse();
    let of = AttemptsOf::Webhook(webhook);
    let listed = walk(3, async |page| store.list_attempts(given.workspace, of, page).await).await;
    assert_eq!(listed, made);
}

// behaviour R9
/// By any way that takes an id.
pub async fn what_is_of_another_workspace_is_not_found(store: &SharedStore) {
    let given = Given::new(store).await;
    let other = given.other().await;
    let webhook = other.webhook().await.id;
    let event = other.an_event(&[webhook]);
    other.publish(&event).await;
    let id = event.deliveries[0].id;
    let (mine, now) = (given.workspace, given.now());
    assert_not_found(store.get_delivery(mine, id).await);
    assert_not_found(store.resend_delivery(mine, id, now).await);
    assert_not_found(store.cancel_delivery(mine, id, now).await);
    assert_not_found(store.list_attempts(mine, AttemptsOf::Delivery(id), everything()).await);
    assert_not_found(store.list_attempts(mine, AttemptsOf::Webhook(webhook), everything()).await);
    assert_not_found(store.create_test_delivery(given.an_event(&[webhook])).await);
    for filter in [
        DeliveryFilter { webhook_id: Some(webhook), ..DeliveryFilter::default() },
        DeliveryFilter { event_id: Some(event.id.clone()), ..DeliveryFilter::default() },
        DeliveryFilter { channel: Some(channel(7264)), ..DeliveryFilter::default() },
        DeliveryFilter { status: Some(DeliveryStatus::Pending), ..DeliveryFilter::default() },
        DeliveryFilter::default(),
    ] {
        assert_eq!(store.list_deliveries(mine, &filter, everything()).await.unwrap().rows, [], "{filter:?}");
    }
    assert_eq!(other.read(id).await.status, DeliveryStatus::Pending);
    assert_eq!(other.due(webhook).await.len(), 1);
}

// behaviour R9
/// Whoever is called the same here.
pub async fn what_is_about_people_of_another_workspace_is_not_listed(store: &SharedStore) {
    let given = Given::new(store).await;
    let other = given.other().await;
    let webhook = other.webhook().await.id;
    acme_and_others(&given).await;
    for source in acme_and_others(&other).await {
        other.publish(&NewEvent { source, ..other.an_event(&[webhook]) }).await;
    }
    let about = || Some("acme".to_owned());
    let filter = DeliveryFilter { about: about(), ..DeliveryFilter::default() };
    assert_eq!(store.list_deliveries(other.workspace, &filter, everything()).await.unwrap().rows.len(), 3);
    assert_eq!(store.list_deliveries(given.workspace, &filter, everything()).await.unwrap().rows, []);
    let filter = EventFilter { about: about(), ..EventFilter::default() };
    assert_eq!(store.list_events(other.workspace, &filter, everything()).await.unwrap().rows.len(), 3);
    assert_eq!(store.list_events(given.workspace, &filter, everything()).await.unwrap().rows, []);
}

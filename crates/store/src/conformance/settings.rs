//! Facts about settings, and about forgetting.

use beckon_domain::catalog::payload::{DeliveryExhausted, Payload};
use beckon_domain::contact::Contact;
use beckon_domain::delivery::Verdict;
use beckon_domain::event::NewEvent;
use beckon_domain::id::WebhookId;
use beckon_domain::settings::{Notices, Retention, Sites, WorkspaceSettings};
use beckon_domain::visit::Visit;
use jiff::Timestamp;

use super::audit::{an_entry, subjects};
use super::given::{at, channel};
use super::intake::{commit, intent, page_view, people, read, signal};
use super::{Given, assert_not_found, everything};
use crate::SharedStore;
use crate::deliveries::{AttemptsOf, DeliveryFilter, FinishedAttempt};
use crate::events::EventFilter;
use crate::intake::{IntakeChanges, IntakeQuery, SignalFilter, VisitRecord};
use crate::settings::Perishable;

/// More than any fact makes.
const PLENTY: u32 = 1_000;

/// With the name; each change counts up the version, and of that workspace only.
pub async fn settings_are_part_of_the_set_up(store: &SharedStore) {
    let given = Given::new(store).await;
    let other = given.other().await;
    let config = store.load_config(given.workspace).await.unwrap();
    assert_eq!((config.name.as_str(), config.settings), ("Acme", WorkspaceSettings::default()));
    let settings = WorkspaceSettings {
        time_zone: "Europe/Berlin".to_owned(),
        sites: Sites { allow: vec!["*.acme.com".to_owned()], deny: vec!["https://acme.com/jobs".to_owned()] },
        retention: Retention { signals_days: None, ..Retention::default() },
        notices: Notices { mail_to: beckon_domain::email::Email::parse("ops@acme.com").into_iter().collect() },
        public_catalog: true,
        ..WorkspaceSettings::default()
    };
    store.update_settings(given.workspace, "Übung \u{0}", &settings).await.unwrap();
    let config = store.load_config(given.workspace).await.unwrap();
    assert_eq!((config.name.as_str(), config.settings), ("Übung \u{0}", settings));
    assert_eq!((config.version, store.config_version(given.workspace)), (2, 2));
    let named = store.list_workspaces().await.unwrap();
    assert_eq!(named.iter().map(|workspace| workspace.name.as_str()).collect::<Vec<_>>(), ["Übung \u{0}", "Acme"]);

    assert_eq!(store.config_version(other.workspace), 1);
    assert_eq!(store.load_config(other.workspace).await.unwrap().settings, WorkspaceSettings::default());
    let nowhere = given.ambient.new_id();
    assert_not_found(store.update_settings(nowhere, "x", &WorkspaceSettings::default()).await);
}

async fn forget(given: &Given, what: Perishable, before: Timestamp, limit: u32) -> u32 {
    given.store.forget(given.workspace, what, before, limit).await.unwrap()
}

/// How many signals, page views and interests of a contact there are.
async fn known_of(given: &Given, contact: &Contact) -> (usize, usize, usize) {
    let signals =
        given.store.list_signals(given.workspace, &SignalFilter::default(), everything()).await.unwrap().rows.len();
    let query = IntakeQuery {
        emails: contact.email.clone().into_iter().collect(),
        page_views_since: Some(Timestamp::UNIX_EPOCH),
        intents_since: Some(Timestamp::UNIX_EPOCH),
        ..IntakeQuery::default()
    };
    let state = read(given, query).await;
    let history = state.history.values().next().cloned().unwrap_or_default();
    (signals, history.page_views.len(), history.intents.len())
}

/// A signal of a contact, with a page view, an interest and a visit of its own, all of now.
async fn visit(given: &Given, contact: &Contact) {
    let visit = Visit { id: given.ambient.new_id(), ..given.a_visitor("anon").visit.unwrap() };
    let changes = IntakeChanges {
        signals: vec![signal(given, Some(contact.id))],
        page_views: vec![page_view(visit.id, Some(contact.id), None, "/", given.now())],
        intents: vec![intent(contact.id, None, "crm", given.now())],
        visits: vec![VisitRecord { visit, contact_id: Some(contact.id), company_id: None }],
        contacts: vec![contact.clone()],
        ..IntakeChanges::default()
    };
    commit(given, changes).await.unwrap();
}

async fn a_person(given: &Given) -> Contact {
    let contact = Contact { company_id: None, ..people(given).1 };
    commit(given, IntakeChanges { contacts: vec![contact.clone()], ..IntakeChanges::default() }).await.unwrap();
    contact
}

// behaviour V5 (in part)
/// Bounded, the oldest first; the person stays.
pub async fn old_signals_go_with_what_came_of_them_and_young_ones_stay(store: &SharedStore) {
    let given = Given::new(store).await;
    let contact = a_person(&given).await;
    for _ in 0..5 {
        visit(&given, &contact).await;
        given.tick();
    }
    assert_eq!(forget(&given, Perishable::Signals, at(0), PLENTY).await, 0);
    assert_eq!(known_of(&given, &contact).await, (5, 5, 5));
    // Three visits of four rows each.
    assert_eq!(forget(&given, Perishable::Signals, at(3), 5).await, 5);
    assert_eq!(forget(&given, Perishable::Signals, at(3), 5).await, 5);
    assert_eq!(forget(&given, Perishable::Signals, at(3), 5).await, 2);
    assert_eq!(forget(&given, Perishable::Signals, at(3), 5).await, 0);
    assert_eq!(known_of(&given, &contact).await, (2, 2, 2));
    assert_eq!(store.get_contact(given.workspace, contact.id).await.unwrap(), contact);

    assert_eq!(forget(&given, Perishable::Signals, at(9), PLENTY).await, 8);
    assert_eq!(known_of(&given, &contact).await, (0, 0, 0));
    visit(&given, &contact).await;
    assert_eq!(forget(&given, Perishable::Signals, at(9), PLENTY).await, 4, "what comes after all have gone goes too");
}

/// However what is of the two stands between each other; and what comes later is found.
pub async fn signals_of_another_workspace_stay(store: &SharedStore) {
    let given = Given::new(store).await;
    let other = given.other().await;
    let (ours, theirs) = (a_person(&given).await, a_person(&other).await);
    for round in 1..=3 {
        for _ in 0..3 {
            visit(&other, &theirs).await;
            visit(&given, &ours).await;
            visit(&other, &theirs).await;
        }
        given.tick();
        assert_eq!(forget(&given, Perishable::Signals, given.now(), 7).await, 7);
        assert_eq!(forget(&given, Perishable::Signals, given.now(), 7).await, 5);
        assert_eq!(known_of(&given, &ours).await, (0, 0, 0));
        assert_eq!(known_of(&other, &theirs).await, (6 * round, 6 * round, 6 * round));
    }
    assert_eq!(forget(&other, Perishable::Signals, given.now(), PLENTY).await, 4 * 18);
    visit(&given, &ours).await;
    assert_eq!(known_of(&given, &ours).await, (1, 1, 1));
    given.tick();
    assert_eq!(forget(&given, Perishable::Signals, given.now(), PLENTY).await, 4, "keys may be used again");
}

/// The ids of all events there are, newest first.
async fn events(given: &Given) -> Vec<String> {
    let all = EventFilter::default();
    let listed = given.store.list_events(given.workspace, &all, everything()).await.unwrap();
    listed.rows.into_iter().map(|event| event.id.to_string()).collect()
}

/// An event of now for a webhook, whose first attempt ended so.
async fn ended(given: &Given, webhook: WebhookId, verdict: Verdict) -> NewEvent {
    let event = given.an_event(&[webhook]);
    given.publish(&event).await;
    let due = given.due_of(webhook, event.deliveries[0].id).await;
    given.finish(given.finished(&due, verdict)).await;
    event
}

// behaviour V5 (in part)
/// From every list, and its id can be used again.
pub async fn an_old_event_goes_with_its_deliveries_and_attempts(store: &SharedStore) {
    let given = Given::new(store).await;
    let webhook = given.webhook().await.id;
    let delivered = ended(&given, webhook, Verdict::Delivered).await;
    let failed = ended(&given, webhook, Verdict::Failed).await;
    let of_nobody = given.an_event(&[]);
    given.publish(&of_nobody).await;
    given.tick();
    let young = ended(&given, webhook, Verdict::Delivered).await;

    assert_eq!(forget(&given, Perishable::Events, at(0), PLENTY).await, 0);
    assert_eq!(forget(&given, Perishable::Events, at(1), 2).await, 2);
    assert_eq!(events(&given).await, [young.id.to_string(), of_nobody.id.to_string()], "the oldest first");
    assert_eq!(forget(&given, Perishable::Events, at(1), 2).await, 1);
    assert_eq!(events(&given).await, [young.id.to_string()]);
    for gone in [&delivered, &failed] {
        assert_not_found(store.get_event(given.workspace, &gone.id).await);
        assert_not_found(store.get_delivery(given.workspace, gone.deliveries[0].id).await);
        assert_not_found(
            store.list_attempts(given.workspace, AttemptsOf::Delivery(gone.deliveries[0].id), everything()).await,
        );
    }
    let attempts = store.list_attempts(given.workspace, AttemptsOf::Webhook(webhook), everything()).await.unwrap();
    assert_eq!(attempts.rows.iter().map(|attempt| &attempt.event_id).collect::<Vec<_>>(), [&young.id]);
    for filter in [
        DeliveryFilter::default(),
        DeliveryFilter { webhook_id: Some(webhook), ..DeliveryFilter::default() },
        DeliveryFilter { channel: Some(channel(7264)), ..DeliveryFilter::default() },
    ] {
        let listed = store.list_deliveries(given.workspace, &filter, everything()).await.unwrap().rows;
        assert_eq!(listed.iter().map(|delivery| &delivery.event_id).collect::<Vec<_>>(), [&young.id]);
    }
    let labelled = EventFilter { channel: Some(channel(7264)), ..EventFilter::default() };
    assert_eq!(store.list_events(given.workspace, &labelled, everything()).await.unwrap().rows.len(), 1);
    let again = NewEvent { id: delivered.id.clone(), ..given.an_event(&[webhook]) };
    given.publish(&again).await;
}

// behaviour V5 (in part)
/// First attempts, retries, resends, tests: all are made. Once they have ended, the event goes, in a later round.
pub async fn what_is_forgotten_takes_nothing_with_it_that_is_still_waiting(store: &SharedStore) {
    let given = Given::new(store).await;
    let (webhook, busy) = (given.webhook().await.id, given.webhook().await.id);
    let first = given.an_event(&[webhook]);
    given.publish(&first).await;
    let retried = ended(&given, busy, Verdict::RetryAt(at(2))).await;
    let resent = ended(&given, busy, Verdict::Delivered).await;
    store.resend_delivery(given.workspace, resent.deliveries[0].id, given.now()).await.unwrap();
    let test = given.an_event(&[webhook]);
    store.create_test_delivery(test.clone()).await.unwrap();
    let half = given.an_event(&[webhook, busy]);
    given.publish(&half).await;
    given.finish(given.finished(&given.due_of(busy, half.deliveries[1].id).await, Verdict::Delivered)).await;
    let over = ended(&given, busy, Verdict::Delivered).await;
    let waiting = |events: &[&NewEvent]| -> Vec<_> { events.iter().rev().map(|event| event.id.to_string()).collect() };
    given.tick();

    for _ in 0..2 {
        forget(&given, Perishable::Events, at(1_000), 1).await;
    }
    assert_not_found(store.get_event(given.workspace, &over.id).await);
    assert_eq!(events(&given).await, waiting(&[&first, &retried, &resent, &test, &half]));
    assert_eq!(forget(&given, Perishable::Events, at(1_000), PLENTY).await, 0);

    given.tick();
    let mut made = 0;
    for webhook in [webhook, busy] {
        for due in given.due(webhook).await {
            assert!(given.read(due.delivery_id).await.id == due.delivery_id, "the delivery is there");
            given.finish(given.finished(&due, Verdict::Delivered)).await;
            made += 1;
        }
    }
    assert_eq!(made, 5, "a first attempt of each of two, a retry, a resend, a test");
    assert_eq!(forget(&given, Perishable::Events, at(1_000), PLENTY).await, 5);
    assert_eq!(events(&given).await, [""; 0]);
}

/// Until it was told.
pub async fn a_notice_that_is_still_to_be_mailed_is_not_forgotten(store: &SharedStore) {
    let given = Given::new(store).await;
    let webhook = given.webhook().await.id;
    let id = given.delivery(webhook).await;
    let notice =
        NewEvent { event_type: DeliveryExhausted::EVENT_TYPE.to_owned(), channels: vec![], ..given.an_event(&[]) };
    let finished = given.finished(&given.due_of(webhook, id).await, Verdict::Failed);
    given.finish(FinishedAttempt { notices: vec![notice.clone()], mail_notices: true, ..finished }).await;
    assert_eq!(forget(&given, Perishable::Events, at(9), PLENTY).await, 1);
    assert_eq!(events(&given).await, [notice.id.to_string()]);
    assert_eq!(store.list_unmailed(10).await.unwrap().len(), 1);
    store.remove_mailed(&[(given.workspace, notice.id)]).await.unwrap();
    assert_eq!(forget(&given, Perishable::Events, at(9), PLENTY).await, 1);
}

/// Nobody else's, and its own however much of others there is.
pub async fn events_of_another_workspace_stay(store: &SharedStore) {
    let given = Given::new(store).await;
    let other = given.other().await;
    let (ours, theirs) = (given.webhook().await.id, other.webhook().await.id);
    for _ in 0..3 {
        ended(&other, theirs, Verdict::Delivered).await;
        ended(&given, ours, Verdict::Failed).await;
    }
    store.record_audit(&an_entry(&other, "webhook.created", "theirs")).await.unwrap();
    given.tick();
    assert_eq!(forget(&given, Perishable::Events, given.now(), PLENTY).await, 3);
    assert_eq!(forget(&given, Perishable::Audit, given.now(), PLENTY).await, 0);
    assert_eq!((events(&given).await.len(), events(&other).await.len()), (0, 3));
    assert_eq!(subjects(&other).await, ["theirs"]);
}

// behaviour V5 (in part)
/// Bounded, the oldest first.
pub async fn the_audit_log_is_forgotten_from_its_old_end(store: &SharedStore) {
    let given = Given::new(store).await;
    for n in 0..5 {
        store.record_audit(&an_entry(&given, "webhook.created", &n.to_string())).await.unwrap();
        given.tick();
    }
    assert_eq!(forget(&given, Perishable::Audit, at(0), PLENTY).await, 0);
    assert_eq!(forget(&given, Perishable::Audit, at(3), 2).await, 2);
    assert_eq!(subjects(&given).await, ["4", "3", "2"]);
    assert_eq!(forget(&given, Perishable::Audit, at(3), 2).await, 1);
    assert_eq!(subjects(&given).await, ["4", "3"]);
}

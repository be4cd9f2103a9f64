//! Facts about figures.

use std::collections::HashMap;
use std::sync::Arc;

use beckon_domain::catalog::payload::{DeliveryExhausted, Payload};
use beckon_domain::delivery::{DeliveryStatus, Trigger, Verdict};
use beckon_domain::event::{EventSource, NewEvent};
use beckon_domain::histogram::bucket_of;
use beckon_domain::id::{DeliveryId, SegmentId, WebhookId};
use beckon_domain::job::JobKind;
use beckon_domain::qualify::LastFiring;
use beckon_domain::webhook::Webhook;
use jiff::{SignedDuration, Timestamp};

use super::given::at;
use super::intake::{commit, people, signal};
use super::jobs::run;
use super::{Given, assert_exists, assert_not_found, assert_stale, everything, walk};
use crate::SharedStore;
use crate::deliveries::{AttemptsOf, DeliveryFilter, FinishedAttempt};
use crate::events::EventFilter;
use crate::intake::{Firing, IntakeChanges, SubjectId};
use crate::stats::{Measure, TalliesOf, Tally};

type Figures = HashMap<(Timestamp, Measure), u64>;

/// The hour that the facts begin in is 14:00; this is the next one.
const NEXT_HOUR: i64 = 3_600;

fn hour(at: Timestamp) -> Timestamp {
    let seconds = at.as_second();
    Timestamp::from_second(seconds - seconds.rem_euclid(3_600)).unwrap()
}

fn long_ago() -> Timestamp {
    at(-1_000_000)
}

fn far_off() -> Timestamp {
    at(1_000_000)
}

async fn figures(given: &Given, of: TalliesOf) -> Figures {
    let tallies = given.store.list_tallies(given.workspace, of, long_ago(), far_off()).await.unwrap();
    let count = tallies.len();
    let figures: Figures = tallies.into_iter().map(|Tally { hour, measure, count }| ((hour, measure), count)).collect();
    assert_eq!(figures.len(), count, "one of each");
    assert!(figures.values().all(|count| *count > 0));
    figures
}

/// What is due, as it went: when it began, how long it took, and whether anybody answered.
fn went(given: &Given, due: &beckon_domain::delivery::DueAttempt, second: i64, verdict: Verdict) -> FinishedAttempt {
    let mut finished = given.finished(due, verdict);
    finished.attempt.started_at = at(second);
    finished.attempt.exchange.timings.total_us = 1_000 + 7_000 * second.unsigned_abs();
    if second % 2 == 1 {
        finished.attempt.exchange.status = None;
    }
    finished
}

/// The figures that the records of attempts and deliveries give, counted one by one: those of these webhooks, and all
/// together.
async fn recounted(given: &Given, webhooks: &[WebhookId]) -> (HashMap<WebhookId, Figures>, Figures) {
    let store = &given.store;
    let (mut figures, mut together) = (HashMap::<WebhookId, Figures>::new(), Figures::new());
    let mut count = |webhook: Option<WebhookId>, at, measure| {
        *together.entry((hour(at), measure)).or_default() += 1;
        if let Some(webhook) = webhook {
            *figures.entry(webhook).or_default().entry((hour(at), measure)).or_default() += 1;
        }
    };
    let mut attempts = Vec::new();
    for webhook in webhooks {
        let of = AttemptsOf::Webhook(*webhook);
        attempts.extend(walk(50, async |page| store.list_attempts(given.workspace, of, page).await).await);
    }
    attempts.reverse();
    let mut ended: HashMap<DeliveryId, Timestamp> = HashMap::new();
    for attempt in &attempts {
        let event = store.get_event(given.workspace, &attempt.event_id).await.unwrap();
        if event.source.test {
            continue;
        }
        let (webhook, at) = (Some(attempt.webhook_id), attempt.started_at);
        let took = std::time::Duration::from_micros(attempt.exchange.timings.total_us);
        if attempt.exchange.status.is_some() {
            count(webhook, at, Measure::ResponseTime(bucket_of(took) as u8));
        }
        if !attempt.outcome.is_delivered() {
            count(webhook, at, Measure::AttemptsFailed);
            continue;
        }
        count(webhook, at, Measure::AttemptsSucceeded);
        if ended.insert(attempt.delivery_id, at).is_none() {
            count(webhook, at, Measure::Delivered);
            if attempt.trigger == Trigger::Schedule {
                let after = std::time::Duration::try_from(at.duration_since(event.created_at)).unwrap() + took;
                count(webhook, at, Measure::TimeToDeliver(bucket_of(after) as u8));
            }
        }
    }
    let all = DeliveryFilter { status: Some(DeliveryStatus::Failed), ..DeliveryFilter::default() };
    for delivery in store.list_deliveries(given.workspace, &all, everything()).await.unwrap().rows {
        let last = attempts.iter().rfind(|attempt| attempt.delivery_id == delivery.id && !attempt.trigger.is_manual());
        let Some(last) = last else { continue };
        if !store.get_event(given.workspace, &delivery.event_id).await.unwrap().source.test {
            count(Some(delivery.webhook_id), last.started_at, Measure::Failed);
        }
    }
    for event in store.list_events(given.workspace, &EventFilter::default(), everything()).await.unwrap().rows {
        if !event.source.test {
            count(None, event.created_at, Measure::Events);
        }
    }
    (figures, together)
}

// behaviour V4
/// After successes, failures, retries, resends, replays, tests, and what is told twice; also of a deleted webhook.
pub async fn tallies_equal_the_attempts_they_summarise(store: &SharedStore) {
    let given = Given::new(store).await;
    let (one, two) = (given.webhook().await.id, given.webhook().await.id);
    let webhooks = [one, two];

    // Delivered at once, in this hour and the next.
    for (n, webhook) in [one, one, two, one].into_iter().enumerate() {
        let id = given.delivery(webhook).await;
        let due = given.due_of(webhook, id).await;
        given.finish(went(&given, &due, n as i64 * NEXT_HOUR / 2, Verdict::Delivered)).await;
    }
    // Delivered after retries, told twice.
    let id = given.delivery(one).await;
    for (second, verdict) in [(1, Verdict::RetryAt(at(0))), (2, Verdict::RetryAt(at(0))), (9, Verdict::Delivered)] {
        let finished = went(&given, &given.due_of(one, id).await, second, verdict);
        given.finish(finished.clone()).await;
        given.finish(finished).await;
    }
    // Given up with a notice, resent in vain, and given up again after a replay.
    let id = given.delivery(two).await;
    let notice = NewEvent { event_type: DeliveryExhausted::EVENT_TYPE.to_owned(), ..given.an_event(&[]) };
    let finished = went(&given, &given.due_of(two, id).await, 3, Verdict::Failed);
    given.finish(FinishedAttempt { notices: vec![notice], ..finished }).await;
    store.resend_delivery(given.workspace, id, given.now()).await.unwrap();
    let resend = given.due_of(two, id).await;
    given.finish(went(&given, &resend, NEXT_HOUR + 4, Verdict::ScheduleUnchanged)).await;
    // Delivered by a resend, beside its schedule, and then once more.
    let id = given.retrying(one, 900).await;
    for second in [20, 21] {
        store.resend_delivery(given.workspace, id, given.now()).await.unwrap();
        let resend = given.due_of(one, id).await;
        given.finish(went(&given, &resend, second, Verdict::Delivered)).await;
    }
    // Canceled, and never tried.
    let id = given.delivery(two).await;
    store.cancel_delivery(given.workspace, id, given.now()).await.unwrap();
    // Tests, one of them resent.
    for verdict in [Verdict::Delivered, Verdict::ScheduleUnchanged] {
        let source = EventSource { test: true, ..EventSource::default() };
        let test = NewEvent { source, ..given.an_event(&[one]) };
        store.create_test_delivery(test.clone()).await.unwrap();
        let id = test.deliveries[0].id;
        given.finish(went(&given, &given.due_of(one, id).await, 30, verdict)).await;
        store.resend_delivery(given.workspace, id, given.now()).await.unwrap();
        given.finish(went(&given, &given.due_of(one, id).await, 31, Verdict::Delivered)).await;
    }
    let failed = DeliveryFilter { status: Some(DeliveryStatus::Failed), ..DeliveryFilter::default() };
    let failed = store.list_deliveries(given.workspace, &failed, everything()).await.unwrap().rows[0].id;
    store.delete_webhook(given.workspace, one, given.now()).await.unwrap();

    let counted = figures(&given, TalliesOf::Workspace).await;
    let (of_webhooks, together) = recounted(&given, &webhooks).await;
    assert_eq!(counted, together);
    let sum = |wanted: Measure| -> u64 {
        counted.iter().filter(|((_, measure), _)| *measure == wanted).map(|(_, count)| count).sum()
    };
    assert_eq!(sum(Measure::AttemptsSucceeded), 4 + 1 + 2);
    assert_eq!(sum(Measure::AttemptsFailed), 2 + 2 + 1);
    assert_eq!((sum(Measure::Delivered), sum(Measure::Failed)), (4 + 1 + 1, 1));
    assert_eq!(sum(Measure::Events), 4 + 1 + 2 + 1 + 1, "the notice too");
    for webhook in webhooks {
        assert_eq!(figures(&given, TalliesOf::Webhook(webhook)).await, of_webhooks[&webhook]);
    }
    let idle = given.webhook().await.id;
    let attempts = store.list_attempt_tallies(given.workspace, &[one, two, idle], long_ago(), far_off()).await.unwrap();
    let attempts: HashMap<WebhookId, Figures> = attempts
        .into_iter()
        .map(|(webhook, tallies)| (webhook, tallies.iter().map(|one| ((one.hour, one.measure), one.count)).collect()))
        .collect();
    let mut wanted = of_webhooks.clone();
    let of_attempts = |measure| matches!(measure, Measure::AttemptsSucceeded | Measure::AttemptsFailed);
    wanted.values_mut().for_each(|figures| figures.retain(|(_, measure), _| of_attempts(*measure)));
    assert_eq!(attempts, wanted);
    let since = hour(at(NEXT_HOUR));
    let later = store.list_attempt_tallies(given.workspace, &[one], since, far_off()).await.unwrap();
    assert!(later[&one].iter().all(|tally| tally.hour >= since));
    assert!(later[&one].len() < attempts[&one].len());
    let theirs = given.other().await;
    let none = store.list_attempt_tallies(theirs.workspace, &webhooks, long_ago(), far_off()).await.unwrap();
    assert_eq!(none, HashMap::new());

    // A replay that is given up is given up once more, one that is delivered is delivered.
    let recover = || JobKind::Recover { webhook_id: two, since: at(-1), until: far_off() };
    run(&given, recover()).await;
    given.finish(went(&given, &given.due_of(two, failed).await, 40, Verdict::Failed)).await;
    run(&given, recover()).await;
    given.finish(went(&given, &given.due_of(two, failed).await, 41, Verdict::Delivered)).await;
    let again = figures(&given, TalliesOf::Webhook(two)).await;
    let more = |measure| {
        let of = |figures: &Figures| figures.get(&(hour(at(40)), measure)).copied().unwrap_or(0);
        of(&again) - of(&of_webhooks[&two])
    };
    assert_eq!((more(Measure::Failed), more(Measure::Delivered)), (1, 1));
    assert_eq!((more(Measure::AttemptsFailed), more(Measure::AttemptsSucceeded)), (1, 1));
    assert_eq!(
        again.keys().filter(|(_, measure)| matches!(measure, Measure::TimeToDeliver(_))).count(),
        of_webhooks[&two].keys().filter(|(_, measure)| matches!(measure, Measure::TimeToDeliver(_))).count(),
        "a replay says nothing of how long deliveries take"
    );
}

// behaviour V4 (in part)
/// Whole calls, and single ones of many.
pub async fn what_is_not_stored_is_not_counted(store: &SharedStore) {
    let given = Given::new(store).await;
    let other = given.other().await;
    let webhook = given.webhook().await;
    let (mine, theirs) = (given.delivery(webhook.id).await, other.webhook().await.id);
    other.delivery(theirs).await;
    let before = figures(&given, TalliesOf::Workspace).await;
    // One in three cannot be recorded: its delivery is of another workspace.
    let due = given.due_of(webhook.id, mine).await;
    let strange = FinishedAttempt {
        workspace_id: given.workspace,
        ..other.finished(&other.only_due(theirs).await, Verdict::Delivered)
    };
    let good = Arc::new(went(&given, &due, 2, Verdict::Delivered));
    let results = store.finish_attempts(vec![good.clone(), Arc::new(strange), good]).await.unwrap();
    assert_eq!(results.iter().map(Result::is_ok).collect::<Vec<_>>(), [true, false, true]);
    let after = figures(&given, TalliesOf::Workspace).await;
    assert_eq!(after[&(hour(at(0)), Measure::Delivered)], 1);
    assert_eq!(after[&(hour(at(0)), Measure::AttemptsSucceeded)], 1);
    assert_eq!(figures(&given, TalliesOf::Webhook(webhook.id)).await[&(hour(at(0)), Measure::Delivered)], 1);
    assert_eq!(after.len(), before.len() + 4);
    assert!(!figures(&other, TalliesOf::Workspace).await.contains_key(&(hour(at(0)), Measure::Delivered)));

    let routed_at = store.config_version(given.workspace);
    let event = given.an_event(&[]);
    given.publish(&event).await;
    store.publish_events(given.workspace, routed_at, vec![event.clone()]).await.unwrap();
    let batch =
        IntakeChanges { signals: vec![signal(&given, None)], events: vec![event.clone()], ..IntakeChanges::default() };
    assert_exists(commit(&given, batch.clone()).await);
    store.update_webhook(&Webhook { enabled: false, ..webhook }).await.unwrap();
    assert_stale(store.commit_intake(given.workspace, routed_at, IntakeChanges { events: vec![], ..batch }).await);
    let last = figures(&given, TalliesOf::Workspace).await;
    assert_eq!(last[&(hour(at(0)), Measure::Events)], 2);
    assert!(!last.contains_key(&(hour(at(0)), Measure::Signals)));
}

/// Among all signals, and once more by themselves.
pub async fn what_bots_send_is_counted(store: &SharedStore) {
    let given = Given::new(store).await;
    let mut signals = vec![signal(&given, None), signal(&given, None), signal(&given, None)];
    for marked in &mut signals[1..] {
        marked.story.bot = Some(beckon_domain::bot::BotReason::UserAgent);
    }
    commit(&given, IntakeChanges { signals, ..IntakeChanges::default() }).await.unwrap();
    let counted = figures(&given, TalliesOf::Workspace).await;
    let of = |which| counted.iter().filter(|((_, measure), _)| *measure == which).map(|(_, count)| *count).sum::<u64>();
    assert_eq!((of(Measure::Signals), of(Measure::BotSignals)), (3, 2));
}

/// In the hour in which they came; of their workspace, within the time that was asked for.
pub async fn tallies_are_read_by_the_hour(store: &SharedStore) {
    let given = Given::new(store).await;
    let other = given.other().await;
    let webhook = given.webhook().await.id;
    let signals = [0, 1, NEXT_HOUR, 2 * NEXT_HOUR].map(|second| crate::intake::SignalRecord {
        received_at: at(second),
        at: at(-5 * NEXT_HOUR),
        ..signal(&given, None)
    });
    commit(&given, IntakeChanges { signals: signals.to_vec(), ..IntakeChanges::default() }).await.unwrap();
    let id = given.delivery(webhook).await;
    given.finish(went(&given, &given.due_of(webhook, id).await, NEXT_HOUR, Verdict::Delivered)).await;
    let first = hour(at(0));
    let hours = |n: i64| first + SignedDuration::from_hours(n);
    let signals_of = async |given: &Given, since, until| {
        let tallies = given.store.list_tallies(given.workspace, TalliesOf::Workspace, since, until).await.unwrap();
        let mut signals: Vec<_> = tallies
            .iter()
            .filter(|tally| tally.measure == Measure::Signals)
            .map(|tally| (tally.hour, tally.count))
            .collect();
        signals.sort();
        signals
    };
    let all = [(hours(0), 2), (hours(1), 1), (hours(2), 1)];
    assert_eq!(signals_of(&given, hours(0), hours(3)).await, all);
    assert_eq!(signals_of(&given, hours(1), hours(2)).await, all[1..2]);
    assert_eq!(signals_of(&given, at(0), far_off()).await, all[1..], "the hour that began before is not in it");
    assert_eq!(signals_of(&other, long_ago(), far_off()).await, []);
    for of in [TalliesOf::Workspace, TalliesOf::Webhook(webhook)] {
        assert_eq!(store.list_tallies(other.workspace, of, long_ago(), far_off()).await.unwrap(), []);
    }
    let of_it = store.list_tallies(given.workspace, TalliesOf::Webhook(webhook), hours(1), hours(2)).await.unwrap();
    assert!(of_it.iter().all(|tally| tally.hour == hours(1)));
    assert_eq!(of_it.len(), 4, "succeeded, delivered, and how long both took");
}

/// Deleted webhooks too; tests count here.
pub async fn the_last_delivery_of_each_webhook_is_known(store: &SharedStore) {
    let given = Given::new(store).await;
    let other = given.other().await;
    let (one, two, tested) = (given.webhook().await.id, given.webhook().await.id, given.webhook().await.id);
    given.webhook().await;
    for webhook in [one, two, one] {
        given.delivery(webhook).await;
        given.tick();
    }
    store.create_test_delivery(given.an_event(&[tested])).await.unwrap();
    store.delete_webhook(given.workspace, two, given.now()).await.unwrap();
    let mut last = store.list_last_deliveries(given.workspace).await.unwrap();
    last.sort();
    assert_eq!(last, [(one, at(2)), (two, at(1)), (tested, at(3))]);
    assert_eq!(store.list_last_deliveries(other.workspace).await.unwrap(), []);
}

/// Whoever it fired for, and whether they were erased since.
pub async fn the_last_firing_of_each_segment_is_known(store: &SharedStore) {
    let given = Given::new(store).await;
    let other = given.other().await;
    let (_, contact, company) = people(&given);
    let firing = |subject, segment, second| Firing {
        subject,
        segment_id: SegmentId(segment),
        event_type: "contact.visited".to_owned(),
        firing: LastFiring { at: at(second), visit_id: None },
    };
    let (jane, acme) = (SubjectId::Contact(contact.id), SubjectId::Company(company.id));
    let first = IntakeChanges {
        contacts: vec![contact.clone()],
        companies: vec![company],
        firings: vec![firing(jane, 7, 5), firing(acme, 7, 3), firing(acme, 8, 1)],
        ..IntakeChanges::default()
    };
    commit(&given, first).await.unwrap();
    let later = vec![firing(acme, 7, 4), firing(acme, 8, 9)];
    commit(&given, IntakeChanges { firings: later, ..IntakeChanges::default() }).await.unwrap();
    store.erase_contact(given.workspace, contact.id, at(40)).await.unwrap();
    let mut last = store.list_last_firings(given.workspace).await.unwrap();
    last.sort();
    assert_eq!(last, [(SegmentId(7), at(5)), (SegmentId(8), at(9))]);
    assert_eq!(store.list_last_firings(other.workspace).await.unwrap(), []);
}

/// Whatever changes; and only of the workspace that it changes.
pub async fn activity_moves_whenever_something_changes(store: &SharedStore) {
    let given = Given::new(store).await;
    let other = given.other().await;
    let (of_mine, of_theirs) = (store.activity(given.workspace), store.activity(other.workspace));
    let mut last = of_mine;
    let mut moved = |what: &str| {
        let now = store.activity(given.workspace);
        assert_ne!(now, last, "{what}");
        last = now;
    };
    let webhook = given.webhook().await;
    moved("a webhook");
    given.segment().await;
    moved("a segment");
    let id = given.delivery(webhook.id).await;
    moved("an event");
    given.finish(given.finished(&given.only_due(webhook.id).await, Verdict::RetryAt(at(9)))).await;
    moved("an attempt");
    store.retry_delivery_now(given.workspace, id, at(1)).await.unwrap();
    moved("a retry");
    store.resend_delivery(given.workspace, id, at(1)).await.unwrap();
    moved("a resend");
    store.cancel_delivery(given.workspace, id, at(1)).await.unwrap();
    moved("a cancelation");
    store.create_test_delivery(given.an_event(&[webhook.id])).await.unwrap();
    moved("a test");
    run(&given, JobKind::Recover { webhook_id: webhook.id, since: at(-1), until: at(9) }).await;
    moved("a job");
    let (_, contact, company) = people(&given);
    let changes = IntakeChanges {
        signals: vec![signal(&given, None)],
        contacts: vec![contact.clone()],
        companies: vec![company.clone()],
        ..IntakeChanges::default()
    };
    commit(&given, changes).await.unwrap();
    moved("a signal");
    store.erase_contact(given.workspace, contact.id, at(40)).await.unwrap();
    moved("an erasure");
    store.erase_company(given.workspace, company.id).await.unwrap();
    moved("another");
    assert_not_found(store.get_contact(given.workspace, contact.id).await);
    assert_eq!(store.activity(given.workspace), last, "reading is none");
    assert_eq!(store.activity(other.workspace), of_theirs);
}

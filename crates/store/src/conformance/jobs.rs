//! Facts about jobs.

use beckon_domain::delivery::{DeliveryStatus, Trigger, Verdict};
use beckon_domain::event::{EventSource, NewEvent};
use beckon_domain::id::{DeliveryId, WebhookId};
use beckon_domain::job::{Job, JobKind, JobStatus, RUNNING_JOBS_MAX, ReplayFilter};
use beckon_domain::webhook::Webhook;

use super::given::{at, channel};
use super::{Given, assert_exists, assert_not_found, assert_refused, everything, garbage, walk};
use crate::jobs::JobCount;
use crate::{PageRequest, SharedStore};

fn a_job(given: &Given, kind: JobKind) -> Job {
    Job {
        id: given.ambient.new_id(),
        workspace_id: given.workspace,
        kind,
        status: JobStatus::Running,
        error: None,
        total: 0,
        examined: 0,
        replayed: 0,
        created_at: given.now(),
        updated_at: given.now(),
    }
}

async fn begin(given: &Given, kind: JobKind) -> Job {
    let counted = given.store.count_job(given.workspace, &kind).await.unwrap();
    let job = Job { total: counted.examined, ..a_job(given, kind) };
    given.store.create_job(&job).await.unwrap();
    job
}

async fn step(given: &Given, job: &Job, limit: u32) -> Job {
    let new_ids = (0..limit).map(|_| given.ambient.new_id()).collect();
    given.store.step_job(given.workspace, job.id, limit, new_ids, given.now()).await.unwrap()
}

/// A job that was run to its end, three at a time.
pub(super) async fn run(given: &Given, kind: JobKind) -> Job {
    let mut job = begin(given, kind).await;
    while job.status == JobStatus::Running {
        let before = job.examined;
        job = step(given, &job, 3).await;
        assert!(job.examined - before <= 3, "a step looks at no more than it may");
    }
    assert_eq!(job, given.store.get_job(given.workspace, job.id).await.unwrap());
    job
}

fn recover(webhook: WebhookId) -> JobKind {
    JobKind::Recover { webhook_id: webhook, since: at(0), until: at(100) }
}

fn missing(webhook: WebhookId) -> JobKind {
    JobKind::ReplayMissing { webhook_id: webhook, since: at(0), until: at(100) }
}

fn all() -> ReplayFilter {
    ReplayFilter {
        webhook_id: None,
        event_id: None,
        status: None,
        event_type: None,
        channel: None,
        since: None,
        until: at(100),
    }
}

async fn replays(given: &Given, webhook: WebhookId) -> Vec<DeliveryId> {
    let due = given.due(webhook).await;
    due.into_iter().filter(|due| due.trigger == Trigger::Replay).map(|due| due.delivery_id).collect()
}

/// With all it says; running ones are listed for whoever runs them, oldest first.
pub async fn a_job_is_read_back_and_listed_newest_first(store: &SharedStore) {
    let given = Given::new(store).await;
    let other = given.other().await;
    let webhook = given.webhook().await.id;
    let filter = ReplayFilter {
        webhook_id: Some(webhook),
        event_id: Some(given.an_event(&[]).id),
        status: Some(DeliveryStatus::Failed),
        event_type: Some("contact.visited".to_owned()),
        channel: Some(channel(7)),
        since: Some(at(-5)),
        until: at(5),
    };
    let mut jobs = Vec::new();
    for kind in [recover(webhook), missing(webhook), JobKind::Replay(filter), JobKind::Replay(all())] {
        let job = Job { total: 12, ..a_job(&given, kind) };
        store.create_job(&job).await.unwrap();
        assert_eq!(store.get_job(given.workspace, job.id).await.unwrap(), job);
        jobs.push(job);
    }
    assert_exists(store.create_job(&jobs[0]).await);
    let theirs = begin(&other, JobKind::Replay(all())).await;
    let running: Vec<_> = jobs.iter().chain([&theirs]).map(|job| (job.workspace_id, job.id)).collect();
    assert_eq!(store.list_running_jobs().await.unwrap(), running);
    store.cancel_job(given.workspace, jobs[1].id, given.now()).await.unwrap();
    assert_eq!(store.list_running_jobs().await.unwrap().len(), 4);

    jobs.reverse();
    jobs[2].status = JobStatus::Canceled;
    let listed = walk(3, async |page| store.list_jobs(given.workspace, page).await).await;
    assert_eq!(listed, jobs);
    for cursor in garbage() {
        assert_refused(store.list_jobs(given.workspace, PageRequest { limit: 3, after: Some(cursor) }).await);
    }
}

// behaviour T15 (in part), V10 (in part)
/// What failed, and what was canceled because the webhook was disabled: no more, each once.
pub async fn recovering_replays_what_a_webhook_did_not_take(store: &SharedStore) {
    let given = Given::new(store).await;
    let (webhook, other) = (given.webhook().await, given.webhook().await.id);
    let id = webhook.id;
    let delivered = given.delivery(id).await;
    given.finish(given.finished(&given.only_due(id).await, Verdict::Delivered)).await;
    let canceled_by_a_person = given.delivery(id).await;
    store.cancel_delivery(given.workspace, canceled_by_a_person, given.now()).await.unwrap();
    let elsewhere = given.failed(other).await;
    let test = given.an_event(&[id]);
    store
        .create_test_delivery(NewEvent { source: EventSource { test: true, ..test.source.clone() }, ..test.clone() })
        .await
        .unwrap();
    given.finish(given.finished(&given.only_due(id).await, Verdict::ScheduleUnchanged)).await;
    let failed = given.failed(id).await;
    let (retrying, pending) = (given.retrying(id, 50).await, given.delivery(id).await);
    let disabled = store.update_webhook(&Webhook { enabled: false, ..webhook }).await.unwrap();
    store.update_webhook(&Webhook { enabled: true, ..disabled }).await.unwrap();
    let waiting = given.delivery(id).await;
    for second in [-1, 100] {
        let event = NewEvent { created_at: at(second), ..given.an_event(&[id]) };
        given.publish(&event).await;
        let due = given.due_of(id, event.deliveries[0].id).await;
        given.finish(given.finished(&due, Verdict::Failed)).await;
    }

    let counted = store.count_job(given.workspace, &recover(id)).await.unwrap();
    assert_eq!(counted.replayed, 3);
    assert_eq!(replays(&given, id).await, [], "counting changes nothing");
    given.tick();
    let done = run(&given, recover(id)).await;
    assert_eq!((done.status, done.replayed, done.error.as_deref()), (JobStatus::Done, 3, None));
    assert_eq!((done.examined, done.total), (counted.examined, counted.examined));
    assert_eq!(done.updated_at, given.now());
    assert_eq!(replays(&given, id).await, [failed, retrying, pending], "oldest first");
    for (delivery, status) in [
        (failed, DeliveryStatus::Retrying),
        (retrying, DeliveryStatus::Retrying),
        (pending, DeliveryStatus::Pending),
        (waiting, DeliveryStatus::Pending),
        (delivered, DeliveryStatus::Delivered),
        (canceled_by_a_person, DeliveryStatus::Canceled),
        (elsewhere, DeliveryStatus::Failed),
        (test.deliveries[0].id, DeliveryStatus::Failed),
    ] {
        assert_eq!(given.read(delivery).await.status, status);
    }
    assert_eq!(run(&given, recover(id)).await.replayed, 0, "what waits is not replayed again");
    assert_eq!(replays(&given, id).await.len(), 3);
}

/// Neither does what is canceled after it was recovered count as canceled with its webhook.
pub async fn what_a_person_cancels_after_a_replay_stays_canceled(store: &SharedStore) {
    let given = Given::new(store).await;
    let webhook = given.webhook().await;
    let id = given.delivery(webhook.id).await;
    let disabled = store.update_webhook(&Webhook { enabled: false, ..webhook.clone() }).await.unwrap();
    store.update_webhook(&Webhook { enabled: true, ..disabled }).await.unwrap();
    assert_eq!(run(&given, recover(webhook.id)).await.replayed, 1);
    store.cancel_delivery(given.workspace, id, given.now()).await.unwrap();
    assert_eq!(run(&given, recover(webhook.id)).await.replayed, 0);
    assert_eq!(given.due(webhook.id).await, []);
}

// behaviour T15 (in part), V10 (in part)
/// As if the webhook had been there; tests and what it does not want stay away, and what it had.
pub async fn replaying_what_is_missing_makes_the_deliveries_that_never_were(store: &SharedStore) {
    let given = Given::new(store).await;
    let other = given.webhook().await.id;
    let mut wanted = Vec::new();
    for n in 0..7 {
        let event = NewEvent {
            event_type: if n == 1 { "b.b" } else { "contact.visited" }.to_owned(),
            channels: if n == 2 { vec![channel(8)] } else { vec![channel(7), channel(9)] },
            source: EventSource { test: n == 3, ..EventSource::default() },
            created_at: if n == 4 { at(100) } else { at(n / 2) },
            ..given.an_event(&[other])
        };
        given.publish(&event).await;
        if ![1, 2, 3, 4].contains(&n) {
            wanted.push(event);
        }
    }
    let webhook = Webhook { channels: vec![channel(7)], ..given.a_webhook() };
    store.create_webhook(&webhook).await.unwrap();
    let had = NewEvent { created_at: at(9), channels: vec![channel(7)], ..given.an_event(&[webhook.id]) };
    given.publish(&had).await;

    let counted = store.count_job(given.workspace, &missing(webhook.id)).await.unwrap();
    assert_eq!(counted, JobCount { examined: 7, replayed: 3 });
    let done = run(&given, missing(webhook.id)).await;
    assert_eq!((done.status, done.total, done.examined, done.replayed), (JobStatus::Done, 7, 7, 3));
    let due: Vec<_> = given.due(webhook.id).await.into_iter().filter(|due| due.trigger == Trigger::Replay).collect();
    assert_eq!(
        due.iter().map(|due| &due.event_id).collect::<Vec<_>>(),
        wanted.iter().map(|one| &one.id).collect::<Vec<_>>()
    );
    for (due, event) in due.iter().zip(&wanted) {
        assert_eq!((&due.payload, due.attempt_count), (&event.payload, 0));
        let delivery = given.read(due.delivery_id).await;
        assert_eq!((delivery.status, delivery.next_attempt_at), (DeliveryStatus::Pending, Some(given.now())));
        assert_eq!((delivery.created_at, &delivery.event_id), (event.created_at, &event.id));
        assert_eq!(store.get_event(given.workspace, &event.id).await.unwrap().delivery_count, 2);
    }
    assert_eq!(run(&given, missing(webhook.id)).await.replayed, 0, "they are there now");

    // Of one moment, and made in another order than the events: a list by label must still be complete.
    let filter = crate::deliveries::DeliveryFilter { channel: Some(channel(7)), ..Default::default() };
    let listed = walk(1, async |page| store.list_deliveries(given.workspace, &filter, page).await).await;
    let mut ids: Vec<_> = listed.iter().map(|delivery| delivery.id).collect();
    ids.sort();
    ids.dedup();
    assert_eq!((ids.len(), listed.len()), (6 + 3 + 1, 6 + 3 + 1));
}

// behaviour V10 (in part)
/// Each condition alone, and all together.
pub async fn a_replay_takes_all_that_fit_and_have_ended(store: &SharedStore) {
    let given = Given::new(store).await;
    let (one, two, gone) = (given.webhook().await.id, given.webhook().await.id, given.webhook().await);
    let mut ended = Vec::new();
    for n in 0..12_usize {
        let event = NewEvent {
            event_type: ["a.a", "b.b"][n % 2].to_owned(),
            channels: [vec![], vec![channel(7)], vec![channel(8), channel(7)]][n % 3].clone(),
            ..given.an_event(&[one, two][..1 + (n / 2) % 2])
        };
        given.publish(&event).await;
        for delivery in &event.deliveries {
            let due = given.due_of(delivery.webhook_id, delivery.id).await;
            let verdict = if n % 4 < 2 { Verdict::Failed } else { Verdict::Delivered };
            given.finish(given.finished(&due, verdict)).await;
            ended.push(given.read(delivery.id).await);
        }
        if n % 5 == 4 {
            given.tick();
        }
    }
    given.delivery(one).await;
    given.failed(gone.id).await;
    store.update_webhook(&Webhook { enabled: false, ..gone }).await.unwrap();

    let model = ended.iter().rfind(|one| one.status == DeliveryStatus::Failed && one.channels.len() == 2).unwrap();
    for combination in 0..128 {
        let on = |bit: u32| combination & (1 << bit) != 0;
        let filter = ReplayFilter {
            webhook_id: on(0).then_some(model.webhook_id),
            event_id: on(1).then(|| model.event_id.clone()),
            status: on(2).then_some(model.status),
            event_type: on(3).then(|| model.event_type.clone()),
            channel: on(4).then(|| channel(7)),
            since: on(5).then_some(ended[5].created_at),
            until: if on(6) { ended[ended.len() - 3].created_at } else { at(100) },
        };
        let fits = ended.iter().filter(|delivery| {
            (!on(0) || delivery.webhook_id == model.webhook_id)
                && (!on(1) || delivery.event_id == model.event_id)
                && (!on(2) || delivery.status == model.status)
                && (!on(3) || delivery.event_type == model.event_type)
                && (!on(4) || delivery.channels.contains(&channel(7)))
                && delivery.created_at >= filter.since.unwrap_or(at(-100))
                && delivery.created_at < filter.until
        });
        let counted = store.count_job(given.workspace, &JobKind::Replay(filter.clone())).await.unwrap();
        assert_eq!(counted.replayed, fits.count() as u64, "{filter:?}");
        assert!(counted.examined >= counted.replayed);
    }
    let nothing = ReplayFilter { event_id: Some(given.an_event(&[]).id), ..all() };
    assert_eq!(run(&given, JobKind::Replay(nothing)).await.examined, 0);

    let labelled = ReplayFilter { channel: Some(channel(7)), event_type: Some("b.b".to_owned()), ..all() };
    let wanted: Vec<_> = ended
        .iter()
        .filter(|one| one.event_type == "b.b" && one.channels.contains(&channel(7)))
        .map(|one| one.id)
        .collect();
    let done = run(&given, JobKind::Replay(labelled)).await;
    assert_eq!(done.replayed, wanted.len() as u64);
    let mut replayed = replays(&given, one).await;
    replayed.extend(replays(&given, two).await);
    replayed.sort();
    assert_eq!(replayed, wanted);
    let done = run(&given, JobKind::Replay(all())).await;
    assert_eq!(done.replayed as usize, ended.len() - wanted.len(), "what waits is left alone");
}

// behaviour V10 (in part)
/// So that one that was cut off goes on where it stopped.
pub async fn a_job_goes_on_where_it_stopped_and_replays_nothing_twice(store: &SharedStore) {
    let given = Given::new(store).await;
    let webhook = given.webhook().await.id;
    let mut ids = Vec::new();
    for _ in 0..5 {
        ids.push(given.failed(webhook).await);
    }
    let job = begin(&given, recover(webhook)).await;
    assert_eq!(job.total, 5);
    let stepped = step(&given, &job, 2).await;
    assert_eq!((stepped.examined, stepped.replayed, stepped.status), (2, 2, JobStatus::Running));
    assert_eq!(replays(&given, webhook).await, ids[..2]);
    // What fails again while the job runs is behind it.
    given.finish(given.finished(&given.due_of(webhook, ids[0]).await, Verdict::Failed)).await;
    given.finish(given.finished(&given.due_of(webhook, ids[1]).await, Verdict::Delivered)).await;
    let stepped = step(&given, &job, 2).await;
    assert_eq!((stepped.examined, stepped.status), (4, JobStatus::Running));
    let stepped = step(&given, &job, 2).await;
    assert_eq!((stepped.examined, stepped.replayed, stepped.status), (5, 5, JobStatus::Done));
    assert_eq!(replays(&given, webhook).await, ids[2..]);
    assert_eq!(step(&given, &job, 2).await, stepped, "it has ended");
}

/// What it made due stays due.
pub async fn a_canceled_job_goes_no_further(store: &SharedStore) {
    let given = Given::new(store).await;
    let webhook = given.webhook().await.id;
    for _ in 0..4 {
        given.failed(webhook).await;
    }
    let job = begin(&given, recover(webhook)).await;
    step(&given, &job, 2).await;
    let canceled = store.cancel_job(given.workspace, job.id, at(7)).await.unwrap();
    assert_eq!((canceled.status, canceled.replayed, canceled.updated_at), (JobStatus::Canceled, 2, at(7)));
    assert_eq!(step(&given, &job, 2).await, canceled);
    assert_eq!(replays(&given, webhook).await.len(), 2);
    assert_refused(store.cancel_job(given.workspace, job.id, at(8)).await);
}

/// With the reason; and none can be begun.
pub async fn a_job_for_a_webhook_that_is_disabled_or_deleted_fails(store: &SharedStore) {
    let given = Given::new(store).await;
    let webhook = given.webhook().await;
    given.failed(webhook.id).await;
    let filter = ReplayFilter { webhook_id: Some(webhook.id), ..all() };
    let kinds = [recover(webhook.id), missing(webhook.id), JobKind::Replay(filter)];
    let mut jobs = Vec::new();
    for kind in kinds.clone() {
        jobs.push(begin(&given, kind).await);
    }
    let disabled = store.update_webhook(&Webhook { enabled: false, ..webhook }).await.unwrap();
    let failed = step(&given, &jobs[0], 5).await;
    assert_eq!((failed.status, failed.replayed), (JobStatus::Failed, 0));
    assert!(failed.error.unwrap().contains("disabled"));
    for kind in kinds.clone() {
        assert_refused(store.create_job(&a_job(&given, kind)).await);
    }
    store.delete_webhook(given.workspace, disabled.id, given.now()).await.unwrap();
    for job in &jobs[1..] {
        let failed = step(&given, job, 5).await;
        assert!(failed.error.unwrap().contains("deleted"));
    }
    assert_refused(store.create_job(&a_job(&given, kinds[0].clone())).await);
    assert_eq!(store.list_running_jobs().await.unwrap(), []);
}

/// Those that have ended do not count, nor those of others.
pub async fn only_so_many_jobs_run_at_once(store: &SharedStore) {
    let given = Given::new(store).await;
    let other = given.other().await;
    begin(&other, JobKind::Replay(all())).await;
    let mut last = None;
    for _ in 0..RUNNING_JOBS_MAX {
        last = Some(begin(&given, JobKind::Replay(all())).await);
    }
    assert_refused(store.create_job(&a_job(&given, JobKind::Replay(all()))).await);
    store.cancel_job(given.workspace, last.unwrap().id, given.now()).await.unwrap();
    begin(&given, JobKind::Replay(all())).await;
}

// behaviour R9
/// Neither jobs nor webhooks for them; and a replay of everything is of everything that is one's own.
pub async fn jobs_of_another_workspace_are_not_found(store: &SharedStore) {
    let given = Given::new(store).await;
    let other = given.other().await;
    let theirs = other.webhook().await.id;
    let failed = other.failed(theirs).await;
    let job = begin(&other, recover(theirs)).await;
    let (mine, now) = (given.workspace, given.now());
    assert_not_found(store.get_job(mine, job.id).await);
    assert_not_found(store.cancel_job(mine, job.id, now).await);
    assert_not_found(store.step_job(mine, job.id, 5, vec![], now).await);
    assert_eq!(store.list_jobs(mine, everything()).await.unwrap().rows, []);
    let filter = ReplayFilter { webhook_id: Some(theirs), ..all() };
    for kind in [recover(theirs), missing(theirs), JobKind::Replay(filter)] {
        assert_not_found(store.count_job(mine, &kind).await);
        assert_not_found(store.create_job(&a_job(&given, kind)).await);
    }
    assert_eq!(run(&given, JobKind::Replay(all())).await.examined, 0);
    assert_eq!(other.read(failed).await.status, DeliveryStatus::Failed);
}

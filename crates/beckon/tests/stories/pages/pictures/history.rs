//! Four weeks of deliveries before today.
//!
//! Events, deliveries and attempts are stored as the engine stores them, with the times they would have had; every figure
//! in a picture is counted from them.

use std::path::Path;
use std::sync::Arc;

use beckon_domain::delivery::{Attempt, DueAttempt, FailureKind, Outcome, Trigger, Verdict};
use beckon_domain::event::{EventId, EventSource, NewDelivery, NewEvent};
use beckon_domain::id::{WebhookId, WorkspaceId};
use beckon_store::deliveries::{DeliveryStore as _, FinishedAttempt};
use beckon_store::events::EventStore as _;
use beckon_store::{ConfigStore as _, KeyStore as _, Vault};
use beckon_store_sqlite::{Options, SqliteStore};
use beckon_testkit::ambient::{FakeClock, ambient_with, real_ambient};
use beckon_testkit::vault::A_VAULT_KEY;
use jiff::{SignedDuration, Timestamp};
use serde_json::Value;

const DAYS: i64 = 28;

/// How much a webhook gets, and how well it takes it.
struct Flow {
    webhook_id: WebhookId,
    event_type: &'static str,
    /// Events in a busy hour.
    busiest: u64,
    /// One of so many fails for good.
    fails_one_in: u64,
}

/// Writes the weeks before today for those of `webhooks` that had any.
pub async fn write(data: &Path, webhooks: &[Value]) {
    let options = Options::new(data.to_owned(), Vault::new(&A_VAULT_KEY, real_ambient()));
    let store = SqliteStore::open(options, real_ambient()).expect("the store opens");
    let workspace = store.list_workspaces().await.expect("workspaces").remove(0).id;
    let flow = |description: &str, event_type, busiest, fails_one_in| {
        let webhook = webhooks.iter().find(|webhook| webhook["description"] == description).expect("a webhook");
        let webhook_id = webhook["id"].as_str().expect("an id").parse().expect("an id");
        Flow { webhook_id, event_type, busiest, fails_one_in }
    };
    let flows = [
        flow("CRM", "contact.visited", 9, 60),
        flow("Slack: decision makers", "contact.intent", 3, 200),
        flow("Data warehouse", "contact.visited", 5, 7),
    ];
    let clock = Arc::new(FakeClock::at(Timestamp::now()));
    let ambient = ambient_with(clock.clone());
    let today = Timestamp::now() - SignedDuration::from_mins(5);
    for hour in (0..DAYS * 24).rev() {
        let mut batch = Vec::new();
        for flow in &flows {
            for number in 0..how_many(flow, hour) {
                let at = today - SignedDuration::from_mins(hour * 60 + (number as i64 * 59) % 60);
                clock.set(at);
                let delivery = NewDelivery { id: ambient.new_id(), webhook_id: flow.webhook_id };
                let event = NewEvent {
                    id: EventId::generate(&ambient),
                    workspace_id: workspace,
                    event_type: flow.event_type.to_owned(),
                    channels: vec![],
                    payload: bytes::Bytes::from_static(b"{}"),
                    source: EventSource::default(),
                    created_at: at,
                    deliveries: vec![delivery],
                };
                let fails = scatter(hour as u64 * 31 + number).is_multiple_of(flow.fails_one_in);
                batch.push((event, fails, ambient.new_id()));
            }
        }
        store_hour(&store, workspace, batch).await;
    }
}

type Planned = (NewEvent, bool, beckon_domain::id::AttemptId);

async fn store_hour(store: &SqliteStore, workspace: WorkspaceId, batch: Vec<Planned>) {
    let events: Vec<_> = batch.iter().map(|(event, ..)| event.clone()).collect();
    store.publish_events(workspace, store.config_version(workspace), events).await.expect("events are stored");
    let finished = batch.into_iter().map(|(event, fails, id)| {
        let due = DueAttempt::first(&event, event.deliveries[0], Trigger::Schedule);
        let spread = scatter(event.created_at.as_second() as u64);
        let mut attempt =
            Attempt::begun(id, &due, event.created_at + SignedDuration::from_micros(900 + (spread % 4_000) as i64));
        attempt.exchange.status = Some(if fails { 503 } else { 200 });
        attempt.exchange.timings.total_us = 18_000 + spread % 90_000;
        attempt.exchange.timings.first_byte_us = Some(17_000 + spread % 90_000);
        let failed = || Outcome::Failed { kind: FailureKind::Status, message: "the receiver answered 503".to_owned() };
        attempt.outcome = if fails { failed() } else { Outcome::Delivered };
        let verdict = if fails { Verdict::Failed } else { Verdict::Delivered };
        Arc::new(FinishedAttempt {
            workspace_id: workspace,
            attempt,
            verdict,
            disable_webhook: None,
            health: None,
            notices: vec![],
            mail_notices: false,
        })
    });
    for done in store.finish_attempts(finished.collect()).await.expect("attempts are stored") {
        done.expect("an attempt is stored");
    }
}

/// More by day than by night, less at weekends, and never twice the same.
fn how_many(flow: &Flow, hours_ago: i64) -> u64 {
    let at = (Timestamp::now() - SignedDuration::from_hours(hours_ago)).to_zoned_datetime(jiff::tz::TimeZone::UTC);
    let by_day = match at.hour() {
        8..=17 => 4,
        6..=7 | 18..=20 => 2,
        _ => 1,
    };
    let by_week = if at.weekday().to_monday_zero_offset() >= 5 { 1 } else { 2 };
    let most = flow.busiest * by_day * by_week / 8;
    most - scatter(hours_ago as u64 * 7 + flow.busiest) % (most / 2 + 1)
}

/// A number that looks like chance and is the same every time (the finalizer of MurmurHash3).
fn scatter(number: u64) -> u64 {
    let mut mixed = number.wrapping_add(0x9e37_79b9_7f4a_7c15);
    mixed = (mixed ^ (mixed >> 33)).wrapping_mul(0xff51_afd7_ed55_8ccd);
    mixed ^ (mixed >> 33)
}

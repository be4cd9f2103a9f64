//! `/stats`: figures by the hour, of the workspace or of one webhook.
//!
//! Summing them up is pure and apart from asking for them, for whoever shows them elsewhere.
//! Not here: counting (the store), and what durations are told apart (`beckon_domain::histogram`).

use std::collections::BTreeMap;
use std::time::Duration;

use aide::axum::ApiRouter;
use aide::axum::routing::get_with;
use axum::extract::State;
use beckon_domain::histogram::{BUCKETS, quantile};
use beckon_domain::id::WebhookId;
use beckon_domain::invalid::Invalid;
use beckon_store::stats::{Measure, TalliesOf, Tally};
use jiff::{SignedDuration, Timestamp};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::app::App;
use crate::auth::Caller;
use crate::docs::{self, explained};
use crate::extract::{ById, Json, Path, Query};
use crate::problem::Problem;

const TAG: &str = "Statistics";
const HOUR: SignedDuration = SignedDuration::from_hours(1);
/// Longest time that figures are shown of at once, in days.
pub(crate) const DAYS_MAX: i64 = 92;
/// How many hours are shown if nobody says, the present one included.
pub(crate) const HOURS_DEFAULT: i64 = 24;

pub(super) fn routes() -> ApiRouter<App> {
    let about = "Every hour that begins in the time that is asked for, oldest first, and all of them together; 92 days at \
                 most, and the last 24 hours if nothing is said. Tests are not counted. Percentiles are at most a quarter \
                 above the truth.";
    ApiRouter::new()
        .api_route("/stats", get_with(of_workspace, explained("getStats", TAG, "Show figures by the hour", about)))
        .api_route(
            "/webhooks/{id}/stats",
            get_with(of_webhook, explained("getWebhookStats", TAG, "Show a webhook's figures by the hour", about)),
        )
}

/// What was counted, added up.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Sums {
    /// Signals taken.
    pub(crate) signals: u64,
    /// Those of them that were taken for a bot's.
    pub(crate) bot_signals: u64,
    /// Events announced.
    pub(crate) events: u64,
    /// Deliveries delivered.
    pub(crate) delivered: u64,
    /// Deliveries given up.
    pub(crate) failed: u64,
    /// Attempts that succeeded.
    pub(crate) attempts_succeeded: u64,
    /// Attempts that failed.
    pub(crate) attempts_failed: u64,
    /// How long after their event deliveries were delivered, by bucket.
    pub(crate) time_to_deliver: [u64; BUCKETS],
    /// How long answers took, by bucket.
    pub(crate) response_time: [u64; BUCKETS],
}

impl Default for Sums {
    fn default() -> Sums {
        Sums {
            signals: 0,
            bot_signals: 0,
            events: 0,
            delivered: 0,
            failed: 0,
            attempts_succeeded: 0,
            attempts_failed: 0,
            time_to_deliver: [0; BUCKETS],
            response_time: [0; BUCKETS],
        }
    }
}

impl Sums {
    /// All tallies together.
    pub(crate) fn of<'t>(tallies: impl IntoIterator<Item = &'t Tally>) -> Sums {
        let mut sums = Sums::default();
        tallies.into_iter().for_each(|tally| sums.add(tally));
        sums
    }

    /// Adds one.
    pub(crate) fn add(&mut self, tally: &Tally) {
        let sum = match tally.measure {
            Measure::Signals => &mut self.signals,
            Measure::BotSignals => &mut self.bot_signals,
            Measure::Events => &mut self.events,
            Measure::Delivered => &mut self.delivered,
            Measure::Failed => &mut self.failed,
            Measure::AttemptsSucceeded => &mut self.attempts_succeeded,
            Measure::AttemptsFailed => &mut self.attempts_failed,
            Measure::TimeToDeliver(bucket) => &mut self.time_to_deliver[usize::from(bucket).min(BUCKETS - 1)],
            Measure::ResponseTime(bucket) => &mut self.response_time[usize::from(bucket).min(BUCKETS - 1)],
        };
        *sum += tally.count;
    }
}

/// The sums of every hour that begins at or after `since` and before `until`, oldest first; of those, too, in which
/// nothing was counted.
pub(crate) fn by_hour(tallies: &[Tally], since: Timestamp, until: Timestamp) -> Vec<(Timestamp, Sums)> {
    let mut hours: BTreeMap<Timestamp, Sums> = BTreeMap::new();
    let mut hour = hour_of(since);
    while hour < until {
        if hour >= since {
            hours.insert(hour, Sums::default());
        }
        match hour.checked_add(HOUR) {
            Ok(next) => hour = next,
            Err(_end_of_time) => break,
        }
    }
    for tally in tallies {
        if let Some(sums) = hours.get_mut(&tally.hour) {
            sums.add(tally);
        }
    }
    hours.into_iter().collect()
}

/// The beginning of the hour of a moment (UTC).
pub(crate) fn hour_of(at: Timestamp) -> Timestamp {
    let seconds = at.as_second() - at.as_second().rem_euclid(HOUR.as_secs());
    // The moment itself, should its hour have begun before the first moment there is.
    Timestamp::from_second(seconds).unwrap_or(at)
}

/// The time that figures are asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Span {
    /// Hours that begin at or after this,
    pub(crate) since: Timestamp,
    /// and before this.
    pub(crate) until: Timestamp,
}

impl Span {
    /// The time between two moments; as far as they are not given, up to `now`, and a day long.
    pub(crate) fn new(since: Option<Timestamp>, until: Option<Timestamp>, now: Timestamp) -> Result<Span, Invalid> {
        let until = until.unwrap_or(now);
        let day_before = || hour_of(until).checked_sub(HOUR * (HOURS_DEFAULT as i32 - 1)).unwrap_or(Timestamp::MIN);
        let since = since.unwrap_or_else(day_before);
        if since >= until {
            return Err(Invalid::one("since", format!("must be before until, which is {until}")));
        }
        if until.duration_since(since) > HOUR * (24 * DAYS_MAX as i32) {
            return Err(Invalid::one("since", format!("at most {DAYS_MAX} days before until, which is {until}")));
        }
        Ok(Span { since, until })
    }
}

/// Of which time.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
struct Wanted {
    /// Hours that begin at or after this; a day before `until` if not given.
    #[schemars(schema_with = "docs::timestamp")]
    since: Option<Timestamp>,
    /// Hours that begin before this; now if not given.
    #[schemars(schema_with = "docs::timestamp")]
    until: Option<Timestamp>,
}

/// Figures.
#[derive(Debug, PartialEq, Serialize, JsonSchema)]
struct Stats {
    /// Of each hour.
    data: Vec<HourView>,
    /// Of all hours together.
    totals: SumsView,
}

/// The figures of an hour.
#[derive(Debug, PartialEq, Serialize, JsonSchema)]
#[schemars(rename = "StatsOfHour")]
struct HourView {
    /// When it began.
    #[schemars(schema_with = "docs::timestamp")]
    at: Timestamp,
    #[serde(flatten)]
    sums: SumsView,
}

/// What was counted.
#[derive(Debug, PartialEq, Serialize, JsonSchema)]
#[schemars(rename = "StatsSums")]
struct SumsView {
    /// Signals that came in; null of a webhook.
    signals: Option<u64>,
    /// Signals among them that were taken for a bot's and mean nothing; null of a webhook.
    bot_signals: Option<u64>,
    /// Events announced; null of a webhook.
    events: Option<u64>,
    /// Deliveries delivered, in the hour of the attempt that did it.
    delivered: u64,
    /// Deliveries given up, in the hour of their last attempt.
    failed: u64,
    /// Attempts that succeeded, in the hour they began.
    attempts_succeeded: u64,
    /// Attempts that failed, in the hour they began.
    attempts_failed: u64,
    /// How long after their event deliveries were delivered; resent and replayed ones don't count.
    time_to_deliver: Percentiles,
    /// How long answers took.
    response_time: Percentiles,
}

/// What so many of a hundred don't exceed, in milliseconds; null if there were none.
#[derive(Debug, PartialEq, Serialize, JsonSchema)]
struct Percentiles {
    /// Half of all.
    p50: Option<u64>,
    /// 95 of a hundred.
    p95: Option<u64>,
    /// 99 of a hundred.
    p99: Option<u64>,
}

impl Percentiles {
    fn of(counts: &[u64; BUCKETS]) -> Percentiles {
        let of = |share| quantile(counts, share).map(whole_millis);
        Percentiles { p50: of(0.5), p95: of(0.95), p99: of(0.99) }
    }
}

/// Rounded up, so that it is still not exceeded.
fn whole_millis(duration: Duration) -> u64 {
    u64::try_from(duration.as_micros().div_ceil(1_000)).unwrap_or(u64::MAX)
}

impl SumsView {
    fn of(sums: &Sums, of: TalliesOf) -> SumsView {
        let of_workspace = |count| (of == TalliesOf::Workspace).then_some(count);
        SumsView {
            signals: of_workspace(sums.signals),
            bot_signals: of_workspace(sums.bot_signals),
            events: of_workspace(sums.events),
            delivered: sums.delivered,
            failed: sums.failed,
            attempts_succeeded: sums.attempts_succeeded,
            attempts_failed: sums.attempts_failed,
            time_to_deliver: Percentiles::of(&sums.time_to_deliver),
            response_time: Percentiles::of(&sums.response_time),
        }
    }
}

async fn of_workspace(
    State(app): State<App>,
    caller: Caller,
    Query(wanted): Query<Wanted>,
) -> Result<Json<Stats>, Problem> {
    stats(&app, caller, TalliesOf::Workspace, &wanted).await.map(Json)
}

async fn of_webhook(
    State(app): State<App>,
    caller: Caller,
    Path(ById { id }): Path<ById<WebhookId>>,
    Query(wanted): Query<Wanted>,
) -> Result<Json<Stats>, Problem> {
    // The history of a deleted webhook stays readable.
    app.store.get_webhook(caller.workspace_id, id).await?;
    stats(&app, caller, TalliesOf::Webhook(id), &wanted).await.map(Json)
}

async fn stats(app: &App, caller: Caller, of: TalliesOf, wanted: &Wanted) -> Result<Stats, Problem> {
    let Span { since, until } = Span::new(wanted.since, wanted.until, app.ambient.now())?;
    let tallies = app.store.list_tallies(caller.workspace_id, of, since, until).await?;
    let data = by_hour(&tallies, since, until);
    let data = data.iter().map(|(at, sums)| HourView { at: *at, sums: SumsView::of(sums, of) }).collect();
    Ok(Stats { data, totals: SumsView::of(&Sums::of(&tallies), of) })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(text: &str) -> Timestamp {
        text.parse().unwrap()
    }

    fn tally(hour: &str, measure: Measure, count: u64) -> Tally {
        Tally { hour: at(hour), measure, count }
    }

    #[test]
    fn every_hour_that_begins_in_time_has_its_sums() {
        let tallies = [
            tally("2024-04-15T13:00:00Z", Measure::Signals, 100),
            tally("2024-04-15T14:00:00Z", Measure::Signals, 3),
            tally("2024-04-15T14:00:00Z", Measure::Delivered, 2),
            tally("2024-04-15T14:00:00Z", Measure::Delivered, 5),
            tally("2024-04-15T16:00:00Z", Measure::ResponseTime(8), 1),
        ];
        let hours = by_hour(&tallies, at("2024-04-15T13:30:00Z"), at("2024-04-15T16:00:01Z"));
        let shown: Vec<_> = hours.iter().map(|(at, sums)| (at.to_string(), sums.signals, sums.delivered)).collect();
        let hour = |hour: &str, signals, delivered| (format!("2024-04-15T{hour}:00:00Z"), signals, delivered);
        assert_eq!(shown, [hour("14", 3, 7), hour("15", 0, 0), hour("16", 0, 0)]);
        assert_eq!(hours[2].1.response_time[8], 1);
        assert_eq!(Sums::of(&tallies).signals, 103);
    }

    #[test]
    fn percentiles_are_whole_milliseconds() {
        let mut counts = [0; BUCKETS];
        counts[0] = 90;
        counts[beckon_domain::histogram::bucket_of(Duration::from_millis(100))] = 10;
        let shown = Percentiles::of(&counts);
        assert_eq!(shown.p50, Some(1));
        assert!((100..=125).contains(&shown.p95.unwrap()) && shown.p99 == shown.p95);
        assert_eq!(Percentiles::of(&[0; BUCKETS]), Percentiles { p50: None, p95: None, p99: None });
    }

    #[test]
    fn a_day_is_shown_if_nothing_is_said_and_92_days_at_most() {
        let now = at("2024-04-15T14:32:00Z");
        let day = Span::new(None, None, now).unwrap();
        assert_eq!(by_hour(&[], day.since, day.until).len(), 24);
        assert_eq!((day.since, day.until), (at("2024-04-14T15:00:00Z"), now));
        let since = |text| Span::new(Some(at(text)), None, now);
        assert!(since("2024-01-14T14:32:00Z").is_ok());
        for wrong in ["2024-01-14T14:31:59Z", "2024-04-15T14:32:00Z", "2024-04-16T00:00:00Z"] {
            let Invalid(found) = since(wrong).unwrap_err();
            assert_eq!(found[0].field, "since", "{wrong}");
        }
        assert!(Span::new(Some(Timestamp::MIN), Some(Timestamp::MAX), now).is_err());
        assert!(Span::new(None, Some(Timestamp::MIN), now).is_err());
    }
}

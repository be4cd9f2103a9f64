//! The first page of a webhook: how it is doing, and what came last.

use axum::extract::{Query, State};
use axum::response::Response;
use beckon_domain::delivery::{Attempt, Trigger};
use beckon_domain::histogram::quantile;
use beckon_domain::id::WebhookId;
use beckon_store::PageRequest;
use beckon_store::deliveries::AttemptsOf;
use beckon_store::stats::TalliesOf;
use jiff::Timestamp;
use maud::{Markup, html};
use serde::Deserialize;

use super::answer;
use super::figures::{self, Steps};
use super::frame::{Shown, Tab};
use super::jobs;
use crate::api::stats::Sums;
use crate::app::App;
use crate::extract::{ById, Path};
use crate::web::Failure;
use crate::web::parts::{
    Bars, Icon, Series, Tone, bars, card_with, duration, empty, moment, note, number, of_requests, row_cell, stat,
    table,
};
use crate::web::viewer::Viewer;

/// Attempts shown.
const ATTEMPTS_MAX: u32 = 10;
/// Days of the long chart.
const DAYS: u32 = 28;
/// Hours of the short one.
const HOURS: u32 = 24;

/// What is wanted, in the address.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Wanted {
    /// `hours` for the last 24 of them; else days.
    period: String,
}

pub(super) async fn show(
    State(app): State<App>,
    viewer: Viewer,
    Path(ById { id }): Path<ById<WebhookId>>,
    Query(wanted): Query<Wanted>,
) -> Result<Response, Failure> {
    let shown = Shown::find(&app, &viewer, id).await?;
    let now = app.ambient.now();
    let workspace = viewer.caller.workspace_id;
    let request = PageRequest { limit: ATTEMPTS_MAX, after: None };
    let attempts = app.store.list_attempts(workspace, AttemptsOf::Webhook(id), request).await?.rows;
    let body = html! {
        div #banner.stack data-live { (shown.standing.banner(&viewer, &shown.path, &app.delivery)) }
        @if attempts.is_empty() { (first_steps(&shown, &viewer)) }
        (jobs::of_webhook(&app, &viewer, &shown).await?)
        (charts(&app, &viewer, &shown, wanted.period == "hours", now).await?)
        (latest(&attempts, &shown, &viewer))
    };
    let (page, body) = shown.page(&viewer, Tab::Overview, body);
    Ok(page.live().show(body))
}

/// What to do with a webhook that has never been used.
fn first_steps(shown: &Shown, viewer: &Viewer) -> Markup {
    if !viewer.may_work() || !shown.view.enabled {
        return html! {};
    }
    note(
        Tone::Info,
        "Next: see it arrive",
        html! {
            ol {
                li { a href={ (shown.path) "/testing" } { "Send a test" } ": you see the receiver's answer at once." }
                li { a href={ (shown.path) "/verify" } { "Check the signature" } " in your own system, if you have one. Zapier, Make and Clay need nothing." }
                li { "Leave the rest to Beckon: from now on every event that fits is sent by itself." }
            }
        },
        None,
    )
}

async fn charts(app: &App, viewer: &Viewer, shown: &Shown, by_hour: bool, now: Timestamp) -> Result<Markup, Failure> {
    let zone = &viewer.zone;
    let steps = if by_hour { Steps::hours(HOURS, now) } else { Steps::days(DAYS, now, zone) };
    let of = TalliesOf::Webhook(shown.view.id);
    let until = figures::until(now);
    let tallies = app.store.list_tallies(viewer.caller.workspace_id, of, steps.since(), until).await?;
    let all = Sums::of(&tallies);
    let columns = steps.sums(&tallies);
    let title = if by_hour { "Deliveries by hour" } else { "Deliveries by day" };
    let values = |of: fn(&Sums) -> u64| columns.iter().map(of).collect();
    let chart = Bars {
        title,
        columns: steps.names(if by_hour { "%H:%M" } else { "%b %-d" }, zone),
        series: vec![
            Series { name: "Delivered", tone: Tone::Good, values: values(|step| step.delivered) },
            Series {
                name: "Failed, tried again",
                tone: Tone::Warn,
                values: values(|step| step.attempts_failed.saturating_sub(step.failed)),
            },
            Series { name: "Failed for good", tone: Tone::Bad, values: values(|step| step.failed) },
        ],
    };
    let choice = |words, query, current: bool| {
        html! { a.button.small.quiet[!current] href={ (shown.path) (query) } aria-current=[current.then_some("true")] { (words) } }
    };
    let choices = html! {
        (choice("28 days", "", !by_hour)) (choice("24 hours", "?period=hours", by_hour))
    };
    Ok(html! {
        div #figures.stack data-live {
            dl.stats { (stats(&all)) }
            (card_with(title, choices, html! {
                (bars(&chart))
                @if figures::attempts(&all) == 0 { p.muted { "Nothing was sent in this time. Tests do not count." } }
            }))
        }
    })
}

fn stats(all: &Sums) -> Markup {
    let none = || "–".to_owned();
    let time = |name: &str, counts| {
        let share = |share| quantile(counts, share).map(duration);
        let within = share(0.95).map(|within| format!("median; 95 % within {within}"));
        stat(name, &share(0.5).unwrap_or_else(none), within.as_deref())
    };
    let requests = of_requests(figures::attempts(all));
    html! {
        (stat("Success rate", &figures::success_rate(all).unwrap_or_else(none), Some(&requests)))
        (stat("Delivered", &number(all.delivered), None))
        (stat("Failed for good", &number(all.failed), None))
        (time("Time to deliver", &all.time_to_deliver))
        (time("Receiver answers in", &all.response_time))
    }
}

fn latest(attempts: &[Attempt], shown: &Shown, viewer: &Viewer) -> Markup {
    let rows = html! {
        @for attempt in attempts {
            tr data-key=(attempt.id) {
                (row_cell("Answer", html! {
                    a href=(viewer.path(&format!("/deliveries/{}", attempt.delivery_id))) { (answer::badge_of(attempt)) }
                    @if let Some(why) = answer::short_reason(attempt) { br; span.small.muted { (why) } }
                }))
                (row_cell("Event", html! { span.tag { (attempt.event_type) } }))
                (row_cell("Attempt", html! { (attempt.number) @if let Some(word) = trigger(attempt.trigger) { " " span.small.muted { (word) } } }))
                (row_cell("Took", html! { span.nowrap { (answer::took(attempt)) } }))
                (row_cell("When", moment(attempt.started_at, &viewer.zone)))
            }
        }
    };
    let all =
        html! { a.small href=(viewer.path(&format!("/deliveries?webhook_id={}", shown.view.id))) { "All deliveries" } };
    html! {
        section.card.flush #attempts data-live {
            div.card-head { h2 { "Latest attempts" } div.actions { (all) } }
            @if attempts.is_empty() {
                (empty(Icon::Delivery, "Nothing sent yet", html! { "Each request to the receiver shows here the moment it was made." }, None))
            } @else {
                (table("Latest attempts", &["Answer", "Event", "Attempt", "Took", "When"], rows))
            }
        }
    }
}

/// Why an attempt was made, if not by the schedule.
fn trigger(trigger: Trigger) -> Option<&'static str> {
    match trigger {
        Trigger::Schedule => None,
        Trigger::Resend => Some("resent"),
        Trigger::Test => Some("test"),
        Trigger::Replay => Some("replayed"),
    }
}

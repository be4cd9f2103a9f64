//! Sending again what a webhook missed: choosing from when to when, seeing how much that is, starting it.
//!
//! Promise: how many will be sent is said beside the choice. Counting can take a while, so the page does not wait for it:
//! its address with a choice is the page that has counted, which scripts fetch at once and *Count* asks for without them.

use axum::extract::{Query, State};
use axum::response::{Html, IntoResponse, Redirect, Response};
use beckon_domain::id::WebhookId;
use beckon_domain::invalid::{Findings, Invalid};
use http::StatusCode;
use jiff::civil::DateTime;
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp, ToSpan};
use maud::{Markup, html};
use serde::Deserialize;

use super::frame::Shown;
use crate::api::jobs::{JobAnswer, JobCountView};
use crate::api::webhooks::recover::{self, Missed};
use crate::app::App;
use crate::extract::{ById, Json, Path};
use crate::problem::Problem;
use crate::web::Failure;
use crate::web::form::{Errors, Form};
use crate::web::parts::{Field, Tone, choice_card, dialog_body, error_summary, moment_of, note, number};
use crate::web::said::saying;
use crate::web::viewer::Viewer;

/// Which of the two.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    /// What failed, or was canceled because the webhook was disabled.
    Recover,
    /// What never was sent there.
    Replay,
}

/// From when on: value, words.
const WINDOWS: &[(&str, &str)] = &[
    ("8h", "Last 8 hours"),
    ("yesterday", "Since yesterday"),
    ("3d", "Last 3 days"),
    ("1w", "Last week"),
    ("2w", "Last 2 weeks"),
];
/// What is chosen if nobody says.
const WINDOW_DEFAULT: &str = "yesterday";
/// The part of the page that says how many that are.
const COUNTED: &str = "counted";

/// What is wanted, in the address: to count without scripts.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Wanted {
    window: String,
    since: String,
    until: String,
}

impl Wanted {
    fn form(self) -> Form {
        Form::of([("window", self.window), ("since", self.since), ("until", self.until)])
    }
}

impl Kind {
    fn title(self) -> &'static str {
        match self {
            Kind::Recover => "Recover failed",
            Kind::Replay => "Replay missing",
        }
    }

    fn path(self) -> &'static str {
        match self {
            Kind::Recover => "recover",
            Kind::Replay => "replay-missing",
        }
    }

    fn about(self) -> &'static str {
        match self {
            Kind::Recover => {
                "Sends again what the receiver did not take: deliveries that failed for good, and those canceled because the webhook was disabled. \
                 What somebody canceled by hand stays canceled."
            }
            Kind::Replay => {
                "Sends the events that this webhook would get as it is set up now, and never had: from before it was made, changed, or while it was disabled."
            }
        }
    }

    /// What a count means.
    fn told(self, count: u64) -> String {
        match (self, count) {
            (Kind::Recover, 0) => "Nothing failed in this time: there is nothing to send.".to_owned(),
            (Kind::Recover, 1) => "This will send 1 delivery again.".to_owned(),
            (Kind::Recover, many) => format!("This will send {} deliveries again.", number(many)),
            (Kind::Replay, 0) => "Nothing is missing in this time: there is nothing to send.".to_owned(),
            (Kind::Replay, 1) => "This will send 1 event that the webhook never had.".to_owned(),
            (Kind::Replay, many) => format!("This will send {} events that the webhook never had.", number(many)),
        }
    }

    async fn ask(self, app: &App, viewer: &Viewer, id: WebhookId, missed: Missed) -> Result<JobAnswer, Problem> {
        let (state, path, body) = (State(app.clone()), Path(ById { id }), Json(missed));
        match self {
            Kind::Recover => recover::recover(state, viewer.caller, path, body).await,
            Kind::Replay => recover::replay_missing(state, viewer.caller, path, body).await,
        }
    }
}

pub(super) async fn ask_recover(
    State(app): State<App>,
    viewer: Viewer,
    Path(ById { id }): Path<ById<WebhookId>>,
    Query(wanted): Query<Wanted>,
) -> Result<Response, Failure> {
    ask(&app, &viewer, Kind::Recover, id, &wanted.form()).await
}

pub(super) async fn ask_replay(
    State(app): State<App>,
    viewer: Viewer,
    Path(ById { id }): Path<ById<WebhookId>>,
    Query(wanted): Query<Wanted>,
) -> Result<Response, Failure> {
    ask(&app, &viewer, Kind::Replay, id, &wanted.form()).await
}

pub(super) async fn count_recover(
    State(app): State<App>,
    viewer: Viewer,
    Path(ById { id }): Path<ById<WebhookId>>,
    form: Form,
) -> Result<Response, Failure> {
    count_alone(&app, &viewer, Kind::Recover, id, &form).await
}

pub(super) async fn count_replay(
    State(app): State<App>,
    viewer: Viewer,
    Path(ById { id }): Path<ById<WebhookId>>,
    form: Form,
) -> Result<Response, Failure> {
    count_alone(&app, &viewer, Kind::Replay, id, &form).await
}

pub(super) async fn recover(
    State(app): State<App>,
    viewer: Viewer,
    Path(ById { id }): Path<ById<WebhookId>>,
    form: Form,
) -> Result<Response, Failure> {
    start(&app, &viewer, Kind::Recover, id, &form).await
}

pub(super) async fn replay(
    State(app): State<App>,
    viewer: Viewer,
    Path(ById { id }): Path<ById<WebhookId>>,
    form: Form,
) -> Result<Response, Failure> {
    start(&app, &viewer, Kind::Replay, id, &form).await
}

async fn ask(app: &App, viewer: &Viewer, kind: Kind, id: WebhookId, form: &Form) -> Result<Response, Failure> {
    viewer.check_may_work()?;
    let shown = Shown::find(app, viewer, id).await?;
    let (counted, errors) = if form.given("window").is_none() {
        (counting(&shown, kind), Errors::default())
    } else {
        match count(app, viewer, kind, id, form).await {
            Ok(counted) => (counted, Errors::default()),
            Err(problem) => (html! {}, Errors::of(problem)?),
        }
    };
    Ok(page(app, viewer, &shown, kind, form, counted, &errors))
}

/// Stands there until it is counted.
fn counting(shown: &Shown, kind: Kind) -> Markup {
    let path = format!("{}/{}?window={WINDOW_DEFAULT}", shown.path, kind.path());
    html! { p.muted data-load=(path) data-load-part=(COUNTED) { "How many that are is counted before you decide." } }
}

/// Only the sentence, while somebody chooses.
async fn count_alone(app: &App, viewer: &Viewer, kind: Kind, id: WebhookId, form: &Form) -> Result<Response, Failure> {
    viewer.check_may_work()?;
    let said = match count(app, viewer, kind, id, form).await {
        Ok(counted) => counted,
        Err(problem) => {
            let errors = Errors::of(problem)?;
            let reasons = errors.all().iter().map(|error| error.reason.as_str()).chain(errors.detail.as_deref());
            html! { @for reason in reasons { (note(Tone::Warn, "Not countable", html! { (reason) }, None)) } }
        }
    };
    Ok(Html(said.into_string()).into_response())
}

async fn count(app: &App, viewer: &Viewer, kind: Kind, id: WebhookId, form: &Form) -> Result<Markup, Problem> {
    let (since, until) = window(form, app.ambient.now(), &viewer.zone)?;
    let missed = Missed { since, until, dry_run: Some(true) };
    let JobAnswer::Counted(JobCountView { replayed, .. }) = kind.ask(app, viewer, id, missed).await? else {
        return Ok(html! {});
    };
    let zone = &viewer.zone;
    let span = html! {
        "From " (moment_of(since, zone)) " until "
        @match until { Some(until) => (moment_of(until, zone)), None => "now" }
        "."
    };
    Ok(note(if replayed == 0 { Tone::Plain } else { Tone::Info }, &kind.told(replayed), span, None))
}

async fn start(app: &App, viewer: &Viewer, kind: Kind, id: WebhookId, form: &Form) -> Result<Response, Failure> {
    viewer.check_may_work()?;
    let shown = Shown::find(app, viewer, id).await?;
    let begun = match window(form, app.ambient.now(), &viewer.zone) {
        Ok((since, until)) => kind.ask(app, viewer, id, Missed { since, until, dry_run: None }).await,
        Err(invalid) => Err(invalid.into()),
    };
    match begun {
        Ok(JobAnswer::Begun(accepted)) => {
            let path = format!("/webhooks/{id}/jobs/{}", accepted.value.id);
            let said = if kind == Kind::Recover { "recovering" } else { "replaying" };
            Ok(Redirect::to(&viewer.path(&saying(&path, said))).into_response())
        }
        Ok(JobAnswer::Counted(_)) => Ok(Redirect::to(&shown.path).into_response()),
        Err(problem) => Ok(page(app, viewer, &shown, kind, form, html! {}, &Errors::of(problem)?)),
    }
}

fn page(
    app: &App,
    viewer: &Viewer,
    shown: &Shown,
    kind: Kind,
    form: &Form,
    counted: Markup,
    errors: &Errors,
) -> Response {
    let now = app.ambient.now();
    let chosen = form.given("window").unwrap_or(WINDOW_DEFAULT);
    let path = format!("{}/{}", shown.path, kind.path());
    let field = |name: &'static str, label: &'static str| {
        Field::new(name, label).kind("datetime-local").value(form.raw(name)).errors(errors)
    };
    let zone = viewer.zone.iana_name().unwrap_or("UTC");
    let body = html! {
        form method="post" action=(path) data-exchange data-preview={ (path) "/count" } data-preview-into="missed-count" novalidate {
            (error_summary(errors))
            p.muted { (kind.about()) }
            fieldset.chooser {
                legend { "From when" }
                div.choice-cards {
                    @for (value, words) in WINDOWS {
                        @let since = since_of(value, now, &viewer.zone).map(|since| since.to_zoned_datetime(viewer.zone.clone()).strftime("since %Y-%m-%d %H:%M").to_string());
                        (choice_card("window", value, chosen == *value, html! { (words) }, since.as_deref()))
                    }
                    (choice_card("window", "own", chosen == "own", html! { "My own times" }, Some("from when to when")))
                }
                div.depends.on-own {
                    div.two {
                        (field("since", "Since").hint(html! { "In " (zone) "." }).show())
                        (field("until", "Until").hint(html! { "Now, if left empty." }).show())
                    }
                }
            }
            div #missed-count data-part=(COUNTED) aria-live="polite" { (counted) }
            div.form-foot {
                button.primary { (if kind == Kind::Recover { "Recover" } else { "Replay" }) }
                button formmethod="get" data-without-scripts { "Count" }
                a.button.quiet href=(shown.path) data-close { "Cancel" }
            }
        }
    };
    let status = if errors.is_empty() { StatusCode::OK } else { StatusCode::UNPROCESSABLE_ENTITY };
    let page = shown.below(viewer, kind.title()).status(status);
    page.show(html! { section.card { (dialog_body(kind.title(), body)) } })
}

/// The times that were chosen.
fn window(form: &Form, now: Timestamp, zone: &TimeZone) -> Result<(Timestamp, Option<Timestamp>), Invalid> {
    let chosen = form.given("window").unwrap_or(WINDOW_DEFAULT);
    if chosen != "own" {
        let since = since_of(chosen, now, zone);
        return since.map(|since| (since, None)).ok_or_else(|| Invalid::one("window", "choose one of these"));
    }
    let mut findings = Findings::default();
    let mut typed = |name: &str| match form.given(name) {
        None => None,
        Some(text) => findings.take(local(name, text, zone)),
    };
    let (since, until) = (typed("since"), typed("until"));
    if form.given("since").is_none() {
        findings.add("since", "say from when on");
    }
    let since = findings.into_result(since)?;
    since.map(|since| (since, until)).ok_or_else(|| Invalid::one("since", "say from when on"))
}

/// When one of [`WINDOWS`] begins.
fn since_of(window: &str, now: Timestamp, zone: &TimeZone) -> Option<Timestamp> {
    let hours = match window {
        "8h" => 8,
        "3d" => 3 * 24,
        "1w" => 7 * 24,
        "2w" => 14 * 24,
        "yesterday" => {
            let yesterday = now.to_zoned_datetime(zone.clone()).date().checked_sub(1.day()).ok()?;
            return yesterday.to_zoned_datetime(zone.clone()).ok().map(|start| start.timestamp());
        }
        _ => return None,
    };
    now.checked_sub(SignedDuration::from_hours(hours)).ok()
}

/// A local time as browsers send it.
fn local(field: &str, text: &str, zone: &TimeZone) -> Result<Timestamp, Invalid> {
    let read = text.parse::<DateTime>().ok().and_then(|local| local.to_zoned_datetime(zone.clone()).ok());
    let read = read.map(|zoned| zoned.timestamp());
    read.ok_or_else(|| Invalid::one(field, format!("{text:?} is not a time: write 2024-04-15T14:32")))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn windowed(pairs: &[(&str, &str)]) -> Result<(String, Option<String>), Vec<String>> {
        let zone = TimeZone::get("Europe/Berlin").unwrap();
        let now = "2024-04-15T10:00:00Z".parse().unwrap();
        let window = window(&Form::of(pairs.iter().copied()), now, &zone);
        let window = window.map(|(since, until)| (since.to_string(), until.map(|until| until.to_string())));
        window.map_err(|invalid| invalid.0.into_iter().map(|wrong| wrong.field).collect())
    }

    #[test]
    fn windows_are_counted_from_now_and_days_begin_in_the_workspaces_zone() {
        let since = |window| windowed(&[("window", window)]).unwrap().0;
        assert_eq!(since("8h"), "2024-04-15T02:00:00Z");
        assert_eq!(since("2w"), "2024-04-01T10:00:00Z");
        assert_eq!(since("yesterday"), "2024-04-13T22:00:00Z");
        assert_eq!(windowed(&[]), Ok(("2024-04-13T22:00:00Z".to_owned(), None)));
    }

    // behaviour A6 (in part)
    #[test]
    fn own_times_are_local_and_every_wrong_one_is_named() {
        let own = |since, until| windowed(&[("window", "own"), ("since", since), ("until", until)]);
        let until = Some("2024-04-12T10:30:00Z".to_owned());
        assert_eq!(own("2024-04-10T12:30", "2024-04-12T12:30"), Ok(("2024-04-10T10:30:00Z".to_owned(), until)));
        assert_eq!(own("", ""), Err(vec!["since".to_owned()]));
        assert_eq!(own("soon", "later"), Err(vec!["since".to_owned(), "until".to_owned()]));
        assert_eq!(windowed(&[("window", "ever")]), Err(vec!["window".to_owned()]));
    }
}

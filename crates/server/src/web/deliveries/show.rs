//! `/deliveries/{id}`: what became of one delivery, and making or ending its attempts; live.

use axum::extract::State;
use axum::response::{IntoResponse, Redirect, Response};
use beckon_domain::event::{Event, EventId};
use beckon_domain::id::DeliveryId;
use beckon_store::StoreError;
use beckon_store::page::PAGE_ROWS_MAX;
use http::StatusCode;
use maud::{Markup, html};
use serde::Deserialize;

use super::names::{Names, segments};
use super::timeline::timeline;
use super::whom::{Whom, whom};
use super::words::{counted, sentence, status_badge};
use crate::api::attempts::AttemptView;
use crate::api::deliveries::{self as api, DeliveryView};
use crate::app::App;
use crate::extract::{ById, Json, Path, Query};
use crate::paging::{PageQuery, Paged};
use crate::problem::{Code, Problem};
use crate::web::Failure;
use crate::web::events::payload_view;
use crate::web::page::{Page, Place};
use crate::web::parts::{Tone, card, copyable, facts, moment, note, number, post_button, tag};
use crate::web::said::saying;
use crate::web::viewer::Viewer;

/// Which attempts, if there are more than a page of them.
#[derive(Debug, Default, Deserialize, schemars::JsonSchema)]
#[serde(default)]
pub(super) struct Shown {
    /// `next_cursor` of the attempts before.
    cursor: Option<String>,
    /// What is said once.
    said: Option<String>,
}

pub(super) async fn show(
    State(app): State<App>,
    viewer: Viewer,
    Path(ById { id }): Path<ById<DeliveryId>>,
    Query(Shown { cursor, said: _ }): Query<Shown>,
) -> Result<Response, Failure> {
    draw(&app, &viewer, id, cursor, None).await
}

pub(super) async fn resend(
    State(app): State<App>,
    viewer: Viewer,
    Path(ById { id }): Path<ById<DeliveryId>>,
) -> Result<Response, Failure> {
    viewer.check_may_work()?;
    let done = api::resend(State(app.clone()), viewer.caller, Path(ById { id })).await.map(drop);
    answer(&app, &viewer, id, done, "resent").await
}

pub(super) async fn retry(
    State(app): State<App>,
    viewer: Viewer,
    Path(ById { id }): Path<ById<DeliveryId>>,
) -> Result<Response, Failure> {
    viewer.check_may_work()?;
    let done = api::retry(State(app.clone()), viewer.caller, Path(ById { id })).await.map(drop);
    answer(&app, &viewer, id, done, "retried").await
}

pub(super) async fn cancel(
    State(app): State<App>,
    viewer: Viewer,
    Path(ById { id }): Path<ById<DeliveryId>>,
) -> Result<Response, Failure> {
    viewer.check_may_work()?;
    let done = api::cancel(State(app.clone()), viewer.caller, Path(ById { id })).await.map(drop);
    answer(&app, &viewer, id, done, "canceled").await
}

/// Back to the delivery; or, if it could not be done as things are, the delivery as it is with the reason.
async fn answer(
    app: &App,
    viewer: &Viewer,
    id: DeliveryId,
    done: Result<(), Problem>,
    said: &str,
) -> Result<Response, Failure> {
    match done {
        Ok(()) => Ok(Redirect::to(&viewer.path(&saying(&format!("/deliveries/{id}"), said))).into_response()),
        Err(problem) if matches!(problem.code(), Code::Conflict | Code::WebhookDisabled) => {
            draw(app, viewer, id, None, Some(problem)).await
        }
        Err(problem) => Err(problem.into()),
    }
}

/// All that its page shows of a delivery.
struct Told<'a> {
    viewer: &'a Viewer,
    delivery: DeliveryView,
    attempts: Paged<AttemptView>,
    /// Gone if it was not kept any longer.
    event: Option<Event>,
    names: Names,
}

async fn draw(
    app: &App,
    viewer: &Viewer,
    id: DeliveryId,
    cursor: Option<String>,
    refused: Option<Problem>,
) -> Result<Response, Failure> {
    let Json(delivery) = api::get(State(app.clone()), viewer.caller, Path(ById { id })).await?;
    let page = PageQuery { limit: Some(PAGE_ROWS_MAX), cursor };
    let Json(attempts) = api::list_attempts(State(app.clone()), viewer.caller, Path(ById { id }), Query(page)).await?;
    let event_id = EventId::parse(&delivery.event_id).map_err(|reason| Problem::new(Code::NotFound, reason))?;
    let event = match app.store.get_event(viewer.caller.workspace_id, &event_id).await {
        Ok(event) => Some(event),
        Err(StoreError::NotFound(_)) => None,
        Err(error) => return Err(error.into()),
    };
    let names = Names::of(app, viewer, vec![delivery.webhook_id]).await?;
    let told = Told { viewer, delivery, attempts, event, names };
    let title = format!("Delivery of {}", told.delivery.event_type);
    let status = refused.as_ref().map_or(StatusCode::OK, |problem| problem.code().status());
    Ok(Page::new(viewer, Place::Deliveries, title.as_str())
        .below("Deliveries", "/deliveries")
        .heading(html! { (title) " " span #standing data-live { (status_badge(told.delivery.status)) } })
        .lead(html! {
            span #sentence data-live { (sentence(&told.delivery, &told.attempts.data, &viewer.zone)) }
        })
        .live()
        .status(status)
        .show(told.body(refused.as_ref())))
}

impl Told<'_> {
    fn body(&self, refused: Option<&Problem>) -> Markup {
        let payload = self.event.as_ref().map(|event| event.payload.as_ref());
        html! {
            @if let Some(problem) = refused {
                (note(Tone::Bad, "This was not done", html! { (problem.body().detail) }, None))
            }
            div.columns {
                div.stack {
                    section.card #attempts data-live {
                        div.card-head { h2 { "Attempts" } span.muted { (counted(self.delivery.attempt_count, "attempt")) } }
                        @if self.attempts.data.is_empty() {
                            p.muted { "None yet. Each shows here with what was sent and what came back." }
                        }
                        (timeline(self.viewer, &self.attempts.data, payload))
                        (self.next_attempt())
                        @if let Some(cursor) = &self.attempts.next_cursor {
                            a.button.small href=(self.path(&format!("?cursor={cursor}"))) { "Later attempts" }
                        }
                    }
                    @match &self.event {
                        Some(event) => (payload_view(self.viewer, event)),
                        None => (card("Payload", html! { p.muted { "The event and its payload are no longer kept." } })),
                    }
                }
                div.stack {
                    @if self.viewer.may_work() { (self.actions()) }
                    (card("Facts", self.facts()))
                }
            }
        }
    }

    fn path(&self, rest: &str) -> String {
        self.viewer.path(&format!("/deliveries/{}{rest}", self.delivery.id))
    }

    fn next_attempt(&self) -> Markup {
        html! {
            @if let Some(at) = self.delivery.next_attempt_at {
                p.muted {
                    "Next attempt " (moment(at, &self.viewer.zone))
                    ", or later if the webhook's rate limit, its order or a pause holds it up."
                }
            }
        }
    }

    fn facts(&self) -> Markup {
        let Told { viewer, delivery, .. } = self;
        let event = viewer.path(&format!("/events/{}", delivery.event_id));
        let catalog = viewer.path(&format!("/catalog/{}", delivery.event_type));
        let mut all = vec![
            ("Delivery", copyable(&delivery.id.to_string(), "the delivery's id")),
            ("Event", html! { a href=(event) { code { (delivery.event_id) } } }),
            ("Event type", html! { a href=(catalog) { (tag(&delivery.event_type)) } }),
            ("Webhook", self.names.link(viewer, delivery.webhook_id)),
            ("Segment", segments(viewer, &delivery.channels)),
        ];
        if let Some(event) = &self.event {
            all.push(("About", about(viewer, event)));
            if event.source.test {
                all.push(("Test", html! { "Sent by a person to try the webhook." }));
            }
        }
        all.extend([
            ("Attempts", html! { (number(delivery.attempt_count.into())) }),
            ("Owed since", moment(delivery.created_at, &viewer.zone)),
            ("Last change", moment(delivery.updated_at, &viewer.zone)),
        ]);
        html! { div #facts data-live { (facts(all)) } }
    }

    fn actions(&self) -> Markup {
        let waits = self.delivery.status.is_open();
        let stopped = self.why_nothing_is_sent();
        let body = html! {
            div.stack-s {
                (post_button(&self.path("/resend"), "primary", "Resend", None))
                p.small.muted {
                    "Makes one more request now, beside the schedule. It carries the same " code { "webhook-id" }
                    ", so that a receiver can tell it is the same event."
                }
                @if let Some(why) = stopped { p.small { (why) } }
            }
            @if waits && self.delivery.next_attempt_at.is_some() {
                div.stack-s {
                    (post_button(&self.path("/retry"), "", "Retry now", None))
                    p.small.muted { "Makes the next attempt of the schedule now instead of when it is due." }
                }
            }
            @if waits {
                div.stack-s {
                    (post_button(&self.path("/cancel"), "danger", "Cancel",
                        Some("Cancel this delivery? No more attempts will be made.")))
                    p.small.muted { "Ends the delivery: no more attempts are made." }
                }
            }
        };
        html! { section.card #actions data-live { h2 { "Actions" } (body) } }
    }

    /// Why a resend would be refused, as far as that is known.
    fn why_nothing_is_sent(&self) -> Option<Markup> {
        let id = self.delivery.webhook_id;
        match self.viewer.workspace.webhook(id) {
            None => Some(html! { "Its webhook was deleted, so nothing can be sent to it." }),
            Some(webhook) if !webhook.enabled => Some(html! {
                "Its webhook is disabled: " a href=(self.viewer.path(&format!("/webhooks/{id}"))) { "enable it" } " first."
            }),
            Some(_) => None,
        }
    }
}

/// Whom the event is about, leading to them where that can be seen.
fn about(viewer: &Viewer, event: &Event) -> Markup {
    let told = Whom::of(&event.payload);
    let path = match (event.source.contact_id, event.source.company_id) {
        _ if viewer.is_portal() => None,
        (Some(contact), _) => Some(format!("/contacts/{contact}")),
        (None, Some(company)) => Some(format!("/companies/{company}")),
        (None, None) => None,
    };
    html! {
        (whom(told.as_ref()))
        @if let Some(path) = path { br; a.small href=(viewer.path(&path)) { "Show" @if let Some(told) = &told { " " (told.name()) } } }
    }
}

//! Retention: how many days things are kept.

use axum::extract::State;
use axum::response::Response;
use beckon_domain::settings::RETENTION_DAYS;
use maud::{Markup, html};
use serde_json::json;

use super::{change_form, saved, shown};
use crate::app::App;
use crate::web::failure::Failure;
use crate::web::form::{Errors, Form};
use crate::web::parts::{Field, card};
use crate::web::people::text_of;
use crate::web::viewer::Viewer;

const PATH: &str = "/settings/retention";

pub(super) async fn show(State(app): State<App>, viewer: Viewer) -> Response {
    shown(&app, &viewer, PATH, draw, |set| {
        Form::of([
            ("retention/signals_days", text_of(&json!(set.retention.signals_days))),
            ("retention/events_days", text_of(&json!(set.retention.events_days))),
            ("retention/audit_days", text_of(&json!(set.retention.audit_days))),
        ])
    })
}

pub(super) async fn save(State(app): State<App>, viewer: Viewer, form: Form) -> Result<Response, Failure> {
    let change = json!({ "retention": {
        "signals_days": form.number("retention/signals_days"),
        "events_days": form.number("retention/events_days"),
        "audit_days": form.number("retention/audit_days"),
    } });
    saved(app, viewer, PATH, form, change, draw).await
}

fn draw(_: &App, viewer: &Viewer, form: &Form, errors: &Errors) -> Markup {
    let field = |name: &'static str, label: &'static str, hint: &'static str| {
        Field::new(name, label).kind("number").value(form.raw(name)).errors(errors).hint(html! { (hint) }).show()
    };
    let fields = html! {
        (field("retention/signals_days", "Days to keep signals", "Signals as they came, visits, page views and interests. Contacts and companies stay."))
        (field("retention/events_days", "Days to keep events", "Events whose deliveries have all ended, with payloads, deliveries and attempts. What is still to be delivered stays."))
        (field("retention/audit_days", "Days to keep the audit log", "Who changed what."))
    };
    card(
        "Retention",
        html! {
            p.muted {
                "Give " (RETENTION_DAYS.start()) " to " (RETENTION_DAYS.end()) " days, or leave a field empty to keep things for ever. \
                 What is older is removed for good, a little at a time."
            }
            (change_form(viewer, PATH, errors, fields))
        },
    )
}

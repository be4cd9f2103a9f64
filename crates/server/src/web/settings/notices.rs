//! Notices: who gets a mail when a webhook fails or is switched off.

use axum::extract::State;
use axum::response::Response;
use maud::{Markup, html};
use serde_json::json;

use super::{as_lines, change_form, saved, shown};
use crate::app::App;
use crate::web::failure::Failure;
use crate::web::form::{Errors, Form};
use crate::web::parts::{Field, Tone, card, note};
use crate::web::viewer::Viewer;

const PATH: &str = "/settings/notices";

pub(super) async fn show(State(app): State<App>, viewer: Viewer) -> Response {
    shown(&app, &viewer, PATH, draw, |set| Form::of([("notices/mail_to", as_lines(&set.notices.mail_to))]))
}

pub(super) async fn save(State(app): State<App>, viewer: Viewer, form: Form) -> Result<Response, Failure> {
    let change = json!({ "notices": { "mail_to": form.lines("notices/mail_to") } });
    saved(app, viewer, PATH, form, change, draw).await
}

fn draw(app: &App, viewer: &Viewer, form: &Form, errors: &Errors) -> Markup {
    let fields = Field::new("notices/mail_to", "Mail addresses")
        .lines(4)
        .value(form.raw("notices/mail_to"))
        .placeholder("ops@example.com")
        .hint(html! { "One per line. Each gets a mail when a webhook fails, is switched off, or works again." })
        .errors(errors)
        .show();
    html! {
        @if app.options.sends_mail {
            (note(Tone::Good, "Mails are sent", html! { "A mail server is configured. Mails about the same webhook come at most every quarter of an hour." }, None))
        } @else {
            (note(Tone::Warn, "No mails are sent", html! { "Whoever runs this Beckon has not configured a mail server (" code { "BECKON_SMTP_URL" } "). Addresses are kept until then." }, None))
        }
        (card("Notices", html! {
            p.muted { "The same troubles are events as well: a webhook that wants " code { "webhook.failing" } ", " code { "webhook.disabled" } " or " code { "delivery.exhausted" } " is told, too." }
            (change_form(viewer, PATH, errors, fields))
        }))
    }
}

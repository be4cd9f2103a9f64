//! What a webhook's requests are signed with: shown when asked for, and replaced.
//!
//! Promise: a page has a secret in it only as the answer to a POST of somebody who may work; no page that is kept, shared
//! or fetched again has one.

use axum::extract::State;
use axum::response::{IntoResponse, Redirect, Response};
use beckon_domain::id::WebhookId;
use beckon_domain::signing::SigningScheme;
use http::StatusCode;
use maud::{Markup, html};
use serde_json::{Value, json};

use super::frame::{Shown, masked_secret};
use crate::api::webhooks::secret::{self, OlderKey, RotateSecret, WebhookSecret};
use crate::app::App;
use crate::extract::{ById, Json, Path};
use crate::problem::Problem;
use crate::reply::NotKept;
use crate::web::Failure;
use crate::web::form::{Errors, Form, read};
use crate::web::parts::{Field, copyable, dialog_body, dialog_link, error_summary, moment_of, row_cell, table};
use crate::web::said::saying;
use crate::web::viewer::Viewer;

/// For how long old secrets go on signing: seconds, words.
const GRACES: &[(&str, &str)] = &[
    ("0", "not at all: the old secret ends at once"),
    ("3600", "1 hour"),
    ("21600", "6 hours"),
    ("86400", "24 hours"),
    ("259200", "3 days"),
    ("604800", "7 days"),
];
/// What is chosen if nobody says.
const GRACE_DEFAULT: &str = "86400";

pub(super) async fn show(
    State(app): State<App>,
    viewer: Viewer,
    Path(ById { id }): Path<ById<WebhookId>>,
) -> Result<Response, Failure> {
    viewer.check_may_work()?;
    let shown = Shown::find(&app, &viewer, id).await?;
    let keys = find(&app, &viewer, id).await?;
    Ok(page(&viewer, &shown, &keys, false))
}

pub(super) async fn reveal(
    State(app): State<App>,
    viewer: Viewer,
    Path(ById { id }): Path<ById<WebhookId>>,
) -> Result<Response, Failure> {
    viewer.check_may_work()?;
    let shown = Shown::find(&app, &viewer, id).await?;
    let keys = find(&app, &viewer, id).await?;
    Ok(page(&viewer, &shown, &keys, true))
}

async fn find(app: &App, viewer: &Viewer, id: WebhookId) -> Result<WebhookSecret, Problem> {
    let NotKept(Json(keys)) = secret::get(State(app.clone()), viewer.caller, Path(ById { id })).await?;
    Ok(keys)
}

fn page(viewer: &Viewer, shown: &Shown, keys: &WebhookSecret, revealed: bool) -> Response {
    let body = html! {
        (newest(shown, keys, revealed))
        (signing_now(viewer, keys))
        div.form-foot {
            (dialog_link("button", &format!("{}/secret/rotate", shown.path), "Rotate secret"))
            a.button.quiet href={ (shown.path) "/verify" } { "How to verify" }
            a.button.quiet href=(shown.path) data-close { "Close" }
        }
    };
    shown.below(viewer, "Signing secret").show(html! { section.card { (dialog_body("Signing secret", body)) } })
}

/// What to verify with: the secret itself if it is asked for, or the public key, which is none.
fn newest(shown: &Shown, keys: &WebhookSecret, revealed: bool) -> Markup {
    html! {
        @match (&keys.secret, &keys.public_key) {
            (Some(secret), _) if revealed => {
                p { (copyable(secret, "the signing secret")) }
                p.small.muted { "Keep it where only the receiver reads it, such as an environment variable. It does not show again on this page." }
            }
            (_, Some(public_key)) => {
                p { "Public key: " (copyable(public_key, "the public key")) }
                p.small.muted { "The receiver verifies with it, and it is no secret. The private key never leaves Beckon." }
            }
            _ => {
                p { code { (masked_secret(&shown.view)) } }
                form method="post" action={ (shown.path) "/secret" } data-exchange { div { button.primary { "Show the secret" } } }
            }
        }
    }
}

/// Every key that signs, with its end.
fn signing_now(viewer: &Viewer, keys: &WebhookSecret) -> Markup {
    let older = |key: &OlderKey| {
        html! {
            tr {
                (row_cell("Secret", html! { "Older " span.small.muted { (scheme(key.scheme)) } }))
                (row_cell("Since", moment_of(key.created_at, &viewer.zone)))
                (row_cell("Signs until", moment_of(key.expires_at, &viewer.zone)))
            }
        }
    };
    html! {
        div.stack-s {
            h2 { "What signs now" }
            (table("Secrets that sign now", &["Secret", "Since", "Signs until"], html! {
                tr {
                    (row_cell("Secret", html! { strong { "Newest" } " " span.small.muted { (scheme(keys.scheme)) } }))
                    (row_cell("Since", moment_of(keys.created_at, &viewer.zone)))
                    (row_cell("Signs until", html! { "It is replaced" }))
                }
                @for key in &keys.also_valid { (older(key)) }
            }))
            @if !keys.also_valid.is_empty() { p.small.muted { "A request is signed with each of these: a receiver that knows one of them takes it." } }
        }
    }
}

fn scheme(scheme: SigningScheme) -> &'static str {
    match scheme {
        SigningScheme::HmacSha256 => "HMAC-SHA256",
        SigningScheme::Ed25519 => "Ed25519",
    }
}

pub(super) async fn ask(
    State(app): State<App>,
    viewer: Viewer,
    Path(ById { id }): Path<ById<WebhookId>>,
) -> Result<Response, Failure> {
    viewer.check_may_work()?;
    let shown = Shown::find(&app, &viewer, id).await?;
    Ok(rotate_page(&viewer, &shown, &Form::default(), &Errors::default()))
}

pub(super) async fn rotate(
    State(app): State<App>,
    viewer: Viewer,
    Path(ById { id }): Path<ById<WebhookId>>,
    form: Form,
) -> Result<Response, Failure> {
    viewer.check_may_work()?;
    let shown = Shown::find(&app, &viewer, id).await?;
    let text = |name: &str| form.given(name).map_or(Value::Null, Value::from);
    let json =
        json!({"grace_seconds": form.number("grace_seconds"), "secret": text("secret"), "signing": text("signing")});
    let done = match read::<RotateSecret>(&json) {
        Ok(asked) => secret::rotate(State(app), viewer.caller, Path(ById { id }), Json(asked)).await.map(drop),
        Err(problem) => Err(problem),
    };
    match done {
        Ok(()) => {
            let said = if form.text("grace_seconds") == "0" { "rotated-at-once" } else { "rotated" };
            Ok(Redirect::to(&viewer.path(&saying(&format!("/webhooks/{id}/secret"), said))).into_response())
        }
        Err(problem) => Ok(rotate_page(&viewer, &shown, &form, &Errors::of(problem)?)),
    }
}

fn rotate_page(viewer: &Viewer, shown: &Shown, form: &Form, errors: &Errors) -> Response {
    let grace = form.given("grace_seconds").unwrap_or(GRACE_DEFAULT);
    let signing = form.text("signing");
    let body = html! {
        form method="post" action={ (shown.path) "/secret/rotate" } data-exchange novalidate {
            (error_summary(errors))
            p { "A new secret signs from now on. So that nothing fails meanwhile, the old one goes on signing beside it until you have put the new one into the receiver." }
            (Field::new("grace_seconds", "The old secret goes on signing for").value(grace).errors(errors).select(GRACES.iter().copied()))
            details.more open[errors.at("secret").is_some() || errors.at("signing").is_some() || form.given("secret").is_some() || !signing.is_empty()] {
                summary { "A secret or scheme of your own" }
                div.stack {
                    (Field::new("secret", "New secret").value(form.raw("secret")).errors(errors).code().autocomplete("off")
                        .hint(html! { "Leave it empty to have one made. " code { "whsec_" } " and 24 to 64 bytes in base64, or " code { "whsk_" } " and a private Ed25519 key." }).show())
                    (Field::new("signing", "Scheme").value(signing).errors(errors)
                        .select([("", "as before"), ("hmac_sha256", "HMAC-SHA256, shared secret"), ("ed25519", "Ed25519, public key")]))
                }
            }
            div.form-foot {
                button.primary { "Rotate now" }
                a.button.quiet href=(shown.path) data-close { "Cancel" }
            }
        }
    };
    let status = if errors.is_empty() { StatusCode::OK } else { StatusCode::UNPROCESSABLE_ENTITY };
    shown
        .below(viewer, "Rotate secret")
        .status(status)
        .show(html! { section.card { (dialog_body("Rotate secret", body)) } })
}

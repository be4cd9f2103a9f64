//! All settings of a webhook, to be read.

use axum::extract::State;
use axum::response::Response;
use beckon_domain::id::WebhookId;
use beckon_domain::rate::{Period, RateLimit};
use beckon_domain::signing::SigningScheme;
use maud::{Markup, html};

use super::form::delays;
use super::frame::{Shown, Tab};
use crate::api::webhooks::auth::{TypedAuth, TypedClientAuth};
use crate::app::App;
use crate::extract::{ById, Path};
use crate::web::Failure;
use crate::web::parts::{card_with, code_block, duration, facts, row_cell, table};
use crate::web::viewer::Viewer;

pub(super) async fn show(
    State(app): State<App>,
    viewer: Viewer,
    Path(ById { id }): Path<ById<WebhookId>>,
) -> Result<Response, Failure> {
    let shown = Shown::find(&app, &viewer, id).await?;
    let view = &shown.view;
    let edit = |anchor: &str, what: &str| {
        html! {
            @if viewer.may_work() { a.small href={ (shown.path) "/edit#" (anchor) } aria-label={ "Edit " (what) } { "Edit" } }
        }
    };
    let options = app.delivery.options();
    let body = html! {
        (card_with("Sending", edit("advanced", "sending"), facts([
            ("Description", html! { @if view.description.is_empty() { span.muted { "None" } } @else { (view.description) } }),
            ("Rate limit", html! { @match view.rate_limit { Some(limit) => (rate(limit)), None => span.muted { "None: as fast as events come" } } }),
            ("Order", html! { @if view.fifo { "Strict: one at a time, each behind the one before" } @else { "None promised: all at once, which is fastest" } }),
            ("Retries", retries(view.retry_schedule.as_deref(), &options.retry_schedule)),
            ("Timeout", html! { (duration(options.timeout)) " for a request, of this installation" }),
        ])))
        (card_with("Headers", edit("headers", "headers"), pairs("Headers", view.headers.iter(), "No headers are added.")))
        (card_with("Authentication", edit("authentication", "authentication"), auth(view.auth.as_ref())))
        (card_with("Signing", html! { a.small href={ (shown.path) "/verify" } { "How to verify" } }, html! {
            p {
                @match view.signing {
                    SigningScheme::HmacSha256 => "HMAC-SHA256 with a shared secret (Standard Webhooks v1).",
                    SigningScheme::Ed25519 => "Ed25519: the receiver needs only the public key (Standard Webhooks v1a).",
                }
            }
        }))
        (card_with("Certificates", edit("certificates", "certificates"), html! {
            @match &view.ca_certificates {
                Some(pem) => (code_block(pem, "Authorities trusted beside the public ones")),
                None => p.muted { "Only public authorities are trusted." },
            }
            @match &view.client_certificate {
                Some(shown) => { p { "A client certificate is shown to the receiver (mutual TLS); its key is never shown." } (code_block(&shown.certificates, "Client certificate")) }
                None => p.muted { "No client certificate is shown to the receiver." },
            }
        }))
        (card_with("Metadata", edit("metadata", "metadata"), pairs("Metadata", view.metadata.iter(), "No notes.")))
    };
    let (page, body) = shown.page(&viewer, Tab::Advanced, body);
    Ok(page.show(body))
}

fn rate(limit: RateLimit) -> Markup {
    let per = match limit.per {
        Period::Second => "second",
        Period::Minute => "minute",
    };
    html! { "At most " (limit.requests) " a " (per) "; what comes on top waits" }
}

fn retries(own: Option<&[i64]>, default: &beckon_domain::retry::RetrySchedule) -> Markup {
    html! {
        @match own {
            Some([]) => "None: one attempt only",
            Some(own) => { (delays(own.iter().copied())) " after the failure before" }
            None => { (delays(default.0.iter().map(|delay| delay.as_secs()))) " after the failure before, as this installation does" }
        }
    }
}

fn pairs<'a>(caption: &str, pairs: impl Iterator<Item = (&'a String, &'a String)>, none: &str) -> Markup {
    let rows: Vec<_> = pairs.collect();
    html! {
        @if rows.is_empty() { p.muted { (none) } }
        @else {
            (table(caption, &["Name", "Value"], html! {
                @for (name, value) in rows { tr { (row_cell("Name", html! { code { (name) } })) (row_cell("Value", html! { code { (value) } })) } }
            }))
        }
    }
}

fn auth(auth: Option<&TypedAuth>) -> Markup {
    let secret = || html! { "•••••• (kept, never shown)" };
    match auth {
        None => html! { p.muted { "None, beside the signature and what the URL says." } },
        Some(TypedAuth::Basic { username, .. }) => {
            facts([("Kind", html! { "Basic" }), ("User name", html! { (username) }), ("Password", secret())])
        }
        Some(TypedAuth::Bearer { .. }) => facts([("Kind", html! { "Bearer token" }), ("Token", secret())]),
        Some(TypedAuth::Oauth2 { token_url, client_id, scope, client_auth, .. }) => facts([
            ("Kind", html! { "OAuth 2 client credentials" }),
            ("Token URL", html! { (token_url) }),
            ("Client id", html! { (client_id) }),
            ("Client secret", secret()),
            ("Scope", html! { (scope.as_deref().unwrap_or("None")) }),
            (
                "Credentials go",
                html! { @match client_auth { Some(TypedClientAuth::Body) => "in the body", _ => "in the Authorization header" } },
            ),
        ]),
    }
}

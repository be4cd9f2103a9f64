//! The form's HTML.

use beckon_domain::retry::RetrySchedule;
use maud::{Markup, html};

use super::schedule::delays;
use super::tree::tree;
use crate::api::event_types;
use crate::web::form::{Errors, Form};
use crate::web::parts::{Field, choice, choice_card, error_summary};
use crate::web::viewer::Viewer;
use crate::web::webhooks::segments;

/// What the form is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::web::webhooks) enum Purpose {
    Create,
    Edit,
}

/// Fields that stand under "Advanced": those that are open when one is set or wrong.
const ADVANCED: &[&str] = &[
    "headers",
    "rate_limit",
    "fifo",
    "auth",
    "retry_schedule",
    "ca_certificates",
    "client_certificate",
    "metadata",
    "signing",
    "secret",
];

/// The form with what was typed and what is wrong with it. `default` is the installation's schedule, `back` where
/// "Cancel" leads.
pub(in crate::web::webhooks) fn draw(
    viewer: &Viewer,
    purpose: Purpose,
    form: &Form,
    errors: &Errors,
    default: &RetrySchedule,
    back: &str,
) -> Markup {
    let chosen: Vec<_> = form.all("event_types").collect();
    html! {
        form method="post" novalidate {
            (error_summary(errors))
            section.card {
                div.card-head { h2 { "Where to" } }
                (Field::new("description", "Description").value(form.raw("description")).errors(errors)
                    .placeholder("Zapier: Google Sheets").hint(html! { "What you call it. Only your team reads this." }).show())
                (Field::new("url", "Endpoint URL").kind("url").required().autocomplete("off").value(form.raw("url")).errors(errors)
                    .placeholder("https://hooks.example.com/…")
                    .hint(html! { "The address that the receiving system shows you. Beckon sends a POST with JSON there." })
                    .preview(viewer.path("/webhooks/check-url"), "url-check").show())
                div #url-check aria-live="polite" {}
            }
            section.card #events {
                div.card-head { h2 { "What" } }
                fieldset aria-describedby=[errors.at("event_types").map(|_| "events-error")] {
                    legend { "Events " span.small.muted { "at least one" } }
                    @if let Some(error) = errors.at("event_types") { div.field { span.error #events-error { (error) } } }
                    (tree(event_types::all(&viewer.workspace), &chosen))
                    p.small.muted { "What each has in it, the " a href=(viewer.path("/catalog")) { "event catalog" } " shows." }
                }
                div #segments.stack {
                    (segments::field(viewer, form, errors))
                }
            }
            details.card #advanced open[is_advanced(form, errors)] {
                summary { "Advanced" span.small.muted { " headers, rate limit, order, authentication, retries, certificates" } }
                div.stack { (advanced(purpose, form, errors, default)) }
            }
            div.form-foot {
                button.primary { @if purpose == Purpose::Create { "Create webhook" } @else { "Save changes" } }
                a.button.quiet href=(back) { "Cancel" }
                @if purpose == Purpose::Edit { span.small.muted { "Changes hold from the next attempt on." } }
            }
        }
    }
}

fn is_advanced(form: &Form, errors: &Errors) -> bool {
    let set = ["rate_limit", "ca_certificates", "client_certificate/certificates", "secret"];
    ADVANCED.iter().any(|field| errors.at(field).is_some())
        || set.iter().any(|field| form.given(field).is_some())
        || ["header_name", "metadata_name"].iter().any(|column| form.all(column).next().is_some())
        || form.has("fifo")
        || form.text("retry") == "own"
        || !matches!(form.text("auth_kind"), "" | "none")
        || form.text("signing") == "ed25519"
}

fn advanced(purpose: Purpose, form: &Form, errors: &Errors, default: &RetrySchedule) -> Markup {
    html! {
        (rows(form, errors, &Rows {
            field: "headers", name: "header_name", value: "header_value", title: "Headers", one: "header", name_hint: "X-Team", value_hint: "sales",
            about: html! { "Added to every request. Values that may be secrets show as " code { "***" } " later; left so, they stay as they are." },
        }))
        fieldset {
            legend { "Rate limit" }
            p.small.muted { "For receivers that refuse too many requests. What comes on top waits; nothing is dropped." }
            div.two {
                (Field::new("rate_limit", "Most requests").kind("number").value(form.raw("rate_limit")).errors(errors).placeholder("No limit").show())
                (Field::new("rate_limit_per", "In each").value(form.raw("rate_limit_per")).select([("second", "second"), ("minute", "minute")]))
            }
        }
        fieldset {
            legend { "Order" }
            (choice("fifo", "true", form.has("fifo"), html! { "Strict order (FIFO): one event at a time" },
                Some("The cost: each event waits until the one before it has arrived or failed for good. While one is being retried, \
                      all behind it wait. Leave it off unless the receiver needs it.")))
        }
        (authentication(form, errors))
        fieldset.chooser {
            legend { "Retries" }
            div.choice-cards {
                (choice_card("retry", "default", form.text("retry") != "own", html! { "As this installation does" },
                    Some(&format!("{} after the failure before", delays(default.0.iter().map(|delay| delay.as_secs()))))))
                (choice_card("retry", "own", form.text("retry") == "own", html! { "My own" }, Some("you say how long to wait each time")))
            }
            div.depends.on-own {
                (Field::new("retry_schedule", "Waits between attempts").value(form.raw("retry_schedule")).errors(errors).code()
                    .placeholder("5s, 5m, 30m, 2h")
                    .hint(html! { "In s, m, h or d, one for each retry. Left empty there is one attempt and no retry." }).show())
            }
        }
        (certificates(form, errors))
        (rows(form, errors, &Rows {
            field: "metadata", name: "metadata_name", value: "metadata_value", title: "Metadata", one: "note", name_hint: "owner", value_hint: "jane",
            about: html! { "Notes of your own. They are shown and given by the API, and not sent." },
        }))
        @if purpose == Purpose::Create { (signing(form, errors)) }
    }
}

/// Rows of two fields each.
struct Rows<'a> {
    field: &'a str,
    name: &'a str,
    value: &'a str,
    title: &'a str,
    one: &'a str,
    name_hint: &'a str,
    value_hint: &'a str,
    about: Markup,
}

fn rows(form: &Form, errors: &Errors, rows: &Rows<'_>) -> Markup {
    let typed = form.column(rows.name).zip(form.column(rows.value)).filter(|pair| *pair != ("", ""));
    // One more, to be filled in: without scripts there is no other way to add one.
    let all: Vec<_> = typed.chain([("", "")]).collect();
    html! {
        fieldset id=(rows.field) {
            legend { (rows.title) }
            p.small.muted { (rows.about) }
            @if let Some(error) = exactly(errors, rows.field) { div.field { span.error { (error) } } }
            div.stack-s data-rows {
                @for (number, (name, value)) in (1..).zip(all) {
                    @let error = (!name.is_empty()).then(|| errors.at(&format!("{}/{name}", rows.field))).flatten();
                    @let error_id = format!("{}-{number}-error", rows.field);
                    @let (invalid, described) = (error.is_some().then_some("true"), error.is_some().then_some(&*error_id));
                    div.stack-s data-row {
                        div.pair {
                            input.code name=(rows.name) value=(name) placeholder=(rows.name_hint) autocomplete="off" aria-label={ "Name of " (rows.one) " " (number) } aria-invalid=[invalid] aria-describedby=[described];
                            input.code name=(rows.value) value=(value) placeholder=(rows.value_hint) autocomplete="off" aria-label={ "Value of " (rows.one) " " (number) } aria-invalid=[invalid] aria-describedby=[described];
                            button.quiet type="button" data-row-remove hidden aria-label={ "Remove " (rows.one) " " (number) } { "Remove" }
                        }
                        @if let Some(error) = &error { div.field { span.error id=(error_id) { (error) } } }
                    }
                }
            }
            div { button.small type="button" data-row-add hidden { "Add " (rows.one) } }
        }
    }
}

fn authentication(form: &Form, errors: &Errors) -> Markup {
    let kind = form.text("auth_kind");
    let is = |name: &str| kind == name || (name == "none" && kind.is_empty());
    let field = |name: &'static str, label: &'static str| {
        Field::new(name, label).value(form.raw(name)).errors(errors).autocomplete("off")
    };
    let secret = |name: &'static str, label: &'static str| {
        Field::new(name, label).kind("password").value(form.raw(name)).errors(errors).autocomplete("new-password")
    };
    html! {
        fieldset.chooser #authentication {
            legend { "Authentication" }
            p.small.muted { "How requests prove themselves beside the signature, if the receiver asks for it." }
            @if let Some(error) = exactly(errors, "auth") { div.field { span.error { (error) } } }
            div.choice-cards {
                (choice_card("auth_kind", "none", is("none"), html! { "None" }, Some("the signature is enough")))
                (choice_card("auth_kind", "basic", is("basic"), html! { "Basic" }, Some("user name and password")))
                (choice_card("auth_kind", "bearer", is("bearer"), html! { "Bearer token" }, Some("one fixed token")))
                (choice_card("auth_kind", "oauth2", is("oauth2"), html! { "OAuth 2" }, Some("client credentials")))
            }
            div.depends.on-basic {
                div.two { (field("auth/username", "User name").show()) (secret("auth/password", "Password").show()) }
            }
            div.depends.on-bearer { (secret("auth/token", "Token").show()) }
            div.depends.on-oauth2 {
                div.stack {
                    (field("auth/token_url", "Token URL").kind("url").hint(html! { "Where Beckon fetches access tokens." }).show())
                    div.two { (field("auth/client_id", "Client id").show()) (secret("auth/client_secret", "Client secret").show()) }
                    div.two {
                        (field("auth/scope", "Scope").hint(html! { "If the server asks for one." }).show())
                        (field("auth/client_auth", "Send id and secret").hint(html! { "As the server wants it." })
                            .select([("basic", "in the Authorization header"), ("body", "in the body")]))
                    }
                }
            }
        }
    }
}

fn certificates(form: &Form, errors: &Errors) -> Markup {
    let pem = |name: &'static str, label: &'static str, hint: Markup| {
        Field::new(name, label).value(form.raw(name)).errors(errors).code().lines(4).hint(hint).show()
    };
    html! {
        fieldset #certificates {
            legend { "Certificates" }
            p.small.muted { "Only for receivers with an authority of their own, or that ask for a client certificate (mutual TLS)." }
            @if let Some(error) = exactly(errors, "client_certificate") { div.field { span.error { (error) } } }
            (pem("ca_certificates", "Authorities to trust (PEM)", html! { "Beside the public ones." }))
            (pem("client_certificate/certificates", "Client certificate (PEM)", html! { "And those that link it to an authority." }))
            (pem("client_certificate/key", "Its private key (PEM)", html! { "Shown as " code { "***" } " once it is kept; left so, it stays." }))
        }
    }
}

fn signing(form: &Form, errors: &Errors) -> Markup {
    let ed25519 = form.text("signing") == "ed25519";
    html! {
        fieldset {
            legend { "Signing" }
            @if let Some(error) = errors.at("signing") { div.field { span.error { (error) } } }
            div.choice-cards {
                (choice_card("signing", "hmac_sha256", !ed25519, html! { "Shared secret" }, Some("HMAC-SHA256: what every library can verify")))
                (choice_card("signing", "ed25519", ed25519, html! { "Public key" }, Some("Ed25519: the receiver holds no secret")))
            }
            (Field::new("secret", "Secret of your own").value(form.raw("secret")).errors(errors).code().autocomplete("off")
                .hint(html! { "Leave it empty to have one made. " code { "whsec_" } " and 24 to 64 bytes in base64, or " code { "whsk_" } " and a private key." }).show())
        }
    }
}

/// What is wrong with a field itself, not with something inside it.
fn exactly(errors: &Errors, field: &str) -> Option<String> {
    errors.all().iter().find(|error| error.field == field).map(|error| error.reason.clone())
}

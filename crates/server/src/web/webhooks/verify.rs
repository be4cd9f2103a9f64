//! How a receiver makes sure that a request is ours: code to copy, complete, in five languages.
//!
//! The secret is not on this page: the code reads it from its environment.

use axum::extract::{Query, State};
use axum::response::Response;
use beckon_domain::id::WebhookId;
use beckon_domain::signing::SigningScheme;
use maud::{Markup, html};
use serde::Deserialize;

use super::frame::{Shown, Tab};
use crate::app::App;
use crate::extract::{ById, Path};
use crate::web::Failure;
use crate::web::parts::{card, code_block, dialog_link, facts, tabs};
use crate::web::viewer::Viewer;

/// A language: its name in addresses, its name, the code for each scheme.
struct Language {
    key: &'static str,
    name: &'static str,
    hmac: &'static str,
    ed25519: &'static str,
}

const LANGUAGES: &[Language] = &[
    Language {
        key: "javascript",
        name: "JavaScript",
        hmac: include_str!("../../../assets/verify/hmac.js"),
        ed25519: include_str!("../../../assets/verify/ed25519.js"),
    },
    Language {
        key: "python",
        name: "Python",
        hmac: include_str!("../../../assets/verify/hmac.py"),
        ed25519: include_str!("../../../assets/verify/ed25519.py"),
    },
    Language {
        key: "rust",
        name: "Rust",
        hmac: include_str!("../../../assets/verify/hmac.rs"),
        ed25519: include_str!("../../../assets/verify/ed25519.rs"),
    },
    Language {
        key: "go",
        name: "Go",
        hmac: include_str!("../../../assets/verify/hmac.go"),
        ed25519: include_str!("../../../assets/verify/ed25519.go"),
    },
    Language {
        key: "php",
        name: "PHP",
        hmac: include_str!("../../../assets/verify/hmac.php"),
        ed25519: include_str!("../../../assets/verify/ed25519.php"),
    },
];

/// What is wanted, in the address.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Wanted {
    language: String,
}

pub(super) async fn show(
    State(app): State<App>,
    viewer: Viewer,
    Path(ById { id }): Path<ById<WebhookId>>,
    Query(wanted): Query<Wanted>,
) -> Result<Response, Failure> {
    let shown = Shown::find(&app, &viewer, id).await?;
    let chosen = LANGUAGES.iter().find(|language| language.key == wanted.language).or(LANGUAGES.first());
    let body = html! {
        (card("Verify signatures", html! {
            p { "Anybody who knows the receiver's address can send to it. The signature says which requests are from Beckon, and that nobody changed them." }
            (steps(&shown, &viewer))
            @if let Some(language) = chosen { (code(&shown, language)) }
        }))
        (card("What is signed", what_is_signed(shown.view.signing)))
    };
    let (page, body) = shown.page(&viewer, Tab::Verify, body);
    Ok(page.show(body))
}

fn steps(shown: &Shown, viewer: &Viewer) -> Markup {
    let hmac = shown.view.signing == SigningScheme::HmacSha256;
    let variable = if hmac { "WEBHOOK_SECRET" } else { "WEBHOOK_PUBLIC_KEY" };
    let what = if hmac { "signing secret" } else { "public key" };
    html! {
        ol {
            li {
                "Put the " (what) " into the environment variable " code { (variable) } " of the receiver"
                @if viewer.may_work() { ": " (dialog_link("", &format!("{}/secret", shown.path), &format!("Show the {what}"))) }
                "."
            }
            li { "Put the code below in front of what handles the event." }
            li { a href={ (shown.path) "/testing" } { "Send a test" } ": it is signed like a real event. 401 means that the " (what) " is another one." }
        }
    }
}

fn code(shown: &Shown, chosen: &Language) -> Markup {
    let all = LANGUAGES.iter().map(|language| {
        let path = format!("{}/verify?language={}", shown.path, language.key);
        (language.name, path, language.key == chosen.key)
    });
    let text = match shown.view.signing {
        SigningScheme::HmacSha256 => chosen.hmac,
        SigningScheme::Ed25519 => chosen.ed25519,
    };
    html! {
        (tabs("Language", all))
        (code_block(text.trim_end(), &format!("{} code", chosen.name)))
    }
}

fn what_is_signed(scheme: SigningScheme) -> Markup {
    let signature = match scheme {
        SigningScheme::HmacSha256 => {
            html! { code { "v1," } " and HMAC-SHA256 in base64, keyed with the bytes that stand in base64 behind " code { "whsec_" } }
        }
        SigningScheme::Ed25519 => {
            html! { code { "v1a," } " and an Ed25519 signature in base64; the public key stands in base64 behind " code { "whpk_" } }
        }
    };
    html! {
        p { "Beckon follows Standard Webhooks. In any other language, do the same by hand:" }
        (facts([
            ("webhook-id", html! { "The message's id: the same on every retry. Who has seen it has had the event." }),
            ("webhook-timestamp", html! { "When this request was made, in seconds since 1970. Refuse what is more than 5 minutes away." }),
            ("webhook-signature", html! { (signature) ". While a secret is being rotated there are several, separated by spaces: one that fits is enough." }),
            ("Signed text", html! { code { "webhook-id.webhook-timestamp.body" } ", with the body's bytes as they came" }),
        ]))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    // behaviour S3 (in part)
    #[test]
    fn every_language_has_complete_code_for_both_schemes_without_a_secret_in_it() {
        assert_eq!(LANGUAGES.len(), 5);
        for language in LANGUAGES {
            for (text, version, variable) in
                [(language.hmac, "v1", "WEBHOOK_SECRET"), (language.ed25519, "v1a", "WEBHOOK_PUBLIC_KEY")]
            {
                assert!(text.contains(variable), "{} {version} reads {variable}", language.key);
                assert!(
                    text.contains("401") || text.contains("Unauthorized") || text.contains("UNAUTHORIZED"),
                    "{}",
                    language.key
                );
                assert!(!text.contains("whsec_M"), "{}", language.key);
            }
            assert!(language.ed25519.contains("v1a,") || language.ed25519.contains("\"v1a\""), "{}", language.key);
        }
    }
}

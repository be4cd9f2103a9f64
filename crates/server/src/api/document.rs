//! The OpenAPI document, and a page to read it that needs no other host.

use std::sync::LazyLock;

use aide::swagger::Swagger;
use axum::Router;
use axum::response::{Html, IntoResponse};
use axum::routing::get;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use http::header::{CONTENT_SECURITY_POLICY, CONTENT_TYPE};
use sha2::{Digest, Sha256};

use crate::app::App;
use crate::{docs, openapi};

/// Where the document is.
const DOCUMENT_PATH: &str = "/api/v1/openapi.json";
/// Where the page is.
const PAGE_PATH: &str = "/api/docs";

static PAGE: LazyLock<String> = LazyLock::new(|| Swagger::new(DOCUMENT_PATH).with_title("Beckon API").html());
static POLICY: LazyLock<String> = LazyLock::new(|| policy(&PAGE));

pub(super) fn routes() -> Router<App> {
    Router::new().route(DOCUMENT_PATH, get(document)).route(PAGE_PATH, get(page))
}

async fn document() -> impl IntoResponse {
    ([(CONTENT_TYPE, docs::JSON)], openapi::text())
}

async fn page() -> impl IntoResponse {
    ([(CONTENT_SECURITY_POLICY, POLICY.as_str())], Html(PAGE.as_str()))
}

/// Lets the page run its own scripts, each by its hash, and talk to this host only.
fn policy(page: &str) -> String {
    let scripts: Vec<String> = inline_scripts(page)
        .map(|script| format!("'sha256-{}'", STANDARD.encode(Sha256::digest(script.as_bytes()))))
        .collect();
    format!(
        "default-src 'none'; script-src {}; style-src 'unsafe-inline'; img-src 'self' data:; font-src data:; \
         connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
        scripts.join(" ")
    )
}

/// The scripts of a page, as a browser sees them: a script goes on until it is closed, even if its text
/// has the words that begin one.
fn inline_scripts(page: &str) -> impl Iterator<Item = &str> {
    let mut rest = page;
    std::iter::from_fn(move || {
        let (_, begun) = rest.split_once("<script>")?;
        let (script, behind) = begun.split_once("</script>")?;
        rest = behind;
        Some(script)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_page_loads_nothing_from_anywhere() {
        let scripts: Vec<_> = inline_scripts(&PAGE).collect();
        assert_eq!(scripts.len(), 2);
        assert!(scripts[0].len() > 1_000_000, "the whole of the bundled reader is one script");
        assert!(!PAGE.contains("<script src") && !PAGE.contains("<link"));
        assert!(!PAGE.contains('\r'), "a browser would hash another text");
        assert_eq!(POLICY.matches("'sha256-").count(), 2);
        assert!(!POLICY.contains("http"), "{}", *POLICY);
    }
}

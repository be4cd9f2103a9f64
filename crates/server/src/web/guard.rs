//! What every page passes through: where a change comes from, and what a browser may do with the page.
//!
//! Promise: a request that changes something is carried out only if the browser says that a page of ours sent it
//! (`Sec-Fetch-Site`, or else `Origin`), so that no other site can act in a visitor's name. Together with the session
//! cookie's `SameSite=Lax` this needs no token in forms.

use axum::extract::{Request, State};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use http::header::{
    ACCEPT, CACHE_CONTROL, CONTENT_SECURITY_POLICY, HOST, HeaderName, ORIGIN, REFERRER_POLICY, X_FRAME_OPTIONS,
};
use http::{HeaderMap, HeaderValue, Method, Uri};

use super::PORTAL;
use super::failure::{Failure, drawn};
use crate::app::App;
use crate::problem::{Code, Problem};

const SEC_FETCH_SITE: HeaderName = HeaderName::from_static("sec-fetch-site");

/// Nothing from anywhere but here; no frames of ours in other pages, unless they are named.
const POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; font-src 'self'; \
                      connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors ";

pub(super) async fn pass(State(app): State<App>, request: Request, next: Next) -> Response {
    let asked = Asked::of(request.uri(), request.headers());
    let response = match check_origin(request.method(), request.headers(), asked.portal_start.is_some()) {
        Ok(()) => next.run(request).await,
        Err(problem) => Failure::from(problem).into_response(),
    };
    protected(&app, asked, response)
}

/// What a person is shown where there is no page.
pub(crate) fn not_found(app: &App, uri: &Uri, headers: &HeaderMap, problem: Problem) -> Response {
    protected(app, Asked::of(uri, headers), problem.into_response())
}

/// What counts of a request when its answer is given out.
struct Asked {
    /// Where the portal begins that the address belongs to, if it does to one.
    portal_start: Option<String>,
    /// Whether a person is to read the answer.
    by_person: bool,
}

impl Asked {
    fn of(uri: &Uri, headers: &HeaderMap) -> Asked {
        let token = uri.path().strip_prefix(PORTAL).and_then(|rest| rest.strip_prefix('/')?.split('/').next());
        let accepted = headers.get(ACCEPT).and_then(|value| value.to_str().ok()).unwrap_or_default();
        Asked {
            portal_start: token.map(|token| format!("{PORTAL}/{token}/webhooks")),
            by_person: accepted.contains("text/html"),
        }
    }
}

/// As a page if something went wrong, whoever said so, and with the headers that keep a page in its place.
fn protected(app: &App, asked: Asked, response: Response) -> Response {
    let in_portal = asked.portal_start.is_some();
    let mut response = match response.extensions().get::<Problem>() {
        Some(problem) if asked.by_person => drawn(problem, asked.portal_start.as_deref().unwrap_or("/")),
        _ => response,
    };
    let ancestors = app.options.portal.frame_ancestors.join(" ");
    let framed = in_portal && !ancestors.is_empty();
    let headers = response.headers_mut();
    let policy = format!("{POLICY}{}", if framed { &ancestors } else { "'none'" });
    if let Ok(policy) = HeaderValue::try_from(policy) {
        // A logo has a stricter one.
        headers.entry(CONTENT_SECURITY_POLICY).or_insert(policy);
    }
    if !framed {
        headers.insert(X_FRAME_OPTIONS, HeaderValue::from_static("DENY"));
    }
    // A portal's address opens it: it must not go anywhere.
    headers.insert(REFERRER_POLICY, HeaderValue::from_static(if in_portal { "no-referrer" } else { "same-origin" }));
    headers.entry(CACHE_CONTROL).or_insert(HeaderValue::from_static("no-store"));
    response
}

/// Reading is free; changing is for our own pages.
///
/// Browsers that reach us without encryption send no `Sec-Fetch-Site`, and from pages without referrer, as the portal's
/// are, no `Origin` either but `null` (Fetch §3.1). There it is taken: what opens the portal is its path, which no other
/// site knows, and nothing that browsers send along by themselves.
fn check_origin(method: &Method, headers: &HeaderMap, in_portal: bool) -> Result<(), Problem> {
    if matches!(*method, Method::GET | Method::HEAD | Method::OPTIONS) {
        return Ok(());
    }
    let text = |name: HeaderName| headers.get(name).and_then(|value| value.to_str().ok());
    let ours = match (text(SEC_FETCH_SITE), text(ORIGIN)) {
        (Some(site), _) => site == "same-origin",
        (None, Some("null")) => in_portal,
        (None, Some(origin)) => origin.split_once("://").map(|(_, host)| host) == text(HOST),
        (None, None) => false,
    };
    if ours {
        return Ok(());
    }
    Err(Problem::new(Code::Forbidden, "this was not sent by a page of Beckon: open the page and try again"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn checked(method: Method, given: &[(&'static str, &str)]) -> bool {
        let headers =
            given.iter().map(|(name, value)| (HeaderName::from_static(name), value.parse().unwrap())).collect();
        check_origin(&method, &headers, false).is_ok()
    }

    #[test]
    fn the_portal_is_opened_by_its_path_and_its_forms_need_no_origin() {
        let from = |pairs: &[(&'static str, &'static str)]| {
            let headers = pairs
                .iter()
                .map(|(name, value)| (HeaderName::from_static(name), HeaderValue::from_static(value)))
                .collect();
            check_origin(&Method::POST, &headers, true).is_ok()
        };
        assert!(from(&[("origin", "null"), ("host", "beckon.example")]));
        assert!(!from(&[("origin", "null"), ("sec-fetch-site", "cross-site")]));
        assert!(!from(&[("origin", "https://evil.example"), ("host", "beckon.example")]) && !from(&[]));
    }

    #[test]
    fn what_changes_something_must_come_from_a_page_of_ours() {
        assert!(checked(Method::GET, &[("sec-fetch-site", "cross-site")]));
        assert!(checked(Method::POST, &[("sec-fetch-site", "same-origin")]));
        assert!(checked(Method::POST, &[("origin", "http://127.0.0.1:8420"), ("host", "127.0.0.1:8420")]));
        for foreign in [
            &[][..],
            &[("sec-fetch-site", "cross-site")],
            &[("sec-fetch-site", "same-site")],
            &[("sec-fetch-site", "none")],
            &[("sec-fetch-site", "cross-site"), ("origin", "http://a.example"), ("host", "a.example")],
            &[("origin", "https://evil.example"), ("host", "127.0.0.1:8420")],
            &[("origin", "null"), ("host", "127.0.0.1:8420")],
            &[("host", "127.0.0.1:8420")],
        ] {
            assert!(!checked(Method::POST, foreign), "{foreign:?}");
        }
    }
}

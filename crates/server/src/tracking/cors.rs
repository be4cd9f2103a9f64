//! Lets pages of any site send signals, and read the answers.
//!
//! What a preflight asks for is mirrored, origin and headers, because every client library brings headers of
//! its own. That is safe here: these routes read no cookies, and a write key can only add.
//! Not here: a list of origins that may send (`sites.rs`): what is not admitted is answered, and not counted.

use axum::extract::Request;
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use http::header::{
    ACCESS_CONTROL_ALLOW_CREDENTIALS, ACCESS_CONTROL_ALLOW_HEADERS, ACCESS_CONTROL_ALLOW_METHODS,
    ACCESS_CONTROL_ALLOW_ORIGIN, ACCESS_CONTROL_EXPOSE_HEADERS, ACCESS_CONTROL_MAX_AGE, ACCESS_CONTROL_REQUEST_HEADERS,
    ORIGIN, VARY,
};
use http::{HeaderMap, HeaderValue, Method, StatusCode};

/// How long a browser may remember a preflight, in seconds. Browsers cut it to what they allow.
const PREFLIGHT_SECONDS: HeaderValue = HeaderValue::from_static("86400");

const TRUE: HeaderValue = HeaderValue::from_static("true");

/// Answers preflights, and opens every other answer to the page that asked.
pub(super) async fn open(request: Request, next: Next) -> Response {
    if request.method() == Method::OPTIONS {
        return preflight(request.headers());
    }
    let origin = request.headers().get(ORIGIN).cloned();
    opened(origin, next.run(request).await)
}

/// The answer, open to the page that asked.
pub(super) fn opened(origin: Option<HeaderValue>, mut response: Response) -> Response {
    let headers = response.headers_mut();
    headers.append(VARY, HeaderValue::from_static("Origin"));
    if let Some(origin) = origin {
        headers.insert(ACCESS_CONTROL_ALLOW_ORIGIN, origin);
        headers.insert(ACCESS_CONTROL_ALLOW_CREDENTIALS, TRUE);
        headers.insert(ACCESS_CONTROL_EXPOSE_HEADERS, HeaderValue::from_static("Retry-After"));
    }
    response
}

/// Grants what a preflight asks for.
pub(crate) fn preflight(request: &HeaderMap) -> Response {
    let mut response = StatusCode::NO_CONTENT.into_response();
    let headers = response.headers_mut();
    headers.insert(VARY, HeaderValue::from_static("Origin, Access-Control-Request-Headers"));
    headers.insert(ACCESS_CONTROL_ALLOW_METHODS, HeaderValue::from_static("GET,POST,OPTIONS"));
    headers.insert(ACCESS_CONTROL_ALLOW_CREDENTIALS, TRUE);
    headers.insert(ACCESS_CONTROL_MAX_AGE, PREFLIGHT_SECONDS);
    for (asked, allowed) in
        [(ORIGIN, ACCESS_CONTROL_ALLOW_ORIGIN), (ACCESS_CONTROL_REQUEST_HEADERS, ACCESS_CONTROL_ALLOW_HEADERS)]
    {
        if let Some(value) = request.get(asked) {
            headers.insert(allowed, value.clone());
        }
    }
    response
}

#[cfg(test)]
mod tests {
    use axum::Router;
    use axum::body::Body;
    use axum::routing::post;
    use tower::ServiceExt;

    use super::*;

    async fn ask(method: &str, headers: &[(&str, &str)]) -> Response {
        let router: Router =
            Router::new().route("/v1/p", post(|| async { "ok" })).layer(axum::middleware::from_fn(open));
        let mut request = Request::builder().method(method).uri("/v1/p");
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        router.oneshot(request.body(Body::empty()).unwrap()).await.unwrap()
    }

    fn header<'a>(response: &'a Response, name: &str) -> &'a str {
        response.headers().get(name).map_or("", |value| value.to_str().unwrap())
    }

    // behaviour W3 (in part)
    #[tokio::test]
    async fn a_preflight_is_answered_with_what_it_asked_for_and_kept() {
        let asked = [("origin", "https://a.test"), ("access-control-request-headers", "authorization,x-retry-count")];
        let response = ask("OPTIONS", &asked).await;
        assert_eq!(response.status(), StatusCode::NO_CONTENT);
        assert_eq!(header(&response, "access-control-allow-origin"), "https://a.test");
        assert_eq!(header(&response, "access-control-allow-headers"), "authorization,x-retry-count");
        assert_eq!(header(&response, "access-control-allow-methods"), "GET,POST,OPTIONS");
        assert_eq!(header(&response, "access-control-allow-credentials"), "true");
        assert_eq!(header(&response, "access-control-max-age"), "86400");
        assert_eq!(header(&response, "vary"), "Origin, Access-Control-Request-Headers");
    }

    // behaviour W3 (in part)
    #[tokio::test]
    async fn a_page_may_read_the_answer_and_its_retry_after() {
        let response = ask("POST", &[("origin", "null")]).await;
        assert_eq!(response.status(), StatusCode::OK);
        assert_eq!(header(&response, "access-control-allow-origin"), "null");
        assert_eq!(header(&response, "access-control-expose-headers"), "Retry-After");
        assert_eq!(header(&response, "vary"), "Origin");
        let response = ask("POST", &[]).await;
        assert!(!response.headers().contains_key("access-control-allow-origin"));
    }
}

//! The pixel: a small script that websites load, and the calls it sends.
//!
//! The script and the calls have one path, so that a website's proxy has one to pass on, under whatever name: the script
//! sends to where it was loaded from. Every path of one segment that ends in `.js` is that path ([`Pixel::is_at`]):
//! pages that were built before somebody chose another name go on working.
//! Promise: the script is the same for everybody, so that reading it tells nothing of anybody; a call is a batch of the
//! tracking API and answered like one.
//! Not here: what is in a call (`tracking`), which sites may send (`beckon_domain::settings`), the lines for a website
//! (`web/home/pixel.rs`). The script itself is `assets/pixel/pixel.js`.

mod cookie;
mod lean;
mod script;

use axum::Router;
use axum::extract::{Request, State};
use axum::response::{IntoResponse, Response};
use axum::routing::any;
use beckon_domain::settings::Pixel;
use http::header::{ALLOW, SET_COOKIE};
use http::{HeaderValue, Method, StatusCode};

use crate::app::App;
use crate::{api, tracking};

/// The parameter that names the domain for whose hosts the visitor's cookie is to be.
const DOMAIN_PARAMETER: &str = "d";

/// Whatever is asked of a path of one segment that is nobody else's.
pub(crate) fn routes() -> Router<App> {
    Router::new().route("/{script}", any(answer))
}

async fn answer(State(app): State<App>, request: Request) -> Response {
    if !Pixel::is_at(request.uri().path()) {
        let (uri, headers) = (request.uri().clone(), request.headers().clone());
        return api::not_found(State(app), uri, headers).await;
    }
    match *request.method() {
        Method::GET | Method::HEAD => script::serve(request.headers()),
        Method::POST => take(app, request).await,
        Method::OPTIONS => tracking::preflight(request.headers()),
        _ => (StatusCode::METHOD_NOT_ALLOWED, [(ALLOW, HeaderValue::from_static("GET, HEAD, POST, OPTIONS"))])
            .into_response(),
    }
}

async fn take(app: App, request: Request) -> Response {
    let (asked, query) = (request.headers().clone(), request.uri().query().unwrap_or_default().to_owned());
    let (mut response, visitor) = tracking::take_of_pixel(&app, request).await;
    let mut parameters = url::form_urlencoded::parse(query.as_bytes());
    let domain = parameters.find(|(name, _)| name == DOMAIN_PARAMETER).map(|(_, domain)| domain.to_lowercase());
    let cookie = |id: String| cookie::of(&id, &asked, domain.as_deref(), app.options.secure_cookies);
    if let Some(cookie) = visitor.and_then(cookie) {
        response.headers_mut().append(SET_COOKIE, cookie);
    }
    response
}

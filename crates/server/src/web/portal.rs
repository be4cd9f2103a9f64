//! What only the portal has: where its link leads, the operator's logo and accent colour.

use axum::Router;
use axum::extract::State;
use axum::response::{IntoResponse, Redirect, Response};
use axum::routing::get;
use http::HeaderValue;
use http::header::{CONTENT_SECURITY_POLICY, CONTENT_TYPE};

use super::failure::Failure;
use super::viewer::Viewer;
use crate::app::App;
use crate::portal::accent::{Colour, style};
use crate::problem::Problem;

/// For a picture, opened by itself: a drawing may use its own styles, and run and load nothing.
const PICTURE_POLICY: &str = "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'; sandbox";

pub(super) fn routes() -> Router<App> {
    Router::new().route("/", get(begin)).route("/logo", get(logo)).route("/accent.css", get(accent))
}

async fn begin(viewer: Viewer) -> Redirect {
    Redirect::to(&viewer.path("/webhooks"))
}

async fn logo(State(app): State<App>, _: Viewer) -> Result<Response, Failure> {
    let Some((kind, bytes)) = app.options.portal.logo.clone() else { return Err(Problem::not_found("logo").into()) };
    let policy = HeaderValue::from_static(PICTURE_POLICY);
    let mut response = bytes.into_response();
    response.headers_mut().insert(CONTENT_SECURITY_POLICY, policy);
    response
        .headers_mut()
        .insert(CONTENT_TYPE, HeaderValue::try_from(kind).map_err(|error| Problem::internal(&error))?);
    Ok(response)
}

async fn accent(State(app): State<App>, _: Viewer) -> Result<Response, Failure> {
    let given = app.options.portal.accent.as_ref();
    let colours = given.and_then(|[light, dark]| Colour::parse(light).zip(Colour::parse(dark)));
    let Some((light, dark)) = colours else { return Err(Problem::not_found("accent colour").into()) };
    Ok(([(CONTENT_TYPE, "text/css; charset=utf-8")], style(light, dark)).into_response())
}

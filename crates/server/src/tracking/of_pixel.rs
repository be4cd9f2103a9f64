//! Calls of the pixel: batches, from a page that the browser names.
//!
//! Promise: a call from a page of a site that is not admitted changes nothing, whatever its items say of themselves; all
//! of them are told to be refused, and nothing is made of it in the page.
//! Not here: the script that sends them, and the cookie in its answer (`crate::pixel`).

use axum::Json;
use axum::extract::{FromRequest, Request};
use axum::response::{IntoResponse, Response};
use http::header::ORIGIN;
use serde_json::Value;

use super::failure::Failure;
use super::report::Report;
use super::{Call, Opened, Shape, cors, open, privacy, report, sites, submit};
use crate::app::App;

/// What the script calls a visitor who has consented to be known again.
const GRANTED: &str = "granted";

/// Takes a call of the pixel. Also tells the visitor's id if the browser may be given it to keep.
pub(crate) async fn take_of_pixel(app: &App, request: Request) -> (Response, Option<String>) {
    let origin = request.headers().get(ORIGIN).cloned();
    let (answered, visitor) = match take(app, request).await {
        Ok((report, visitor)) => (Json(report).into_response(), visitor),
        Err(failure) => (failure.into_response(), None),
    };
    (cors::opened(origin, answered), visitor)
}

async fn take(app: &App, request: Request) -> Result<(Report, Option<String>), Failure> {
    let call = Call::from_request(request, app).await?;
    let headers = call.headers.clone();
    let opened = open(app, Shape::Batch, call).await?;
    if let Some(gate) = &opened.gate
        && let Err(refusal) = sites::check_call(gate, &headers)
    {
        return Ok((report::refused(&opened.items, &refusal), None));
    }
    let visitor = consenting(&opened);
    let report = submit(app, opened).await?;
    let visitor = visitor.filter(|_| report.has_taken());
    Ok((report, visitor))
}

/// The visitor who says to have consented, and does not ask not to be told on.
fn consenting(opened: &Opened) -> Option<String> {
    let items = opened.items.iter().filter_map(Value::as_object).filter(|item| !privacy::is_marked(item));
    let mut granted = items.filter(|item| item.get("context").is_some_and(|context| context["consent"] == GRANTED));
    granted.find_map(|item| item.get("anonymousId")?.as_str().map(str::to_owned))
}

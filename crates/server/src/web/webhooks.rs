//! Webhooks: the list, the form, and the pages of one.
//!
//! Promise: everything here works below a portal link too, and shows no secret but where one is asked for by a POST.
//! Not here: checking and storing (`api/webhooks`), deliveries one by one (`web/deliveries.rs`).

mod advanced;
mod answer;
mod check_url;
mod delete;
mod edit;
mod figures;
mod form;
mod frame;
mod jobs;
mod list;
mod missed;
mod names;
mod overview;
mod secret;
mod segments;
mod standing;
mod switch;
mod testing;
mod verify;

use axum::Router;
use axum::routing::{get, post};

use crate::app::App;

pub(in crate::web) use answer::what_to_check;
pub(in crate::web) use names::title;

pub(super) fn routes() -> Router<App> {
    Router::new()
        .route("/webhooks", get(list::show))
        .route("/webhooks/new", get(edit::begin).post(edit::create))
        .route("/webhooks/check-url", post(check_url::check))
        .route("/webhooks/check-segments", post(segments::check))
        .route("/webhooks/{id}", get(overview::show))
        .route("/webhooks/{id}/edit", get(edit::show).post(edit::save))
        .route("/webhooks/{id}/testing", get(testing::show).post(testing::send))
        .route("/webhooks/{id}/advanced", get(advanced::show))
        .route("/webhooks/{id}/verify", get(verify::show))
        .route("/webhooks/{id}/secret", get(secret::show).post(secret::reveal))
        .route("/webhooks/{id}/secret/rotate", get(secret::ask).post(secret::rotate))
        .route("/webhooks/{id}/enable", post(switch::enable))
        .route("/webhooks/{id}/disable", get(switch::ask).post(switch::disable))
        .route("/webhooks/{id}/delete", get(delete::ask).post(delete::delete))
        .route("/webhooks/{id}/recover", get(missed::ask_recover).post(missed::recover))
        .route("/webhooks/{id}/recover/count", post(missed::count_recover))
        .route("/webhooks/{id}/replay-missing", get(missed::ask_replay).post(missed::replay))
        .route("/webhooks/{id}/replay-missing/count", post(missed::count_replay))
        .route("/webhooks/{id}/jobs/{job}", get(jobs::show))
        .route("/webhooks/{id}/jobs/{job}/cancel", post(jobs::cancel))
}

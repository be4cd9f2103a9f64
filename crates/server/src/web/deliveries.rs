//! Deliveries: the live list, and one with its attempts; sending again all that fit, and the work that does it.
//!
//! `filters` is what the lists of deliveries and events are narrowed with, `names` and `whom` say in both what a row is
//! about.

mod curl;
mod filters;
mod jobs;
mod list;
mod names;
mod phases;
mod replay;
mod show;
mod timeline;
mod whom;
mod words;

use axum::Router;
use axum::routing::{get, post};

use crate::app::App;

pub(in crate::web) use filters::{Filters, Narrowed, refused};
pub(in crate::web) use names::{
    Names, segment as segment_link, segment_choices, segments as segments_of, webhook_name,
};
pub(in crate::web) use whom::{Whom, whom};
pub(in crate::web) use words::{counted, standing, status_badge};

pub(super) fn routes() -> Router<App> {
    Router::new()
        .route("/deliveries", get(list::show))
        .route("/deliveries/replay", get(replay::show).post(replay::begin))
        .route("/deliveries/replay/count", get(replay::counted))
        .route("/deliveries/{id}", get(show::show))
        .route("/deliveries/{id}/resend", post(show::resend))
        .route("/deliveries/{id}/retry", post(show::retry))
        .route("/deliveries/{id}/cancel", post(show::cancel))
        .route("/jobs", get(jobs::list))
        .route("/jobs/{id}", get(jobs::show))
        .route("/jobs/{id}/cancel", post(jobs::cancel))
}

//! The web pages: the same things as the JSON API, for people.
//!
//! A page is a handler that asks the functions behind the API (`api/`) and draws what they answer with the parts in
//! `parts/`. A form is turned into the JSON the API takes, so that both check the same and say the same. Who looks is a
//! [`viewer::Viewer`]: somebody signed in, or whoever came by a portal link, who sees the webhooks part only.
//! Promise: every page works without scripts, unless it says so; nothing is loaded from another host; what changes
//! something is refused unless it comes from a page of ours (`guard.rs`).
//! Not here: deciding anything. The scripts and the style are in `assets/`, the parts are shown on `/design`.

mod account;
mod assets;
mod catalog;
mod companies;
mod contacts;
mod deliveries;
mod design;
mod events;
mod failure;
mod form;
mod guard;
mod home;
mod identity;
mod import;
mod jump;
mod lists;
mod live;
mod page;
mod parts;
mod people;
mod portal;
mod said;
mod segments;
mod settings;
mod sign_in;
mod signals;
mod timeline;
mod viewer;
mod webhooks;

use axum::Router;
use axum::middleware::from_fn_with_state;
use axum::routing::get;

use crate::app::App;

pub(crate) use failure::Failure;
pub(crate) use guard::not_found;

/// Below which paths whoever has a portal link finds the webhooks part.
pub(crate) const PORTAL: &str = "/portal";

/// Every page.
pub(crate) fn routes(app: &App) -> Router<App> {
    let pages = Router::new()
        .route("/design", get(design::show))
        .merge(home::routes())
        .merge(sign_in::routes())
        .merge(account::routes())
        .merge(segments::routes())
        .merge(signals::routes())
        .merge(contacts::routes())
        .merge(companies::routes())
        .merge(identity::routes())
        .merge(lists::routes())
        .merge(settings::routes())
        .merge(catalog::public_routes())
        .merge(webhooks_part())
        .nest("/portal/{token}", webhooks_part().merge(portal::routes()))
        .layer(from_fn_with_state(app.clone(), guard::pass));
    pages.merge(assets::routes())
}

/// What a portal link opens.
fn webhooks_part() -> Router<App> {
    Router::new()
        .route("/live", get(live::listen))
        .merge(webhooks::routes())
        .merge(deliveries::routes())
        .merge(events::routes())
        .merge(catalog::routes())
        .merge(jump::routes())
}

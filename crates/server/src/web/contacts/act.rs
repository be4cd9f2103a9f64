//! Suppressing somebody, and erasing them.

use axum::extract::State;
use axum::response::{IntoResponse, Redirect, Response};
use beckon_domain::id::ContactId;
use maud::html;

use super::name;
use crate::api::contacts::{self, Erasing};
use crate::app::App;
use crate::extract::{ById, Json, Path, Query};
use crate::web::failure::Failure;
use crate::web::form::Form;
use crate::web::page::{Page, Place};
use crate::web::parts::{choice, dialog_body};
use crate::web::said::saying;
use crate::web::viewer::Viewer;

pub(super) async fn suppress(
    State(app): State<App>,
    viewer: Viewer,
    Path(ById { id }): Path<ById<ContactId>>,
) -> Result<Response, Failure> {
    viewer.check_may_work()?;
    contacts::suppress(State(app), viewer.caller, Path(ById { id })).await?;
    Ok(Redirect::to(&viewer.path(&saying(&format!("/contacts/{id}"), "suppressed"))).into_response())
}

pub(super) async fn unsuppress(
    State(app): State<App>,
    viewer: Viewer,
    Path(ById { id }): Path<ById<ContactId>>,
) -> Result<Response, Failure> {
    viewer.check_may_work()?;
    contacts::unsuppress(State(app), viewer.caller, Path(ById { id })).await?;
    Ok(Redirect::to(&viewer.path(&saying(&format!("/contacts/{id}"), "unsuppressed"))).into_response())
}

pub(super) async fn export(
    State(app): State<App>,
    viewer: Viewer,
    path: Path<ById<ContactId>>,
) -> Result<Response, Failure> {
    viewer.check_may_work()?;
    Ok(contacts::export(State(app), viewer.caller, path).await?.into_response())
}

pub(super) async fn ask_erase(
    State(app): State<App>,
    viewer: Viewer,
    Path(ById { id }): Path<ById<ContactId>>,
) -> Result<Response, Failure> {
    viewer.check_may_work()?;
    let Json(contact) = contacts::get(State(app), viewer.caller, Path(ById { id })).await?;
    let name = name(&contact);
    let path = format!("/contacts/{id}");
    let body = dialog_body(
        "Erase contact",
        html! {
            p { "Of " strong { (name) } " these go for good:" }
            ul {
                li { "the profile and all traits," }
                li { "their visits, page views, interests and signals, also those from before they were known," }
                li { "which segments they qualified for," }
                li { "what was announced of them: nothing of it is sent any more, and what was sent is not kept." }
            }
            p { "Their browsers become anonymous again. What receivers got already is theirs. If somebody names this person again, they are a new contact." }
            form method="post" action=(viewer.path(&format!("{path}/erase"))) {
                (choice("suppress", "1", false, html! { "Never let them become known again" }, Some("Hashes of their addresses and user id are put on the suppression list.")))
                div.form-foot {
                    button.danger { "Erase for good" }
                    a.button.quiet href=(viewer.path(&path)) data-close { "Cancel" }
                }
            }
        },
    );
    let page = Page::new(&viewer, Place::Contacts, "Erase contact").below("Contacts", "/contacts").below(&name, &path);
    Ok(page.show(html! { section.card { (body) } }))
}

pub(super) async fn erase(
    State(app): State<App>,
    viewer: Viewer,
    Path(ById { id }): Path<ById<ContactId>>,
    form: Form,
) -> Result<Response, Failure> {
    viewer.check_may_work()?;
    let how = Erasing { suppress: form.has("suppress") };
    contacts::erase(State(app), viewer.caller, Path(ById { id }), Query(how)).await?;
    Ok(Redirect::to(&viewer.path(&saying("/contacts", "erased"))).into_response())
}

//! Erasing a company.

use axum::extract::State;
use axum::response::{IntoResponse, Redirect, Response};
use beckon_domain::id::CompanyId;
use maud::html;

use super::name;
use crate::api::companies;
use crate::app::App;
use crate::extract::{ById, Json, Path};
use crate::web::failure::Failure;
use crate::web::page::{Page, Place};
use crate::web::parts::dialog_body;
use crate::web::said::saying;
use crate::web::viewer::Viewer;

pub(super) async fn ask(
    State(app): State<App>,
    viewer: Viewer,
    Path(ById { id }): Path<ById<CompanyId>>,
) -> Result<Response, Failure> {
    viewer.check_may_work()?;
    let Json(company) = companies::get(State(app), viewer.caller, Path(ById { id })).await?;
    let name = name(&company);
    let path = format!("/companies/{id}");
    let body = dialog_body(
        "Erase company",
        html! {
            p { "Of " strong { (name) } " these go for good:" }
            ul {
                li { "the profile and all traits," }
                li { "which segments it qualified for." }
            }
            p { "Its contacts and visitors stay, and belong to no company any more. Events that were announced already keep their payload until retention removes them." }
            form method="post" action=(viewer.path(&format!("{path}/erase"))) {
                div.form-foot {
                    button.danger { "Erase for good" }
                    a.button.quiet href=(viewer.path(&path)) data-close { "Cancel" }
                }
            }
        },
    );
    let page =
        Page::new(&viewer, Place::Companies, "Erase company").below("Companies", "/companies").below(&name, &path);
    Ok(page.show(html! { section.card { (body) } }))
}

pub(super) async fn erase(
    State(app): State<App>,
    viewer: Viewer,
    Path(ById { id }): Path<ById<CompanyId>>,
) -> Result<Response, Failure> {
    viewer.check_may_work()?;
    companies::erase(State(app), viewer.caller, Path(ById { id })).await?;
    Ok(Redirect::to(&viewer.path(&saying("/companies", "erased"))).into_response())
}

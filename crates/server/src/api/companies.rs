//! `/companies`: accounts, keyed by domain.
//!
//! Promise: writes go through the same queue as signals, so that neither ever sees half of the other.
//! Not here: qualification. Whoever fits a segment after a write qualifies with the next signal.

mod form;

use aide::axum::ApiRouter;
use aide::axum::routing::{get_with, post_with};
use axum::extract::State;
use beckon_domain::company::Company;
use beckon_domain::id::CompanyId;
use beckon_intake::{CompanyUpsert, Upserted};
use schemars::JsonSchema;
use serde::Deserialize;

use super::fields;
use super::imports::{self, CsvFile, ImportReport};
use crate::app::App;
use crate::auth::ApiCaller;
use crate::docs;
use crate::extract::{ById, Json, Listing, Path};
use crate::paging::Paged;
use crate::problem::Problem;
use crate::reply::{CreatedOrFound, NoContent};
use form::{CompanyForm, CompanyView};

const LIST: &str = "companies";
const TAG: &str = "Companies";

/// The routes below `/api/v1`.
pub(crate) fn routes() -> ApiRouter<App> {
    ApiRouter::new()
        .api_route(
            "/companies",
            get_with(list, docs::operation("listCompanies", TAG, "List companies, newest first")).post_with(
                upsert,
                |operation| {
                    docs::operation("upsertCompany", TAG, "Make or change the company of a domain")(operation)
                        .description(
                            "Absent keeps what is known, null clears it; an identifier that is null is not given.",
                        )
                },
            ),
        )
        .api_route(
            "/companies/{id}",
            get_with(get, docs::operation("getCompany", TAG, "Get a company"))
                .patch_with(change, |operation| {
                    docs::operation("updateCompany", TAG, "Change a company")(operation)
                        .description("Absent keeps, null clears. One of `domain` and `group_id` must remain.")
                })
                .delete_with(erase, |operation| {
                    docs::operation("eraseCompany", TAG, "Erase a company")(operation)
                        .description("Its contacts stay and no longer belong to it.")
                }),
        )
        .merge(import_routes())
}

fn import_routes() -> ApiRouter<App> {
    ApiRouter::new().api_route(
        "/companies/import",
        post_with(import, |operation| {
            docs::operation("importCompanies", TAG, "Make or change companies from a CSV file")(operation).description(
                "Columns: domain, group_id, name, linkedin_url, industry, employees, country; any other is a trait. A \
                     line that is wrong fails alone. Importing the same file again does no harm.",
            )
        }),
    )
}

async fn upsert(
    State(app): State<App>,
    caller: ApiCaller,
    Json(form): Json<CompanyForm>,
) -> Result<CreatedOrFound<CompanyView>, Problem> {
    let Upserted { value, created } = write(&app, caller, form.into_new()?).await?;
    let location = format!("/api/v1/companies/{}", value.id);
    Ok(CreatedOrFound { created, location, value: value.into() })
}

/// Which companies.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct CompanyFilter {
    /// Only the one of this domain.
    domain: Option<String>,
}

async fn list(
    State(app): State<App>,
    caller: ApiCaller,
    Listing { filter, page }: Listing<CompanyFilter>,
) -> Result<Json<Paged<CompanyView>>, Problem> {
    let domain = filter.domain.map(|domain| fields::domain("domain", &domain)).transpose()?;
    let page = app.store.list_companies(caller.workspace_id, domain.as_ref(), page.request(LIST)?).await?;
    Ok(Json(Paged::of(LIST, page, CompanyView::from)))
}

async fn get(
    State(app): State<App>,
    caller: ApiCaller,
    Path(ById { id }): Path<ById<CompanyId>>,
) -> Result<Json<CompanyView>, Problem> {
    Ok(Json(app.store.get_company(caller.workspace_id, id).await?.into()))
}

async fn change(
    State(app): State<App>,
    caller: ApiCaller,
    Path(ById { id }): Path<ById<CompanyId>>,
    Json(form): Json<CompanyForm>,
) -> Result<Json<CompanyView>, Problem> {
    app.store.get_company(caller.workspace_id, id).await?;
    let Upserted { value, .. } = write(&app, caller, form.into_change(id)?).await?;
    Ok(Json(value.into()))
}

async fn erase(
    State(app): State<App>,
    caller: ApiCaller,
    Path(ById { id }): Path<ById<CompanyId>>,
) -> Result<NoContent, Problem> {
    app.intake.erase_company(caller.workspace_id, id).await?;
    Ok(NoContent)
}

async fn import(State(app): State<App>, caller: ApiCaller, file: CsvFile) -> Result<Json<ImportReport>, Problem> {
    let lines = imports::parse(file, beckon_intake::import::companies).await?;
    let write = |upserts| app.intake.upsert_companies(caller.workspace_id, upserts);
    Ok(Json(imports::import(lines, write).await?))
}

async fn write(app: &App, caller: ApiCaller, upsert: CompanyUpsert) -> Result<Upserted<Company>, Problem> {
    let written = app.intake.upsert_companies(caller.workspace_id, vec![upsert]).await?;
    imports::only(written)
}

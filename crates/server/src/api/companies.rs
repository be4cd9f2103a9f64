//! `/companies`: accounts, keyed by domain.
//!
//! Promise: writes go through the same queue as signals, so that neither ever sees half of the other. The audit log says
//! who erased or imported.
//! Not here: qualification. Whoever fits a segment after a write qualifies with the next signal.

mod form;

use aide::axum::ApiRouter;
use aide::axum::routing::{get_with, post_with};
use axum::extract::State;
use beckon_domain::company::Company;
use beckon_domain::id::CompanyId;
use beckon_domain::segment::Subject;
use beckon_intake::{CompanyUpsert, Upserted};
use beckon_store::people::CompanyFilter;
use bytes::Bytes;
use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::Value;

use super::fields;
use super::imports::{self, CsvFile, ImportReport, Progress};
use super::lists::{self, Onto};
use crate::app::App;
use crate::audit::{self, Change};
use crate::auth::Caller;
use crate::docs;
use crate::extract::{ById, Json, Listing, Path, Query};
use crate::paging::Paged;
use crate::problem::Problem;
use crate::reply::{CreatedOrFound, NoContent};
pub(crate) use form::{CompanyForm, CompanyView};

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
                     line that is wrong fails alone. Importing the same file again does no harm. With `list`, \
                     everybody who is taken is put on that list.",
            )
        }),
    )
}

/// Makes a company, or changes the one of that domain or group id.
pub(crate) async fn upsert(
    State(app): State<App>,
    caller: Caller,
    Json(form): Json<CompanyForm>,
) -> Result<CreatedOrFound<CompanyView>, Problem> {
    let Upserted { value, created } = write(&app, caller, form.into_new()?).await?;
    let location = format!("/api/v1/companies/{}", value.id);
    Ok(CreatedOrFound { created, location, value: value.into() })
}

/// Which companies. All conditions hold together.
#[derive(Debug, Clone, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Wanted {
    /// Only the one of this domain.
    pub(crate) domain: Option<String>,
    /// Only those this text finds: every word of it begins a word of the name or the domain, whatever the case.
    #[schemars(length(max = 200))]
    pub(crate) text: Option<String>,
}

/// Companies, newest first.
pub(crate) async fn list(
    State(app): State<App>,
    caller: Caller,
    Listing { filter, page }: Listing<Wanted>,
) -> Result<Json<Paged<CompanyView>>, Problem> {
    let filter = CompanyFilter {
        domain: filter.domain.map(|domain| fields::domain("domain", &domain)).transpose()?,
        text: fields::search("text", filter.text)?,
    };
    let page = app.store.list_companies(caller.workspace_id, &filter, page.request(LIST)?).await?;
    Ok(Json(Paged::of(LIST, page, CompanyView::from)))
}

/// A company.
pub(crate) async fn get(
    State(app): State<App>,
    caller: Caller,
    Path(ById { id }): Path<ById<CompanyId>>,
) -> Result<Json<CompanyView>, Problem> {
    Ok(Json(app.store.get_company(caller.workspace_id, id).await?.into()))
}

/// Changes a company.
pub(crate) async fn change(
    State(app): State<App>,
    caller: Caller,
    Path(ById { id }): Path<ById<CompanyId>>,
    Json(form): Json<CompanyForm>,
) -> Result<Json<CompanyView>, Problem> {
    app.store.get_company(caller.workspace_id, id).await?;
    let Upserted { value, .. } = write(&app, caller, form.into_change(id)?).await?;
    Ok(Json(value.into()))
}

/// Erases a company.
pub(crate) async fn erase(
    State(app): State<App>,
    caller: Caller,
    Path(ById { id }): Path<ById<CompanyId>>,
) -> Result<NoContent, Problem> {
    app.intake.erase_company(caller.workspace_id, id).await?;
    let change = Change { action: "company.erased", subject: &id.to_string(), before: Value::Null, after: Value::Null };
    audit::record(&app, caller, change).await?;
    Ok(NoContent)
}

async fn import(
    State(app): State<App>,
    caller: Caller,
    Query(onto): Query<Onto>,
    CsvFile(file): CsvFile,
) -> Result<Json<ImportReport>, Problem> {
    import_file(&app, caller, file, onto, |_| {}).await.map(Json)
}

/// Imports a file, onto a list if one is named; `watch` hears how far it has come.
pub(crate) async fn import_file(
    app: &App,
    caller: Caller,
    file: Bytes,
    onto: Onto,
    watch: impl FnMut(&Progress),
) -> Result<ImportReport, Problem> {
    let mut lines = imports::parse(file, beckon_intake::import::companies).await?;
    let list = lists::find_or_make(app, caller, Subject::Company, onto.list.as_deref()).await?;
    for upsert in lines.iter_mut().filter_map(|line| line.result.as_mut().ok()) {
        upsert.list = list.as_ref().map(|list| list.id);
    }
    let write = |upserts| app.intake.upsert_companies(caller.workspace_id, upserts);
    let report = imports::import(lines, write, watch).await?;
    let report = ImportReport { list_id: list.map(|list| list.id), ..report };
    let after = report.noted();
    let change = Change { action: "companies.imported", subject: "companies", before: Value::Null, after };
    audit::record(app, caller, change).await?;
    Ok(report)
}

async fn write(app: &App, caller: Caller, upsert: CompanyUpsert) -> Result<Upserted<Company>, Problem> {
    let written = app.intake.upsert_companies(caller.workspace_id, vec![upsert]).await?;
    imports::only(written)
}

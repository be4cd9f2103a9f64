//! `/contacts`: people, as the customer's other systems know them.
//!
//! Promise: writes go through the same queue as signals, so that neither ever sees half of the other.
//! Not here: qualification. Whoever fits a segment after a write qualifies with the next signal.

mod form;
mod view;

use aide::axum::ApiRouter;
use aide::axum::routing::{get_with, post_with};
use axum::extract::State;
use beckon_domain::contact::Contact;
use beckon_domain::id::ContactId;
use beckon_intake::{ContactUpsert, Upserted};
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
pub(super) use form::ContactForm;
use view::ContactView;

const LIST: &str = "contacts";
const TAG: &str = "Contacts";

/// The routes below `/api/v1`.
pub(crate) fn routes() -> ApiRouter<App> {
    ApiRouter::new()
        .api_route(
            "/contacts",
            get_with(list, docs::operation("listContacts", TAG, "List contacts, newest first")).post_with(
                upsert,
                |operation| {
                    docs::operation("upsertContact", TAG, "Make or change the contact of an address or user id")(
                        operation,
                    )
                    .description("Absent keeps what is known, null clears it; an identifier that is null is not given.")
                },
            ),
        )
        .api_route(
            "/contacts/{id}",
            get_with(get, docs::operation("getContact", TAG, "Get a contact"))
                .patch_with(change, |operation| {
                    docs::operation("updateContact", TAG, "Change a contact")(operation)
                        .description("Absent keeps, null clears. One of `email` and `user_id` must remain.")
                })
                .delete_with(erase, |operation| {
                    docs::operation("eraseContact", TAG, "Erase a contact")(operation).description(
                        "The person goes, with page views, intents and signals; the browsers become anonymous again.",
                    )
                }),
        )
        .merge(import_routes())
}

fn import_routes() -> ApiRouter<App> {
    ApiRouter::new().api_route(
        "/contacts/import",
        post_with(import, |operation| {
            docs::operation("importContacts", TAG, "Make or change contacts from a CSV file")(operation).description(
                "Columns: email, user_id, first_name, last_name, title, company, linkedin_url, seniority, department, \
                     country, phone, company_domain; any other is a trait. A line that is wrong fails alone. Importing \
                     the same file again does no harm.",
            )
        }),
    )
}

async fn upsert(
    State(app): State<App>,
    caller: ApiCaller,
    Json(form): Json<ContactForm>,
) -> Result<CreatedOrFound<ContactView>, Problem> {
    let Upserted { value, created } = write(&app, caller, form.into_new()?).await?;
    let location = format!("/api/v1/contacts/{}", value.id);
    Ok(CreatedOrFound { created, location, value: view::one(&app, caller.workspace_id, value).await? })
}

/// Which contacts.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct ContactFilter {
    /// Only the one with this address.
    email: Option<String>,
}

async fn list(
    State(app): State<App>,
    caller: ApiCaller,
    Listing { filter, page }: Listing<ContactFilter>,
) -> Result<Json<Paged<ContactView>>, Problem> {
    let email = filter.email.map(|email| fields::email("email", &email)).transpose()?;
    let page = app.store.list_contacts(caller.workspace_id, email.as_ref(), page.request(LIST)?).await?;
    let domains = view::domains(&app, caller.workspace_id, &page.rows).await?;
    Ok(Json(Paged::of(LIST, page, |contact| ContactView::new(contact, &domains))))
}

async fn get(
    State(app): State<App>,
    caller: ApiCaller,
    Path(ById { id }): Path<ById<ContactId>>,
) -> Result<Json<ContactView>, Problem> {
    let contact = app.store.get_contact(caller.workspace_id, id).await?;
    Ok(Json(view::one(&app, caller.workspace_id, contact).await?))
}

async fn change(
    State(app): State<App>,
    caller: ApiCaller,
    Path(ById { id }): Path<ById<ContactId>>,
    Json(form): Json<ContactForm>,
) -> Result<Json<ContactView>, Problem> {
    app.store.get_contact(caller.workspace_id, id).await?;
    let Upserted { value, .. } = write(&app, caller, form.into_change(id)?).await?;
    Ok(Json(view::one(&app, caller.workspace_id, value).await?))
}

async fn erase(
    State(app): State<App>,
    caller: ApiCaller,
    Path(ById { id }): Path<ById<ContactId>>,
) -> Result<NoContent, Problem> {
    app.intake.erase_contact(caller.workspace_id, id).await?;
    Ok(NoContent)
}

async fn import(State(app): State<App>, caller: ApiCaller, file: CsvFile) -> Result<Json<ImportReport>, Problem> {
    let lines = imports::parse(file, beckon_intake::import::contacts).await?;
    let write = |upserts| app.intake.upsert_contacts(caller.workspace_id, upserts);
    Ok(Json(imports::import(lines, write).await?))
}

async fn write(app: &App, caller: ApiCaller, upsert: ContactUpsert) -> Result<Upserted<Contact>, Problem> {
    let written = app.intake.upsert_contacts(caller.workspace_id, vec![upsert]).await?;
    imports::only(written)
}

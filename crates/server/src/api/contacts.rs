//! `/contacts`: people, as the customer's other systems know them.
//!
//! Promise: writes go through the same queue as signals, so that neither ever sees half of the other. The audit log says
//! who erased, suppressed or imported, and nothing of whom: an erased person leaves no trace there either.
//! Not here: qualification. Whoever fits a segment after a write qualifies with the next signal.

mod export;
mod form;
mod view;

use aide::axum::ApiRouter;
use aide::axum::routing::{get_with, post_with};
use axum::extract::State;
use beckon_domain::contact::Contact;
use beckon_domain::id::{CompanyId, ContactId, WorkspaceId};
use beckon_domain::segment::Subject;
use beckon_intake::{ContactUpsert, Upserted};
use beckon_store::people::ContactFilter;
use bytes::Bytes;
use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::{Value, json};

use super::fields;
use super::identity;
use super::imports::{self, CsvFile, ImportReport, Progress};
use super::lists::{self, Onto};
use super::suppressions;
use crate::app::App;
use crate::audit::{self, Change};
use crate::auth::Caller;
use crate::docs;
use crate::extract::{ById, Json, Listing, Path, Query};
use crate::paging::Paged;
use crate::problem::Problem;
use crate::reply::{CreatedOrFound, NoContent};
pub(crate) use export::export;
pub(crate) use form::ContactForm;
pub(crate) use view::ContactView;

const LIST: &str = "contacts";
/// How often it is looked for deliveries that still wait of somebody who was erased: some hundred each time.
const CANCELED_LOOKS_MAX: u32 = 1_000;
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
            get_with(get, |operation| {
                docs::operation("getContact", TAG, "Get a contact")(operation)
                    .description("The id of one that was merged with another gives that other one.")
            })
            .patch_with(change, |operation| {
                docs::operation("updateContact", TAG, "Change a contact")(operation)
                    .description("Absent keeps, null clears. One of `email` and `user_id` must remain.")
            })
            .delete_with(erase, |operation| {
                docs::operation("eraseContact", TAG, "Erase a contact")(operation).description(
                    "The person goes, with page views, intents, signals, and what was announced of them: nothing of it is sent any \
                         more, payloads and records of requests go. The browsers become anonymous again.",
                )
            }),
        )
        .api_route(
            "/contacts/{id}/export",
            get_with(export::export, |operation| {
                docs::operation("exportContact", TAG, "Get all that is kept of a person, in one document")(operation).description(
                    "For people who ask what is known of them. The audit log says who took it, and of whom. A document that \
                     breaks off is no valid JSON: ask again.",
                )
            }),
        )
        .merge(suppress_routes())
        .merge(import_routes())
}

fn suppress_routes() -> ApiRouter<App> {
    ApiRouter::new()
        .api_route(
            "/contacts/{id}/suppress",
            post_with(suppress, |operation| {
                docs::operation("suppressContact", TAG, "Have a contact cause no more events")(operation).description(
                    "For people who ask to be left alone. What they do is still recorded; nothing is announced of it. \
                     Doing it again changes nothing.",
                )
            }),
        )
        .api_route(
            "/contacts/{id}/unsuppress",
            post_with(unsuppress, docs::operation("unsuppressContact", TAG, "Have a contact cause events again")),
        )
}

fn import_routes() -> ApiRouter<App> {
    ApiRouter::new().api_route(
        "/contacts/import",
        post_with(import, |operation| {
            docs::operation("importContacts", TAG, "Make or change contacts from a CSV file")(operation).description(
                "Columns: email, user_id, first_name, last_name, title, company, linkedin_url, seniority, department, \
                     country, phone, company_domain; any other is a trait. A line that is wrong fails alone. Importing \
                     the same file again does no harm. With `list`, \
                     everybody who is taken is put on that list.",
            )
        }),
    )
}

/// Makes a contact, or changes the one of that address or user id.
pub(crate) async fn upsert(
    State(app): State<App>,
    caller: Caller,
    Json(form): Json<ContactForm>,
) -> Result<CreatedOrFound<ContactView>, Problem> {
    let Upserted { value, created } = write(&app, caller, form.into_new()?).await?;
    let location = format!("/api/v1/contacts/{}", value.id);
    Ok(CreatedOrFound { created, location, value: view::one(&app, caller.workspace_id, value).await? })
}

/// Which contacts. All conditions hold together.
#[derive(Debug, Clone, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Wanted {
    /// Only the one with this address.
    pub(crate) email: Option<String>,
    /// Only those who work for this account.
    pub(crate) company_id: Option<CompanyId>,
    /// Only those this text finds: every word of it begins a word of the address, the name, the title or the
    /// company's name, whatever the case.
    #[schemars(length(max = 200))]
    pub(crate) text: Option<String>,
}

/// Contacts, newest first.
pub(crate) async fn list(
    State(app): State<App>,
    caller: Caller,
    Listing { filter, page }: Listing<Wanted>,
) -> Result<Json<Paged<ContactView>>, Problem> {
    let filter = ContactFilter {
        email: filter.email.map(|email| fields::email("email", &email)).transpose()?,
        company_id: filter.company_id,
        text: fields::search("text", filter.text)?,
    };
    let page = app.store.list_contacts(caller.workspace_id, &filter, page.request(LIST)?).await?;
    let domains = view::domains(&app, caller.workspace_id, &page.rows).await?;
    Ok(Json(Paged::of(LIST, page, |contact| ContactView::new(contact, &domains))))
}

/// A contact.
pub(crate) async fn get(
    State(app): State<App>,
    caller: Caller,
    Path(ById { id }): Path<ById<ContactId>>,
) -> Result<Json<ContactView>, Problem> {
    let contact = identity::contact_of(&app, caller.workspace_id, id).await?;
    Ok(Json(view::one(&app, caller.workspace_id, contact).await?))
}

/// Changes a contact.
pub(crate) async fn change(
    State(app): State<App>,
    caller: Caller,
    Path(ById { id }): Path<ById<ContactId>>,
    Json(form): Json<ContactForm>,
) -> Result<Json<ContactView>, Problem> {
    app.store.get_contact(caller.workspace_id, id).await?;
    let Upserted { value, .. } = write(&app, caller, form.into_change(id)?).await?;
    Ok(Json(view::one(&app, caller.workspace_id, value).await?))
}

/// How a contact is erased.
#[derive(Debug, Clone, Copy, Default, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct Erasing {
    /// Whether the person is not to become known again: hashes of their addresses and user id are put on the suppression list.
    pub(crate) suppress: bool,
}

/// Erases a contact.
pub(crate) async fn erase(
    State(app): State<App>,
    caller: Caller,
    Path(ById { id }): Path<ById<ContactId>>,
    Query(how): Query<Erasing>,
) -> Result<NoContent, Problem> {
    if how.suppress {
        let contact = app.store.get_contact(caller.workspace_id, id).await?;
        suppressions::add_contact(&app, caller.workspace_id, &contact).await?;
    }
    app.intake.erase_contact(caller.workspace_id, id).await?;
    cancel_what_waits(&app, caller.workspace_id).await?;
    let change = Change { action: "contact.erased", subject: &id.to_string(), before: Value::Null, after: Value::Null };
    audit::record(&app, caller, change).await?;
    Ok(NoContent)
}

/// Has nothing more sent of what was announced of erased contacts. Each look finds what the one before it left.
async fn cancel_what_waits(app: &App, workspace: WorkspaceId) -> Result<(), Problem> {
    for _ in 0..CANCELED_LOOKS_MAX {
        let waiting = app.store.list_erased_deliveries(workspace).await?;
        if waiting.is_empty() {
            break;
        }
        for delivery in waiting {
            // What has ended meanwhile is not sent either.
            app.delivery.cancel(workspace, delivery).await.ok();
        }
    }
    Ok(())
}

/// Has a contact cause no more events.
pub(crate) async fn suppress(
    State(app): State<App>,
    caller: Caller,
    Path(ById { id }): Path<ById<ContactId>>,
) -> Result<Json<ContactView>, Problem> {
    set_suppressed(&app, caller, id, true).await
}

/// Has a contact cause events again.
pub(crate) async fn unsuppress(
    State(app): State<App>,
    caller: Caller,
    Path(ById { id }): Path<ById<ContactId>>,
) -> Result<Json<ContactView>, Problem> {
    set_suppressed(&app, caller, id, false).await
}

async fn set_suppressed(
    app: &App,
    caller: Caller,
    id: ContactId,
    suppressed: bool,
) -> Result<Json<ContactView>, Problem> {
    let contact = app.intake.suppress_contact(caller.workspace_id, id, suppressed).await?;
    let action = if suppressed { "contact.suppressed" } else { "contact.unsuppressed" };
    let after = json!({ "suppressed_at": contact.suppressed_at });
    audit::record(app, caller, Change { action, subject: &id.to_string(), before: Value::Null, after }).await?;
    Ok(Json(view::one(app, caller.workspace_id, contact).await?))
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
    let mut lines = imports::parse(file, beckon_intake::import::contacts).await?;
    let list = lists::find_or_make(app, caller, Subject::Contact, onto.list.as_deref()).await?;
    for upsert in lines.iter_mut().filter_map(|line| line.result.as_mut().ok()) {
        upsert.list = list.as_ref().map(|list| list.id);
    }
    let write = |upserts| app.intake.upsert_contacts(caller.workspace_id, upserts);
    let report = imports::import(lines, write, watch).await?;
    let report = ImportReport { list_id: list.map(|list| list.id), ..report };
    let after = report.noted();
    let change = Change { action: "contacts.imported", subject: "contacts", before: Value::Null, after };
    audit::record(app, caller, change).await?;
    Ok(report)
}

async fn write(app: &App, caller: Caller, upsert: ContactUpsert) -> Result<Upserted<Contact>, Problem> {
    let written = app.intake.upsert_contacts(caller.workspace_id, vec![upsert]).await?;
    imports::only(written)
}

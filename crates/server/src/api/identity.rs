//! `/visitors/{id}/identity` and `/contacts/{id}/identity`: who is taken for whom, and why; and undoing what was wrong.

mod view;

use aide::axum::ApiRouter;
use aide::axum::routing::{get_with, post_with};
use axum::extract::State;
use beckon_domain::contact::Contact;
use beckon_domain::id::{ContactId, MergeId, VisitorId, WorkspaceId};
use beckon_store::StoreError;
use beckon_store::identity::NotesOf;
use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::{Value, json};

use crate::app::App;
use crate::audit::{self, Change};
use crate::auth::Caller;
use crate::docs;
use crate::extract::{ById, Json, Path};
use crate::problem::Problem;
pub(crate) use view::{ContactIdentity, IdentifierView, MergeView, NoteView, VisitorIdentity, VisitorView};

/// Most entries of the log of identities that are shown: the latest.
pub(crate) const IDENTITY_NOTES_MAX: u32 = 100;
const TAG: &str = "Identity";

/// The routes below `/api/v1`.
pub(crate) fn routes() -> ApiRouter<App> {
    ApiRouter::new()
        .api_route("/visitors/{id}", get_with(get_visitor, docs::operation("getVisitor", TAG, "Get a visitor")))
        .api_route(
            "/visitors/{id}/identity",
            get_with(of_visitor, |operation| {
                docs::operation("explainVisitor", TAG, "Say whom a visitor is taken for, and why")(operation).description(
                    "With what told who it is, what was refused and why, newest first, at most 100 entries.",
                )
            }),
        )
        .api_route(
            "/contacts/{id}/identity",
            get_with(of_contact, |operation| {
                docs::operation("explainContact", TAG, "Say by what a contact is known, and how that came about")(operation)
                    .description("With the browsers that are theirs, and the contacts that were merged with them.")
            }),
        )
        .api_route(
            "/contacts/{id}/merges/{merge_id}/undo",
            post_with(undo, |operation| {
                docs::operation("undoMerge", TAG, "Make two contacts again of one")(operation).description(
                    "The contact that went is there again, with its id and all that was its own. What was done since stays with \
                     the contact it was done as. The two are not merged again. Of several merges, undo the last one first.",
                )
            }),
        )
}

async fn get_visitor(
    State(app): State<App>,
    caller: Caller,
    Path(ById { id }): Path<ById<VisitorId>>,
) -> Result<Json<VisitorView>, Problem> {
    Ok(Json(app.store.get_visitor(caller.workspace_id, id).await?.into()))
}

/// Whom a visitor is taken for, and why.
pub(crate) async fn of_visitor(
    State(app): State<App>,
    caller: Caller,
    Path(ById { id }): Path<ById<VisitorId>>,
) -> Result<Json<VisitorIdentity>, Problem> {
    let visitor = app.store.get_visitor(caller.workspace_id, id).await?;
    let notes = app.store.list_identity_notes(caller.workspace_id, NotesOf::Visitor(id), IDENTITY_NOTES_MAX).await?;
    let contact = match visitor.contact_id {
        Some(contact) => Some(app.store.get_contact(caller.workspace_id, contact).await?),
        None => None,
    };
    Ok(Json(VisitorIdentity::new(visitor, contact.as_ref(), &notes)))
}

/// By what a contact is known, and how that came about.
pub(crate) async fn of_contact(
    State(app): State<App>,
    caller: Caller,
    Path(ById { id }): Path<ById<ContactId>>,
) -> Result<Json<ContactIdentity>, Problem> {
    Ok(Json(explain(&app, caller.workspace_id, id).await?))
}

async fn explain(app: &App, workspace: WorkspaceId, id: ContactId) -> Result<ContactIdentity, Problem> {
    let contact = contact_of(app, workspace, id).await?;
    let visitors = app.store.list_visitors_of(workspace, contact.id).await?;
    let merges = app.store.list_merges(workspace, contact.id).await?;
    let of = NotesOf::Contact(contact.id);
    let notes = app.store.list_identity_notes(workspace, of, IDENTITY_NOTES_MAX).await?;
    Ok(ContactIdentity::new(&contact, visitors, merges, &notes))
}

/// The contact of that id, or whom they were merged with.
pub(crate) async fn contact_of(app: &App, workspace: WorkspaceId, id: ContactId) -> Result<Contact, StoreError> {
    match app.store.get_contact(workspace, id).await {
        Err(StoreError::NotFound(what)) => match app.store.find_survivor(workspace, id).await? {
            Some(survivor) => app.store.get_contact(workspace, survivor).await,
            None => Err(StoreError::NotFound(what)),
        },
        found => found,
    }
}

/// Which merge, of which contact.
#[derive(Debug, Clone, Copy, Deserialize, JsonSchema)]
pub(crate) struct OfContact {
    /// The contact that came out of it.
    pub(crate) id: ContactId,
    /// The merge.
    pub(crate) merge_id: MergeId,
}

/// Undoes a merge.
pub(crate) async fn undo(
    State(app): State<App>,
    caller: Caller,
    Path(OfContact { id, merge_id }): Path<OfContact>,
) -> Result<Json<ContactIdentity>, Problem> {
    let merges = app.store.list_merges(caller.workspace_id, id).await?;
    if !merges.iter().any(|merge| merge.id == merge_id) {
        return Err(Problem::not_found("merge"));
    }
    let undone = app.intake.undo_merge(caller.workspace_id, merge_id).await?;
    let after = json!({ "merge_id": merge_id, "contact_id": undone.loser.id });
    let change = Change { action: "contact.split", subject: &id.to_string(), before: Value::Null, after };
    audit::record(&app, caller, change).await?;
    Ok(Json(explain(&app, caller.workspace_id, id).await?))
}

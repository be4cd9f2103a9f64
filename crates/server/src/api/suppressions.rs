//! `/suppressions`: who must not become known.

use aide::axum::ApiRouter;
use aide::axum::routing::{delete_with, get_with};
use axum::extract::State;
use beckon_domain::contact::Contact;
use beckon_domain::email::Email;
use beckon_domain::id::{SuppressionId, WorkspaceId};
use beckon_domain::identity::merge::emails;
use beckon_domain::invalid::{Findings, Invalid};
use beckon_domain::suppression::{SUPPRESSIONS_AT_ONCE_MAX, SuppressedKind, Suppression, SuppressionHash};
use beckon_store::intake::IntakeQuery;
use jiff::Timestamp;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::fields;
use crate::app::App;
use crate::audit::{self, Change};
use crate::auth::Caller;
use crate::docs;
use crate::extract::{ById, Json, Path, Query};
use crate::paging::{PageQuery, Paged};
use crate::problem::Problem;
use crate::reply::NoContent;

const LIST: &str = "suppressions";
const TAG: &str = "Privacy";

/// The routes below `/api/v1`.
pub(crate) fn routes() -> ApiRouter<App> {
    ApiRouter::new()
        .api_route(
            "/suppressions",
            get_with(list, docs::operation("listSuppressions", TAG, "List the suppression list, newest first")).post_with(
                add,
                |operation| {
                    docs::operation("addSuppressions", TAG, "Put addresses and user ids on the suppression list")(operation)
                        .description(
                            "Whoever has one does not become known: a signal that names them counts for nobody, and only that it \
                             came is kept; contacts and imports with it are refused. Contacts that are known already are \
                             suppressed, and cause no more events. Doing it again changes nothing.",
                        )
                },
            ),
        )
        .api_route(
            "/suppressions/{id}",
            delete_with(remove, docs::operation("deleteSuppression", TAG, "Take an entry off the suppression list")),
        )
}

/// Who is to be put on the list.
#[derive(Debug, Clone, Default, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
#[schemars(extend("examples" = [{"emails": ["jane@acme.com"], "user_ids": ["u-17"], "keep_values": false}]))]
pub(crate) struct AddSuppressions {
    /// Addresses.
    pub(crate) emails: Vec<String>,
    /// Ids of people in your own system.
    pub(crate) user_ids: Vec<String>,
    /// Whether the list is to show what it is about. If not, as if nothing is said, only a hash is kept.
    pub(crate) keep_values: bool,
}

/// What became of them.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub(crate) struct SuppressionsAdded {
    /// How many were not on the list before.
    pub(crate) added: u32,
    /// How many contacts are known by one of them, and cause no more events.
    pub(crate) contacts_suppressed: usize,
}

/// An entry of the suppression list.
#[derive(Debug, Clone, Serialize, JsonSchema)]
#[schemars(rename = "Suppression")]
pub(crate) struct SuppressionView {
    /// Its id.
    pub(crate) id: SuppressionId,
    /// What it is about.
    pub(crate) kind: SuppressedKind,
    /// The address or user id; null if only a hash is kept.
    pub(crate) value: Option<String>,
    /// When it was made.
    #[schemars(schema_with = "docs::timestamp")]
    pub(crate) created_at: Timestamp,
}

impl From<Suppression> for SuppressionView {
    fn from(entry: Suppression) -> SuppressionView {
        SuppressionView { id: entry.id, kind: entry.kind, value: entry.value, created_at: entry.created_at }
    }
}

/// The list.
pub(crate) async fn list(
    State(app): State<App>,
    caller: Caller,
    Query(page): Query<PageQuery>,
) -> Result<Json<Paged<SuppressionView>>, Problem> {
    let page = app.store.list_suppressions(caller.workspace_id, page.request(LIST)?).await?;
    Ok(Json(Paged::of(LIST, page, SuppressionView::from)))
}

/// Puts somebody on it.
pub(crate) async fn add(
    State(app): State<App>,
    caller: Caller,
    Json(new): Json<AddSuppressions>,
) -> Result<Json<SuppressionsAdded>, Problem> {
    let (emails, user_ids) = read(&new)?;
    let workspace = caller.workspace_id;
    let value = |text: &str| new.keep_values.then(|| text.to_owned());
    let of_emails = emails.iter().map(|email| {
        entry(&app, SuppressedKind::Email, SuppressionHash::of_email(workspace, email), value(email.as_str()))
    });
    let of_ids = user_ids
        .iter()
        .map(|id| entry(&app, SuppressedKind::UserId, SuppressionHash::of_user_id(workspace, id), value(id)));
    let added = app.store.add_suppressions(workspace, of_emails.chain(of_ids).collect()).await?;

    let query = IntakeQuery {
        emails: emails.into_iter().collect(),
        user_ids: user_ids.into_iter().collect(),
        ..IntakeQuery::default()
    };
    let known = app.store.read_intake(workspace, &query).await?.contacts;
    for id in known.keys() {
        app.intake.suppress_contact(workspace, *id, true).await?;
    }
    let after = json!({ "added": added, "contacts_suppressed": known.len() });
    let change = Change { action: "suppressions.added", subject: LIST, before: Value::Null, after };
    audit::record(&app, caller, change).await?;
    Ok(Json(SuppressionsAdded { added, contacts_suppressed: known.len() }))
}

/// Puts all that a contact is known by on the list, without keeping what that is.
pub(crate) async fn add_contact(app: &App, workspace: WorkspaceId, contact: &Contact) -> Result<(), Problem> {
    let of_emails = emails(contact)
        .map(|email| entry(app, SuppressedKind::Email, SuppressionHash::of_email(workspace, email), None));
    let of_id = contact
        .user_id
        .iter()
        .map(|id| entry(app, SuppressedKind::UserId, SuppressionHash::of_user_id(workspace, id), None));
    app.store.add_suppressions(workspace, of_emails.chain(of_id).collect()).await?;
    Ok(())
}

/// Takes an entry off it.
pub(crate) async fn remove(
    State(app): State<App>,
    caller: Caller,
    Path(ById { id }): Path<ById<SuppressionId>>,
) -> Result<NoContent, Problem> {
    app.store.delete_suppression(caller.workspace_id, id).await?;
    let change =
        Change { action: "suppression.deleted", subject: &id.to_string(), before: Value::Null, after: Value::Null };
    audit::record(&app, caller, change).await?;
    Ok(NoContent)
}

fn entry(app: &App, kind: SuppressedKind, hash: SuppressionHash, value: Option<String>) -> Suppression {
    Suppression { id: app.ambient.new_id(), kind, hash, value, created_at: app.ambient.now() }
}

/// Addresses and user ids, or everything that is wrong with them.
fn read(new: &AddSuppressions) -> Result<(Vec<Email>, Vec<String>), Invalid> {
    let mut findings = Findings::default();
    let count = new.emails.len() + new.user_ids.len();
    if count == 0 || count > SUPPRESSIONS_AT_ONCE_MAX {
        findings.add("emails", format!("give 1 to {SUPPRESSIONS_AT_ONCE_MAX} addresses and user ids together"));
        return findings.into_result((vec![], vec![]));
    }
    let read = |(n, text): (usize, &String)| fields::email(&format!("emails/{n}"), text);
    let emails = new.emails.iter().enumerate().filter_map(|one| findings.take(read(one))).collect();
    let read = |(n, text): (usize, &String)| fields::key(&format!("user_ids/{n}"), text);
    let user_ids = new.user_ids.iter().enumerate().filter_map(|one| findings.take(read(one))).collect();
    findings.into_result((emails, user_ids))
}

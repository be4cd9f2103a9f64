//! `/members` and `/invitations`: who works with a workspace, and who may come.
//!
//! Promise: nobody gives, changes or takes away a role above their own, and an API key counts as an admin, so that no
//! admin becomes an owner by making one; a workspace keeps an owner (the store sees to that); a link is shown once.
//! Changes of a workspace's members are made one after the other, so that none is undone by one that began before it.
//! Not here: accepting an invitation (`web/sign_in/welcome.rs`), and what members change of themselves (`web/account.rs`).

mod invitations;

use aide::axum::ApiRouter;
use aide::axum::routing::{get_with, patch_with, post_with};
use axum::extract::State;
use beckon_domain::id::{MemberId, WorkspaceId};
use beckon_domain::member::{Member, Role};
use beckon_store::{Cursor, Page, PageRequest};
use jiff::Timestamp;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use uuid::Uuid;

use crate::app::App;
use crate::audit::{self, Change, as_shown};
use crate::auth::{Caller, Who};
use crate::docs;
use crate::extract::{ById, Json, Path, Query};
use crate::paging::{PageQuery, Paged};
use crate::problem::{Code, Problem};
use crate::reply::NoContent;

pub(crate) use invitations::{
    CreateInvitation, InvitationView, NewLink, all as all_invitations, invite, reset, take_back,
};

const LIST: &str = "members";
/// The operations' tag.
pub(crate) const TAG: &str = "Members";
/// Whose turn it is to change the members of a workspace.
pub(crate) const TURN: &str = "members";

/// The routes below `/api/v1`.
pub(crate) fn routes() -> ApiRouter<App> {
    ApiRouter::new()
        .api_route("/members", get_with(list, docs::operation("listMembers", TAG, "List members, oldest first")))
        .api_route(
            "/members/{id}",
            patch_with(
                change,
                docs::explained(
                    "updateMember",
                    TAG,
                    "Change what a member may do",
                    "An API key counts as an admin: it cannot make, change or remove owners. All sessions of the member end.",
                ),
            )
            .delete_with(
                remove,
                docs::explained(
                    "deleteMember",
                    TAG,
                    "Remove a member",
                    "All their sessions end at once. The last owner stays.",
                ),
            ),
        )
        .api_route(
            "/members/{id}/reset-link",
            post_with(
                reset,
                docs::explained(
                    "createResetLink",
                    TAG,
                    "Make a link with which a member chooses a new password",
                    "The link is shown this once, works once, and replaces an older one. Nothing changes until it is used.",
                ),
            ),
        )
        .merge(invitations::routes())
}

/// A person who works with the workspace.
#[derive(Debug, Clone, Serialize, JsonSchema)]
#[schemars(rename = "Member")]
pub(crate) struct MemberView {
    /// Their id.
    pub(crate) id: MemberId,
    /// What they sign in with.
    pub(crate) email: String,
    /// What people call them.
    pub(crate) name: String,
    /// What they may do.
    #[schemars(with = "RoleName")]
    pub(crate) role: Role,
    /// Since when they are a member.
    #[schemars(schema_with = "docs::timestamp")]
    pub(crate) created_at: Timestamp,
    /// When they signed in last; null if they never did.
    #[schemars(schema_with = "docs::optional_timestamp")]
    pub(crate) signed_in_at: Option<Timestamp>,
}

impl From<Member> for MemberView {
    fn from(member: Member) -> MemberView {
        MemberView {
            id: member.id,
            email: member.email.to_string(),
            name: member.name,
            role: member.role,
            created_at: member.created_at,
            signed_in_at: member.signed_in_at,
        }
    }
}

/// What a member may do; each may do all that those before it may.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
#[schemars(rename = "Role")]
pub(crate) enum RoleName {
    /// Look at everything but secrets.
    Viewer,
    /// Change webhooks, segments, contacts, companies and event types.
    Member,
    /// Change settings, keys, and members who are not owners.
    Admin,
    /// Everything, owners too.
    Owner,
}

impl From<RoleName> for Role {
    fn from(name: RoleName) -> Role {
        match name {
            RoleName::Viewer => Role::Viewer,
            RoleName::Member => Role::Member,
            RoleName::Admin => Role::Admin,
            RoleName::Owner => Role::Owner,
        }
    }
}

/// Everybody, oldest first. There are not many.
pub(crate) async fn all(app: &App, caller: Caller) -> Result<Vec<MemberView>, Problem> {
    let members = app.store.list_members(caller.workspace_id).await?;
    Ok(members.into_iter().map(MemberView::from).collect())
}

async fn list(
    State(app): State<App>,
    caller: Caller,
    Query(page): Query<PageQuery>,
) -> Result<Json<Paged<MemberView>>, Problem> {
    let members = app.store.list_members(caller.workspace_id).await?;
    let page = paged(members, &page.request(LIST)?, |member| member.id.uuid());
    Ok(Json(Paged::of(LIST, page, MemberView::from)))
}

/// A page of rows that were read all at once, oldest first. A cursor is the last id shown; ids grow with time, so that
/// it holds although that row is gone.
fn paged<T>(rows: Vec<T>, page: &PageRequest, id: impl Fn(&T) -> Uuid) -> Page<T> {
    let after = page.after.as_ref().and_then(|Cursor(bytes)| Uuid::from_slice(bytes).ok());
    let mut rows: Vec<T> = rows.into_iter().filter(|row| after.is_none_or(|after| id(row) > after)).collect();
    let limit = page.limit as usize;
    let next = rows.len() > limit;
    rows.truncate(limit);
    let next = rows.last().filter(|_| next).map(|last| Cursor(id(last).as_bytes().to_vec()));
    Page { rows, next }
}

/// A change of a member.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct UpdateMember {
    /// What they may do from now on.
    role: RoleName,
}

/// Changes what a member may do.
pub(crate) async fn change(
    State(app): State<App>,
    caller: Caller,
    Path(ById { id }): Path<ById<MemberId>>,
    Json(UpdateMember { role }): Json<UpdateMember>,
) -> Result<Json<MemberView>, Problem> {
    let _turn = turn(&app, caller.workspace_id).await;
    let before = app.store.get_member(caller.workspace_id, id).await?;
    let role = Role::from(role);
    check_may_manage(&app, caller, before.role).await?;
    check_may_manage(&app, caller, role).await?;
    let after = Member { role, ..before.clone() };
    if before.role != role {
        app.store.update_member(&after, None).await?;
    }
    let (before, after) = (MemberView::from(before), MemberView::from(after));
    if before.role != after.role {
        let (before, after) = (as_shown(&before), as_shown(&after));
        note(&app, caller, "member.role_changed", &id.to_string(), before, after).await?;
    }
    Ok(Json(after))
}

/// Removes a member.
pub(crate) async fn remove(
    State(app): State<App>,
    caller: Caller,
    Path(ById { id }): Path<ById<MemberId>>,
) -> Result<NoContent, Problem> {
    let _turn = turn(&app, caller.workspace_id).await;
    let member = app.store.get_member(caller.workspace_id, id).await?;
    check_may_manage(&app, caller, member.role).await?;
    // Afterwards, whoever removed themselves is nobody's name any more.
    let actor = audit::actor(&app, caller).await?;
    app.store.delete_member(caller.workspace_id, id).await?;
    let (subject, before) = (id.to_string(), as_shown(&MemberView::from(member)));
    let change = Change { action: "member.removed", subject: &subject, before, after: Value::Null };
    audit::record_by(&app, caller.workspace_id, actor, change).await?;
    Ok(NoContent)
}

/// Waits until nobody else changes the members of a workspace.
pub(crate) async fn turn(app: &App, workspace: WorkspaceId) -> crate::turns::Turn<'_> {
    app.edit_turns().take((workspace, TURN.to_owned())).await
}

/// Refuses whoever may not give, change or take away that role.
async fn check_may_manage(app: &App, caller: Caller, role: Role) -> Result<(), Problem> {
    let own = match caller.who {
        Who::Key(_) => Role::Admin,
        Who::Member(id) => app.store.get_member(caller.workspace_id, id).await?.role,
        Who::Portal(_) => Role::Viewer,
    };
    if own.may_manage(role) {
        return Ok(());
    }
    let detail = match role {
        Role::Owner => "only an owner may do this to owners, or make one",
        _ => "only admins and owners may do this",
    };
    Err(Problem::new(Code::Forbidden, detail))
}

async fn note(
    app: &App,
    caller: Caller,
    action: &'static str,
    subject: &str,
    before: Value,
    after: Value,
) -> Result<(), Problem> {
    audit::record(app, caller, Change { action, subject, before, after }).await
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pages_of_what_was_read_at_once_follow_each_other() {
        let rows = || (1..=5_u128).map(Uuid::from_u128).collect::<Vec<_>>();
        let page = |after| paged(rows(), &PageRequest { limit: 2, after }, |id| *id);
        let (mut seen, mut after) = (vec![], None);
        loop {
            let page = page(after);
            seen.extend(page.rows);
            match page.next {
                Some(next) => after = Some(next),
                None => break,
            }
        }
        assert_eq!(seen, rows());
    }
}

//! `/invitations`: leave to become a member; and links with which members choose a new password.
//!
//! Promise: a link is in the answer that makes it and nowhere else; the store has a hash of its token.

use aide::axum::ApiRouter;
use aide::axum::routing::{delete_with, get_with};
use axum::extract::State;
use beckon_domain::id::{InvitationId, MemberId};
use beckon_domain::member::{INVITATION_LIFE, Invitation, Role};
use jiff::Timestamp;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::{RoleName, TAG, check_may_manage, note, paged, turn};
use crate::api::fields;
use crate::app::App;
use crate::audit::as_shown;
use crate::auth::{self, Caller};
use crate::docs;
use crate::extract::{ById, Json, Path, Query};
use crate::links::Base;
use crate::paging::{PageQuery, Paged};
use crate::problem::Problem;
use crate::reply::{Created, NoContent, NotKept};

const LIST: &str = "invitations";

pub(super) fn routes() -> ApiRouter<App> {
    ApiRouter::new()
        .api_route(
            "/invitations",
            get_with(
                list,
                docs::explained(
                    "listInvitations",
                    TAG,
                    "List invitations that were not used yet, oldest first",
                    "Without their links: those are shown once. Expired ones are there until they are taken back or replaced.",
                ),
            )
            .post_with(
                invite,
                docs::explained(
                    "createInvitation",
                    TAG,
                    "Invite somebody",
                    "Answers with the link, which is shown this once and works once. An older invitation for the same address is replaced.",
                ),
            ),
        )
        .api_route(
            "/invitations/{id}",
            delete_with(take_back, docs::operation("deleteInvitation", TAG, "Take an invitation back")),
        )
}

/// Leave to become a member, or to choose a new password.
#[derive(Debug, Clone, Serialize, JsonSchema)]
#[schemars(rename = "Invitation")]
pub(crate) struct InvitationView {
    /// Its id.
    pub(crate) id: InvitationId,
    /// For whom; null for the first owner, who says so when accepting.
    pub(crate) email: Option<String>,
    /// As what.
    #[schemars(with = "RoleName")]
    pub(crate) role: Role,
    /// The member who may choose a new password with it; null if it makes a new member.
    pub(crate) resets: Option<MemberId>,
    /// When it was made.
    #[schemars(schema_with = "docs::timestamp")]
    pub(crate) created_at: Timestamp,
    /// When it ends.
    #[schemars(schema_with = "docs::timestamp")]
    pub(crate) expires_at: Timestamp,
}

impl From<Invitation> for InvitationView {
    fn from(invitation: Invitation) -> InvitationView {
        InvitationView {
            id: invitation.id,
            email: invitation.email.map(|email| email.to_string()),
            role: invitation.role,
            resets: invitation.resets,
            created_at: invitation.created_at,
            expires_at: invitation.expires_at,
        }
    }
}

/// Somebody to invite.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(extend("examples" = [{"email": "jane.doe@example.com", "role": "member"}]))]
pub(crate) struct CreateInvitation {
    /// Their address, which they will sign in with.
    email: String,
    /// What they will be allowed to do. An API key cannot invite owners.
    role: RoleName,
}

/// An invitation with its link, which is shown this once.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub(crate) struct NewLink {
    /// The invitation's id.
    pub(crate) id: InvitationId,
    /// The link to give to them.
    pub(crate) url: String,
    /// Who it is for.
    pub(crate) email: String,
    /// Until when it works.
    #[schemars(schema_with = "docs::timestamp")]
    pub(crate) expires_at: Timestamp,
}

/// Every invitation, oldest first. There are not many.
pub(crate) async fn all(app: &App, caller: Caller) -> Result<Vec<InvitationView>, Problem> {
    let invitations = app.store.list_invitations(caller.workspace_id).await?;
    Ok(invitations.into_iter().map(InvitationView::from).collect())
}

async fn list(
    State(app): State<App>,
    caller: Caller,
    Query(page): Query<PageQuery>,
) -> Result<Json<Paged<InvitationView>>, Problem> {
    let invitations = app.store.list_invitations(caller.workspace_id).await?;
    let page = paged(invitations, &page.request(LIST)?, |invitation| invitation.id.uuid());
    Ok(Json(Paged::of(LIST, page, InvitationView::from)))
}

/// Invites somebody.
pub(crate) async fn invite(
    State(app): State<App>,
    caller: Caller,
    base: Base,
    Json(new): Json<CreateInvitation>,
) -> Result<NotKept<Created<NewLink>>, Problem> {
    let email = fields::email("email", &new.email)?;
    let role = Role::from(new.role);
    let _turn = turn(&app, caller.workspace_id).await;
    check_may_manage(&app, caller, role).await?;
    // The new one takes the place of another, as if that were taken back.
    let all = app.store.list_invitations(caller.workspace_id).await?;
    for replaced in all.iter().filter(|invitation| invitation.email.as_ref() == Some(&email)) {
        check_may_manage(&app, caller, replaced.role).await?;
    }
    let now = app.ambient.now();
    let invitation = Invitation {
        id: app.ambient.new_id(),
        workspace_id: caller.workspace_id,
        email: Some(email.clone()),
        role,
        resets: None,
        made_by: caller.member_id(),
        created_at: now,
        expires_at: now + INVITATION_LIFE,
    };
    issue(&app, caller, &base, invitation, email.to_string(), "invitation.created").await
}

/// Makes a link with which a member chooses a new password.
pub(crate) async fn reset(
    State(app): State<App>,
    caller: Caller,
    base: Base,
    Path(ById { id }): Path<ById<MemberId>>,
) -> Result<NotKept<Created<NewLink>>, Problem> {
    let _turn = turn(&app, caller.workspace_id).await;
    let member = app.store.get_member(caller.workspace_id, id).await?;
    check_may_manage(&app, caller, member.role).await?;
    let reset = Invitation::to_reset(&member, app.ambient.new_id(), app.ambient.now());
    let invitation = Invitation { made_by: caller.member_id(), ..reset };
    issue(&app, caller, &base, invitation, member.email.to_string(), "member.reset_link_created").await
}

async fn issue(
    app: &App,
    caller: Caller,
    base: &Base,
    invitation: Invitation,
    email: String,
    action: &'static str,
) -> Result<NotKept<Created<NewLink>>, Problem> {
    let token = auth::generate_token(&app.ambient);
    app.store.create_invitation(&invitation, auth::hash(&token)).await?;
    let (id, expires_at) = (invitation.id, invitation.expires_at);
    let subject = invitation.resets.map_or_else(|| id.to_string(), |member| member.to_string());
    note(app, caller, action, &subject, Value::Null, as_shown(&InvitationView::from(invitation))).await?;
    let url = base.link(&format!("/welcome/{token}"));
    let value = NewLink { id, url, email, expires_at };
    Ok(NotKept(Created { location: format!("{}/invitations/{id}", crate::api::PREFIX), value }))
}

/// Takes an invitation back.
pub(crate) async fn take_back(
    State(app): State<App>,
    caller: Caller,
    Path(ById { id }): Path<ById<InvitationId>>,
) -> Result<NoContent, Problem> {
    let _turn = turn(&app, caller.workspace_id).await;
    let all = app.store.list_invitations(caller.workspace_id).await?;
    let found = all.into_iter().find(|invitation| invitation.id == id);
    let invitation = found.ok_or_else(|| Problem::not_found("invitation"))?;
    check_may_manage(&app, caller, invitation.role).await?;
    app.store.delete_invitation(caller.workspace_id, id).await?;
    let before = as_shown(&InvitationView::from(invitation));
    note(&app, caller, "invitation.taken_back", &id.to_string(), before, Value::Null).await?;
    Ok(NoContent)
}

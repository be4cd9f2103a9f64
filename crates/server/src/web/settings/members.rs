//! `/settings/members`: who works with the workspace, who may come, and what they may do.
//!
//! A link for somebody is in the answer to the form that makes it and nowhere else: an address or a redirect would keep
//! it. This is why that form answers with a page.
//! Not here: the rules (`api/members.rs`), and what people change of themselves (`account.rs`).

use axum::Router;
use axum::extract::State;
use axum::response::{IntoResponse, Redirect, Response};
use axum::routing::{get, post};
use beckon_domain::id::{InvitationId, MemberId};
use beckon_domain::member::Role;
use http::StatusCode;
use maud::{Markup, html};
use serde_json::json;

use super::page;
use crate::api::members::{
    self, CreateInvitation, InvitationView, MemberView, NewLink, UpdateMember, all, all_invitations, invite, reset,
};
use crate::app::App;
use crate::extract::{ById, Json, Path};
use crate::links::Base;
use crate::reply::{Created, NotKept};
use crate::web::failure::Failure;
use crate::web::form::{Errors, Form, read};
use crate::web::parts::{
    Field, Tone, badge, card, code_block, error_summary, moment, moment_of, note, post_button, row_cell, table,
};
use crate::web::said::saying;
use crate::web::viewer::Viewer;

const PATH: &str = "/settings/members";
/// The roles, and what each may do.
const ROLES: &[(Role, &str, &str)] = &[
    (Role::Viewer, "Viewer", "Looks at everything but secrets."),
    (Role::Member, "Member", "Also changes webhooks, segments, contacts, companies and event types."),
    (Role::Admin, "Admin", "Also changes settings, keys, and members who are not owners."),
    (Role::Owner, "Owner", "Everything, owners too."),
];

pub(super) fn routes() -> Router<App> {
    Router::new()
        .route("/settings/members", get(show))
        .route("/settings/members/invite", post(send_invitation))
        .route("/settings/members/{id}/role", post(change_role))
        .route("/settings/members/{id}/reset", post(make_reset_link))
        .route("/settings/members/{id}/remove", post(remove))
        .route("/settings/members/invitations/{id}/take-back", post(take_back))
}

async fn show(State(app): State<App>, viewer: Viewer) -> Result<Response, Failure> {
    drawn(&app, &viewer, None, &Form::default(), &Errors::default()).await
}

async fn send_invitation(State(app): State<App>, viewer: Viewer, base: Base, form: Form) -> Result<Response, Failure> {
    viewer.check_may_administer()?;
    let asked = json!({ "email": form.text("email"), "role": form.text("role") });
    let made = match read::<CreateInvitation>(&asked) {
        Ok(asked) => invite(State(app.clone()), viewer.caller, base, Json(asked)).await,
        Err(problem) => Err(problem),
    };
    match made {
        Ok(made) => with_link(&app, &viewer, "Invited", made).await,
        Err(problem) => drawn(&app, &viewer, None, &form, &Errors::of(problem)?).await,
    }
}

async fn make_reset_link(
    State(app): State<App>,
    viewer: Viewer,
    base: Base,
    id: Path<ById<MemberId>>,
) -> Result<Response, Failure> {
    viewer.check_may_administer()?;
    let made = reset(State(app.clone()), viewer.caller, base, id).await?;
    with_link(&app, &viewer, "A link to choose a new password", made).await
}

async fn change_role(
    State(app): State<App>,
    viewer: Viewer,
    id: Path<ById<MemberId>>,
    form: Form,
) -> Result<Response, Failure> {
    viewer.check_may_administer()?;
    let asked: UpdateMember = read(&json!({ "role": form.text("role") }))?;
    members::change(State(app), viewer.caller, id, Json(asked)).await?;
    Ok(Redirect::to(&saying(PATH, "role-changed")).into_response())
}

async fn remove(State(app): State<App>, viewer: Viewer, id: Path<ById<MemberId>>) -> Result<Response, Failure> {
    viewer.check_may_administer()?;
    members::remove(State(app), viewer.caller, id).await?;
    Ok(Redirect::to(&saying(PATH, "removed")).into_response())
}

async fn take_back(State(app): State<App>, viewer: Viewer, id: Path<ById<InvitationId>>) -> Result<Response, Failure> {
    viewer.check_may_administer()?;
    members::take_back(State(app), viewer.caller, id).await?;
    Ok(Redirect::to(&saying(PATH, "taken-back")).into_response())
}

/// The page with a link that was made just now.
async fn with_link(
    app: &App,
    viewer: &Viewer,
    title: &str,
    made: NotKept<Created<NewLink>>,
) -> Result<Response, Failure> {
    let NotKept(Created { value: link, .. }) = made;
    let text = html! {
        div.stack-s {
            p {
                "Give this link to " strong { (link.email) } ". It is shown only now, and works once, until "
                (moment_of(link.expires_at, &viewer.zone)) "."
            }
            (code_block(&link.url, "the link"))
        }
    };
    drawn(app, viewer, Some(note(Tone::Good, title, text, None)), &Form::default(), &Errors::default()).await
}

async fn drawn(
    app: &App,
    viewer: &Viewer,
    link: Option<Markup>,
    form: &Form,
    errors: &Errors,
) -> Result<Response, Failure> {
    let may = viewer.may_administer();
    let members = all(app, viewer.caller).await?;
    let invitations = if may { all_invitations(app, viewer.caller).await? } else { vec![] };
    let body = html! {
        @if let Some(link) = link { (link) }
        div.columns {
            div.stack {
                (list_card("Members", &["Who", "Role", "Last sign-in", ""], html! {
                    @for member in &members { (member_row(viewer, member)) }
                }))
                @if !invitations.is_empty() {
                    (list_card("Links that were not used yet", &["For", "Until", ""], html! {
                        @for invitation in &invitations { (invitation_row(app, viewer, invitation)) }
                    }))
                }
            }
            div.stack {
                @if may { (invite_card(viewer, form, errors)) }
                (card("Roles", html! {
                    dl.facts.tall {
                        @for (_, words, about) in ROLES { dt { (words) } dd { (about) } }
                    }
                    @if !may { p.muted { "Admins and owners invite others and change roles." } }
                }))
            }
        }
    };
    let status = if errors.is_empty() { StatusCode::OK } else { StatusCode::UNPROCESSABLE_ENTITY };
    Ok(page(viewer, PATH, status, body))
}

fn list_card(title: &str, columns: &[&str], rows: Markup) -> Markup {
    html! { section.card.flush { div.card-head { h2 { (title) } } (table(title, columns, rows)) } }
}

fn member_row(viewer: &Viewer, member: &MemberView) -> Markup {
    let is_own = viewer.caller.member_id() == Some(member.id);
    html! {
        tr data-key=(member.id) {
            (row_cell("Who", html! {
                strong { (member.name) } @if is_own { " (you)" }
                br; span.muted.wrap-anywhere { (member.email) }
            }))
            (row_cell("Role", badge(tone(member.role), words(member.role))))
            (row_cell("Last sign-in", html! {
                @match member.signed_in_at {
                    Some(at) => (moment(at, &viewer.zone)),
                    None => span.muted { "never" },
                }
            }))
            (row_cell("", html! { @if viewer.role.may_manage(member.role) { (member_actions(viewer, member, is_own)) } }))
        }
    }
}

/// What can be done to a member. It unfolds in its place: a menu above the table would be cut off by it.
fn member_actions(viewer: &Viewer, member: &MemberView, is_own: bool) -> Markup {
    let path = |end: &str| format!("{PATH}/{}/{end}", member.id);
    let question = if is_own {
        "Remove yourself from the workspace? You are signed out at once."
    } else {
        "Remove this member? They are signed out at once."
    };
    html! {
        details.more {
            summary { "Change" span.visually-hidden { " " (member.name) } }
            div.stack-s {
                form.inline method="post" action=(path("role")) {
                    select name="role" aria-label={ "Role of " (member.name) } {
                        @for (value, words) in choices(viewer) {
                            option value=(value) selected[value == member.role.as_str()] { (words) }
                        }
                    }
                    button.small { "Change role" }
                }
                @if !is_own { (post_button(&path("reset"), "small", "Make a reset link", None)) }
                (post_button(&path("remove"), "small danger", "Remove", Some(question)))
            }
        }
    }
}

fn invitation_row(app: &App, viewer: &Viewer, invitation: &InvitationView) -> Markup {
    let expired = invitation.expires_at <= app.ambient.now();
    let path = format!("{PATH}/invitations/{}/take-back", invitation.id);
    html! {
        tr data-key=(invitation.id) {
            (row_cell("For", html! {
                (invitation.email.as_deref().unwrap_or("the first owner"))
                br; span.muted.small {
                    @if invitation.resets.is_some() { "Chooses a new password" }
                    @else { "Makes a new account: " (words(invitation.role).to_lowercase()) }
                }
            }))
            (row_cell("Until", html! {
                (moment_of(invitation.expires_at, &viewer.zone)) @if expired { " " (badge(Tone::Warn, "Expired")) }
            }))
            (row_cell("", html! {
                @if viewer.role.may_manage(invitation.role) { (post_button(&path, "small", "Take back", None)) }
            }))
        }
    }
}

/// The roles that whoever looks may give, with their words.
fn choices(viewer: &Viewer) -> impl Iterator<Item = (&'static str, &'static str)> {
    let given = ROLES.iter().filter(|(role, ..)| viewer.role.may_manage(*role));
    given.map(|(role, words, _)| (role.as_str(), *words))
}

fn invite_card(viewer: &Viewer, form: &Form, errors: &Errors) -> Markup {
    let chosen = form.given("role").unwrap_or("member");
    card(
        "Invite somebody",
        html! {
            form method="post" action={ (PATH) "/invite" } {
                (error_summary(errors))
                (Field::new("email", "E-mail address").kind("email").required().value(form.text("email"))
                    .hint(html! { "They sign in with it. You get a link to send them." }).errors(errors).show())
                (Field::new("role", "Role").value(chosen).errors(errors).select(choices(viewer)))
                div.form-foot { button.primary { "Make the link" } }
            }
        },
    )
}

fn words(role: Role) -> &'static str {
    ROLES.iter().find(|(known, ..)| *known == role).map_or("", |(_, words, _)| words)
}

fn tone(role: Role) -> Tone {
    match role {
        Role::Owner => Tone::Good,
        Role::Admin => Tone::Info,
        Role::Member | Role::Viewer => Tone::Plain,
    }
}

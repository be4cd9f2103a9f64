//! One contact: what is known, and what they did.

use axum::extract::{RawQuery, State};
use axum::response::{IntoResponse, Redirect, Response};
use beckon_domain::id::ContactId;
use beckon_store::intake::SubjectId;
use maud::{Markup, html};

use super::{company, name};
use crate::api::contacts::{self, ContactView};
use crate::api::identity;
use crate::api::timeline::{self, Part};
use crate::app::App;
use crate::extract::{ById, Json, Path, Query};
use crate::web::failure::Failure;
use crate::web::identity::known_by;
use crate::web::lists::lists_of;
use crate::web::page::{Page, Place};
use crate::web::parts::{Tone, badge, card_with, copyable, dialog_link, menu, moment, note, post_button};
use crate::web::people::{self, facts_at_side, traits};
use crate::web::timeline::timeline as draw_timeline;
use crate::web::viewer::Viewer;

pub(super) async fn show(
    State(app): State<App>,
    viewer: Viewer,
    Path(ById { id }): Path<ById<ContactId>>,
    RawQuery(query): RawQuery,
) -> Result<Response, Failure> {
    let before = people::before(&people::query(query.as_deref()));
    let Json(contact) = contacts::get(State(app.clone()), viewer.caller, Path(ById { id })).await?;
    if contact.id != id {
        return Ok(Redirect::to(&viewer.path(&format!("/contacts/{}", contact.id))).into_response());
    }
    let Json(known) = identity::of_contact(State(app.clone()), viewer.caller, Path(ById { id })).await?;
    let part = Query(Part { before, limit: None });
    let on = app.store.lists_of(viewer.caller.workspace_id, SubjectId::Contact(id)).await?;
    let Json(done) = timeline::of_contact(State(app), viewer.caller, Path(ById { id }), part).await?;
    let path = format!("/contacts/{id}");
    let body = html! {
        @if let Some(since) = contact.suppressed_at {
            (note(Tone::Warn, "Suppressed", html! { "Causes no events since " (moment(since, &viewer.zone)) ". What they do is still recorded." },
                viewer.may_work().then(|| post_button(&viewer.path(&format!("{path}/unsuppress")), "small", "Unsuppress", None))))
        }
        div.columns {
            div.stack #activity data-live { (draw_timeline(&viewer, &path, &done, before)) }
            div.stack {
                (profile(&viewer, &contact))
                (known_by(&viewer, id, &known.identifiers))
                (lists_of(&viewer, &on))
                @if !contact.traits.is_empty() { (traits(&contact.traits)) }
            }
        }
    };
    let title = name(&contact);
    let heading = html! { (title) @if contact.suppressed_at.is_some() { " " (badge(Tone::Warn, "Suppressed")) } };
    let lead = html! {
        @if let Some(title) = &contact.title { (title) }
        @if contact.title.is_some() && (contact.company.is_some() || contact.company_id.is_some()) { ", " }
        (company(&viewer, &contact))
    };
    let mut page =
        Page::new(&viewer, Place::Contacts, title.clone()).below("Contacts", "/contacts").heading(heading).lead(lead);
    if viewer.may_work() {
        page = page.actions(actions(&viewer, &contact));
    }
    if before.is_none() {
        page = page.live();
    }
    Ok(page.show(body))
}

fn actions(viewer: &Viewer, contact: &ContactView) -> Markup {
    let path = viewer.path(&format!("/contacts/{}", contact.id));
    let asks = "Have this person cause no more events? What they do is still recorded.";
    let items = html! {
        @if contact.suppressed_at.is_none() { (post_button(&format!("{path}/suppress"), "", "Suppress", Some(asks))) }
        @else { (post_button(&format!("{path}/unsuppress"), "", "Unsuppress", None)) }
        a href={ (path) "/export" } download { "Download all data" }
        (dialog_link("danger", &format!("{path}/erase"), "Erase…"))
    };
    html! { a.button href={ (path) "/edit" } { "Edit" } (menu("More", items)) }
}

fn profile(viewer: &Viewer, contact: &ContactView) -> Markup {
    let some = |name: &'static str, value: &Option<String>| value.clone().map(|value| (name, html! { (value) }));
    let rows = [
        contact.email.as_deref().map(|email| ("Email", copyable(email, "the address"))),
        contact.user_id.as_deref().map(|id| ("User id", copyable(id, "the user id"))),
        some("Title", &contact.title),
        (contact.company.is_some() || contact.company_id.is_some()).then(|| ("Company", company(viewer, contact))),
        some("Company domain", &contact.company_domain),
        some("Seniority", &contact.seniority),
        some("Department", &contact.department),
        some("Country", &contact.country),
        some("Phone", &contact.phone),
        some("LinkedIn", &contact.linkedin_url),
        Some(("Id", copyable(&contact.id.to_string(), "the id"))),
        Some(("Added", moment(contact.created_at, &viewer.zone))),
        Some(("Changed", moment(contact.updated_at, &viewer.zone))),
    ];
    let edit = html! { @if viewer.may_work() { a.button.small href=(viewer.path(&format!("/contacts/{}/edit", contact.id))) { "Edit" } } };
    card_with("Profile", edit, facts_at_side(rows))
}

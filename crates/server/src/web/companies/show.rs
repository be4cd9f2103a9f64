//! One company: what is known, its people, and what was seen of it.

use axum::extract::{RawQuery, State};
use axum::response::Response;
use beckon_domain::id::CompanyId;
use beckon_store::intake::SubjectId;
use maud::{Markup, html};

use super::name;
use crate::api::companies::{self, CompanyView};
use crate::api::contacts::{self, ContactView, Wanted};
use crate::api::timeline::{self, Part};
use crate::app::App;
use crate::extract::{ById, Json, Listing, Path, Query};
use crate::paging::PageQuery;
use crate::web::contacts::row;
use crate::web::failure::Failure;
use crate::web::lists::lists_of;
use crate::web::page::{Page, Place};
use crate::web::parts::{card_with, copyable, dialog_link, menu, moment, number, table};
use crate::web::people::{self, facts_at_side, traits};
use crate::web::timeline::timeline as draw_timeline;
use crate::web::viewer::Viewer;

/// How many of its people are shown.
const PEOPLE_SHOWN: u32 = 10;

pub(super) async fn show(
    State(app): State<App>,
    viewer: Viewer,
    Path(ById { id }): Path<ById<CompanyId>>,
    RawQuery(query): RawQuery,
) -> Result<Response, Failure> {
    let before = people::before(&people::query(query.as_deref()));
    let Json(company) = companies::get(State(app.clone()), viewer.caller, Path(ById { id })).await?;
    let filter = Wanted { company_id: Some(id), ..Wanted::default() };
    let page = PageQuery { limit: Some(PEOPLE_SHOWN), cursor: None };
    let Json(its) = contacts::list(State(app.clone()), viewer.caller, Listing { filter, page }).await?;
    let part = Query(Part { before, limit: None });
    let on = app.store.lists_of(viewer.caller.workspace_id, SubjectId::Company(id)).await?;
    let Json(done) = timeline::of_company(State(app), viewer.caller, Path(ById { id }), part).await?;
    let path = format!("/companies/{id}");
    let body = html! {
        div.columns {
            div.stack {
                (contacts_of(&viewer, id, &its.data, its.next_cursor.is_some()))
                div #activity data-live { (draw_timeline(&viewer, &path, &done, before)) }
            }
            div.stack {
                (profile(&viewer, &company))
                (lists_of(&viewer, &on))
                @if !company.traits.is_empty() { (traits(&company.traits)) }
            }
        }
    };
    let mut page = Page::new(&viewer, Place::Companies, name(&company)).below("Companies", "/companies");
    if let Some(domain) = &company.domain {
        page = page.lead(html! { (domain) });
    }
    if viewer.may_work() {
        let path = viewer.path(&path);
        let items = dialog_link("danger", &format!("{path}/erase"), "Erase…");
        page = page.actions(html! { a.button href={ (path) "/edit" } { "Edit" } (menu("More", items)) });
    }
    if before.is_none() {
        page = page.live();
    }
    Ok(page.show(body))
}

fn contacts_of(viewer: &Viewer, id: CompanyId, its: &[ContactView], has_more: bool) -> Markup {
    html! {
        section.card.flush {
            div.card-head {
                h2 { "Contacts" }
                @if has_more { div.actions { a.button.small href=(viewer.path(&format!("/contacts?company_id={id}"))) { "All its contacts" } } }
            }
            @if its.is_empty() { div.table-foot { "Nobody here is known." } }
            @else { (table("Contacts of this company", &["Contact", "Title", "Status", "Added"], html! { @for contact in its { (row(viewer, contact, false)) } })) }
        }
    }
}

fn profile(viewer: &Viewer, company: &CompanyView) -> Markup {
    let some = |name: &'static str, value: &Option<String>| value.clone().map(|value| (name, html! { (value) }));
    let rows = [
        company.domain.as_deref().map(|domain| ("Domain", copyable(domain, "the domain"))),
        company.group_id.as_deref().map(|id| ("Group id", copyable(id, "the group id"))),
        some("Industry", &company.industry),
        company.employees.map(|count| ("Employees", html! { (number(count)) })),
        some("Country", &company.country),
        some("LinkedIn", &company.linkedin_url),
        Some(("Id", copyable(&company.id.to_string(), "the id"))),
        Some(("Added", moment(company.created_at, &viewer.zone))),
        Some(("Changed", moment(company.updated_at, &viewer.zone))),
    ];
    let edit = html! { @if viewer.may_work() { a.button.small href=(viewer.path(&format!("/companies/{}/edit", company.id))) { "Edit" } } };
    card_with("Profile", edit, facts_at_side(rows))
}

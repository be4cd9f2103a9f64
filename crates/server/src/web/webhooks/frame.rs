//! What all pages of one webhook have in common: heading, status, actions, tabs, and the column at the side.

use axum::extract::State;
use beckon_domain::id::WebhookId;
use maud::{Markup, html};

use super::names;
use super::standing::Standing;
use crate::api::webhooks;
use crate::api::webhooks::view::WebhookView;
use crate::app::App;
use crate::extract::{ById, Json, Path};
use crate::web::Failure;
use crate::web::page::{Page, Place};
use crate::web::parts::{card_with, copyable, dialog_link, menu, moment, post_button, tabs, tags};
use crate::web::viewer::Viewer;

/// Which page of a webhook.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Tab {
    Overview,
    Testing,
    Advanced,
    Verify,
}

/// A webhook as its pages know it.
pub(super) struct Shown {
    pub(super) view: WebhookView,
    pub(super) standing: Standing,
    /// Its description or host.
    pub(super) title: String,
    /// Where its pages are, as the viewer reaches them.
    pub(super) path: String,
}

impl Shown {
    /// The webhook of that id.
    pub(super) async fn find(app: &App, viewer: &Viewer, id: WebhookId) -> Result<Shown, Failure> {
        let Json(view) = webhooks::get(State(app.clone()), viewer.caller, Path(ById { id })).await?;
        Ok(Shown {
            standing: Standing::of_view(&view),
            title: names::title(&view.description, &view.url),
            path: viewer.path(&format!("/webhooks/{id}")),
            view,
        })
    }

    /// A page that stands below the webhook's own, such as what is shown in a dialog.
    pub(super) fn below<'a>(&self, viewer: &'a Viewer, title: impl Into<String>) -> Page<'a> {
        Page::new(viewer, Place::Webhooks, title)
            .below("Webhooks", "/webhooks")
            .below(&*self.title, format!("/webhooks/{}", self.view.id))
    }

    /// One of its own pages, and what is in it.
    pub(super) fn page<'a>(&self, viewer: &'a Viewer, tab: Tab, body: Markup) -> (Page<'a>, Markup) {
        let heading = html! { (self.title) " " span #standing data-live { (self.standing.badge()) } };
        let page = Page::new(viewer, Place::Webhooks, &*self.title)
            .below("Webhooks", "/webhooks")
            .heading(heading)
            .lead(html! { span.wrap-anywhere { (self.view.url) } })
            .actions(self.actions(viewer, tab));
        let body = html! {
            (self.tabs(viewer, tab))
            div.columns {
                div.stack { (body) }
                (self.side(viewer))
            }
        };
        (page, body)
    }

    fn actions(&self, viewer: &Viewer, tab: Tab) -> Markup {
        let path = &self.path;
        if !viewer.may_work() {
            return html! {};
        }
        let items = html! {
            @if self.view.enabled {
                (dialog_link("", &format!("{path}/recover"), "Recover failed…"))
                (dialog_link("", &format!("{path}/replay-missing"), "Replay missing…"))
            }
            (dialog_link("", &format!("{path}/secret/rotate"), "Rotate secret…"))
            a href=(viewer.path(&format!("/webhooks/new?from={}", self.view.id))) { "Duplicate" }
            @if self.view.enabled { (dialog_link("", &format!("{path}/disable"), "Disable…")) }
            @else { (post_button(&format!("{path}/enable"), "", "Enable", None)) }
            (dialog_link("danger", &format!("{path}/delete"), "Delete…"))
        };
        html! {
            @if !self.view.enabled { (post_button(&format!("{path}/enable"), "primary", "Enable", None)) }
            @else if tab != Tab::Testing { a.button.primary href={ (path) "/testing" } { "Send test" } }
            a.button href={ (path) "/edit" } { "Edit" }
            (menu("More", items))
        }
    }

    fn tabs(&self, viewer: &Viewer, tab: Tab) -> Markup {
        let at = |end: &str| format!("{}{end}", self.path);
        let deliveries = viewer.path(&format!("/deliveries?webhook_id={}", self.view.id));
        tabs(
            "Webhook",
            [
                ("Overview", at(""), tab == Tab::Overview),
                ("Deliveries", deliveries, false),
                ("Testing", at("/testing"), tab == Tab::Testing),
                ("Advanced", at("/advanced"), tab == Tab::Advanced),
                ("Verify signatures", at("/verify"), tab == Tab::Verify),
            ],
        )
    }

    fn side(&self, viewer: &Viewer) -> Markup {
        let view = &self.view;
        let edit = |what: &str| {
            html! {
                @if viewer.may_work() { a.small href={ (self.path) "/edit#" (what) } { "Edit" } }
            }
        };
        html! {
            aside.stack aria-label="About this webhook" {
                (card_with("Details", html! {}, html! {
                    dl.facts.tall {
                        dt { "Id" } dd { (copyable(&view.id.to_string(), "the webhook's id")) }
                        dt { "Created" } dd { (moment(view.created_at, &viewer.zone)) }
                        dt { "Updated" } dd { (moment(view.updated_at, &viewer.zone)) }
                    }
                }))
                (card_with("Events", edit("events"), html! { (tags(view.event_types.iter().map(String::as_str))) }))
                (card_with("Segments", edit("segments"), names::segments(&viewer.workspace, &view.channels)))
                (card_with("Signing secret", html! {}, html! {
                    p.small.muted { "Every request is signed, so that the receiver can tell ours from forged ones." }
                    p { code { (masked_secret(view)) } }
                    div.row {
                        @if viewer.may_work() {
                            (dialog_link("button small", &format!("{}/secret", self.path), "Reveal"))
                            (dialog_link("button small quiet", &format!("{}/secret/rotate", self.path), "Rotate"))
                        }
                        a.small href={ (self.path) "/verify" } { "How to verify" }
                    }
                }))
            }
        }
    }
}

/// What stands for a secret that is not shown.
pub(super) fn masked_secret(view: &WebhookView) -> &'static str {
    match view.signing {
        beckon_domain::signing::SigningScheme::HmacSha256 => "whsec_••••••••••••",
        beckon_domain::signing::SigningScheme::Ed25519 => "whsk_•••••••••••• (private key)",
    }
}

//! The frame around every page: head, navigation, title, what is said once.

use axum::response::{Html, IntoResponse, Response};
use http::StatusCode;
use maud::{DOCTYPE, Markup, PreEscaped, html};

use super::assets;
use super::parts::{Icon, icon};
use super::viewer::Viewer;
use crate::problem::ProblemBody;

/// Where in the navigation a page belongs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Place {
    Home,
    Webhooks,
    Deliveries,
    Events,
    Catalog,
    Segments,
    Signals,
    Contacts,
    Companies,
    Lists,
    Settings,
    /// A page the navigation does not lead to.
    Nowhere,
}

/// Place, words, path, icon; whether a portal link opens it.
const PLACES: &[(Place, &str, &str, Icon, bool)] = &[
    (Place::Home, "Home", "/", Icon::Home, false),
    (Place::Webhooks, "Webhooks", "/webhooks", Icon::Webhook, true),
    (Place::Deliveries, "Deliveries", "/deliveries", Icon::Delivery, true),
    (Place::Events, "Events", "/events", Icon::Event, true),
    (Place::Catalog, "Event catalog", "/catalog", Icon::Catalog, true),
    (Place::Segments, "Segments", "/segments", Icon::Segment, false),
    (Place::Signals, "Signals", "/signals", Icon::Signal, false),
    (Place::Contacts, "Contacts", "/contacts", Icon::Contact, false),
    (Place::Companies, "Companies", "/companies", Icon::Company, false),
    (Place::Lists, "Lists", "/lists", Icon::List, false),
    (Place::Settings, "Settings", "/settings", Icon::Settings, false),
];

/// A page for somebody who has come in.
pub(crate) struct Page<'a> {
    viewer: &'a Viewer,
    place: Place,
    title: String,
    crumbs: Vec<(String, String)>,
    heading: Option<Markup>,
    lead: Option<Markup>,
    actions: Option<Markup>,
    live: bool,
    status: StatusCode,
}

impl<'a> Page<'a> {
    /// A page of that title.
    pub(crate) fn new(viewer: &'a Viewer, place: Place, title: impl Into<String>) -> Page<'a> {
        let title = title.into();
        let (crumbs, status) = (vec![], StatusCode::OK);
        Page { viewer, place, title, crumbs, heading: None, lead: None, actions: None, live: false, status }
    }

    /// A page it stands below: words and path (without the viewer's base).
    pub(crate) fn below(mut self, words: impl Into<String>, path: impl AsRef<str>) -> Self {
        self.crumbs.push((words.into(), self.viewer.path(path.as_ref())));
        self
    }

    /// What stands as heading instead of the title, such as the title with a badge.
    pub(crate) fn heading(mut self, heading: Markup) -> Self {
        self.heading = Some(heading);
        self
    }

    /// A sentence below the title.
    pub(crate) fn lead(mut self, lead: Markup) -> Self {
        self.lead = Some(lead);
        self
    }

    /// Buttons beside the title.
    pub(crate) fn actions(mut self, actions: Markup) -> Self {
        self.actions = Some(actions);
        self
    }

    /// Keeps the parts marked `data-live` (each with an id) up to date, and shows that it does.
    pub(crate) fn live(mut self) -> Self {
        self.live = true;
        self
    }

    /// What it is answered with, if not 200: 422 for a form that is shown again.
    pub(crate) fn status(mut self, status: StatusCode) -> Self {
        self.status = status;
        self
    }

    /// The whole page around `body`.
    pub(crate) fn show(self, body: Markup) -> Response {
        let heading = self.heading.clone().unwrap_or_else(|| html! { (self.title) });
        let main = html! {
            @if !self.crumbs.is_empty() {
                nav.crumbs aria-label="Breadcrumbs" {
                    @for (words, path) in &self.crumbs { a href=(path) { (words) } span aria-hidden="true" { "/" } }
                    span aria-current="page" { (self.title) }
                }
            }
            div.head {
                div {
                    h1 { (heading) }
                    @if let Some(lead) = &self.lead { p.muted { (lead) } }
                }
                @if self.live || self.actions.is_some() {
                    div.actions {
                        @if self.live {
                            span.live-mark data-live-mark data-state="off" role="status" { "As of loading" }
                            button.quiet.small type="button" data-live-pause aria-pressed="false" hidden { "Pause" }
                        }
                        @if let Some(actions) = &self.actions { (actions) }
                    }
                }
            }
            (body)
        };
        (self.status, Html(self.frame(main).into_string())).into_response()
    }

    fn frame(&self, main: Markup) -> Markup {
        let viewer = self.viewer;
        let brand = Brand::of(viewer);
        let body = html! {
            a.skip href="#main" { "Skip to content" }
            div.frame {
                header.side {
                    (brand.link)
                    nav.nav aria-label="Main" {
                        @for (place, words, path, drawing, in_portal) in PLACES {
                            @if !viewer.is_portal() || *in_portal {
                                @if *place == Place::Segments || *place == Place::Settings { hr; }
                                a href=(viewer.path(path)) aria-current=[(*place == self.place).then_some("page")] {
                                    (icon(*drawing)) (words)
                                }
                            }
                        }
                    }
                    div.side-foot {
                        form.inline role="search" aria-label="Jump to an id" action=(viewer.path("/jump")) method="get" {
                            label.visually-hidden for="jump" { "Jump to an id" }
                            input #jump type="search" name="id" placeholder="Jump to id…" autocomplete="off" spellcheck="false";
                        }
                        button.quiet.small type="button" data-theme-choice hidden { (icon(Icon::Theme)) "Light or dark" }
                        @if !viewer.is_portal() {
                            a href="/account" { (viewer.name) }
                            form method="post" action="/sign-out" { button.quiet.small { "Sign out" } }
                        }
                    }
                }
                main.main #main tabindex="-1" { (main) }
            }
            div.toasts role="status" aria-live="polite" {
                @if let Some(said) = viewer.said { div.toast { span { (said) } } }
            }
        };
        document(&self.title, viewer.theme, brand.accent.as_deref(), &viewer.path("/live"), body)
    }
}

/// Whose pages these are: ours, or in the portal the operator's.
struct Brand {
    link: Markup,
    accent: Option<String>,
}

impl Brand {
    fn of(viewer: &Viewer) -> Brand {
        let Some(portal) = &viewer.portal else {
            let link = html! { a.brand href="/" { (mark()) "Beckon" } };
            return Brand { link, accent: None };
        };
        let link = html! {
            a.brand href=(viewer.path("/webhooks")) {
                @if portal.logo.is_some() { img src=(viewer.path("/logo")) alt=""; }
                (portal.name.as_deref().unwrap_or("Webhooks"))
            }
        };
        Brand { link, accent: portal.accent.as_ref().map(|_| viewer.path("/accent.css")) }
    }
}

/// A page without navigation: signing in, and what went wrong.
pub(crate) fn alone(title: &str, body: Markup) -> Markup {
    alone_in(title, None, body)
}

/// The same, in the theme that was chosen.
pub(crate) fn alone_in(title: &str, theme: Option<&str>, body: Markup) -> Markup {
    let body = html! {
        main.alone #main {
            div.brand { (mark()) "Beckon" }
            h1 { (title) }
            (body)
        }
        div.toasts role="status" aria-live="polite" {}
    };
    document(title, theme, None, "/live", body)
}

/// A page without navigation that needs the whole width: what anybody may see.
pub(crate) fn bare(title: &str, theme: Option<&str>, body: Markup) -> Markup {
    let body = html! {
        main.main.bare #main { (body) }
        div.toasts role="status" aria-live="polite" {}
    };
    document(title, theme, None, "/live", body)
}

/// What is said of a request that was not carried out, and where to begin again.
pub(crate) fn failed(problem: &ProblemBody, start: &str) -> Markup {
    html! {
        div.card {
            p { (problem.detail) }
            @if problem.errors.len() > 1 {
                ul { @for error in &problem.errors { li { code { (error.field) } ": " (error.reason) } } }
            }
            p.muted.small { "Code: " code { (serde_json::to_value(problem.code).unwrap_or_default().as_str().unwrap_or_default()) } }
            div.actions { a.button href=(start) { "Go to the start" } }
        }
    }
}

fn document(title: &str, theme: Option<&str>, accent: Option<&str>, live_from: &str, body: Markup) -> Markup {
    html! {
        (DOCTYPE)
        html lang="en" data-theme=[theme] {
            head {
                meta charset="utf-8";
                meta name="viewport" content="width=device-width, initial-scale=1";
                title { (title) " · Beckon" }
                link rel="icon" type="image/svg+xml" href=(assets::path("mark.svg"));
                link rel="stylesheet" href=(assets::path("beckon.css"));
                @if let Some(accent) = accent { link rel="stylesheet" href=(accent); }
                script type="module" src=(assets::path("beckon.js")) {}
            }
            body data-live-from=(live_from) { (body) }
        }
    }
}

/// The sign of Beckon: something that calls.
fn mark() -> Markup {
    html! {
        svg viewBox="0 0 32 32" fill="none" stroke="currentColor" stroke-width="3" stroke-linecap="round" aria-hidden="true" {
            circle cx="16" cy="16" r="3.2" fill="currentColor" stroke="none" {}
            (PreEscaped(r#"<path d="M9.6 22.4a9 9 0 0 1 0-12.8M22.4 9.6a9 9 0 0 1 0 12.8M5.4 26.6a15 15 0 0 1 0-21.2M26.6 5.4a15 15 0 0 1 0 21.2"/>"#))
        }
    }
}

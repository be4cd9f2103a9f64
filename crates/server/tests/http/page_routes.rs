//! Every POST of the web pages, as their sources have them: who may send it, and from where.
//!
//! The routes are read from the sources, so that a new page cannot be forgotten here.

#![expect(clippy::unwrap_used, reason = "a panic here is a failed test")]

use std::fs;
use std::path::{Path, PathBuf};

use beckon_domain::member::Role;
use http::Method;
use http::Request;
use http::header::{CONTENT_TYPE, COOKIE};

use crate::house::House;

/// What people do for themselves, whatever their role, or before they have one.
const FOR_ALL: &[&str] =
    &["/sign-in", "/sign-out", "/welcome/{token}", "/account", "/account/password", "/account/sign-out-everywhere"];
/// How the paths of those end that change nothing: they look at what is typed.
const LOOKING: &[&str] = &["/preview", "/check-url", "/check-segments", "/count"];

/// A route of the pages: its path, and its methods as the source has them.
pub(crate) struct Route {
    pub(crate) path: String,
    methods: String,
    /// The file it is in.
    pub(crate) file: PathBuf,
}

impl Route {
    pub(crate) fn takes(&self, method: &str) -> bool {
        let methods = format!(".{}", self.methods);
        methods.contains(&format!(".{method}(")) || methods.contains(&format!(" {method}("))
    }

    /// A path of that form. What it names is not there.
    pub(crate) fn example(&self) -> String {
        let mut segments: Vec<String> = vec![];
        for segment in self.path.split('/') {
            let about = segments.iter().rev().find(|earlier| known_id(earlier).is_some()).cloned();
            segments.push(match segment {
                "{id}" => about.and_then(|about| known_id(&about)).unwrap_or_else(|| id("wh")),
                "{job}" => id("job"),
                "{merge_id}" => id("mrg"),
                "{attempt}" => id("att"),
                placeholder if placeholder.starts_with('{') => "acme.nothing".to_owned(),
                plain => plain.to_owned(),
            });
        }
        segments.join("/")
    }
}

fn id(prefix: &str) -> String {
    format!("{prefix}_{}", "0".repeat(26))
}

/// The form of the ids below that part of a path.
fn known_id(segment: &str) -> Option<String> {
    Some(match segment {
        "webhooks" => id("wh"),
        "deliveries" => id("dlv"),
        "events" => id("evt"),
        "contacts" => id("con"),
        "companies" => id("com"),
        "segments" => "7264".to_owned(),
        "lists" => id("lst"),
        "jobs" => id("job"),
        "signals" => id("sig"),
        "visitors" => id("vis"),
        "suppressions" => id("sup"),
        "members" => id("mem"),
        "invitations" => id("inv"),
        "api" => id("key"),
        "write" => id("wk"),
        _ => return None,
    })
}

/// Every route of the pages.
pub(crate) fn routes() -> Vec<Route> {
    let mut waiting = vec![Path::new(env!("CARGO_MANIFEST_DIR")).join("src/web")];
    let mut routes = vec![];
    while let Some(path) = waiting.pop() {
        if path.is_dir() {
            waiting.extend(fs::read_dir(path).unwrap().map(|entry| entry.unwrap().path()));
            continue;
        }
        let text = fs::read_to_string(&path).unwrap();
        for (at, found) in text.match_indices(".route(") {
            routes.push(route(&text[at + found.len()..], &text, &path));
        }
    }
    routes
}

/// Reads what follows `.route(`, up to its closing parenthesis.
fn route(rest: &str, text: &str, file: &Path) -> Route {
    let mut depth = 1;
    let end = rest.find(|c: char| {
        depth += i32::from(c == '(') - i32::from(c == ')');
        depth == 0
    });
    let inside = &rest[..end.unwrap_or_else(|| panic!("{}: a route has no end", file.display()))];
    let (path, methods) = inside.split_once(',').unwrap();
    let path = match path.trim().strip_prefix('"') {
        Some(literal) => literal.trim_end_matches('"').to_owned(),
        None => {
            let constant = format!("const {}: &str = \"", path.trim());
            let at = text.find(&constant).unwrap_or_else(|| panic!("{}: {path} is not read", file.display()));
            text[at + constant.len()..].split('"').next().unwrap().to_owned()
        }
    };
    Route { path, methods: methods.trim().to_owned(), file: file.to_owned() }
}

/// What may be changed from the pages, and by whom at least.
fn changes() -> Vec<(String, Role)> {
    let posts = routes().into_iter().filter(|route| route.takes("post"));
    let changes = posts.filter(|route| !FOR_ALL.contains(&&*route.path));
    let changes = changes.filter(|route| !LOOKING.iter().any(|end| route.path.ends_with(end)));
    changes
        .map(|route| {
            let least = if route.path.starts_with("/settings") { Role::Admin } else { Role::Member };
            (route.example(), least)
        })
        .collect()
}

#[tokio::test]
async fn every_change_is_refused_to_those_whose_role_is_not_enough() {
    let house = House::new().await;
    let changes = changes();
    assert!(changes.len() >= 10, "the sources are read: {changes:?}");
    for role in [Role::Viewer, Role::Member, Role::Admin, Role::Owner] {
        let browser = house.signed_in(role).await;
        for (path, least) in &changes {
            let answer = browser.submit(path, &[]).await;
            let refused = answer.status == 403;
            assert_eq!(refused, role < *least, "{role} posts to {path}: {}: {}", answer.status, answer.text);
        }
    }
}

#[tokio::test]
async fn a_change_that_another_site_sends_is_refused_whoever_is_signed_in() {
    let house = House::new().await;
    let owner = house.signed_in(Role::Owner).await;
    let posts: Vec<_> = routes().into_iter().filter(|route| route.takes("post")).collect();
    assert!(posts.len() >= 15, "the sources are read");
    for foreign in [
        &[("sec-fetch-site", "cross-site")][..],
        &[("sec-fetch-site", "same-site")],
        &[("origin", "https://evil.example"), ("host", "beckon.example")],
        &[("origin", "null"), ("host", "beckon.example")],
        &[],
    ] {
        for route in &posts {
            let mut request = Request::builder()
                .method(Method::POST)
                .uri(route.example())
                .header(COOKIE, owner.cookie())
                .header(CONTENT_TYPE, "application/x-www-form-urlencoded");
            for (name, value) in foreign {
                request = request.header(*name, *value);
            }
            let answer = house.send(request.body(axum::body::Body::from("name=x")).unwrap()).await;
            assert_eq!(answer.status, 403, "{} with {foreign:?}", route.path);
            answer.shows(&["this was not sent by a page of Beckon"]);
        }
    }
    assert_eq!(owner.page("/account").await.status, 200, "nobody was signed out");
}

#[tokio::test]
async fn nothing_but_coming_in_is_open_to_strangers() {
    let house = House::new().await;
    let stranger = house.stranger();
    let open = ["/sign-in", "/welcome/{token}", "/assets/{version}/{name}"];
    let only_portal = |route: &crate::page_routes::Route| route.file.ends_with("web/portal.rs");
    // Read only, if a workspace wishes.
    let public_catalog = |path: &str| path.starts_with("/public/");
    for route in routes().into_iter().filter(|route| !only_portal(route) && route.takes("get")) {
        if open.contains(&&*route.path) || public_catalog(&route.path) {
            continue;
        }
        let answer = stranger.page(&route.example()).await;
        assert!(answer.leads_to().starts_with("/sign-in"), "{}", route.path);
    }
}

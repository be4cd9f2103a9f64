//! Portal links: what they open, for how long, and what they never open.

#![expect(clippy::unwrap_used, reason = "a panic here is a failed test")]

use std::sync::Arc;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use beckon_domain::member::Role;
use beckon_server::{Options, PortalOptions};
use beckon_testkit::{FakeClock, ambient::ambient_with};
use bytes::Bytes;
use hmac::{Hmac, KeyInit as _, Mac as _};
use http::header::{COOKIE, LOCATION};
use http::{Method, Request};
use jiff::SignedDuration;
use serde_json::json;
use sha2::Sha256;

use crate::house::{Answer, House};
use crate::page_routes::routes;

const SVG: &str = r#"<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>"#;

fn looks() -> Options {
    let portal = PortalOptions {
        name: Some("Acme <Events>".to_owned()),
        logo: Some(("image/svg+xml".to_owned(), Bytes::from(SVG))),
        accent: Some(["#7a1fa2".to_owned(), "#d48ef0".to_owned()]),
        frame_ancestors: vec!["https://app.acme.com".to_owned(), "http://localhost:3000".to_owned()],
    };
    Options { portal: Arc::new(portal), ..Options::default() }
}

/// The path of a link made by the API.
async fn link(house: &House, expires_in: i64) -> String {
    let made = house.post("/api/v1/portal-links", json!({"label": "Acme", "expires_in": expires_in})).await;
    assert_eq!((made.status.as_u16(), &made.headers["cache-control"]), (201, &"no-store".parse().unwrap()));
    let url = made.json()["url"].as_str().unwrap().to_owned();
    url[url.find("/portal/").unwrap()..].to_owned()
}

fn token(path: &str) -> &str {
    path.strip_prefix("/portal/").unwrap()
}

async fn page(house: &House, path: &str) -> Answer {
    house.stranger().page(path).await
}

#[tokio::test]
async fn where_there_is_nothing_the_way_back_stays_in_the_portal_and_the_page_in_its_place() {
    let house = House::with(looks()).await;
    let portal = link(&house, 600).await;
    for lost in ["webhooks/wh_01arz3ndektsv4rrffq69g5fav", "webhooks/nonsense", "segments", "no-such-page"] {
        let answer = page(&house, &format!("{portal}/{lost}")).await;
        assert_eq!(answer.status, 404, "{lost}");
        answer.shows(&[&format!("href=\"{portal}/webhooks\"")]);
        assert!(
            answer.headers["content-security-policy"].to_str().unwrap().starts_with("default-src 'none'"),
            "{lost}"
        );
    }
    let outside = page(&house, "/no-such-page").await;
    outside.shows(&["href=\"/\"", "Go to the start"]);
    assert_eq!(outside.headers["x-frame-options"], "DENY");
}

#[tokio::test]
async fn a_link_opens_the_webhooks_with_the_operators_name_logo_and_colour() {
    let house = House::with(looks()).await;
    let portal = link(&house, 600).await;
    assert_eq!(page(&house, &portal).await.leads_to(), format!("{portal}/webhooks"));
    let shown = page(&house, &format!("{portal}/webhooks")).await;
    assert_eq!(shown.status, 200);
    shown.shows(&["Acme &lt;Events&gt;", &format!("{portal}/logo"), &format!("{portal}/accent.css")]);
    for hidden in ["/segments\"", "/contacts\"", "/settings", "/account", "Sign out"] {
        assert!(!shown.text.contains(hidden), "{hidden}");
    }
    let css = page(&house, &format!("{portal}/accent.css")).await;
    assert_eq!(css.headers["content-type"], "text/css; charset=utf-8");
    css.shows(&["--accent:light-dark(#7a1fa2,#d48ef0)"]);
}

#[tokio::test]
async fn a_logo_is_a_picture_and_runs_nothing() {
    let house = House::with(looks()).await;
    let logo = page(&house, &format!("{}/logo", link(&house, 600).await)).await;
    assert_eq!((logo.text.as_str(), &logo.headers["content-type"]), (SVG, &"image/svg+xml".parse().unwrap()));
    let policy = logo.headers["content-security-policy"].to_str().unwrap();
    assert!(policy.contains("default-src 'none'") && policy.ends_with("sandbox") && !policy.contains("script-src"));
    assert_eq!(logo.headers["x-content-type-options"], "nosniff");
    let plain = House::new().await;
    for part in ["logo", "accent.css"] {
        assert_eq!(page(&plain, &format!("{}/{part}", link(&plain, 600).await)).await.status, 404, "{part}");
    }
}

#[tokio::test]
async fn only_the_portal_may_be_framed_and_only_by_whom_the_operator_names() {
    let house = House::with(looks()).await;
    let browser = house.signed_in(Role::Owner).await;
    let inside = page(&house, &format!("{}/webhooks", link(&house, 600).await)).await;
    let policy = |answer: &Answer| answer.headers["content-security-policy"].to_str().unwrap().to_owned();
    assert!(policy(&inside).ends_with("frame-ancestors https://app.acme.com http://localhost:3000"));
    assert!(!inside.headers.contains_key("x-frame-options"));
    assert_eq!(inside.headers["referrer-policy"], "no-referrer");
    for outside in [browser.page("/webhooks").await, page(&house, "/sign-in").await] {
        assert!(policy(&outside).ends_with("frame-ancestors 'none'"));
        assert_eq!(outside.headers["x-frame-options"], "DENY");
        assert_eq!(outside.headers["referrer-policy"], "same-origin");
    }
    let plain = House::new().await;
    let unframed = page(&plain, &format!("{}/webhooks", link(&plain, 600).await)).await;
    assert!(policy(&unframed).ends_with("frame-ancestors 'none'"), "nobody may, unless somebody is named");
    assert_eq!(unframed.headers["x-frame-options"], "DENY");
}

#[tokio::test]
async fn a_link_that_was_forged_or_changed_opens_nothing() {
    let house = House::new().await;
    let portal = link(&house, 600).await;
    let (claims, seal) = token(&portal).split_once('.').unwrap();
    let sealed = |claims: &str, key: &[u8; 32]| {
        let seal = Hmac::<Sha256>::new_from_slice(key).unwrap().chain_update(claims).finalize().into_bytes();
        format!("{}.{}", URL_SAFE_NO_PAD.encode(claims), URL_SAFE_NO_PAD.encode(seal))
    };
    let said = String::from_utf8(URL_SAFE_NO_PAD.decode(claims).unwrap()).unwrap();
    assert_eq!(page(&house, &format!("/portal/{}/webhooks", sealed(&said, &[7; 32]))).await.status, 200, "as ours are");
    let elsewhere = house.add_workspace("bk_other_0123456789").await;
    let changed = URL_SAFE_NO_PAD.encode(said.replace(&house.workspace.to_string(), &elsewhere.to_string()));
    for (what, forged) in [
        ("another key", sealed(&said, &[8; 32])),
        ("another workspace", format!("{changed}.{seal}")),
        ("no seal", format!("{claims}.")),
        ("half a seal", format!("{claims}.{}", &seal[..20])),
        ("only claims", claims.to_owned()),
        ("another's seal", format!("{claims}.{}", token(&link(&house, 60).await).split_once('.').unwrap().1)),
        ("no link at all", "x".to_owned()),
        ("something long", "x.".repeat(1_000)),
        ("claims that are none", sealed("{}", &[7; 32])),
    ] {
        for end in ["", "/webhooks", "/logo", "/live"] {
            let answer = page(&house, &format!("/portal/{forged}{end}")).await;
            assert_eq!(answer.status, 404, "{what}: {end}");
        }
    }
}

#[tokio::test]
async fn a_link_opens_until_it_expires() {
    let clock = Arc::new(FakeClock::default());
    let house = House::over(Options::default(), ambient_with(clock.clone())).await;
    let portal = format!("{}/webhooks", link(&house, 60).await);
    clock.advance(SignedDuration::from_millis(59_999));
    assert_eq!(page(&house, &portal).await.status, 200);
    clock.advance(SignedDuration::from_millis(1));
    let late = page(&house, &portal).await;
    assert_eq!(late.status, 404);
    late.shows(&["this link has expired"]);
}

/// The files of the pages that a link opens.
const OPENED: &[&str] = &["webhooks", "deliveries", "events", "catalog", "jump", "live", "portal"];

#[tokio::test]
async fn a_link_opens_nothing_outside_the_webhooks_part() {
    let house = House::new().await;
    let portal = link(&house, 600).await;
    let pages = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("src/web");
    let is_opened = |file: &std::path::Path| {
        let part = file.strip_prefix(&pages).unwrap().iter().next().unwrap().to_str().unwrap();
        OPENED.contains(&part.trim_end_matches(".rs"))
    };
    let outside: Vec<_> = routes().into_iter().filter(|route| !is_opened(&route.file)).collect();
    assert!(outside.len() >= 10, "the sources are read");
    for path in outside.iter().map(crate::page_routes::Route::example).chain(["".to_owned() + "/api/v1/webhooks"]) {
        if path == "/" {
            // The portal's own beginning.
            continue;
        }
        let inside = page(&house, &format!("{portal}{path}")).await;
        assert_eq!(inside.status, 404, "{path} below the portal");
        let post = Request::post(format!("{portal}{path}")).header("sec-fetch-site", "same-origin");
        let answer = house.send(post.body(axum::body::Body::empty()).unwrap()).await;
        assert_eq!(answer.status, 404, "{path} below the portal");
    }
    // The token is no session, and no key.
    let cookie = Request::get("/account").header(COOKIE, format!("beckon_session={}", token(&portal)));
    let answer = house.send(cookie.body(axum::body::Body::empty()).unwrap()).await;
    assert!(answer.headers[LOCATION].to_str().unwrap().starts_with("/sign-in"));
    for key in [token(&portal), &token(&portal)[..200]] {
        assert_eq!(house.call_as(key, Method::GET, "/api/v1/webhooks", "").await.status, 401);
    }
    // And the other way round: a session opens no portal.
    let owner = house.signed_in(Role::Owner).await;
    let session = owner.cookie().strip_prefix("beckon_session=").unwrap();
    assert_eq!(page(&house, &format!("/portal/{session}/webhooks")).await.status, 404);
}

#[tokio::test]
async fn a_link_shows_one_workspace_and_what_is_done_with_it_is_noted() {
    let house = House::new().await;
    let other = "bk_other_0123456789";
    house.add_workspace(other).await;
    let body = json!({"url": "https://a.example/", "event_types": ["contact.visited"]}).to_string();
    let foreign = house.call_as(other, Method::POST, "/api/v1/webhooks", &body).await.id();
    let own = house.post("/api/v1/webhooks", &body).await.id();
    let portal = link(&house, 600).await;
    assert_eq!(page(&house, &format!("{portal}/webhooks/{own}")).await.status, 200);
    assert_eq!(page(&house, &format!("{portal}/webhooks/{foreign}")).await.status, 404);

    let disabled = house.stranger().submit(&format!("{portal}/webhooks/{own}/disable"), &[("reason", "")]).await;
    assert_eq!(disabled.status, 303, "{}", disabled.text);
    let noted = house.get(&format!("/api/v1/audit-log?subject={own}")).await.json();
    let actor = &noted["data"][0]["actor"];
    assert_eq!(actor["kind"], "portal");
    let made = house.get(&format!("/api/v1/audit-log?subject={}", actor["id"].as_str().unwrap())).await.json();
    assert_eq!(made["data"][0]["action"], "portal_link.created");
    assert_eq!(made["data"][0]["after"]["label"], "Acme");
    assert!(!made.to_string().contains(token(&portal)), "the log does not open it");
}

#[tokio::test]
async fn a_link_to_make_is_checked() {
    let house = House::new().await;
    let asked = async |body| house.post("/api/v1/portal-links", body).await;
    assert_eq!(asked(json!({})).await.fields(), ["label"]);
    assert_eq!(asked(json!({"label": " ", "expires_in": 86_401})).await.fields(), ["expires_in", "label"]);
    assert_eq!(asked(json!({"label": "a", "for": "b"})).await.fields(), ["for"]);
    let public = Options { public_url: Some("https://beckon.acme.com".to_owned()), ..Options::default() };
    let made = House::with(public).await.post("/api/v1/portal-links", json!({"label": "a"})).await.json();
    assert!(made["url"].as_str().unwrap().starts_with("https://beckon.acme.com/portal/"), "{made}");
}

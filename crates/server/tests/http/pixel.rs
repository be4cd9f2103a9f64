//! The pixel over HTTP: the script and its headers, the calls it sends, the cookie, the sites and Global Privacy Control.

#![expect(clippy::unwrap_used, reason = "a panic here is a failed test")]

use std::io::Read;

use axum::body::Body;
use beckon_domain::member::Role;
use flate2::read::GzDecoder;
use http::{HeaderMap, Method, Request};
use serde_json::{Value, json};
use tower::ServiceExt;

use crate::house::{Answer, House};

/// The most that the script may have when compressed: 2.5 KB.
const GZIPPED_BYTES_MAX: usize = 2_500;

async fn write_key(house: &House) -> String {
    house.post("/api/v1/write-keys", json!({ "name": "site" })).await.json()["key"].as_str().unwrap().to_owned()
}

async fn ask(house: &House, method: Method, path: &str, headers: &[(&str, &str)]) -> (u16, HeaderMap, Vec<u8>) {
    let mut request = Request::builder().method(method).uri(path);
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    let response = house.router.clone().oneshot(request.body(Body::empty()).unwrap()).await.unwrap();
    let (parts, body) = response.into_parts();
    let bytes = axum::body::to_bytes(body, usize::MAX).await.unwrap();
    (parts.status.as_u16(), parts.headers, bytes.to_vec())
}

/// Sends what the script sends, from a page of that origin.
async fn send(house: &House, key: &str, items: Value, headers: &[(&str, &str)]) -> Answer {
    let all = [&[("content-type", "text/plain;charset=UTF-8")], headers].concat();
    let body = json!({ "batch": items, "sentAt": "2026-11-24T08:00:00.000Z" }).to_string();
    house.call_with(Method::POST, &format!("/beckon.js?k={key}"), &body, &all).await
}

fn view(id: &str, url: &str) -> Value {
    json!({ "type": "page", "messageId": format!("{id} {url}"), "anonymousId": id,
        "context": { "page": { "url": url, "path": "/pricing" }, "consent": "granted" } })
}

// behaviour W5 (in part)
#[tokio::test]
async fn the_script_is_small_kept_for_long_and_may_stand_in_any_page() {
    let house = House::new().await;
    let (status, headers, zipped) = ask(&house, Method::GET, "/beckon.js", &[("accept-encoding", "br, gzip")]).await;
    assert_eq!((status, &headers["content-encoding"]), (200, &"gzip".parse().unwrap()));
    assert!(zipped.len() <= GZIPPED_BYTES_MAX, "{} bytes", zipped.len());
    for (name, value) in [
        ("content-type", "text/javascript; charset=utf-8"),
        ("cache-control", "public, max-age=86400, stale-while-revalidate=604800"),
        ("vary", "Accept-Encoding"),
        ("access-control-allow-origin", "*"),
        ("cross-origin-resource-policy", "cross-origin"),
        ("x-content-type-options", "nosniff"),
    ] {
        assert_eq!(headers[name], value, "{name}");
    }
    assert!(!headers.contains_key("set-cookie"));

    let (_, bare, plain) = ask(&house, Method::GET, "/beckon.js", &[]).await;
    let mut unzipped = Vec::new();
    GzDecoder::new(&zipped[..]).read_to_end(&mut unzipped).unwrap();
    assert_eq!((unzipped == plain, bare.contains_key("content-encoding")), (true, false));
    let text = String::from_utf8(plain).unwrap();
    assert!(!text.lines().any(|line| line.is_empty() || line.starts_with([' ', '/'])), "nothing but the script");

    let tag = headers["etag"].to_str().unwrap();
    let strong = tag.trim_start_matches("W/");
    for known in [tag, strong, &format!("\"other\", {tag}"), "*"] {
        let (status, again, body) = ask(&house, Method::GET, "/beckon.js", &[("if-none-match", known)]).await;
        assert_eq!((status, body.len(), again["etag"].to_str().unwrap()), (304, 0, tag), "{known}");
    }
    assert_eq!(ask(&house, Method::GET, "/beckon.js", &[("if-none-match", "\"other\"")]).await.0, 200);
}

#[tokio::test]
async fn the_script_has_any_name_and_is_in_nobodys_way() {
    let house = House::new().await;
    let (_, _, script) = ask(&house, Method::GET, "/beckon.js", &[]).await;
    for path in ["/a.js", "/main-2.min.js"] {
        assert_eq!(ask(&house, Method::GET, path, &[]).await.2, script, "{path}");
    }
    for path in ["/nothing", "/.js", "/beckon.css", "/a/b.js", "/api/v1/x.js"] {
        let (status, headers, _) = ask(&house, Method::GET, path, &[]).await;
        assert_eq!((status, &headers["content-type"]), (404, &"application/problem+json".parse().unwrap()), "{path}");
        assert_eq!(ask(&house, Method::POST, path, &[]).await.0, 404, "{path}");
    }
    let (_, page, _) = ask(&house, Method::GET, "/nothing", &[("accept", "text/html")]).await;
    assert!(page["content-type"].to_str().unwrap().starts_with("text/html"));
    assert_eq!(ask(&house, Method::GET, "/settings", &[]).await.0, 303);
    assert_eq!(ask(&house, Method::DELETE, "/a.js", &[]).await.0, 405);
}

// behaviour W3 (in part)
#[tokio::test]
async fn a_page_of_any_site_may_send_without_a_preflight_and_read_the_answer() {
    let house = House::new().await;
    let key = write_key(&house).await;
    let sent =
        send(&house, &key, json!([view("b1", "https://acme.com/pricing")]), &[("origin", "https://acme.com")]).await;
    assert_eq!((sent.status.as_u16(), &sent.json()["accepted"]), (200, &json!(1)), "{}", sent.text);
    assert_eq!(sent.headers["access-control-allow-origin"], "https://acme.com");
    assert_eq!(sent.headers["access-control-allow-credentials"], "true");
    assert_eq!(sent.headers["access-control-expose-headers"], "Retry-After");
    let again = send(&house, &key, json!([view("b1", "https://acme.com/pricing")]), &[]).await;
    assert_eq!(again.json()["duplicates"], 1, "sent twice, it counts once");

    // Whoever puts another content type on it is told yes.
    let asks = [("origin", "https://acme.com"), ("access-control-request-headers", "content-type")];
    let (status, headers, _) = ask(&house, Method::OPTIONS, "/beckon.js", &asks).await;
    assert_eq!((status, &headers["access-control-allow-headers"]), (204, &"content-type".parse().unwrap()));

    let unknown = send(&house, "nobodys", json!([]), &[("origin", "https://acme.com")]).await;
    assert_eq!((unknown.status.as_u16(), &unknown.json()["code"]), (401, &json!("write_key_unknown")));
    assert_eq!(unknown.headers["access-control-allow-origin"], "https://acme.com", "the page may read that, too");
}

#[tokio::test]
async fn a_page_of_the_same_site_gets_its_visitors_id_to_keep() {
    let house = House::new().await;
    let key = write_key(&house).await;
    let here = [("sec-fetch-site", "same-origin"), ("origin", "https://acme.com")];
    let kept = send(&house, &key, json!([view("b-1", "https://acme.com/a")]), &here).await;
    assert_eq!(kept.headers["set-cookie"], "beckon_id=b-1; Path=/; Max-Age=34560000; SameSite=Lax; Secure");

    let mut cookieless = view("b-2", "https://acme.com/a");
    cookieless["context"]["consent"] = "cookieless".into();
    let mut private = view("b-3", "https://acme.com/a");
    private["context"]["gpc"] = true.into();
    for (why, item, headers) in [
        ("another site's page", view("b-4", "https://acme.com/a"), vec![("sec-fetch-site", "cross-site")]),
        ("no consent to keep anything", cookieless, here.to_vec()),
        ("Global Privacy Control in the item", private, here.to_vec()),
        ("Global Privacy Control", view("b-5", "https://acme.com/a"), [&here[..], &[("sec-gpc", "1")]].concat()),
        ("an odd id", view("b;6", "https://acme.com/a"), here.to_vec()),
    ] {
        let sent = send(&house, &key, json!([item]), &headers).await;
        assert_eq!(
            (sent.json()["accepted"].clone(), sent.headers.contains_key("set-cookie")),
            (json!(1), false),
            "{why}"
        );
    }
    let body = json!({ "batch": [view("b-7", "https://www.acme.com/a")] }).to_string();
    let www = [("sec-fetch-site", "same-site"), ("origin", "https://www.acme.com")];
    let broad = house.call_with(Method::POST, &format!("/x.js?k={key}&d=acme.com"), &body, &www).await;
    assert!(broad.headers["set-cookie"].to_str().unwrap().contains("; Domain=acme.com;"));
}

#[tokio::test]
async fn what_comes_from_a_page_of_a_site_that_is_not_admitted_does_not_count() {
    let house = House::new().await;
    let key = write_key(&house).await;
    let sites = json!({ "sites": { "allow": ["acme.com", "*.acme.com"], "deny": ["staging.acme.com", "https://acme.com/careers"] } });
    assert_eq!(house.patch("/api/v1/settings", sites).await.status, 200);
    let here = "https://acme.com/pricing";
    for (origin, url, accepted) in [
        (Some("https://acme.com"), here, 1),
        (Some("https://www.acme.com"), "https://www.acme.com/", 1),
        (Some("https://acme.com"), "https://acme.com/careers/1", 0),
        (Some("https://staging.acme.com"), "https://staging.acme.com/", 0),
        // Whatever an item says of itself, the browser says where it came from.
        (Some("https://staging.acme.com"), here, 0),
        (Some("https://evil.example"), here, 0),
        (Some("null"), here, 0),
        (None, here, 0),
    ] {
        let headers: Vec<_> = origin.map(|origin| ("origin", origin)).into_iter().collect();
        let id = format!("{origin:?}").replace(|c: char| !c.is_ascii_alphanumeric(), "");
        let sent = send(&house, &key, json!([view(&id, url)]), &headers).await;
        assert_eq!((sent.status.as_u16(), &sent.json()["accepted"]), (200, &json!(accepted)), "{origin:?} {url}");
        if accepted == 0 {
            let refused = &sent.json()["rejected"][0];
            assert_eq!((&refused["index"], &refused["code"]), (&json!(0), &json!("site_not_admitted")), "{refused}");
            assert!(!sent.headers.contains_key("set-cookie"));
        }
    }
    let signals = house.get("/api/v1/signals").await.json();
    assert_eq!(signals["data"].as_array().unwrap().len(), 2);
}

// behaviour Q13
#[tokio::test]
async fn global_privacy_control_leaves_nobody_identified_and_announces_nobody() {
    let house = House::new().await;
    let key = write_key(&house).await;
    house.post("/api/v1/contacts", json!({ "email": "jane@acme.com", "title": "VP" })).await;
    let rule = json!({ "all": [] });
    for subject in ["contact", "company"] {
        let segment =
            json!({ "name": subject, "subject": subject, "rule": rule, "enabled": true, "actions": ["webhook"] });
        assert_eq!(house.post("/api/v1/segments", segment).await.status, 201);
    }
    let identify =
        json!({ "type": "identify", "anonymousId": "b1", "userId": "u1", "traits": { "email": "jane@acme.com" } });
    let group = json!({ "type": "group", "anonymousId": "b1", "groupId": "g1", "traits": { "domain": "acme.com" } });
    let page = |n: u32| {
        json!({ "type": "page", "messageId": format!("m{n}"), "anonymousId": "b1", "userId": "u1",
            "context": { "page": { "path": "/pricing" }, "traits": { "email": "jane@acme.com" } } })
    };
    let private = [("sec-gpc", "1")];
    let sent = send(&house, &key, json!([identify, group, page(1)]), &private).await.json();
    assert_eq!((&sent["accepted"], sent["rejected"].as_array().unwrap().len()), (&json!(1), 2), "{sent}");
    assert!(sent["rejected"].as_array().unwrap().iter().all(|item| item["code"] == "privacy_control"), "{sent}");

    // Identified in this browser before, by a visit without it: still nobody now.
    let known = send(&house, &key, json!([identify]), &[]).await.json();
    assert_eq!(known["accepted"], 1, "{known}");
    let mut marked = page(2);
    marked["context"]["gpc"] = true.into();
    for (item, headers) in [(page(3), &private[..]), (marked, &[])] {
        assert_eq!(send(&house, &key, json!([item]), headers).await.json()["accepted"], 1);
    }
    // By any other door as well.
    let basic = ("authorization", "Basic ".to_owned() + &base64(&format!("{key}:")));
    let elsewhere = [("sec-gpc", "1"), (basic.0, basic.1.as_str())];
    let identified = house.call_with(Method::POST, "/v1/identify", &identify.to_string(), &elsewhere).await.json();
    assert_eq!(identified["rejected"][0]["code"], "privacy_control", "{identified}");

    let signals = house.get("/api/v1/signals").await.json();
    let pages: Vec<_> = signals["data"].as_array().unwrap().iter().filter(|signal| signal["kind"] == "page").collect();
    assert_eq!(pages.len(), 3);
    for signal in pages {
        assert_eq!((&signal["contact_id"], &signal["company_id"]), (&Value::Null, &Value::Null), "{signal}");
        assert!(!signal.to_string().contains("jane@acme.com") && !signal.to_string().contains("u1\""), "{signal}");
    }
    assert_eq!(house.get("/api/v1/events").await.json()["data"], json!([]), "nobody was told of");

    // The same page view without it: the person is told of.
    assert_eq!(send(&house, &key, json!([page(4)]), &[]).await.json()["accepted"], 1);
    let events = house.get("/api/v1/events").await.json();
    assert_eq!(events["data"][0]["type"], "contact.visited", "{events}");
}

fn base64(text: &str) -> String {
    use base64::Engine as _;
    base64::engine::general_purpose::STANDARD.encode(text)
}

#[tokio::test]
async fn the_pixel_is_called_what_a_workspace_wants_and_the_lines_say_so() {
    let house = House::new().await;
    let key = write_key(&house).await;
    let admin = house.signed_in(Role::Admin).await;
    let shown =
        |page: &str| page.replace("&quot;", "\"").replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&");
    let page = shown(&admin.page("/settings/sites").await.text);
    assert!(
        page.contains(&format!("<script async src=\"http://localhost/beckon.js\" data-key=\"{key}\"></script>")),
        "{page}"
    );

    let form = [("pixel/path", "/acme.js"), ("pixel/name", "acme"), ("pixel/base", "https://www.acme.com/w")];
    assert_eq!(admin.submit("/settings/pixel", &form).await.leads_to(), "/settings/sites");
    let line =
        format!("<script async src=\"https://www.acme.com/w/acme.js\" data-key=\"{key}\" data-name=\"acme\"></script>");
    for path in ["/settings/sites", "/"] {
        let page = shown(&admin.page(path).await.text);
        assert!(page.contains(&line) && page.contains("(window, \"acme\");"), "{path}: {page}");
    }
    let known = house.get("/api/v1/settings").await.json();
    assert_eq!(known["pixel"], json!({ "path": "/acme.js", "name": "acme", "base": "https://www.acme.com/w" }));

    let wrong = [("pixel/path", "/settings"), ("pixel/name", "location"), ("pixel/base", "nowhere")];
    let answer = admin.submit("/settings/pixel", &wrong).await;
    assert_eq!(answer.status, 422);
    answer.shows(&["id=\"field-pixel-path-error\"", "id=\"field-pixel-name-error\"", "id=\"field-pixel-base-error\""]);
    let wrong = json!({ "pixel": { "path": "/a/b.js", "name": "1", "base": "x" } });
    let fields = house.patch("/api/v1/settings", wrong).await.fields();
    assert_eq!(fields, ["pixel/base", "pixel/name", "pixel/path"]);
    house.patch("/api/v1/settings", json!({ "pixel": null })).await;
    assert_eq!(house.get("/api/v1/settings").await.json()["pixel"]["path"], "/beckon.js");
}

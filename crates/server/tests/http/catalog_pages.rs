//! The pages of the event catalog: what they show, defining types of one's own, and the public ones.

#![expect(clippy::unwrap_used, reason = "a panic here is a failed test")]

use axum::body::Body;
use beckon_domain::member::Role;
use beckon_domain::settings::WorkspaceSettings;
use beckon_store::audit::AuditFilter;
use beckon_store::{AuditStore, PageRequest, SettingsStore};
use http::Request;
use serde_json::json;

use crate::house::{Answer, House};

const SCHEMA: &str =
    r#"{"type":"object","required":["id"],"properties":{"id":{"type":"string","description":"Which <one>."}}}"#;

async fn anybody(house: &House, path: &str) -> Answer {
    house.send(Request::get(path).body(Body::empty()).unwrap()).await
}

// behaviour U7
#[tokio::test]
async fn an_event_type_is_told_by_fields_example_schema_and_typescript() {
    let house = House::new().await;
    let browser = house.signed_in(Role::Viewer).await;
    let webhook = json!({"url": "https://a.example/", "event_types": ["contact.visited"], "description": "Zapier <x>"});
    house.post("/api/v1/webhooks", webhook).await;
    browser.page("/catalog").await.shows(&["contact.visited", "Built in", "Notice", "Zapier &lt;x&gt;", "None yet"]);

    let path = "/catalog/contact.visited";
    let shown = browser.page(path).await;
    shown.shows(&[
        "linkedin_url",
        "string or null",
        "always there",
        "optional",
        "format date-time",
        "Zapier &lt;x&gt;",
    ]);
    shown.shows(&["High Intent - ABM Contacts", "data-copy=", "aria-label=\"Copy the example as JSON\""]);
    browser.page(&format!("{path}?as=schema")).await.shows(&["&quot;properties&quot;", "Copy the JSON Schema"]);
    browser
        .page(&format!("{path}?as=typescript"))
        .await
        .shows(&["export interface ContactVisited {", "Copy the TypeScript"]);
    assert_eq!(browser.page("/catalog/no.such").await.status, 404);
}

// behaviour U7 (in part)
#[tokio::test]
async fn an_event_type_is_defined_changed_and_deleted() {
    let house = House::new().await;
    let browser = house.signed_in(Role::Member).await;
    browser.page("/catalog/new").await.shows(&[
        "Create event type",
        "JSON Schema",
        "data-preview=\"/catalog/preview\"",
    ]);
    let typed =
        [("name", "order.paid"), ("description", "When <paid>."), ("schema", SCHEMA), ("example", r#"{"id":"1"}"#)];
    let path = browser.submit("/catalog/new", &typed).await.leads_to();
    assert_eq!(path, "/catalog/order.paid");
    browser.page(&path).await.shows(&["Your own", "When &lt;paid&gt;.", "Which &lt;one&gt;.", "Edit", "Delete"]);
    let again = browser.submit("/catalog/new", &typed).await;
    assert_eq!(again.status, 409);
    again.shows(&["value=\"order.paid\"", "When &lt;paid&gt;."]);

    browser.page(&format!("{path}/edit")).await.shows(&["Edit order.paid", "&quot;required&quot;", "Save"]);
    let changed = [("description", "Changed."), ("schema", ""), ("example", "")];
    assert_eq!(browser.submit(&format!("{path}/edit"), &changed).await.leads_to(), path);
    let known = house.get("/api/v1/event-types/order.paid").await.json();
    assert_eq!((&known["description"], &known["schema"]), (&json!("Changed."), &json!(null)));

    let webhook = json!({"url": "https://a.example/", "event_types": ["order.paid"]});
    let webhook = house.post("/api/v1/webhooks", webhook).await.id();
    let kept = browser.submit(&format!("{path}/delete"), &[]).await;
    assert_eq!(kept.status, 409);
    kept.shows(&["This was not deleted", "order.paid"]);
    house.delete(&format!("/api/v1/webhooks/{webhook}")).await;
    assert_eq!(browser.submit(&format!("{path}/delete"), &[]).await.leads_to(), "/catalog");
    assert_eq!(browser.page(&path).await.status, 404);
    let log = house.store.list_audit(house.workspace, &AuditFilter::default(), PageRequest::default()).await.unwrap();
    let actions = log.rows.iter().map(|entry| entry.action.as_str());
    let actions: Vec<_> = actions.filter(|action| action.starts_with("event_type.")).collect();
    assert_eq!(actions, ["event_type.deleted", "event_type.updated", "event_type.created"]);
}

#[tokio::test]
async fn a_wrong_definition_is_shown_again_with_each_error_at_its_field() {
    let house = House::new().await;
    let browser = house.signed_in(Role::Member).await;
    let odd = [("name", "Order"), ("description", "kept"), ("schema", "{\"type\": <"), ("example", "{}")];
    let refused = browser.submit("/catalog/new", &odd).await;
    assert_eq!(refused.status, 422);
    refused.shows(&[
        "id=\"field-schema-error\"",
        "is not JSON",
        "{&quot;type&quot;: &lt;",
        "value=\"Order\"",
        ">\nkept<",
    ]);
    let misfit = [("name", "order.paid"), ("schema", SCHEMA), ("example", "{}")];
    let refused = browser.submit("/catalog/new", &misfit).await;
    assert_eq!(refused.status, 422);
    refused.shows(&["id=\"field-example-error\""]);
    let named = [("name", "contact.won"), ("schema", r#"{"type":"nonsense"}"#)];
    browser.submit("/catalog/new", &named).await.shows(&["id=\"field-name-error\"", "id=\"field-schema-error\""]);
    let built_in = browser.submit("/catalog/contact.visited/edit", &[("description", "x")]).await;
    assert_eq!(built_in.status, 409);
}

#[tokio::test]
async fn the_fields_are_shown_while_a_schema_is_typed() {
    let house = House::new().await;
    let browser = house.signed_in(Role::Member).await;
    let preview = async |schema: &str, example: &str| {
        let answer = browser.submit("/catalog/preview", &[("schema", schema), ("example", example)]).await;
        assert_eq!(answer.status, 200, "{}", answer.text);
        assert!(!answer.text.contains("<html"), "a fragment");
        answer
    };
    preview(SCHEMA, r#"{"id":"1"}"#).await.shows(&["The example fits the schema", "Which &lt;one&gt;."]);
    preview(SCHEMA, "{}").await.shows(&["Not right yet", "<code>example"]);
    preview("{", "").await.shows(&["Not right yet", "<code>schema</code>", "is not JSON"]);
    preview(r#"{"allOf":[{"$ref":"https://a.example/"}]}"#, "").await.shows(&["leads out of this schema"]);
}

#[tokio::test]
async fn viewers_and_portal_links_define_nothing() {
    let house = House::new().await;
    house.post("/api/v1/event-types", json!({"name": "order.paid"})).await;
    let (viewer, member, portal) =
        (house.signed_in(Role::Viewer).await, house.signed_in(Role::Member).await, house.portal());
    for (browser, base) in [(&viewer, ""), (&member, portal.as_str())] {
        let shown = browser.page(&format!("{base}/catalog/order.paid")).await;
        assert_eq!(shown.status, 200);
        assert!(!shown.text.contains(">Edit<") && !shown.text.contains(">Delete<"), "{}", shown.text);
        assert!(!browser.page(&format!("{base}/catalog")).await.text.contains("New event type"));
        for path in ["new", "order.paid/edit", "order.paid/delete", "preview"] {
            let refused = browser.submit(&format!("{base}/catalog/{path}"), &[("name", "a.b")]).await;
            assert_eq!(refused.status, 403, "{base}/catalog/{path}");
        }
    }
    assert_eq!(house.get("/api/v1/event-types/order.paid").await.status, 200);
}

// behaviour U7 (in part)
#[tokio::test]
async fn the_catalog_is_public_only_where_the_workspace_says_so() {
    let house = House::new().await;
    house.post("/api/v1/event-types", json!({"name": "order.paid", "description": "When <paid>."})).await;
    house
        .post(
            "/api/v1/webhooks",
            json!({"url": "https://a.example/", "event_types": ["order.paid"], "description": "Zap"}),
        )
        .await;
    let list = format!("/public/{}/catalog", house.workspace);
    let closed = anybody(&house, &list).await;
    let nowhere =
        anybody(&house, &format!("/public/{}/catalog", house.ambient.new_id::<beckon_domain::id::WorkspaceId>())).await;
    assert_eq!((closed.status.as_u16(), &closed.text), (404, &nowhere.text), "they are not told apart");
    assert_eq!(anybody(&house, &format!("{list}/contact.visited")).await.status, 404);

    let settings = WorkspaceSettings { public_catalog: true, ..WorkspaceSettings::default() };
    house.store.update_settings(house.workspace, "Acme <Inc>", &settings).await.unwrap();
    let open = anybody(&house, &list).await;
    assert_eq!(open.status, 200);
    open.shows(&[
        "Event catalog of Acme &lt;Inc&gt;",
        "order.paid",
        "When &lt;paid&gt;.",
        &format!("{list}/order.paid"),
    ]);
    let entry = anybody(&house, &format!("{list}/contact.visited?as=typescript")).await;
    entry.shows(&["export interface ContactVisited {", "linkedin_url", "always there"]);
    for shown in [&open, &entry] {
        for hidden in ["Zap", "aria-label=\"Main\"", "Sign out", "New event type", "href=\"/webhooks"] {
            assert!(!shown.text.contains(hidden), "{hidden}");
        }
        assert!(shown.headers.contains_key("content-security-policy"));
    }
    assert_eq!(anybody(&house, &format!("{list}/no.such")).await.status, 404);
    assert_eq!(anybody(&house, "/public/ws_1/catalog").await.status, 404);
}

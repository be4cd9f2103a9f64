//! The pages of lists, and where other pages show them.

#![expect(clippy::unwrap_used, reason = "a panic here is a failed test")]

use axum::body::Body;
use beckon_domain::member::Role;
use http::Request;
use serde_json::json;

use crate::house::{Answer, House};

/// What comes of a form with a file that a member, signed in before, sends.
async fn upload(house: &House, list: &str, csv: &str) -> Answer {
    let part = |name: &str, text: &str| {
        format!("------bnd\r\nContent-Disposition: form-data; name=\"{name}\"\r\n\r\n{text}\r\n")
    };
    let body = format!("{}{}------bnd--\r\n", part("file", csv), part("list", list));
    let request = Request::post("/contacts/import")
        .header("cookie", format!("beckon_session=member-{}", house.workspace))
        .header("sec-fetch-site", "same-origin")
        .header("content-type", "multipart/form-data; boundary=----bnd")
        .body(Body::from(body));
    house.send(request.unwrap()).await
}

#[tokio::test]
async fn a_list_is_made_filled_with_the_import_form_renamed_and_deleted() {
    let house = House::new().await;
    let browser = house.signed_in(Role::Member).await;
    browser.page("/contacts").await.shows(&["href=\"/lists\""]);
    browser.page("/lists").await.shows(&["No lists yet", "Import companies", "New list"]);
    let wrong = browser.submit("/lists", &[("name", " "), ("subject", "company")]).await;
    assert_eq!(wrong.status, 422);
    wrong.shows(&["field-name-error", "value=\"company\" selected"]);
    let path = browser.submit("/lists", &[("name", "Guests <&> co"), ("subject", "contact")]).await.leads_to();
    browser.page(&path).await.shows(&[
        "Guests &lt;&amp;&gt; co",
        "Nobody is on it yet",
        "/contacts/import?list=Guests+%3C%26%3E+co",
    ]);

    browser.page("/contacts/import?list=Guests+%3C%26%3E+co").await.shows(&[
        "Put them on a list",
        "value=\"Guests &lt;&amp;&gt; co\"",
        "<option value=\"Guests &lt;&amp;&gt; co\">",
    ]);
    let again = upload(&house, "Guests", "").await;
    assert_eq!(again.status, 422);
    again.shows(&["choose a CSV file", "value=\"Guests\""]);
    let long = upload(&house, &"x".repeat(101), "email\njane@acme.test\n").await;
    assert_eq!(long.status, 422);
    long.shows(&["field-list-error", "at most 100 characters"]);
    let csv = "email,first_name,title\njane@acme.test,<Jane>,CMO\njoe@acme.test,Joe,CTO\n";
    upload(&house, "guests <&> CO", csv).await.shows(&["Imported", &format!("href=\"{path}\""), "Show the list"]);
    let shown = browser.page(&path).await;
    shown.shows(&["&lt;Jane&gt;", "CMO", "Joe", "2 on it", "None. In the rule"]);
    browser.page("/lists").await.shows(&["Guests &lt;&amp;&gt; co", "Contacts"]);

    let jane =
        house.get("/api/v1/contacts?email=jane@acme.test").await.json()["data"][0]["id"].as_str().unwrap().to_owned();
    browser.page(&format!("/contacts/{jane}")).await.shows(&["<h2>Lists</h2>", "Guests &lt;&amp;&gt; co"]);
    assert_eq!(browser.submit(&format!("{path}/members/{jane}/remove"), &[]).await.leads_to(), path);
    let shown = browser.page(&path).await;
    assert!(!shown.text.contains("&lt;Jane&gt;") && shown.text.contains("1 on it"), "{}", shown.text);
    assert!(!browser.page(&format!("/contacts/{jane}")).await.text.contains("<h2>Lists</h2>"));

    let id = path.rsplit('/').next().unwrap();
    let segment = house.post("/api/v1/segments", json!({"name": "Invited", "rule": {"list": id}})).await.id();
    let used = format!("href=\"/segments/{segment}\"");
    browser.page(&path).await.shows(&["Invited", &used]);
    browser.page(&format!("/segments/{segment}")).await.shows(&["Is on the list “Guests &lt;&amp;&gt; co”"]);
    browser.page(&format!("/segments/{segment}/edit")).await.shows(&[id, "&quot;lists&quot;"]);
    let kept = browser.page(&format!("{path}/delete")).await;
    kept.shows(&["It cannot be deleted yet", &used]);
    assert!(!kept.text.contains("Delete list"), "{}", kept.text);
    assert_eq!(browser.submit(&format!("{path}/delete"), &[]).await.status, 409);
    house.delete(&format!("/api/v1/segments/{segment}")).await;

    browser.page(&format!("{path}/rename")).await.shows(&["value=\"Guests &lt;&amp;&gt; co\""]);
    assert_eq!(browser.submit(&format!("{path}/rename"), &[("name", "")]).await.status, 422);
    assert_eq!(browser.submit(&format!("{path}/rename"), &[("name", "Visitors")]).await.leads_to(), path);
    browser.page(&path).await.shows(&["Visitors"]);
    assert_eq!(browser.page(&format!("/jump?id={id}")).await.leads_to(), path);
    browser.page(&format!("{path}/delete")).await.shows(&["Whoever is on it stays"]);
    assert_eq!(browser.submit(&format!("{path}/delete"), &[]).await.leads_to(), "/lists");
    assert_eq!(browser.page(&path).await.status, 404);
}

#[tokio::test]
async fn viewers_change_no_list_and_nobody_sees_those_of_another_workspace() {
    let house = House::new().await;
    let list = house.post("/api/v1/lists", json!({"name": "Guests"})).await.id();
    let viewer = house.signed_in(Role::Viewer).await;
    let page = viewer.page(&format!("/lists/{list}")).await;
    assert!(page.status == 200 && !page.text.contains("Rename") && !page.text.contains("Import CSV"), "{}", page.text);
    for path in ["new".to_owned(), format!("{list}/rename"), format!("{list}/delete")] {
        assert_eq!(viewer.page(&format!("/lists/{path}")).await.status, 403, "{path}");
    }
    for path in [format!("/lists/{list}/rename"), format!("/lists/{list}/delete"), "/lists".to_owned()] {
        assert_eq!(viewer.submit(&path, &[("name", "x")]).await.status, 403, "{path}");
    }
    let other = house.add_workspace("bk_other_0123456789").await;
    let stranger = house.signed_in_to(other, Role::Owner).await;
    for path in ["", "/rename", "/delete"] {
        assert_eq!(stranger.page(&format!("/lists/{list}{path}")).await.status, 404, "{path}");
    }
    assert_eq!(stranger.submit(&format!("/lists/{list}/rename"), &[("name", "x")]).await.status, 404);
    stranger.page("/lists").await.shows(&["No lists yet"]);
    assert_eq!(house.get(&format!("/api/v1/lists/{list}")).await.json()["name"], "Guests");
}

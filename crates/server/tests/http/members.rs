//! Who works with a workspace: inviting, roles, removing; the rules between roles; and the log of it.

#![expect(clippy::unwrap_used, reason = "a panic here is a failed test")]

use axum::body::Body;
use beckon_domain::email::Email;
use beckon_domain::member::Role;
use beckon_store::MemberStore;
use http::{Method, Request};
use serde_json::{Value, json};

use crate::house::{House, KEY};

/// The id of whoever [`House::signed_in`] made with that role.
async fn id_of(house: &House, role: Role) -> String {
    let members = house.store.list_members(house.workspace).await.unwrap();
    members.into_iter().find(|member| member.role == role).unwrap().id.to_string()
}

#[tokio::test]
async fn an_invitation_shows_its_link_once_and_can_be_taken_back() {
    let house = House::new().await;
    let owner = house.signed_in(Role::Owner).await;
    let wrong = owner.submit("/settings/members/invite", &[("email", "joe"), ("role", "admin")]).await;
    assert_eq!(wrong.status, 422);
    wrong.shows(&["is no e-mail address", "value=\"joe\"", "value=\"admin\" selected"]);

    let made = owner.submit("/settings/members/invite", &[("email", "joe@acme.com"), ("role", "member")]).await;
    assert_eq!(made.status, 200);
    assert_eq!(made.headers["cache-control"], "no-store");
    let at = made.text.find("/welcome/").unwrap();
    let link = made.text[at..].split(['"', '<', '&']).next().unwrap();
    house.stranger().page(link).await.shows(&["joe@acme.com"]);
    let listed = owner.page("/settings/members").await;
    listed.shows(&["joe@acme.com", "Makes a new account: member", "Take back"]);
    assert!(!listed.text.contains("/welcome/"));
    let api = house.get("/api/v1/invitations").await;
    assert!(!api.text.contains(&link["/welcome/".len()..]));

    let id = api.json()["data"][0]["id"].as_str().unwrap().to_owned();
    let taken = owner.submit(&format!("/settings/members/invitations/{id}/take-back"), &[]).await;
    assert_eq!(taken.leads_to(), "/settings/members");
    assert_eq!(house.stranger().page(link).await.status, 404);
}

#[tokio::test]
async fn a_second_invitation_replaces_the_first_and_a_member_is_not_invited() {
    let house = House::new().await;
    let invite = async || house.post("/api/v1/invitations", json!({"email": "joe@acme.com", "role": "member"})).await;
    let (first, second) = (invite().await, invite().await);
    assert_eq!((first.status.as_u16(), &first.headers["cache-control"]), (201, &"no-store".parse().unwrap()));
    let path = |answer: &crate::house::Answer| {
        let url = answer.json()["url"].as_str().unwrap().to_owned();
        url[url.find("/welcome/").unwrap()..].to_owned()
    };
    assert_eq!(house.stranger().page(&path(&first)).await.status, 404);
    assert_eq!(house.stranger().page(&path(&second)).await.status, 200);
    let form = [("name", "Joe"), ("password", "four words, well chosen")];
    assert_eq!(house.stranger().submit(&path(&second), &form).await.status, 303);
    assert_eq!(invite().await.code(), "conflict");
}

#[tokio::test]
async fn nobody_gives_changes_or_takes_away_a_role_above_their_own() {
    for own in [Role::Viewer, Role::Member, Role::Admin, Role::Owner] {
        for other in [Role::Viewer, Role::Member, Role::Admin, Role::Owner] {
            let house = House::new().await;
            let browser = house.signed_in(own).await;
            // Whoever is changed: somebody else, or themselves.
            if own != other {
                house.signed_in(other).await;
            }
            let target = id_of(&house, other).await;
            let may = own >= Role::Admin && own >= other;
            let invited = browser
                .submit("/settings/members/invite", &[("email", "new@acme.com"), ("role", other.as_str())])
                .await;
            assert_eq!(invited.status == 200, may, "{own} invites {other}: {}", invited.status);
            let reset = browser.submit(&format!("/settings/members/{target}/reset"), &[]).await;
            assert_eq!(reset.status == 200, may, "{own} resets {other}: {}", reset.status);
            let raised = browser.submit(&format!("/settings/members/{target}/role"), &[("role", "owner")]).await;
            assert_eq!(raised.status == 303, own == Role::Owner, "{own} raises {other}: {}", raised.status);
            if own != Role::Owner {
                assert_eq!(raised.status, 403);
                let removed = browser.submit(&format!("/settings/members/{target}/remove"), &[]).await;
                assert_eq!(removed.status == 303, may, "{own} removes {other}: {}", removed.status);
            }
        }
    }
}

#[tokio::test]
async fn the_last_owner_stays_one() {
    let house = House::new().await;
    let owner = house.signed_in(Role::Owner).await;
    let id = id_of(&house, Role::Owner).await;
    for (path, form) in [("role", &[("role", "admin")][..]), ("remove", &[])] {
        let refused = owner.submit(&format!("/settings/members/{id}/{path}"), form).await;
        assert_eq!(refused.status, 409, "{path}");
        refused.shows(&["a workspace needs an owner"]);
    }
    let log = house.get("/api/v1/audit-log?action=member.").await.json();
    assert!(!log.to_string().contains("member.removed"), "what was refused is not noted: {log}");
    assert_eq!(owner.page("/account").await.status, 200);
}

#[tokio::test]
async fn another_role_and_being_removed_end_the_sessions() {
    let house = House::new().await;
    let owner = house.signed_in(Role::Owner).await;
    let member = house.signed_in(Role::Member).await;
    let id = id_of(&house, Role::Member).await;
    let changed = owner.submit(&format!("/settings/members/{id}/role"), &[("role", "viewer")]).await;
    assert_eq!(changed.leads_to(), "/settings/members");
    assert!(member.page("/webhooks").await.leads_to().starts_with("/sign-in"));

    let admin = house.signed_in(Role::Admin).await;
    let id = id_of(&house, Role::Admin).await;
    assert_eq!(owner.submit(&format!("/settings/members/{id}/remove"), &[]).await.leads_to(), "/settings/members");
    assert!(admin.page("/webhooks").await.leads_to().starts_with("/sign-in"));
    owner.page("/settings/audit").await.shows(&["member.role_changed", "member.removed", "role", "viewer"]);
}

#[tokio::test]
async fn an_api_key_counts_as_an_admin() {
    let house = House::new().await;
    house.signed_in(Role::Owner).await;
    house.signed_in(Role::Viewer).await;
    let (owner, viewer) = (id_of(&house, Role::Owner).await, id_of(&house, Role::Viewer).await);
    let raised = house.patch(&format!("/api/v1/members/{viewer}"), json!({"role": "owner"})).await;
    assert_eq!((raised.status.as_u16(), raised.code().as_str()), (403, "forbidden"));
    assert_eq!(
        house.post("/api/v1/invitations", json!({"email": "a@b.co", "role": "owner"})).await.code(),
        "forbidden"
    );
    assert_eq!(house.post(&format!("/api/v1/members/{owner}/reset-link"), "").await.code(), "forbidden");
    assert_eq!(house.delete(&format!("/api/v1/members/{owner}")).await.code(), "forbidden");
    let raised = house.patch(&format!("/api/v1/members/{viewer}"), json!({"role": "admin"})).await.json();
    assert_eq!(raised["role"], "admin");
    assert_eq!(house.patch(&format!("/api/v1/members/{viewer}"), json!({"role": "king"})).await.fields(), ["role"]);
    let link = house.post(&format!("/api/v1/members/{viewer}/reset-link"), "").await.json();
    assert!(link["url"].as_str().unwrap().contains("/welcome/"));
    assert_eq!(house.delete(&format!("/api/v1/members/{viewer}")).await.status, 204);
    assert_eq!(house.get("/api/v1/members").await.json()["data"].as_array().unwrap().len(), 1);
}

// behaviour R9 (in part)
#[tokio::test]
async fn members_and_invitations_of_another_workspace_are_not_there() {
    let house = House::new().await;
    let other = "bk_other_0123456789";
    let elsewhere = house.add_workspace(other).await;
    house.signed_in(Role::Viewer).await;
    let viewer = id_of(&house, Role::Viewer).await;
    let invitation = house.post("/api/v1/invitations", json!({"email": "joe@acme.com", "role": "member"})).await.id();
    for (method, path, body) in [
        (Method::PATCH, format!("/api/v1/members/{viewer}"), r#"{"role": "admin"}"#),
        (Method::DELETE, format!("/api/v1/members/{viewer}"), ""),
        (Method::POST, format!("/api/v1/members/{viewer}/reset-link"), ""),
        (Method::DELETE, format!("/api/v1/invitations/{invitation}"), ""),
    ] {
        assert_eq!(house.call_as(other, method, &path, body).await.code(), "not_found", "{path}");
    }
    for path in ["/api/v1/members", "/api/v1/invitations", "/api/v1/audit-log"] {
        assert_eq!(house.call_as(other, Method::GET, path, "").await.json()["data"], json!([]), "{path}");
    }
    let stranger = house.signed_in_to(elsewhere, Role::Owner).await;
    assert_eq!(stranger.submit(&format!("/settings/members/{viewer}/remove"), &[]).await.status, 404);
    let take_back = format!("/settings/members/invitations/{invitation}/take-back");
    assert_eq!(stranger.submit(&take_back, &[]).await.status, 404);
}

// behaviour A4
#[tokio::test]
async fn members_invitations_and_the_log_are_listed_a_page_at_a_time() {
    let house = House::new().await;
    for n in 0..3 {
        house.post("/api/v1/invitations", json!({"email": format!("p{n}@acme.com"), "role": "member"})).await;
    }
    for role in [Role::Owner, Role::Admin, Role::Viewer] {
        house.signed_in(role).await;
    }
    for (list, least) in [("members", 3), ("invitations", 3), ("audit-log", 3)] {
        let mut path = format!("/api/v1/{list}?limit=2");
        let mut seen: Vec<Value> = vec![];
        loop {
            let page = house.call_as(KEY, Method::GET, &path, "").await.json();
            seen.extend(page["data"].as_array().unwrap().iter().map(|row| row["id"].clone()));
            let Some(next) = page["next_cursor"].as_str() else { break };
            path = format!("/api/v1/{list}?limit=2&cursor={next}");
        }
        let count = seen.len();
        seen.sort_by_key(|id| id.to_string());
        seen.dedup();
        assert_eq!((count, seen.len()), (least, least), "{list}");
        assert_eq!(house.get(&format!("/api/v1/{list}?limit=0")).await.fields(), ["limit"]);
    }
}

#[tokio::test]
async fn the_log_says_who_did_what_to_what_and_how_it_was_before() {
    let house = House::new().await;
    let admin = house.signed_in(Role::Admin).await;
    let nothing = admin.page("/settings/audit").await;
    nothing.shows(&["No changes yet"]);
    admin.submit("/settings/members/invite", &[("email", "joe@acme.com"), ("role", "viewer")]).await;
    let webhook =
        json!({"url": "https://a.example/<b>", "event_types": ["contact.visited"], "description": "<i>CRM</i>"});
    let id = house.post("/api/v1/webhooks", webhook).await.id();
    house.patch(&format!("/api/v1/webhooks/{id}"), json!({"description": "Slack"})).await;

    let shown = admin.page("/settings/audit").await;
    shown.shows(&[
        "invitation.created",
        "joe@acme.com",
        "API key",
        "webhook.updated",
        "&lt;i&gt;CRM&lt;/i&gt;",
        "Slack",
    ]);
    assert!(!shown.text.contains("<i>CRM"));
    let one = admin.page(&format!("/settings/audit?subject={id}&action=webhook.")).await;
    assert!(!one.text.contains("invitation.created"), "it is filtered");
    one.shows(&["webhook.created", "webhook.updated"]);
    admin.page("/settings/audit?subject=nothing").await.shows(&["No such change", "Show everything"]);
    let updated = house.get(&format!("/api/v1/audit-log?subject={id}&action=webhook.updated")).await.json();
    assert_eq!(updated["data"].as_array().unwrap().len(), 1);
    assert_eq!(updated["data"][0]["before"]["description"], "<i>CRM</i>");
    assert_eq!(updated["data"][0]["after"]["description"], "Slack");
    assert_eq!(updated["data"][0]["actor"]["kind"], "api_key");
    for role in [Role::Viewer, Role::Member] {
        assert_eq!(house.signed_in(role).await.page("/settings/audit").await.status, 403, "{role}");
    }
}

#[tokio::test]
async fn everybody_sees_who_else_works_here_and_only_admins_are_offered_changes() {
    let house = House::new().await;
    house.signed_in(Role::Owner).await;
    house.post("/api/v1/invitations", json!({"email": "joe@acme.com", "role": "member"})).await;
    let viewer = house.signed_in(Role::Viewer).await.page("/settings/members").await;
    viewer.shows(&["owner-ws_", "Admins and owners invite others"]);
    for hidden in ["joe@acme.com", "Make the link", "Make a reset link"] {
        assert!(!viewer.text.contains(hidden), "{hidden}");
    }
    let admin = house.signed_in(Role::Admin).await.page("/settings/members").await;
    assert!(!admin.text.contains("value=\"owner\""), "an admin is not offered to make owners");
    let owner = Email::parse("joe@acme.com").unwrap();
    assert_eq!(house.store.find_member(&owner).await.unwrap(), None);
}

#[tokio::test]
async fn an_admin_does_not_take_away_an_owners_invitation_by_inviting_anew() {
    let house = House::new().await;
    let (owner, admin) = (house.signed_in(Role::Owner).await, house.signed_in(Role::Admin).await);
    let invite = async |by: &crate::browser::Browser<'_>, role| {
        by.submit("/settings/members/invite", &[("email", "joe@acme.com"), ("role", role)]).await.status.as_u16()
    };
    assert_eq!(invite(&owner, "owner").await, 200);
    assert_eq!(invite(&admin, "viewer").await, 403);
    assert_eq!(house.get("/api/v1/invitations").await.json()["data"][0]["role"], "owner");
    assert_eq!(invite(&owner, "viewer").await, 200);
    assert_eq!(invite(&admin, "admin").await, 200);
}

#[tokio::test]
async fn a_link_to_reset_somebody_does_not_outlive_their_promotion() {
    let house = House::new().await;
    let (owner, admin) = (house.signed_in(Role::Owner).await, house.signed_in(Role::Admin).await);
    house.signed_in(Role::Member).await;
    let target = id_of(&house, Role::Member).await;
    let made = admin.submit(&format!("/settings/members/{target}/reset"), &[]).await;
    let at = made.text.find("/welcome/").unwrap();
    let link = made.text[at..].split(['"', '<', '&']).next().unwrap();
    assert_eq!(house.stranger().page(link).await.status, 200);
    owner.submit(&format!("/settings/members/{target}/role"), &[("role", "owner")]).await;
    assert_eq!(house.stranger().page(link).await.status, 404);
    let form = [("password", "four words, well chosen")];
    assert_eq!(house.stranger().submit(link, &form).await.status, 404);
}

// behaviour U9 (in part)
#[tokio::test]
async fn every_choice_of_the_audit_log_finds_what_it_names() {
    let house = House::new().await;
    let owner = house.signed_in(Role::Owner).await;
    house.post("/api/v1/lists", json!({"name": "Targets", "subject": "contact"})).await;
    for (path, csv) in [("contacts", "email\njane@acme.com\n"), ("companies", "domain\nacme.com\n")] {
        let request = Request::post(format!("/api/v1/{path}/import"))
            .header("authorization", format!("Bearer {KEY}"))
            .header("content-type", "text/csv")
            .body(Body::from(csv));
        assert_eq!(house.send(request.unwrap()).await.status, 200);
    }
    for (choice, found) in [
        ("list.", "list.created"),
        ("contacts.imported", "contacts.imported"),
        ("companies.imported", "companies.imported"),
    ] {
        owner.page("/settings/audit").await.shows(&[&format!("<option value=\"{choice}\"")]);
        let page = owner.page(&format!("/settings/audit?action={choice}")).await;
        page.shows(&[&format!("<option value=\"{choice}\" selected"), &format!("{found}<")]);
    }
}

//! Coming in by an invitation or with a password, staying, and going out; and who is kept out.

#![expect(clippy::unwrap_used, reason = "a panic here is a failed test")]

use std::sync::Arc;

use beckon_domain::email::Email;
use beckon_domain::member::{INVITATION_LIFE, Invitation};
use beckon_server::{Options, auth};
use beckon_store::MemberStore;
use beckon_testkit::{FakeClock, ambient::ambient_with};
use http::header::{RETRY_AFTER, SET_COOKIE};
use jiff::SignedDuration;
use serde_json::json;

use crate::house::{Answer, House};

const PASSWORD: &str = "four words, well chosen";

/// The link that makes the first account, as a start prints it.
async fn first_link(house: &House) -> String {
    let token = auth::generate_token(&house.ambient);
    let invitation = Invitation::of_first_owner(house.workspace, house.ambient.new_id(), house.ambient.now());
    house.store.create_invitation(&invitation, auth::hash(&token)).await.unwrap();
    format!("/welcome/{token}")
}

/// Makes the account of Jane, who owns the workspace.
async fn jane_joins(house: &House) -> Answer {
    let link = first_link(house).await;
    let form = [("email", "Jane@Acme.com"), ("name", "Jane Doe"), ("password", PASSWORD)];
    house.stranger().submit(&link, &form).await
}

async fn sign_in(house: &House, email: &str, password: &str) -> Answer {
    house.stranger().submit("/sign-in", &[("email", email), ("password", password)]).await
}

#[tokio::test]
async fn the_first_owner_comes_in_by_the_link_which_works_once() {
    let house = House::new().await;
    let (stranger, link) = (house.stranger(), first_link(&house).await);
    stranger.page("/sign-in").await.shows(&["Nobody has an account yet", "beckon serve"]);
    stranger.page(&link).await.shows(&["Welcome to Beckon", "E-mail address", "Your name", "Password"]);

    let wrong = stranger.submit(&link, &[("email", "jane"), ("name", " "), ("password", "short")]).await;
    assert_eq!(wrong.status, 422);
    wrong.shows(&[
        "is no e-mail address",
        "give a name of 1 to 100 characters",
        "choose 10 to 256 characters",
        "value=\"jane\"",
    ]);
    assert!(!wrong.text.contains("short\""), "a password is not repeated");

    let form = [("email", "Jane@Acme.com"), ("name", "Jane <b>Doe</b>"), ("password", PASSWORD)];
    let joined = stranger.submit(&link, &form).await;
    assert_eq!(joined.leads_to(), "/");
    let jane = house.signed_in_by(&joined);
    jane.page("/account").await.shows(&["jane@acme.com", "Jane &lt;b&gt;Doe&lt;/b&gt;", "owner"]);
    assert!(!jane.page("/account").await.text.contains("<b>Doe"));

    for again in [stranger.page(&link).await, stranger.submit(&link, &form).await] {
        assert_eq!(again.status, 404);
        again.shows(&["This link does not open anything", "used already"]);
    }
    assert!(!stranger.page("/sign-in").await.text.contains("Nobody has an account yet"));
    let noted = house.get("/api/v1/audit-log?action=member.joined").await.json();
    assert_eq!(noted["data"][0]["after"]["email"], "jane@acme.com");
    assert!(!noted.to_string().contains("argon2"), "{noted}");
}

#[tokio::test]
async fn whoever_is_invited_joins_with_the_address_and_the_role_of_the_invitation() {
    let house = House::new().await;
    jane_joins(&house).await;
    let made = house.post("/api/v1/invitations", json!({"email": "joe@acme.com", "role": "viewer"})).await.json();
    let url = made["url"].as_str().unwrap();
    let link = &url[url.find("/welcome/").unwrap()..];
    let stranger = house.stranger();
    stranger.page(link).await.shows(&["joe@acme.com", "as <strong>viewer</strong>"]);
    let form = [("email", "eve@evil.example"), ("role", "owner"), ("name", "Joe"), ("password", PASSWORD)];
    let joe = house.signed_in_by(&stranger.submit(link, &form).await);
    joe.page("/account").await.shows(&["joe@acme.com", "viewer"]);
    assert_eq!(house.store.find_member(&Email::parse("eve@evil.example").unwrap()).await.unwrap(), None);
}

#[tokio::test]
async fn a_link_that_has_expired_opens_nothing() {
    let clock = Arc::new(FakeClock::default());
    let house = House::over(Options::default(), ambient_with(clock.clone())).await;
    let link = first_link(&house).await;
    clock.advance(INVITATION_LIFE);
    assert_eq!(house.stranger().page(&link).await.status, 404);
    let form = [("email", "jane@acme.com"), ("name", "Jane"), ("password", PASSWORD)];
    let late = house.stranger().submit(&link, &form).await;
    assert_eq!(late.status, 404);
    late.shows(&["older than three days", "it prints a new link"]);
}

#[tokio::test]
async fn a_new_password_by_link_ends_all_sessions_and_the_old_password() {
    let house = House::new().await;
    let before = house.signed_in_by(&jane_joins(&house).await);
    let jane = house.store.find_member(&Email::parse("jane@acme.com").unwrap()).await.unwrap().unwrap();
    let token = auth::generate_token(&house.ambient);
    let invitation = Invitation::to_reset(&jane, house.ambient.new_id(), house.ambient.now());
    house.store.create_invitation(&invitation, auth::hash(&token)).await.unwrap();
    let link = format!("/welcome/{token}");
    house.stranger().page(&link).await.shows(&["Choose a new password", "jane@acme.com"]);
    assert_eq!(before.page("/account").await.status, 200, "nothing has changed yet");

    let after = house.stranger().submit(&link, &[("password", "quite another one")]).await;
    house.signed_in_by(&after).page("/account").await.shows(&["Jane Doe"]);
    assert!(before.page("/account").await.leads_to().starts_with("/sign-in"));
    assert_eq!(sign_in(&house, "jane@acme.com", PASSWORD).await.status, 422);
    assert_eq!(sign_in(&house, "jane@acme.com", "quite another one").await.status, 303);
}

#[tokio::test]
async fn an_unknown_address_and_a_wrong_password_are_told_the_same() {
    let house = House::new().await;
    jane_joins(&house).await;
    let wrong = sign_in(&house, "jane@acme.com", "four words, badly chosen").await;
    let unknown = sign_in(&house, "nobody@acme.com", PASSWORD).await;
    assert_eq!((wrong.status, unknown.status), (http::StatusCode::UNPROCESSABLE_ENTITY, unknown.status));
    assert_eq!(wrong.text.replace("jane@", "nobody@"), unknown.text);
    wrong.shows(&["The address or the password is not right."]);
    assert!(!wrong.text.contains("badly chosen") && !wrong.headers.contains_key(SET_COOKIE));
    assert_eq!(sign_in(&house, " JANE@acme.com ", PASSWORD).await.leads_to(), "/");
}

#[tokio::test]
async fn guesses_are_limited_for_an_address_and_a_wait_is_named() {
    let clock = Arc::new(FakeClock::default());
    let house = House::over(Options::default(), ambient_with(clock.clone())).await;
    jane_joins(&house).await;
    for _ in 0..10 {
        assert_eq!(sign_in(&house, "jane@acme.com", "a wrong password").await.status, 422);
    }
    let held_up = sign_in(&house, "jane@acme.com", PASSWORD).await;
    assert_eq!((held_up.status.as_u16(), &held_up.headers[RETRY_AFTER]), (429, &"30".parse().unwrap()));
    held_up.shows(&["Too many attempts", "Try again in 30 seconds"]);
    assert_eq!(sign_in(&house, "joe@acme.com", PASSWORD).await.status, 422, "others are not held up");
    clock.advance(SignedDuration::from_secs(30));
    assert_eq!(sign_in(&house, "jane@acme.com", PASSWORD).await.status, 303);
}

#[tokio::test]
async fn guesses_at_the_door_keep_nobody_from_their_own_account() {
    let house = House::new().await;
    let jane = house.signed_in_by(&jane_joins(&house).await);
    for _ in 0..60 {
        sign_in(&house, "jane@acme.com", "a wrong password").await;
    }
    assert_eq!(sign_in(&house, "jane@acme.com", PASSWORD).await.status, 429);
    let form = [("current_password", PASSWORD), ("password", "another one, well chosen")];
    assert_eq!(jane.submit("/account/password", &form).await.leads_to(), "/account");
    for _ in 0..10 {
        jane.submit("/account/sign-out-everywhere", &[("current_password", "a wrong password")]).await;
    }
    let held_up =
        jane.submit("/account/sign-out-everywhere", &[("current_password", "another one, well chosen")]).await;
    held_up.shows(&["was tried too often"]);
}

#[tokio::test]
async fn the_cookie_is_for_us_only() {
    for secure in [false, true] {
        let house = House::with(Options { secure_cookies: secure, ..Options::default() }).await;
        let set = jane_joins(&house).await.headers[SET_COOKIE].to_str().unwrap().to_owned();
        let (value, attributes) = set.split_once("; ").unwrap();
        let token = value.strip_prefix("beckon_session=").unwrap();
        assert_eq!(token.len(), 43, "32 bytes in base64: {token}");
        let expected =
            format!("Path=/; Max-Age=1209600; HttpOnly; SameSite=Lax{}", if secure { "; Secure" } else { "" });
        assert_eq!(attributes, expected);
    }
}

#[tokio::test]
async fn after_signing_in_only_paths_of_ours_are_followed() {
    let house = House::new().await;
    let jane = house.signed_in_by(&jane_joins(&house).await);
    let asked = house.stranger().page("/webhooks?status=failing").await.leads_to();
    assert_eq!(asked, "/sign-in?next=%2Fwebhooks%3Fstatus%3Dfailing");
    let follow = async |next: &str| {
        let form = [("email", "jane@acme.com"), ("password", PASSWORD), ("next", next)];
        house.stranger().submit("/sign-in", &form).await.leads_to()
    };
    assert_eq!(follow("/webhooks?status=failing").await, "/webhooks?status=failing");
    for foreign in ["//evil.example", "https://evil.example", "/\\evil.example", "javascript:alert(1)", ""] {
        assert_eq!(follow(foreign).await, "/", "{foreign}");
        let query: String = url::form_urlencoded::byte_serialize(foreign.as_bytes()).collect();
        assert_eq!(jane.page(&format!("/sign-in?next={query}")).await.leads_to(), "/", "{foreign}");
    }
    let lost = house.stranger().submit("/account", &[("name", "x")]).await;
    assert_eq!(lost.leads_to(), "/sign-in?next=%2F", "what cannot be repeated is not");
}

#[tokio::test]
async fn signing_out_ends_the_session_for_good() {
    let house = House::new().await;
    let jane = house.signed_in_by(&jane_joins(&house).await);
    let out = jane.submit("/sign-out", &[]).await;
    assert_eq!(out.leads_to(), "/sign-in");
    assert!(out.headers[SET_COOKIE].to_str().unwrap().starts_with("beckon_session=; Path=/; Max-Age=0;"));
    assert!(jane.page("/account").await.leads_to().starts_with("/sign-in"), "also for whoever kept the cookie");
    house.stranger().page("/sign-in?said=signed-out").await.shows(&["You are signed out."]);
}

#[tokio::test]
async fn a_session_ends_by_itself() {
    let clock = Arc::new(FakeClock::default());
    let house = House::over(Options::default(), ambient_with(clock.clone())).await;
    let jane = house.signed_in_by(&jane_joins(&house).await);
    clock.advance(SignedDuration::from_hours(14 * 24) - SignedDuration::from_secs(1));
    assert_eq!(jane.page("/account").await.status, 200);
    clock.advance(SignedDuration::from_secs(1));
    assert!(jane.page("/account").await.leads_to().starts_with("/sign-in"));
}

#[tokio::test]
async fn a_new_password_ends_the_other_sessions_and_asks_for_the_old_one() {
    let house = House::new().await;
    let here = house.signed_in_by(&jane_joins(&house).await);
    let there = house.signed_in_by(&sign_in(&house, "jane@acme.com", PASSWORD).await);
    let change = async |current: &str, new: &str| {
        here.submit("/account/password", &[("current_password", current), ("password", new)]).await
    };
    let wrong = change("not my password", "another long one").await;
    assert_eq!(wrong.status, 422);
    wrong.shows(&["is not your password"]);
    let short = change(PASSWORD, "short").await;
    assert_eq!(short.status, 422);
    short.shows(&["choose 10 to 256 characters"]);
    assert_eq!(there.page("/account").await.status, 200, "nothing has changed yet");

    assert_eq!(change(PASSWORD, "another long one").await.leads_to(), "/account");
    here.page("/account?said=password-changed").await.shows(&["Your password is changed."]);
    assert!(there.page("/account").await.leads_to().starts_with("/sign-in"));
    assert_eq!(sign_in(&house, "jane@acme.com", PASSWORD).await.status, 422);
    assert_eq!(sign_in(&house, "jane@acme.com", "another long one").await.status, 303);
}

#[tokio::test]
async fn signing_out_everywhere_ends_every_session_and_keeps_the_password() {
    let house = House::new().await;
    let here = house.signed_in_by(&jane_joins(&house).await);
    let there = house.signed_in_by(&sign_in(&house, "jane@acme.com", PASSWORD).await);
    let refused = here.submit("/account/sign-out-everywhere", &[("current_password", "no")]).await;
    assert_eq!(refused.status, 422);
    let out = here.submit("/account/sign-out-everywhere", &[("current_password", PASSWORD)]).await;
    assert_eq!(out.leads_to(), "/sign-in");
    for browser in [here, there] {
        assert!(browser.page("/account").await.leads_to().starts_with("/sign-in"));
    }
    assert_eq!(sign_in(&house, "jane@acme.com", PASSWORD).await.status, 303);
}

#[tokio::test]
async fn a_name_is_changed_and_a_wrong_one_is_shown_again() {
    let house = House::new().await;
    let jane = house.signed_in_by(&jane_joins(&house).await);
    let long = "x".repeat(101);
    let wrong = jane.submit("/account", &[("name", &long)]).await;
    assert_eq!(wrong.status, 422);
    wrong.shows(&[&long, "give a name of 1 to 100 characters"]);
    assert_eq!(jane.submit("/account", &[("name", "<script>alert(1)</script>")]).await.leads_to(), "/account");
    for page in ["/account", "/settings/members", "/webhooks"] {
        let shown = jane.page(page).await;
        assert!(!shown.text.contains("<script>alert"), "{page}");
        shown.shows(&["&lt;script&gt;alert(1)"]);
    }
    let noted = house.get("/api/v1/audit-log?action=member.renamed").await.json();
    assert_eq!(noted["data"][0]["before"]["name"], "Jane Doe");
    assert_eq!(noted["data"][0]["actor"]["email"], "jane@acme.com");
}

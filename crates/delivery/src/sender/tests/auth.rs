//! Credentials: those a webhook has, and those it has to fetch.

use beckon_domain::webhook::ClientAuth;
use beckon_testkit::Received;
use serde_json::json;

use super::*;

fn oauth2(server: &Receiver, client_auth: ClientAuth) -> OAuth2 {
    OAuth2 {
        token_url: Url::parse(&server.url("/token?tenant=7")).unwrap(),
        client_id: "id+1".to_owned(),
        client_secret: SecretText::new("hush: hush"),
        scope: Some("events write".to_owned()),
        client_auth,
    }
}

fn authorized(receiver: &Receiver, auth: Auth) -> Webhook {
    Webhook { auth: Some(auth), ..webhook_to(&receiver.url("/hook")) }
}

/// A receiver, an authorization server, and a webhook that needs both.
async fn with_tokens() -> (Receiver, Receiver, Webhook) {
    let (receiver, server) = (Receiver::start().await, Receiver::start().await);
    let webhook = authorized(&receiver, Auth::OAuth2(oauth2(&server, ClientAuth::Basic)));
    (receiver, server, webhook)
}

fn token(text: &str, expires_in: u64) -> Reply {
    let answer = json!({"access_token": text, "token_type": "Bearer", "expires_in": expires_in});
    Reply::status(200).with_body(answer.to_string())
}

fn authorizations(received: &[Received]) -> Vec<&str> {
    received.iter().map(|request| request.header("authorization").unwrap_or("none")).collect()
}

async fn auth_fault(sender: &Sender, webhook: &Webhook) -> AuthFailure {
    match sender.send(webhook).await.result {
        Err(SendFailure::Auth(failure)) => failure,
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn basic_and_bearer_credentials_arrive_and_are_not_shown() {
    let receiver = Receiver::start().await;
    let sender = sender();
    let basic = Auth::Basic { username: "user".to_owned(), password: SecretText::new("pass") };
    for auth in [basic, Auth::Bearer { token: SecretText::new("tok") }] {
        let sent = sender.send(&authorized(&receiver, auth)).await;
        assert_eq!(sent.exchange.request_headers["authorization"], "***");
    }
    assert_eq!(authorizations(&receiver.received(2).await), ["Basic dXNlcjpwYXNz", "Bearer tok"]);
}

#[tokio::test]
async fn a_token_is_fetched_once_and_used_until_shortly_before_its_end() {
    let (receiver, server, webhook) = with_tokens().await;
    server.script([token("one", 3600), token("two", 3600)]);
    let sender = sender();
    let sent = sender.send(&webhook).await;
    assert_eq!((status(&sent), sent.exchange.request_headers["authorization"].as_str()), (200, "***"));
    sender.send(&webhook).await;
    let asked = server.received(1).await;
    assert_eq!((asked.len(), asked[0].method.as_str(), asked[0].path.as_str()), (1, "POST", "/token?tenant=7"));
    assert_eq!(asked[0].body, "grant_type=client_credentials&scope=events+write");
    assert_eq!(asked[0].header("content-type"), Some("application/x-www-form-urlencoded"));
    assert_eq!(asked[0].header("authorization"), Some(request::basic(b"id%2B1", b"hush%3A+hush").as_str()));

    tokio::time::pause();
    tokio::time::advance(Duration::from_secs(3569)).await;
    tokio::time::resume();
    sender.send(&webhook).await;
    assert_eq!(server.count(), 1, "it is good for another second");
    tokio::time::pause();
    tokio::time::advance(Duration::from_secs(2)).await;
    tokio::time::resume();
    sender.send(&webhook).await;
    assert_eq!(server.count(), 2);
    let got = receiver.received(4).await;
    assert_eq!(authorizations(&got), ["Bearer one", "Bearer one", "Bearer one", "Bearer two"]);
}

#[tokio::test]
async fn a_client_can_name_itself_in_the_body() {
    let (receiver, server) = (Receiver::start().await, Receiver::start().await);
    server.script([token("one", 3600)]);
    let auth = OAuth2 { scope: None, ..oauth2(&server, ClientAuth::Body) };
    sender().send(&authorized(&receiver, Auth::OAuth2(auth))).await;
    let asked = server.received(1).await.remove(0);
    assert_eq!(asked.body, "grant_type=client_credentials&client_id=id%2B1&client_secret=hush%3A+hush");
    assert_eq!(asked.header("authorization"), None);
}

#[tokio::test]
async fn those_who_want_the_same_token_at_once_wait_for_one_request() {
    let (receiver, server, webhook) = with_tokens().await;
    let (reply, release) = token("one", 3600).held();
    server.script([reply]);
    let sender = sender();
    let all = futures_util::future::join_all((0..20).map(|_| sender.send(&webhook)));
    let (all, ()) = tokio::join!(all, async {
        server.received(1).await;
        drop(release);
    });
    assert!(all.iter().all(|sent| status(sent) == 200));
    assert_eq!((server.count(), receiver.count()), (1, 20));
}

#[tokio::test]
async fn a_token_the_receiver_refuses_is_not_used_again() {
    let (receiver, server, webhook) = with_tokens().await;
    server.script([token("stale", 3600), token("fresh", 3600)]);
    receiver.script([Reply::status(401)]);
    let sender = sender();
    assert_eq!(status(&sender.send(&webhook).await), 401);
    assert_eq!(status(&sender.send(&webhook).await), 200);
    assert_eq!(authorizations(&receiver.received(2).await), ["Bearer stale", "Bearer fresh"]);
}

#[tokio::test]
async fn settings_that_differ_do_not_share_a_token() {
    let (receiver, server, webhook) = with_tokens().await;
    server.script([token("one", 3600), token("two", 3600)]);
    let sender = sender();
    sender.send(&webhook).await;
    let Some(Auth::OAuth2(mut settings)) = webhook.auth.clone() else { unreachable!() };
    settings.client_secret = SecretText::new("other");
    sender.send(&Webhook { auth: Some(Auth::OAuth2(settings)), ..webhook }).await;
    assert_eq!(authorizations(&receiver.received(2).await), ["Bearer one", "Bearer two"]);
}

#[tokio::test]
async fn a_refusal_names_the_server_and_its_code_and_no_secret_and_the_next_request_asks_again() {
    let (receiver, server, webhook) = with_tokens().await;
    let refusal = |code: &str| {
        let answer = json!({"error": code, "error_description": "hush: hush is wrong"});
        Reply::status(401).with_body(answer.to_string())
    };
    server.script([refusal("invalid_client"), refusal("hush: hush"), Reply::status(200).with_body("<html>")]);
    let sender = sender();
    let told = |failure: &AuthFailure| {
        let outcome = crate::classify::classify_failure(&SendFailure::Auth(failure.clone()), "receiver:443");
        format!("{outcome:?}")
    };
    let failure = told(&auth_fault(&sender, &webhook).await);
    let expected = format!(
        "No access token could be had from {}. The authorization server said 401 Unauthorized (invalid_client).",
        server.address()
    );
    assert!(failure.contains("Auth") && failure.contains(&expected), "{failure}");
    let failure = told(&auth_fault(&sender, &webhook).await);
    assert!(failure.contains("401 Unauthorized.") && !failure.contains("hush"), "{failure}");
    let failure = told(&auth_fault(&sender, &webhook).await);
    assert!(failure.contains("not JSON with an access_token"), "{failure}");
    server.script([token("one", 3600)]);
    assert_eq!(status(&sender.send(&webhook).await), 200);
    assert_eq!((server.count(), receiver.count()), (4, 1));
}

// behaviour L6 (in part)
#[tokio::test]
async fn tokens_are_not_fetched_from_addresses_that_are_not_allowed() {
    let (receiver, server, mut webhook) = with_tokens().await;
    let private = Names::of(Arc::new(|_: &str| Ok(vec!["10.0.0.1".parse().unwrap()])));
    let sender = Sender::with_names(&options(), private).unwrap();
    for url in ["http://idp.example/token", "http://169.254.169.254/latest", "http://[::1]/token"] {
        let settings = OAuth2 { token_url: Url::parse(url).unwrap(), ..oauth2(&server, ClientAuth::Basic) };
        webhook.auth = Some(Auth::OAuth2(settings));
        let failure = auth_fault(&sender, &webhook).await;
        assert!(matches!(*failure.fault, AuthFault::NoAnswer(SendFailure::NotAllowed)), "{url}: {failure:?}");
    }
    assert_eq!((server.count(), receiver.count()), (0, 0));
}

// behaviour L2 (in part)
#[tokio::test]
async fn an_authorization_server_without_end_is_cut_and_one_that_hangs_is_given_up() {
    let (receiver, server, webhook) = with_tokens().await;
    server.script([Reply::endless("x".repeat(4096)), Reply::hang(), Reply::status(302).with_header("location", "/")]);
    let sender = sender();
    let failure = auth_fault(&sender, &webhook).await;
    assert!(matches!(*failure.fault, AuthFault::Unusable(_)), "{failure:?}");
    let failure = auth_fault(&sender, &webhook).await;
    assert!(matches!(*failure.fault, AuthFault::NoAnswer(SendFailure::Timeout(_))), "{failure:?}");
    let failure = auth_fault(&sender, &webhook).await;
    assert!(matches!(*failure.fault, AuthFault::Refused(StatusCode::FOUND, None)), "{failure:?}");
    assert_eq!(receiver.count(), 0);
}

// behaviour R7
#[tokio::test]
async fn what_is_not_wanted_any_more_once_there_is_a_token_is_not_sent() {
    let (receiver, server, webhook) = with_tokens().await;
    server.script([token("one", 3600)]);
    let sender = sender();
    // A kept connection takes no time to open, so nothing else would ask again.
    sender.send(&Webhook { auth: None, ..webhook.clone() }).await;
    while sender.pool.is_empty() {
        tokio::task::yield_now().await;
    }
    assert!(sender.send_while(&|| false, &webhook).await.is_none());
    assert_eq!((server.count(), receiver.count()), (1, 1));
}

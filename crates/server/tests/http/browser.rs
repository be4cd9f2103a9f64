//! A browser in somebody's hands: pages are asked for and forms are sent as browsers do it, without scripts.

#![expect(clippy::unwrap_used, reason = "a panic here is a failed test")]

use axum::body::Body;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use beckon_domain::email::Email;
use beckon_domain::id::WorkspaceId;
use beckon_domain::member::{Invitation, Member, Role, Session};
use beckon_domain::secret::SecretText;
use beckon_server::auth;
use beckon_store::MemberStore;
use hmac::{Hmac, KeyInit as _, Mac as _};
use http::header::{ACCEPT, CONTENT_TYPE, COOKIE, LOCATION, SET_COOKIE};
use http::{Method, Request};
use jiff::SignedDuration;
use sha2::Sha256;

use crate::house::{Answer, House};

/// A browser of somebody who is signed in.
pub(crate) struct Browser<'h> {
    house: &'h House,
    cookie: String,
}

impl House {
    /// Somebody with that role, signed in.
    pub(crate) async fn signed_in(&self, role: Role) -> Browser<'_> {
        self.signed_in_to(self.workspace, role).await
    }

    /// The same in another workspace.
    pub(crate) async fn signed_in_to(&self, workspace_id: WorkspaceId, role: Role) -> Browser<'_> {
        let now = self.ambient.now();
        let expires_at = now + SignedDuration::from_hours(1);
        let token = format!("{}-{}", role.as_str(), workspace_id);
        let email = Email::parse(&format!("{token}@example.com")).unwrap();
        let member = Member {
            id: self.ambient.new_id(),
            workspace_id,
            email: email.clone(),
            name: "Jane".to_owned(),
            role,
            password_hash: SecretText::new("$argon2id$none"),
            created_at: now,
            signed_in_at: None,
        };
        let invitation = Invitation {
            id: self.ambient.new_id(),
            workspace_id,
            email: Some(email),
            role,
            resets: None,
            made_by: None,
            created_at: now,
            expires_at,
        };
        let hash = auth::hash(&token);
        self.store.create_invitation(&invitation, hash).await.unwrap();
        self.store.accept_invitation(hash, &member, now).await.unwrap();
        let session = Session { member_id: member.id, created_at: now, expires_at };
        self.store.create_session(&session, hash).await.unwrap();
        Browser { house: self, cookie: format!("beckon_session={token}") }
    }
}

impl House {
    /// The path of a portal link, signed with this house's key.
    pub(crate) fn portal(&self) -> String {
        let id: beckon_domain::id::PortalLinkId = self.ambient.new_id();
        let expires_at = self.ambient.now() + SignedDuration::from_hours(1);
        let claims =
            serde_json::json!({"id": id, "workspace_id": self.workspace, "label": "l", "expires_at": expires_at});
        let claims = claims.to_string();
        let seal = Hmac::<Sha256>::new_from_slice(&[7; 32]).unwrap().chain_update(&claims).finalize().into_bytes();
        format!("/portal/{}.{}", URL_SAFE_NO_PAD.encode(claims), URL_SAFE_NO_PAD.encode(seal))
    }
}

impl House {
    /// Somebody who is not signed in.
    pub(crate) fn stranger(&self) -> Browser<'_> {
        Browser { house: self, cookie: String::new() }
    }

    /// The browser that got this answer, with the session that it set.
    pub(crate) fn signed_in_by(&self, answer: &Answer) -> Browser<'_> {
        let mut set = answer.headers.get_all(SET_COOKIE).iter().map(|value| value.to_str().unwrap());
        let set = set.next_back().unwrap_or_else(|| panic!("no session was begun: {}", answer.text));
        Browser { house: self, cookie: set.split(';').next().unwrap().to_owned() }
    }
}

impl Browser<'_> {
    /// What it sends along with every request.
    pub(crate) fn cookie(&self) -> &str {
        &self.cookie
    }

    /// A page.
    pub(crate) async fn page(&self, path: &str) -> Answer {
        let request = Request::get(path).header(COOKIE, &self.cookie).header(ACCEPT, "text/html");
        self.house.send(request.body(Body::empty()).unwrap()).await
    }

    /// What comes of a form.
    pub(crate) async fn submit(&self, path: &str, fields: &[(&str, &str)]) -> Answer {
        let body = url::form_urlencoded::Serializer::new(String::new()).extend_pairs(fields).finish();
        let request = Request::builder()
            .method(Method::POST)
            .uri(path)
            .header(COOKIE, &self.cookie)
            .header("sec-fetch-site", "same-origin")
            .header(CONTENT_TYPE, "application/x-www-form-urlencoded");
        self.house.send(request.body(Body::from(body)).unwrap()).await
    }
}

impl Answer {
    /// Where it leads, which it must; without what is to be said there.
    pub(crate) fn leads_to(&self) -> String {
        assert_eq!(self.status, 303, "{}", self.text);
        let location = self.headers[LOCATION].to_str().unwrap();
        location.split_once("?said=").map_or(location, |(path, _)| path).to_owned()
    }

    /// Fails unless each of `texts` is in it.
    pub(crate) fn shows(&self, texts: &[&str]) {
        for text in texts {
            assert!(self.text.contains(text), "{text:?} is not in {}", self.text);
        }
    }
}

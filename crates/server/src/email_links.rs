//! Links in mails that say who follows them: a token for one contact, signed, good for a while.
//!
//! Promise: a token is of one contact of one workspace, and cannot be made or changed without the key it is signed with; it
//! tells nothing else. It does not say that the contact is who holds it: mails are forwarded, and programs follow links
//! before people do. What is made of that is decided with the signal (`beckon_intake::fold`).
//! Not here: making links for the API (`api/email_links.rs`).

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use beckon_domain::id::{ContactId, WorkspaceId};
use beckon_domain::signal::FollowedLink;
use hmac::digest::Key;
use hmac::{Hmac, KeyInit, Mac};
use jiff::Timestamp;
use serde_json::{Map, Value};
use sha2::Sha256;
use uuid::Uuid;

/// The parameter that the token stands in, in the address of a page.
pub(crate) const PARAMETER: &str = "beckon_token";
/// Where the pixel says it, in the context of an item.
const IN_CONTEXT: &str = "link";
const CONTACT_BYTES: usize = 16;
const NONCE_BYTES: usize = 8;
const TIME_BYTES: usize = 4;
/// Contact, nonce, end.
const SAID_BYTES: usize = CONTACT_BYTES + NONCE_BYTES + TIME_BYTES;
/// How much of the seal is kept: nobody guesses 96 bits over the network.
const SEAL_BYTES: usize = 12;

/// With what tokens of a workspace are signed.
#[derive(Clone, Copy)]
pub(crate) struct Signer<'a> {
    pub(crate) key: &'a [u8; 32],
    pub(crate) workspace: WorkspaceId,
}

impl Signer<'_> {
    /// A token for a contact.
    pub(crate) fn sign(&self, contact: ContactId, nonce: [u8; NONCE_BYTES], expires_at: Timestamp) -> String {
        let mut said = Vec::with_capacity(SAID_BYTES + SEAL_BYTES);
        said.extend_from_slice(contact.uuid().as_bytes());
        said.extend_from_slice(&nonce);
        said.extend_from_slice(&u32::try_from(expires_at.as_second()).unwrap_or(u32::MAX).to_be_bytes());
        let seal = self.keyed().chain_update(&said).finalize().into_bytes();
        said.extend_from_slice(&seal[..SEAL_BYTES]);
        URL_SAFE_NO_PAD.encode(said)
    }

    /// The link that an item says was followed, if it is one of ours.
    pub(crate) fn followed(&self, item: &Map<String, Value>, now: Timestamp) -> Option<FollowedLink> {
        let context = item.get("context")?;
        // Who consents to less is not to be recognised.
        if context.get("consent").is_some_and(|consent| consent != "granted") {
            return None;
        }
        let token = context.get(IN_CONTEXT)?.as_str()?;
        let all = URL_SAFE_NO_PAD.decode(token).ok().filter(|all| all.len() == SAID_BYTES + SEAL_BYTES)?;
        let (said, seal) = all.split_at(SAID_BYTES);
        self.keyed().chain_update(said).verify_truncated_left(seal).ok()?;
        let (contact, rest) = said.split_at(CONTACT_BYTES);
        let (nonce, end) = rest.split_at(NONCE_BYTES);
        let end = Timestamp::from_second(u32::from_be_bytes(end.try_into().ok()?).into()).ok()?;
        Some(FollowedLink {
            contact: Uuid::from_slice(contact).ok()?.into(),
            nonce: URL_SAFE_NO_PAD.encode(nonce),
            expired: end <= now,
        })
    }

    fn keyed(&self) -> Hmac<Sha256> {
        // A key shorter than a block is filled up with zeros (RFC 2104 §2).
        let mut key = Key::<Hmac<Sha256>>::default();
        key[..self.key.len()].copy_from_slice(self.key);
        Hmac::<Sha256>::new(&key).chain_update(format!("link in a mail\0{}\0", self.workspace))
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    const KEY: [u8; 32] = [7; 32];

    fn at(second: i64) -> Timestamp {
        Timestamp::from_second(1_800_000_000 + second).unwrap()
    }

    fn signer(workspace: u128) -> Signer<'static> {
        Signer { key: &KEY, workspace: Uuid::from_u128(workspace).into() }
    }

    fn followed(by: Signer<'_>, token: &str, now: i64) -> Option<FollowedLink> {
        by.followed(json!({ "context": { "link": token } }).as_object().unwrap(), at(now))
    }

    #[test]
    fn a_token_names_its_contact_until_it_ends_and_in_its_workspace_only() {
        let contact = Uuid::from_u128(42).into();
        let token = signer(1).sign(contact, [3; NONCE_BYTES], at(60));
        assert!(token.len() < 60 && token.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_".contains(&byte)));
        let link = followed(signer(1), &token, 59).unwrap();
        assert_eq!((link.contact, link.expired), (contact, false));
        assert!(followed(signer(1), &token, 60).unwrap().expired);
        assert_eq!(followed(signer(2), &token, 0), None);
        assert_eq!(followed(Signer { key: &[8; 32], ..signer(1) }, &token, 0), None);
    }

    #[test]
    fn who_consents_to_less_is_not_recognised() {
        let token = signer(1).sign(Uuid::from_u128(42).into(), [3; NONCE_BYTES], at(60));
        let said = |consent: &str| json!({ "context": { "link": token, "consent": consent } });
        let known = |consent| signer(1).followed(said(consent).as_object().unwrap(), at(0)).is_some();
        assert_eq!((known("granted"), known("cookieless")), (true, false));
    }

    #[test]
    fn a_token_that_was_changed_or_cut_is_none() {
        let token = signer(1).sign(Uuid::from_u128(42).into(), [3; NONCE_BYTES], at(60));
        for place in 0..token.len() {
            let mut changed = token.clone().into_bytes();
            changed[place] = if changed[place] == b'A' { b'Z' } else { b'A' };
            assert_eq!(followed(signer(1), std::str::from_utf8(&changed).unwrap(), 0), None, "{place}");
            assert_eq!(followed(signer(1), &token[..place], 0), None, "{place}");
        }
    }
}

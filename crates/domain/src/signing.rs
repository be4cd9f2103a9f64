//! What a webhook's requests are signed with, and for how long.
//!
//! Source: Standard Webhooks 1.0, "Signature scheme": `v1` is HMAC-SHA256 with a shared secret (`whsec_…`),
//! `v1a` is Ed25519 with a private key (`whsk_…`) whose public half (`whpk_…`) the receiver knows.
//! Promise: a private key is never shown again, and an old key ends when its grace does.
//! Not here: signing itself (`beckon-delivery`).

use std::fmt;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use ed25519_dalek::{Signer, SigningKey as DalekKey};
use jiff::{SignedDuration, Timestamp};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::ambient::Ambient;
use crate::invalid::Invalid;
use crate::secret::SigningSecret;

/// How long a replaced key goes on signing if nobody says.
pub const GRACE_DEFAULT: SignedDuration = SignedDuration::from_hours(24);
/// Longest grace.
pub const GRACE_MAX: SignedDuration = SignedDuration::from_hours(7 * 24);
/// Most keys of a webhook that sign at the same time, the newest included.
pub const LIVE_KEYS_MAX: usize = 5;

const PRIVATE_PREFIX: &str = "whsk_";
const PUBLIC_PREFIX: &str = "whpk_";

/// How requests are signed.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum SigningScheme {
    /// `v1`: HMAC-SHA256 with a shared secret, `whsec_…`.
    #[default]
    HmacSha256,
    /// `v1a`: Ed25519; the receiver needs only the public key, `whpk_…`.
    Ed25519,
}

/// A private Ed25519 key, `whsk_` and base64 in text.
///
/// Neither `Debug` nor `Display` nor serialisation shows it: only [`PrivateKey::expose`] does.
#[derive(Clone, PartialEq, Eq)]
pub struct PrivateKey(DalekKey);

impl PrivateKey {
    /// Makes a key nobody can guess.
    pub fn generate(ambient: &Ambient) -> PrivateKey {
        let mut seed = [0; 32];
        ambient.fill(&mut seed);
        PrivateKey(DalekKey::from_bytes(&seed))
    }

    /// Reads a key: 32 bytes (the seed of RFC 8032), or 64 (the seed and its public key). The error says what
    /// is wrong without repeating any of it.
    pub fn parse(text: &str) -> Result<PrivateKey, String> {
        let form = format!("a private key is {PRIVATE_PREFIX} followed by 32 or 64 bytes in base64");
        let encoded =
            text.strip_prefix(PRIVATE_PREFIX).ok_or_else(|| format!("{form}; this has no {PRIVATE_PREFIX}"))?;
        let bytes = STANDARD.decode(encoded).ok().ok_or_else(|| format!("{form}; this is not base64"))?;
        if let Ok(seed) = <[u8; 32]>::try_from(&bytes[..]) {
            return Ok(PrivateKey(DalekKey::from_bytes(&seed)));
        }
        let pair = <[u8; 64]>::try_from(&bytes[..]).ok().ok_or_else(|| format!("{form}; this has {}", bytes.len()))?;
        let key = DalekKey::from_keypair_bytes(&pair).ok();
        key.map(PrivateKey).ok_or_else(|| format!("{form}; the second half of this is not the public key of the first"))
    }

    /// The key as text, for the store that seals it.
    pub fn expose(&self) -> String {
        format!("{PRIVATE_PREFIX}{}", STANDARD.encode(self.0.to_bytes()))
    }

    /// What the receiver verifies with: `whpk_` and base64.
    pub fn public_key(&self) -> String {
        format!("{PUBLIC_PREFIX}{}", STANDARD.encode(self.0.verifying_key().to_bytes()))
    }

    /// The signature of a message.
    pub fn sign(&self, message: &[u8]) -> [u8; 64] {
        self.0.sign(message).to_bytes()
    }
}

impl fmt::Debug for PrivateKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("whsk_***")
    }
}

/// A secret or a private key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum KeyMaterial {
    /// For `v1`.
    Hmac(SigningSecret),
    /// For `v1a`.
    Ed25519(PrivateKey),
}

impl KeyMaterial {
    /// Makes one nobody can guess.
    pub fn generate(scheme: SigningScheme, ambient: &Ambient) -> KeyMaterial {
        match scheme {
            SigningScheme::HmacSha256 => KeyMaterial::Hmac(SigningSecret::generate(ambient)),
            SigningScheme::Ed25519 => KeyMaterial::Ed25519(PrivateKey::generate(ambient)),
        }
    }

    /// Reads one; its prefix says which. The error says what is wrong without repeating any of it.
    pub fn parse(text: &str) -> Result<KeyMaterial, String> {
        if text.starts_with(PRIVATE_PREFIX) {
            return PrivateKey::parse(text).map(KeyMaterial::Ed25519);
        }
        SigningSecret::parse(text).map(KeyMaterial::Hmac)
    }

    /// How it signs.
    pub fn scheme(&self) -> SigningScheme {
        match self {
            KeyMaterial::Hmac(_) => SigningScheme::HmacSha256,
            KeyMaterial::Ed25519(_) => SigningScheme::Ed25519,
        }
    }

    /// The key as text, for the store that seals it.
    pub fn expose(&self) -> String {
        match self {
            KeyMaterial::Hmac(secret) => secret.expose(),
            KeyMaterial::Ed25519(key) => key.expose(),
        }
    }
}

/// A key, and until when it signs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SigningKey {
    /// What signs.
    pub material: KeyMaterial,
    /// When it was made or given.
    pub created_at: Timestamp,
    /// When it ends; `None` for the newest.
    pub expires_at: Option<Timestamp>,
}

impl SigningKey {
    /// A key that signs until it is replaced.
    pub fn new(material: KeyMaterial, now: Timestamp) -> SigningKey {
        SigningKey { material, created_at: now, expires_at: None }
    }

    /// Whether it still signs.
    pub fn is_live(&self, now: Timestamp) -> bool {
        self.expires_at.is_none_or(|end| now < end)
    }
}

/// The keys after `material` took over: the newest first, and those it replaced until `grace` is over, or
/// earlier if that was said before. No grace ends all older ones at once. What has ended already is left out.
pub fn rotate(
    keys: &[SigningKey],
    material: KeyMaterial,
    grace: SignedDuration,
    now: Timestamp,
) -> Result<Vec<SigningKey>, Invalid> {
    if grace.is_negative() || grace > GRACE_MAX {
        return Err(Invalid::one("grace_seconds", format!("between 0 and {}", GRACE_MAX.as_secs())));
    }
    let end = now.checked_add(grace).unwrap_or(Timestamp::MAX);
    let mut rotated = vec![SigningKey::new(material, now)];
    for key in keys {
        let expires_at = key.expires_at.map_or(end, |earlier| earlier.min(end));
        let old = SigningKey { expires_at: Some(expires_at), ..key.clone() };
        if old.is_live(now) {
            rotated.push(old);
        }
    }
    if rotated.len() > LIVE_KEYS_MAX {
        let reason = format!(
            "{} older secrets would go on signing, and at most {} may: wait for one to end, or give 0 to end them all",
            rotated.len() - 1,
            LIVE_KEYS_MAX - 1
        );
        return Err(Invalid::one("grace_seconds", reason));
    }
    Ok(rotated)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(second: i64) -> Timestamp {
        Timestamp::from_second(second).unwrap()
    }

    fn seconds(n: i64) -> SignedDuration {
        SignedDuration::from_secs(n)
    }

    fn secret(byte: u8) -> KeyMaterial {
        KeyMaterial::parse(&format!("whsec_{}", STANDARD.encode([byte; 32]))).unwrap()
    }

    // behaviour S8 (in part)
    #[test]
    fn a_replaced_key_signs_until_its_grace_ends() {
        let first = vec![SigningKey::new(secret(1), at(0))];
        let second = rotate(&first, secret(2), seconds(100), at(10)).unwrap();
        assert_eq!((&second[0].material, second[0].expires_at), (&secret(2), None));
        assert!(second[1].is_live(at(109)) && !second[1].is_live(at(110)));
        let third = rotate(&second, secret(3), seconds(1_000), at(50)).unwrap();
        assert_eq!(third[2].expires_at, Some(at(110)), "a later rotation does not lengthen an earlier grace");
        assert_eq!(rotate(&third, secret(4), SignedDuration::ZERO, at(60)).unwrap().len(), 1, "none ends all at once");
        assert_eq!(rotate(&third, secret(4), seconds(1), at(200)).unwrap().len(), 3, "what has ended is left out");
    }

    // behaviour S8 (in part)
    #[test]
    fn the_grace_and_the_number_of_live_keys_are_bounded() {
        let mut keys = vec![SigningKey::new(secret(0), at(0))];
        for wrong in [seconds(-1), GRACE_MAX + seconds(1)] {
            assert_eq!(rotate(&keys, secret(9), wrong, at(1)).unwrap_err().0[0].field, "grace_seconds");
        }
        for n in 1..5 {
            keys = rotate(&keys, secret(n), GRACE_DEFAULT, at(1)).unwrap();
        }
        assert_eq!(keys.len(), LIVE_KEYS_MAX);
        assert!(rotate(&keys, secret(9), GRACE_DEFAULT, at(1)).unwrap_err().to_string().contains("5 older"));
    }

    // behaviour S9
    #[test]
    fn a_private_key_of_the_wrong_form_is_refused_without_being_repeated() {
        let short = format!("whsk_{}", STANDARD.encode([7; 31]));
        let torn = format!("whsk_{}", STANDARD.encode([7; 64]));
        for text in ["whsk_", "whsk_!!", &short, &torn] {
            let reason = KeyMaterial::parse(text).unwrap_err();
            assert!(reason.contains("32 or 64 bytes") && !reason.contains("BwcH"), "{reason}");
        }
    }

    #[test]
    fn a_private_key_reads_back_as_written_and_never_prints() {
        // RFC 8032 §7.1, test 1.
        let seed = "9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60";
        let public = "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a";
        let bytes = |hex: &str| -> Vec<u8> {
            (0..hex.len()).step_by(2).map(|n| u8::from_str_radix(&hex[n..n + 2], 16).unwrap()).collect()
        };
        let text = format!("whsk_{}", STANDARD.encode(bytes(seed)));
        let key = PrivateKey::parse(&text).unwrap();
        assert_eq!(key.expose(), text);
        assert_eq!(key.public_key(), format!("whpk_{}", STANDARD.encode(bytes(public))));
        assert_eq!(format!("{:?}", KeyMaterial::Ed25519(key.clone())), "Ed25519(whsk_***)");
        let pair = format!("whsk_{}", STANDARD.encode([bytes(seed), bytes(public)].concat()));
        assert_eq!(PrivateKey::parse(&pair).unwrap(), key);
    }
}

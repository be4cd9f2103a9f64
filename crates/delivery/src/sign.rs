//! Signs requests so that the receiver knows who sent them, and when.
//!
//! Source: Standard Webhooks 1.0, "Signature scheme": the signed text is `id.timestamp.body`. `v1,<base64>` is
//! HMAC-SHA256 with a shared secret, `v1a,<base64>` Ed25519 with a private key. One signature per key, separated
//! by spaces, so that a rotation breaks nobody.
//! Pure. Not here: which keys are still good (`beckon_domain::signing`).

use std::fmt;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use beckon_domain::secret::SigningSecret;
use beckon_domain::signing::{KeyMaterial, PrivateKey, SigningKey};
use ed25519_dalek::{Signature, VerifyingKey};
use hmac::digest::Key;
use hmac::{Hmac, KeyInit, Mac};
use jiff::Timestamp;
use sha2::Sha256;
use subtle::ConstantTimeEq;

const HMAC_VERSION: &str = "v1,";
const ED25519_VERSION: &str = "v1a,";
const PUBLIC_PREFIX: &str = "whpk_";
/// Room for a signature of either version, and a space.
const SIGNATURE_BYTES: usize = 96;

/// Keys, made ready to sign with.
#[derive(Clone)]
pub struct Signer {
    keys: Vec<(Ready, Option<Timestamp>)>,
}

#[derive(Clone)]
enum Ready {
    /// With the key worked in.
    Hmac(Box<Hmac<Sha256>>),
    Ed25519(Box<PrivateKey>),
}

impl Signer {
    /// A signer with `keys`, newest first.
    pub fn new<'a>(keys: impl IntoIterator<Item = &'a SigningKey>) -> Signer {
        Signer { keys: keys.into_iter().map(|key| (Ready::of(key), key.expires_at)).collect() }
    }

    /// The value of the signature header: a signature per key that is live at `at`, newest first. What is signed is the
    /// second of `at`.
    pub fn sign(&self, id: &str, at: Timestamp, body: &[u8]) -> String {
        let live = self.keys.iter().filter(|(_, expires_at)| expires_at.is_none_or(|end| at < end));
        header(live.map(|(key, _)| key), id, at.as_second(), body)
    }
}

impl Ready {
    fn of(key: &SigningKey) -> Ready {
        match &key.material {
            KeyMaterial::Hmac(secret) => Ready::Hmac(Box::new(keyed(secret))),
            KeyMaterial::Ed25519(key) => Ready::Ed25519(Box::new(key.clone())),
        }
    }
}

fn header<'a>(keys: impl IntoIterator<Item = &'a Ready>, id: &str, timestamp: i64, body: &[u8]) -> String {
    let mut header = String::with_capacity(SIGNATURE_BYTES);
    for key in keys {
        if !header.is_empty() {
            header.push(' ');
        }
        match key {
            Ready::Hmac(keyed) => {
                header.push_str(HMAC_VERSION);
                STANDARD.encode_string(finish(keyed.as_ref().clone(), id, timestamp, body), &mut header);
            }
            Ready::Ed25519(key) => {
                header.push_str(ED25519_VERSION);
                STANDARD.encode_string(key.sign(&signed_text(id, timestamp, body)), &mut header);
            }
        }
    }
    header
}

/// Whether one of the `v1` signatures in `header_value` was made with `secret`.
///
/// Takes as long for a wrong signature as for a right one. Whether `timestamp` is recent is for the
/// caller to judge.
pub fn verify(secret: &SigningSecret, id: &str, timestamp: i64, body: &[u8], header_value: &str) -> bool {
    let expected = mac(secret, id, timestamp, body);
    let mut found = false;
    for given in signatures(header_value, HMAC_VERSION) {
        found |= bool::from(expected.ct_eq(given.as_slice()));
    }
    found
}

/// Whether one of the `v1a` signatures in `header_value` was made with the private half of `key`.
///
/// Whether `timestamp` is recent is for the caller to judge.
pub fn verify_public(key: &PublicKey, id: &str, timestamp: i64, body: &[u8], header_value: &str) -> bool {
    let text = signed_text(id, timestamp, body);
    signatures(header_value, ED25519_VERSION)
        .filter_map(|given| Signature::from_slice(&given).ok())
        .any(|given| key.0.verify_strict(&text, &given).is_ok())
}

/// What a receiver verifies `v1a` signatures with: `whpk_` and 32 bytes in base64. No secret.
#[derive(Clone, PartialEq, Eq)]
pub struct PublicKey(VerifyingKey);

impl PublicKey {
    /// Reads a key; the error says what is wrong.
    pub fn parse(text: &str) -> Result<PublicKey, String> {
        let form = format!("a public key is {PUBLIC_PREFIX} followed by 32 bytes in base64");
        let encoded = text.strip_prefix(PUBLIC_PREFIX).ok_or_else(|| format!("{form}; this has no {PUBLIC_PREFIX}"))?;
        let bytes = STANDARD.decode(encoded).ok().ok_or_else(|| format!("{form}; this is not base64"))?;
        let point = <[u8; 32]>::try_from(&bytes[..]).ok().ok_or_else(|| format!("{form}; this has {}", bytes.len()))?;
        let key = VerifyingKey::from_bytes(&point).ok().filter(|key| !key.is_weak());
        key.map(PublicKey).ok_or_else(|| format!("{form}; these bytes are no Ed25519 key"))
    }
}

impl fmt::Display for PublicKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{PUBLIC_PREFIX}{}", STANDARD.encode(self.0.as_bytes()))
    }
}

impl fmt::Debug for PublicKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// The signatures of a version in a header, decoded; what is not base64 is left out.
fn signatures(header_value: &str, version: &'static str) -> impl Iterator<Item = Vec<u8>> {
    let of_version = header_value.split(' ').filter_map(move |entry| entry.strip_prefix(version));
    of_version.filter_map(|signature| STANDARD.decode(signature).ok())
}

fn signed_text(id: &str, timestamp: i64, body: &[u8]) -> Vec<u8> {
    [id.as_bytes(), b".", timestamp.to_string().as_bytes(), b".", body].concat()
}

fn mac(secret: &SigningSecret, id: &str, timestamp: i64, body: &[u8]) -> [u8; 32] {
    finish(keyed(secret), id, timestamp, body)
}

fn keyed(secret: &SigningSecret) -> Hmac<Sha256> {
    // HMAC fills keys up to its block of 64 bytes with zeros (RFC 2104 §2), and no secret is longer.
    let mut key = Key::<Hmac<Sha256>>::default();
    for (padded, byte) in key.iter_mut().zip(secret.key()) {
        *padded = *byte;
    }
    Hmac::<Sha256>::new(&key)
}

fn finish(mut mac: Hmac<Sha256>, id: &str, timestamp: i64, body: &[u8]) -> [u8; 32] {
    for part in [id.as_bytes(), b".", timestamp.to_string().as_bytes(), b".", body] {
        mac.update(part);
    }
    mac.finalize().into_bytes().into()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sign<'a>(keys: impl IntoIterator<Item = &'a SigningKey>, id: &str, timestamp: i64, body: &[u8]) -> String {
        Signer::new(keys).sign(id, Timestamp::from_second(timestamp).unwrap(), body)
    }
    use jiff::SignedDuration;

    const ID: &str = "msg_p5jXN8AQM9LWM0D4loKWxJek";
    const AT: i64 = 1_614_265_330;
    const BODY: &[u8] = br#"{"test": 2432232314}"#;
    const KNOWN: &str = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";
    const OTHER: &str = "whsec_C2FVsBQIhrscChlQIMV+b5sSYspob7oDazB0XrE8mKM=";
    /// The seed of RFC 8032 §7.1, test 1.
    const PRIVATE: &str = "whsk_nWGxne/9WmC6hEr0kuwsxERJxWl7MmkZcDusAxyuf2A=";

    fn secret(text: &str) -> SigningSecret {
        SigningSecret::parse(text).unwrap()
    }

    fn key(text: &str) -> SigningKey {
        SigningKey::new(KeyMaterial::parse(text).unwrap(), Timestamp::UNIX_EPOCH)
    }

    fn public(key: &SigningKey) -> PublicKey {
        let KeyMaterial::Ed25519(private) = &key.material else { panic!("no private key") };
        PublicKey::parse(&private.public_key()).unwrap()
    }

    // behaviour S4
    #[test]
    fn the_known_answer_comes_out_bit_for_bit() {
        let header = sign(&[key(KNOWN)], ID, AT, BODY);
        assert_eq!(header, "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=");
    }

    #[test]
    fn every_key_signs_and_each_signature_verifies_alone() {
        let private = key(PRIVATE);
        let header = sign(&[key(OTHER), private.clone(), key(KNOWN)], ID, AT, BODY);
        let versions: Vec<_> = header.split(' ').map(|entry| entry.split(',').next().unwrap()).collect();
        assert_eq!(versions, ["v1", "v1a", "v1"]);
        assert!(header.ends_with(" v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="), "newest first: {header}");
        assert!(verify(&secret(KNOWN), ID, AT, BODY, &header));
        assert!(verify(&secret(OTHER), ID, AT, BODY, &header));
        assert!(verify_public(&public(&private), ID, AT, BODY, &header));
    }

    // behaviour S7 (in part)
    #[test]
    fn an_ed25519_signature_verifies_with_the_public_key_alone() {
        let private = key(PRIVATE);
        let header = sign([&private], ID, AT, BODY);
        // With the library's own verification, over the text put together by hand.
        let signature = STANDARD.decode(header.strip_prefix("v1a,").unwrap()).unwrap();
        let text = [format!("{ID}.{AT}.").as_bytes(), BODY].concat();
        let KeyMaterial::Ed25519(half) = &private.material else { unreachable!() };
        let point = STANDARD.decode(half.public_key().strip_prefix("whpk_").unwrap()).unwrap();
        let verifying = VerifyingKey::from_bytes(&point.try_into().unwrap()).unwrap();
        verifying.verify_strict(&text, &Signature::from_slice(&signature).unwrap()).unwrap();
        assert!(verify_public(&public(&private), ID, AT, BODY, &header));
    }

    // behaviour S8 (in part)
    #[test]
    fn only_keys_that_are_live_sign() {
        let now = Timestamp::from_second(AT).unwrap();
        let old = SigningKey { expires_at: Some(now + SignedDuration::from_secs(60)), ..key(KNOWN) };
        let signer = Signer::new(&[key(OTHER), old]);
        let signs =
            |text: &str, at: Timestamp| verify(&secret(text), ID, at.as_second(), BODY, &signer.sign(ID, at, BODY));
        assert!(signs(KNOWN, now) && signs(OTHER, now));
        let after = now + SignedDuration::from_secs(60);
        assert!(!signs(KNOWN, after) && signs(OTHER, after));
    }

    #[test]
    fn the_longest_key_and_an_empty_body_are_signed_like_any_other() {
        let long = key(&format!("whsec_{}", STANDARD.encode([7; 64])));
        let reference = standardwebhooks::Webhook::from_bytes(vec![7; 64]).unwrap();
        assert_eq!(sign(&[long], ID, AT, b""), reference.sign(ID, AT, b"").unwrap());
    }

    #[test]
    fn what_was_tampered_with_does_not_verify() {
        let header = sign(&[key(KNOWN), key(PRIVATE)], ID, AT, BODY);
        let fits = |id, at, body: &[u8], header: &str| {
            let symmetric = verify(&secret(KNOWN), id, at, body, header);
            let public = verify_public(&public(&key(PRIVATE)), id, at, body, header);
            (symmetric, public)
        };
        assert_eq!(fits(ID, AT, BODY, &header), (true, true));
        assert_eq!(fits("msg_other", AT, BODY, &header), (false, false));
        assert_eq!(fits(ID, AT + 1, BODY, &header), (false, false));
        assert_eq!(fits(ID, AT, b"{}", &header), (false, false));
        assert!(!verify(&secret(OTHER), ID, AT, BODY, &header));
        let stranger = key(&format!("whsk_{}", STANDARD.encode([9; 32])));
        assert!(!verify_public(&public(&stranger), ID, AT, BODY, &header));
        for odd in
            ["", "v1", "v1,", "v1,!!", "v2,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=", "v1,g0hM9SsE", "v1a,AAAA"]
        {
            assert_eq!(fits(ID, AT, BODY, odd), (false, false), "{odd:?}");
        }
        assert_eq!(fits(ID, AT, BODY, &header.replace("v1,", "v1a,")), (false, true));
        assert_eq!(fits(ID, AT, BODY, &header.replace("v1a,", "v1,")), (true, false), "a version is not another");
    }

    #[test]
    fn a_public_key_of_the_wrong_form_is_refused() {
        let short = format!("whpk_{}", STANDARD.encode([7; 31]));
        let weak = format!("whpk_{}", STANDARD.encode([0; 32]));
        for text in ["", "whpk_", "whsec_AAAA", "whpk_!!", &short, &weak] {
            let reason = PublicKey::parse(text).unwrap_err();
            assert!(reason.contains("32 bytes in base64"), "{reason}");
        }
        let public = public(&key(PRIVATE));
        assert_eq!(PublicKey::parse(&public.to_string()).unwrap(), public);
    }
}

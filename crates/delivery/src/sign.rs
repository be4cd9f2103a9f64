//! Signs requests so that the receiver knows who sent them, and when.
//!
//! Source: Standard Webhooks 1.0, "Signature scheme": HMAC-SHA256 over `id.timestamp.body`, written
//! `v1,<base64>`; one per secret, separated by spaces, so that a rotation breaks nobody.
//! Pure. Not here: which secrets are still good (`beckon_domain::webhook`).

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use beckon_domain::secret::SigningSecret;
use hmac::digest::Key;
use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;
use subtle::ConstantTimeEq;

const VERSION: &str = "v1,";

/// The value of the signature header: a signature per secret, in the order of `secrets`, newest first.
/// `timestamp` is in Unix seconds.
pub fn sign(secrets: &[SigningSecret], id: &str, timestamp: i64, body: &[u8]) -> String {
    let signatures: Vec<String> = secrets
        .iter()
        .map(|secret| format!("{VERSION}{}", STANDARD.encode(mac(secret, id, timestamp, body))))
        .collect();
    signatures.join(" ")
}

/// Whether one of the signatures in `header_value` was made with `secret`.
///
/// Takes as long for a wrong signature as for a right one. Whether `timestamp` is recent is for the
/// caller to judge.
pub fn verify(secret: &SigningSecret, id: &str, timestamp: i64, body: &[u8], header_value: &str) -> bool {
    let expected = mac(secret, id, timestamp, body);
    let mut found = false;
    for signature in header_value.split(' ').filter_map(|entry| entry.strip_prefix(VERSION)) {
        let Ok(given) = STANDARD.decode(signature) else { continue };
        found |= bool::from(expected.ct_eq(given.as_slice()));
    }
    found
}

fn mac(secret: &SigningSecret, id: &str, timestamp: i64, body: &[u8]) -> [u8; 32] {
    // HMAC fills keys up to its block of 64 bytes with zeros (RFC 2104 §2), and no secret is longer.
    let mut key = Key::<Hmac<Sha256>>::default();
    for (padded, byte) in key.iter_mut().zip(secret.key()) {
        *padded = *byte;
    }
    let mut mac = Hmac::<Sha256>::new(&key);
    for part in [id.as_bytes(), b".", timestamp.to_string().as_bytes(), b".", body] {
        mac.update(part);
    }
    mac.finalize().into_bytes().into()
}

#[cfg(test)]
mod tests {
    use super::*;

    const ID: &str = "msg_p5jXN8AQM9LWM0D4loKWxJek";
    const AT: i64 = 1_614_265_330;
    const BODY: &[u8] = br#"{"test": 2432232314}"#;

    fn secret(text: &str) -> SigningSecret {
        SigningSecret::parse(text).unwrap()
    }

    fn known() -> SigningSecret {
        secret("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw")
    }

    fn other() -> SigningSecret {
        secret("whsec_C2FVsBQIhrscChlQIMV+b5sSYspob7oDazB0XrE8mKM=")
    }

    // behaviour S4
    #[test]
    fn the_known_answer_comes_out_bit_for_bit() {
        let header = sign(&[known()], ID, AT, BODY);
        assert_eq!(header, "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=");
    }

    #[test]
    fn every_secret_signs_and_each_signature_verifies_alone() {
        let header = sign(&[other(), known()], ID, AT, BODY);
        assert!(header.ends_with(" v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="), "newest first: {header}");
        assert!(verify(&known(), ID, AT, BODY, &header));
        assert!(verify(&other(), ID, AT, BODY, &header));
    }

    #[test]
    fn the_longest_key_and_an_empty_body_are_signed_like_any_other() {
        let long = secret(&format!("whsec_{}", STANDARD.encode([7; 64])));
        let reference = standardwebhooks::Webhook::from_bytes(vec![7; 64]).unwrap();
        assert_eq!(sign(&[long], ID, AT, b""), reference.sign(ID, AT, b"").unwrap());
    }

    #[test]
    fn what_was_tampered_with_does_not_verify() {
        let header = sign(&[known()], ID, AT, BODY);
        assert!(!verify(&known(), "msg_other", AT, BODY, &header));
        assert!(!verify(&known(), ID, AT + 1, BODY, &header));
        assert!(!verify(&known(), ID, AT, b"{}", &header));
        assert!(!verify(&other(), ID, AT, BODY, &header));
        for odd in ["", "v1", "v1,", "v1,!!", "v2,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=", "v1,g0hM9SsE"] {
            assert!(!verify(&known(), ID, AT, BODY, odd), "{odd:?}");
        }
    }
}

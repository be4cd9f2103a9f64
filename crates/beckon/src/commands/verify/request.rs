//! A webhook request as its receiver has it, and what can be wrong with it.

use std::fmt;
use std::time::Duration;

use beckon_delivery::headers::{WEBHOOK_ID, WEBHOOK_SIGNATURE, WEBHOOK_TIMESTAMP};
use jiff::Timestamp;

use super::key::Key;

/// The parts of a request that a signature is about.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Received {
    /// `webhook-id`
    pub(super) id: Option<String>,
    /// `webhook-timestamp`, as it came.
    pub(super) timestamp: Option<String>,
    /// `webhook-signature`
    pub(super) signature: Option<String>,
    /// The body, byte for byte.
    pub(super) body: Vec<u8>,
}

/// Why a request is not valid.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Flaw {
    /// A header is not there.
    Missing(&'static str),
    /// The timestamp is not a number of seconds.
    NotATime(String),
    /// The timestamp is this much before now.
    TooOld(u64),
    /// The timestamp is this much after now.
    TooNew(u64),
    /// There is no signature of a kind that one of the keys can check; they could check those that begin so.
    NoSignature(Vec<&'static str>),
    /// No signature fits.
    Wrong,
}

impl fmt::Display for Flaw {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Flaw::Missing(header) => write!(f, "missing header: {header}"),
            Flaw::NotATime(text) => write!(f, "bad timestamp: {WEBHOOK_TIMESTAMP} is {text:?}, not unix seconds"),
            Flaw::TooOld(seconds) => {
                write!(
                    f,
                    "too old: the request is from {seconds} seconds ago (--tolerance sets how old it may be, 0 takes any)"
                )
            }
            Flaw::TooNew(seconds) => {
                write!(f, "too new: the request is from {seconds} seconds in the future; compare the clocks")
            }
            Flaw::NoSignature(versions) => {
                let forms: Vec<_> = versions.iter().map(|version| format!("{version}<base64>")).collect();
                write!(f, "bad signature: {WEBHOOK_SIGNATURE} holds no signature of the form {}", forms.join(" or "))?;
                if *versions == ["v1,"] {
                    f.write_str(" (one of the form v1a,<base64> is checked with --public-key)")?;
                }
                Ok(())
            }
            Flaw::Wrong => f.write_str(
                "bad signature: it fits another secret or key, id, timestamp or body (the body must be the bytes received, \
                 not parsed and written again)",
            ),
        }
    }
}

impl Received {
    /// Picks the three headers out of lines of `name: value`. Other lines don't matter.
    pub(super) fn from_header_lines(lines: &str) -> Received {
        let header = |wanted: &str| {
            let mut pairs = lines.lines().filter_map(|line| line.trim_start_matches(['<', '>', ' ']).split_once(':'));
            pairs.find(|(name, _)| name.trim().eq_ignore_ascii_case(wanted)).map(|(_, value)| value.trim().to_owned())
        };
        Received {
            id: header(WEBHOOK_ID),
            timestamp: header(WEBHOOK_TIMESTAMP),
            signature: header(WEBHOOK_SIGNATURE),
            body: Vec::new(),
        }
    }

    /// Checks the signature with any of `keys`, then the age. A tolerance of zero takes any age.
    pub(super) fn check(&self, keys: &[Key], tolerance: Duration, now: Timestamp) -> Result<(), Flaw> {
        let id = self.id.as_deref().ok_or(Flaw::Missing(WEBHOOK_ID))?;
        let timestamp = self.timestamp.as_deref().ok_or(Flaw::Missing(WEBHOOK_TIMESTAMP))?;
        let signature = self.signature.as_deref().ok_or(Flaw::Missing(WEBHOOK_SIGNATURE))?;
        let seconds: i64 = timestamp.trim().parse().map_err(|_not_a_number| Flaw::NotATime(timestamp.to_owned()))?;
        let mut versions: Vec<_> = keys.iter().map(Key::version).collect();
        versions.sort_unstable();
        versions.dedup();
        let can_be_checked = |one: &str| versions.iter().any(|version| one.starts_with(version));
        if !signature.split_whitespace().any(can_be_checked) {
            return Err(Flaw::NoSignature(versions));
        }
        if !keys.iter().any(|key| key.fits(id, seconds, &self.body, signature)) {
            return Err(Flaw::Wrong);
        }
        let apart = now.as_second().abs_diff(seconds);
        if tolerance.is_zero() || apart <= tolerance.as_secs() {
            Ok(())
        } else if seconds < now.as_second() {
            Err(Flaw::TooOld(apart))
        } else {
            Err(Flaw::TooNew(apart))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use beckon_delivery::sign;
    use beckon_domain::signing::{KeyMaterial, PrivateKey, SigningKey};

    const SENT_AT: i64 = 1_614_265_330;

    fn secrets() -> Vec<Key> {
        vec![Key::parse("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw").unwrap()]
    }

    /// The known answer of Standard Webhooks.
    fn known() -> Received {
        Received {
            id: Some("msg_p5jXN8AQM9LWM0D4loKWxJek".to_owned()),
            timestamp: Some(SENT_AT.to_string()),
            signature: Some("v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=".to_owned()),
            body: br#"{"test": 2432232314}"#.to_vec(),
        }
    }

    fn check(received: &Received, seconds_later: i64) -> Result<(), Flaw> {
        let now = Timestamp::from_second(SENT_AT + seconds_later).unwrap();
        received.check(&secrets(), Duration::from_secs(300), now)
    }

    #[test]
    fn the_known_answer_is_valid_within_the_tolerance() {
        assert_eq!(check(&known(), 0), Ok(()));
        assert_eq!(check(&known(), 300), Ok(()));
        assert_eq!(check(&known(), -300), Ok(()));
    }

    #[test]
    fn beyond_the_tolerance_it_is_too_old_or_too_new_unless_any_age_will_do() {
        assert_eq!(check(&known(), 301), Err(Flaw::TooOld(301)));
        assert_eq!(check(&known(), -301), Err(Flaw::TooNew(301)));
        let years_later = Timestamp::from_second(SENT_AT + 100_000_000).unwrap();
        assert_eq!(known().check(&secrets(), Duration::ZERO, years_later), Ok(()));
    }

    #[test]
    fn any_other_secret_id_timestamp_or_body_is_a_bad_signature() {
        let other = Key::parse("whsec_AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA").unwrap();
        let now = Timestamp::from_second(SENT_AT).unwrap();
        assert_eq!(known().check(std::slice::from_ref(&other), Duration::ZERO, now), Err(Flaw::Wrong));
        let both = [other, secrets().remove(0)];
        assert_eq!(known().check(&both, Duration::ZERO, now), Ok(()), "during a rotation either will do");
        assert_eq!(check(&Received { id: Some("msg_x".to_owned()), ..known() }, 0), Err(Flaw::Wrong));
        assert_eq!(check(&Received { timestamp: Some((SENT_AT + 1).to_string()), ..known() }, 0), Err(Flaw::Wrong));
        assert_eq!(check(&Received { body: br#"{"test":2432232314}"#.to_vec(), ..known() }, 0), Err(Flaw::Wrong));
    }

    // behaviour S7 (in part)
    #[test]
    fn a_public_key_alone_checks_what_its_private_half_signed() {
        let private = PrivateKey::parse("whsk_nWGxne/9WmC6hEr0kuwsxERJxXN2MmkZcDusAxyuf2A=").unwrap();
        let keys = [Key::parse(&private.public_key()).unwrap()];
        let signing = SigningKey::new(KeyMaterial::Ed25519(private), Timestamp::UNIX_EPOCH);
        let now = Timestamp::from_second(SENT_AT).unwrap();
        let signature = sign::Signer::new([&signing]).sign(known().id.as_deref().unwrap(), now, &known().body);
        let signed = Received { signature: Some(format!("v1,AAAA {signature}")), ..known() };
        assert_eq!(signed.check(&keys, Duration::ZERO, now), Ok(()));
        let forged = Received { body: b"{}".to_vec(), ..signed };
        assert_eq!(forged.check(&keys, Duration::ZERO, now), Err(Flaw::Wrong));
        assert_eq!(known().check(&keys, Duration::ZERO, now), Err(Flaw::NoSignature(vec!["v1a,"])));
    }

    #[test]
    fn what_is_missing_or_unreadable_is_named() {
        assert_eq!(check(&Received { id: None, ..known() }, 0), Err(Flaw::Missing("webhook-id")));
        assert_eq!(check(&Received { timestamp: None, ..known() }, 0), Err(Flaw::Missing("webhook-timestamp")));
        assert_eq!(check(&Received { signature: None, ..known() }, 0), Err(Flaw::Missing("webhook-signature")));
        let noon = Received { timestamp: Some("noon".to_owned()), ..known() };
        assert_eq!(check(&noon, 0), Err(Flaw::NotATime("noon".to_owned())));
        let ed25519 = Received { signature: Some("v1a,AAAA".to_owned()), ..known() };
        assert_eq!(check(&ed25519, 0), Err(Flaw::NoSignature(vec!["v1,"])));
    }

    #[test]
    fn headers_are_found_in_lines_as_tools_print_them() {
        let lines = "POST /hook HTTP/1.1\r\nHost: x\r\nWebhook-Id: msg_1\r\n> webhook-timestamp: 5\r\nwebhook-signature:v1,a= v1,b=\r\n";
        let received = Received::from_header_lines(lines);
        assert_eq!(received.id.as_deref(), Some("msg_1"));
        assert_eq!(received.timestamp.as_deref(), Some("5"));
        assert_eq!(received.signature.as_deref(), Some("v1,a= v1,b="));
    }
}

//! Reads what came of a request: an outcome with words for the person who set the webhook up.
//!
//! Pure. Only 2xx is a success; a redirect is a failure and its target is nobody's business. What counts
//! is the answer's head: once a 2xx has begun in time, the receiver has taken the event, and trouble with
//! the rest of the answer does not send it again.
//! Not here: what follows from an outcome (`decide.rs`).

use std::time::{Duration, SystemTime};

use beckon_domain::delivery::{FailureKind, Outcome};
use beckon_domain::retry::RETRY_AFTER_MAX;
use http::StatusCode;
use jiff::{SignedDuration, Timestamp};
use rustls::AlertDescription;

use crate::proxy::ProxyFault;
use crate::sender::failure::{SendFailure, TlsFault};
use crate::sender::oauth::{AuthFailure, AuthFault};

/// The outcome of a request whose answer began with `status`.
pub(crate) fn classify_status(status: StatusCode) -> Outcome {
    let answered = format!("The receiver answered {}", named(status));
    let failed = |kind, message| Outcome::Failed { kind, message };
    match status.as_u16() {
        200..=299 => Outcome::Delivered,
        300..=399 => {
            failed(FailureKind::Redirect, format!("{answered}. Redirects are not followed: enter the final URL."))
        }
        410 => failed(FailureKind::Gone, format!("{answered}: it wants nothing more.")),
        _ => failed(FailureKind::Status, format!("{answered}.")),
    }
}

/// The outcome of a request that got no answer. `place` is the receiver's host and port.
pub(crate) fn classify_failure(failure: &SendFailure, place: &str) -> Outcome {
    let (kind, message) = match failure {
        SendFailure::NotAllowed => (
            FailureKind::AddressNotAllowed,
            format!(
                "address not allowed: {place} is not on the public internet, and deliveries to its network are not enabled."
            ),
        ),
        SendFailure::HttpsOnly => (
            FailureKind::AddressNotAllowed,
            "address not allowed: deliveries go to https URLs only, and this is an http one.".to_owned(),
        ),
        SendFailure::Unresolved(_) => {
            (FailureKind::Dns, format!("The host name of {place} has no address: is it spelled right?"))
        }
        SendFailure::ResolveTimeout(limit) => {
            (FailureKind::Dns, format!("The host name of {place} was not resolved within {}.", seconds(*limit)))
        }
        SendFailure::Refused(_) => {
            (FailureKind::Refused, format!("Nobody answered at {place}: the connection was refused."))
        }
        SendFailure::Unreachable(_) => {
            (FailureKind::Refused, format!("Nobody answered at {place}: there is no way to reach it."))
        }
        SendFailure::ConnectTimeout(limit) => {
            (FailureKind::Timeout, format!("Nobody answered at {place}: no connection within {}.", seconds(*limit)))
        }
        SendFailure::Tls(fault) => (FailureKind::Tls, tls_message(fault, place)),
        SendFailure::Timeout(limit) => (FailureKind::Timeout, format!("No answer within {}.", seconds(*limit))),
        SendFailure::Reset => {
            (FailureKind::Reset, format!("The connection to {place} broke before the receiver answered."))
        }
        SendFailure::Unfinished(limit) => (
            FailureKind::Timeout,
            format!(
                "The receiver began to answer, but the headers of its answer were not complete within {}.",
                seconds(*limit)
            ),
        ),
        SendFailure::TooLarge => {
            (FailureKind::TooLarge, "The headers of the receiver's answer are larger than we read.".to_owned())
        }
        SendFailure::NotHttp(_) => {
            (FailureKind::Protocol, format!("What answered at {place} does not speak HTTP/1.1."))
        }
        SendFailure::Unsendable(what) => (FailureKind::Protocol, format!("The request could not be made: {what}.")),
        SendFailure::Auth(failure) => (FailureKind::Auth, auth_message(failure)),
        SendFailure::Proxy(fault) => (FailureKind::Proxy, proxy_message(fault, place)),
    };
    Outcome::Failed { kind, message }
}

fn tls_message(fault: &TlsFault, place: &str) -> String {
    match fault {
        TlsFault::Expired => format!("The certificate of {place} has expired."),
        TlsFault::NotYetValid => format!("The certificate of {place} is not valid yet."),
        TlsFault::WrongName => format!("The certificate of {place} is for another host name."),
        TlsFault::UnknownIssuer => {
            format!(
                "The certificate of {place} is not from an authority we trust; it may be self-signed, or the chain is incomplete."
            )
        }
        TlsFault::Timeout(limit) => format!("{place} did not finish the TLS handshake within {}.", seconds(*limit)),
        TlsFault::ClientCertificate(AlertDescription::CertificateRequired) => {
            format!("{place} wants a client certificate, and this webhook has none to show.")
        }
        TlsFault::ClientCertificate(_) => format!("{place} does not accept this webhook's client certificate."),
        TlsFault::Settings(invalid) => format!("This webhook's certificates cannot be used: {invalid}."),
        TlsFault::Certificate(_) => format!("The certificate of {place} cannot be trusted."),
        TlsFault::BrokenOff(_) => format!("{place} broke off the TLS handshake: is https right for it?"),
        TlsFault::Handshake(_) => format!("{place} does not speak TLS in a way we understand: is https right for it?"),
    }
}

fn auth_message(AuthFailure { place, fault }: &AuthFailure) -> String {
    let why = match &**fault {
        AuthFault::NoAnswer(failure) => match classify_failure(failure, place) {
            Outcome::Failed { message, .. } => message,
            Outcome::Delivered => String::new(),
        },
        AuthFault::Refused(status, Some(code)) => format!("The authorization server said {} ({code}).", named(*status)),
        AuthFault::Refused(status, None) => format!("The authorization server said {}.", named(*status)),
        AuthFault::Unusable(what) => format!("The authorization server answered, but {what}."),
    };
    format!("No access token could be had from {place}. {why}")
}

fn proxy_message(fault: &ProxyFault, place: &str) -> String {
    match fault {
        ProxyFault::Unresolved(_) => "The proxy that requests go through has no address: is its name right?".to_owned(),
        ProxyFault::Unreachable(_) => "The proxy that requests go through cannot be reached.".to_owned(),
        ProxyFault::Timeout => format!("The proxy that requests go through opened no way to {place} in time."),
        ProxyFault::Credentials => {
            "The proxy that requests go through does not accept our user name and password.".to_owned()
        }
        ProxyFault::Status(status) => {
            format!("The proxy that requests go through opened no way to {place}: it answered {}.", named(*status))
        }
        ProxyFault::Reply(code) => {
            format!("The proxy that requests go through opened no way to {place}: {}.", socks5_reply(*code))
        }
        ProxyFault::Broken(_) => "The connection to the proxy that requests go through broke.".to_owned(),
        ProxyFault::Garbage => {
            "What answered in place of the proxy that requests go through does not speak its protocol.".to_owned()
        }
    }
}

/// What a SOCKS5 proxy means by a reply (RFC 1928 §6).
fn socks5_reply(code: u8) -> &'static str {
    match code {
        2 => "its rules do not allow it",
        3 | 4 => "it knows no way there",
        5 => "the connection was refused",
        6 => "nobody answered",
        _ => "it could not",
    }
}

/// How long the receiver asks us to wait (RFC 9110 §10.2.3), in whole seconds: a number of seconds or a
/// date. `None` for what cannot be read and for what asks for no wait; never more than [`RETRY_AFTER_MAX`].
pub(crate) fn read_retry_after(value: &str, now: Timestamp) -> Option<SignedDuration> {
    let value = value.trim();
    let asked = if !value.is_empty() && value.bytes().all(|byte| byte.is_ascii_digit()) {
        value.parse().map_or(RETRY_AFTER_MAX, SignedDuration::from_secs)
    } else {
        let until = httpdate::parse_http_date(value).ok()?;
        let until = until.duration_since(SystemTime::UNIX_EPOCH).ok()?;
        SignedDuration::from_secs(i64::try_from(until.as_secs()).ok()?) - SignedDuration::from_secs(now.as_second())
    };
    asked.is_positive().then(|| asked.min(RETRY_AFTER_MAX))
}

fn named(status: StatusCode) -> String {
    match status.canonical_reason() {
        Some(reason) => format!("{} {reason}", status.as_u16()),
        None => status.as_u16().to_string(),
    }
}

fn seconds(limit: Duration) -> String {
    format!("{} s", limit.as_secs_f64())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn status(code: u16) -> Outcome {
        classify_status(StatusCode::from_u16(code).unwrap())
    }

    fn failed(outcome: Outcome) -> (FailureKind, String) {
        match outcome {
            Outcome::Delivered => panic!("delivered"),
            Outcome::Failed { kind, message } => (kind, message),
        }
    }

    // behaviour T1
    #[test]
    fn only_2xx_is_a_success() {
        for code in [200, 201, 202, 204, 226, 299] {
            assert!(status(code).is_delivered(), "{code}");
        }
        for code in [300, 301, 302, 303, 304, 307, 308] {
            assert_eq!(failed(status(code)).0, FailureKind::Redirect, "{code}");
        }
        for code in [400, 401, 404, 429, 500, 503, 599, 999] {
            assert_eq!(failed(status(code)).0, FailureKind::Status, "{code}");
        }
        assert_eq!(failed(status(410)).0, FailureKind::Gone);
    }

    // behaviour T2
    #[test]
    fn failures_are_told_in_words() {
        assert_eq!(failed(status(503)).1, "The receiver answered 503 Service Unavailable.");
        assert_eq!(failed(status(599)).1, "The receiver answered 599.");
        let told = |failure| failed(classify_failure(&failure, "example.com:443")).1;
        let io = || std::io::Error::from(std::io::ErrorKind::ConnectionRefused);
        assert_eq!(told(SendFailure::Refused(io())), "Nobody answered at example.com:443: the connection was refused.");
        assert_eq!(told(SendFailure::Timeout(Duration::from_secs(15))), "No answer within 15 s.");
        assert!(told(SendFailure::NotAllowed).contains("address not allowed"));
    }

    // behaviour T5
    #[test]
    fn retry_after_is_read_as_seconds_or_as_a_date() {
        let now = Timestamp::from_second(784_111_777).unwrap(); // Sun, 06 Nov 1994 08:49:37 GMT
        let read = |value| read_retry_after(value, now).map(|wait| wait.as_secs());
        assert_eq!(read("120"), Some(120));
        assert_eq!(read(" 7 "), Some(7));
        assert_eq!(read("Sun, 06 Nov 1994 08:50:37 GMT"), Some(60));
        assert_eq!(read("Sunday, 06-Nov-94 08:50:37 GMT"), Some(60), "the obsolete form of RFC 850");
    }

    // behaviour T5
    #[test]
    fn a_past_absurd_or_garbled_retry_after_does_no_harm() {
        let now = Timestamp::from_second(784_111_777).unwrap();
        for value in
            ["", "0", "-5", "soon", "1.5", "Sun, 06 Nov 1994 08:49:37 GMT", "Thu, 01 Jan 1970 00:00:00 GMT", "\u{ff11}"]
        {
            assert_eq!(read_retry_after(value, now), None, "{value:?}");
        }
        for value in ["99999999999999999999999999", "9223372036854775807", "Fri, 31 Dec 9999 23:59:59 GMT"] {
            assert_eq!(read_retry_after(value, now), Some(RETRY_AFTER_MAX), "{value:?}");
        }
    }
}

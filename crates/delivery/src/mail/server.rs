//! The mail server, as a URL names it.
//!
//! Promise: a password is not sent over a connection that others can read, and never shown.

use std::fmt;

use beckon_domain::secret::SecretText;
use percent_encoding::percent_decode_str;
use url::Url;

/// The port of servers that speak TLS from the start (RFC 8314 §3.3).
const TLS_PORT: u16 = 465;
/// The port of servers that switch to TLS (RFC 6409 §3.1).
const STARTTLS_PORT: u16 = 587;
/// The port of servers without TLS, such as a relay on this machine.
const PLAIN_PORT: u16 = 25;

/// A mail server.
#[derive(Clone, PartialEq, Eq)]
pub struct SmtpServer {
    pub(super) host: String,
    pub(super) port: u16,
    pub(super) security: Security,
    pub(super) credentials: Option<(String, SecretText)>,
}

/// How the connection is protected.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Security {
    /// TLS from the start.
    Tls,
    /// TLS after the greeting, or nothing is sent.
    StartTls,
    /// Not at all.
    Plain,
}

impl SmtpServer {
    /// Reads `smtps://user:password@host:465` (TLS), `smtp://user:password@host:587` (STARTTLS, or nothing is
    /// sent) or `smtp://host:25?tls=none`. The error says what would be right without repeating anything.
    pub fn parse(text: &str) -> Result<SmtpServer, String> {
        let form = "is not a mail server: write smtps://user:password@host (TLS), smtp://user:password@host \
                    (STARTTLS) or smtp://host?tls=none, with %-escapes for odd characters";
        let url = Url::parse(text).ok().ok_or_else(|| form.to_owned())?;
        let (security, port) = match (url.scheme(), url.query()) {
            ("smtps", None) => (Security::Tls, TLS_PORT),
            ("smtp", None) => (Security::StartTls, STARTTLS_PORT),
            ("smtp", Some("tls=none")) => (Security::Plain, PLAIN_PORT),
            _ => return Err(form.to_owned()),
        };
        let host = url.host_str().map(|host| host.trim_start_matches('[').trim_end_matches(']')).unwrap_or_default();
        if host.is_empty() || !matches!(url.path(), "" | "/") || url.fragment().is_some() {
            return Err(form.to_owned());
        }
        let decoded = |text: &str| percent_decode_str(text).decode_utf8().ok().map(|text| text.into_owned());
        let credentials = match (url.username(), url.password()) {
            ("", None) => None,
            (user, Some(password)) if !user.is_empty() => {
                let (user, password) = decoded(user).zip(decoded(password)).ok_or_else(|| form.to_owned())?;
                Some((user, SecretText::new(password)))
            }
            _ => return Err("needs both a user and a password, or neither".to_owned()),
        };
        if credentials.is_some() && security == Security::Plain && !is_this_machine(host) {
            return Err("would send its password unprotected: leave out tls=none".to_owned());
        }
        Ok(SmtpServer { host: host.to_owned(), port: url.port().unwrap_or(port), security, credentials })
    }
}

fn is_this_machine(host: &str) -> bool {
    host == "localhost" || host.parse::<std::net::IpAddr>().is_ok_and(|ip| ip.is_loopback())
}

impl fmt::Display for SmtpServer {
    /// The URL, with `***` instead of user and password.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let scheme = if self.security == Security::Tls { "smtps" } else { "smtp" };
        let masked = if self.credentials.is_some() { "***@" } else { "" };
        let host = if self.host.contains(':') { format!("[{}]", self.host) } else { self.host.clone() };
        let query = if self.security == Security::Plain { "?tls=none" } else { "" };
        write!(f, "{scheme}://{masked}{host}:{}{query}", self.port)
    }
}

impl fmt::Debug for SmtpServer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_scheme_says_how_the_connection_is_protected_and_which_port_it_has() {
        let read = |text| {
            let SmtpServer { host, port, security, .. } = SmtpServer::parse(text).unwrap();
            (host, port, security)
        };
        assert_eq!(read("smtps://mail.example.com"), ("mail.example.com".to_owned(), 465, Security::Tls));
        assert_eq!(read("smtp://mail.example.com/"), ("mail.example.com".to_owned(), 587, Security::StartTls));
        assert_eq!(read("smtp://[::1]:2525?tls=none"), ("::1".to_owned(), 2525, Security::Plain));
    }

    #[test]
    fn a_password_is_decoded_and_never_shown() {
        let server = SmtpServer::parse("smtps://ops%40example.com:p%3Ass%2Fword@mail.example.com").unwrap();
        let (user, password) = server.credentials.clone().unwrap();
        assert_eq!((user.as_str(), password.expose()), ("ops@example.com", "p:ss/word"));
        assert_eq!(server.to_string(), "smtps://***@mail.example.com:465");
        assert_eq!(format!("{server:?}"), server.to_string());
    }

    #[test]
    fn what_is_no_server_is_refused_without_being_repeated() {
        for text in [
            "",
            "mail.example.com",
            "http://hunter2.example.com",
            "smtp://",
            "smtp://u:hunter2@host/path",
            "smtp://u:hunter2@host?tls=opportunistic",
            "smtp://hunter2@host",
            "smtp://u:hunter2@mail.example.com?tls=none",
        ] {
            let reason = SmtpServer::parse(text).unwrap_err();
            assert!(!reason.contains("hunter2"), "{reason}");
        }
        assert!(SmtpServer::parse("smtp://u:p@127.0.0.1:25?tls=none").is_ok(), "on this machine nobody reads it");
    }
}

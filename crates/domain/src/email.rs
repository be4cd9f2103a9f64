//! E-mail addresses as identifiers.

use std::fmt;

use serde::{Deserialize, Serialize};

/// Longest address taken, in bytes (RFC 5321 §4.5.3.1.3).
pub const EMAIL_BYTES_MAX: usize = 254;

/// An e-mail address, trimmed and in lower case, so that one person is one key.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Email(String);

impl Email {
    /// Reads an address, or `None` if it cannot be one.
    ///
    /// Checks the shape only (one `@`, something before it, a dotted domain after it): whether a mailbox
    /// exists is nobody's business here.
    pub fn parse(text: &str) -> Option<Email> {
        let text = text.trim();
        let (local, domain) = text.rsplit_once('@')?;
        let well_formed = !local.is_empty()
            && !local.contains('@')
            && text.len() <= EMAIL_BYTES_MAX
            && domain.contains('.')
            && domain.split('.').all(|label| !label.is_empty())
            && !text.contains(|c: char| c.is_whitespace() || c.is_control() || matches!(c, '<' | '>' | ',' | ';'));
        well_formed.then(|| Email(text.to_lowercase()))
    }

    /// The address.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The part behind the `@`.
    pub fn domain(&self) -> &str {
        self.0.rsplit_once('@').map_or("", |(_, domain)| domain)
    }

    /// The domain, if it tells a person's employer: not where anyone can open a mailbox.
    pub fn work_domain(&self) -> Option<&str> {
        let domain = self.domain();
        (!FREE_MAIL.contains(&domain)).then_some(domain)
    }
}

impl fmt::Display for Email {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// The mailbox providers that say nothing about an employer.
const FREE_MAIL: &[&str] = &[
    "aol.com",
    "fastmail.com",
    "gmail.com",
    "gmx.com",
    "gmx.de",
    "gmx.net",
    "googlemail.com",
    "hey.com",
    "hotmail.co.uk",
    "hotmail.com",
    "hotmail.fr",
    "icloud.com",
    "laposte.net",
    "libero.it",
    "live.com",
    "mac.com",
    "mail.com",
    "mail.ru",
    "me.com",
    "msn.com",
    "naver.com",
    "orange.fr",
    "outlook.com",
    "pm.me",
    "proton.me",
    "protonmail.com",
    "qq.com",
    "t-online.de",
    "web.de",
    "yahoo.co.uk",
    "yahoo.com",
    "yandex.ru",
    "ymail.com",
    "zoho.com",
    "163.com",
    "126.com",
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_is_one_key_however_it_is_typed() {
        assert_eq!(Email::parse(" Jane.Doe@Example.COM "), Email::parse("jane.doe@example.com"));
    }

    #[test]
    fn what_cannot_be_an_address_is_refused() {
        for text in ["", "jane", "@x.com", "jane@", "jane@localhost", "a@b@c.com", "a b@c.com", "a@c..com", "<a@c.com>"]
        {
            assert_eq!(Email::parse(text), None, "{text:?}");
        }
    }

    #[test]
    fn a_free_mailbox_tells_no_employer() {
        assert_eq!(Email::parse("a@gmail.com").unwrap().work_domain(), None);
        assert_eq!(Email::parse("a@acme.com").unwrap().work_domain(), Some("acme.com"));
    }
}

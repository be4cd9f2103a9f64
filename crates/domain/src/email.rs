//! E-mail addresses as identifiers.

mod free_mail;

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::company::Domain;
pub use free_mail::FreeMail;

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

    /// The domain that was registered, if it tells a person's employer: `acme.co.uk` of `jane@mail.acme.co.uk`. `None`
    /// where anyone can open a mailbox.
    pub fn work_domain(&self, free_mail: &FreeMail) -> Option<Domain> {
        let host = Domain::parse(self.domain())?;
        if free_mail.has(&host) { None } else { host.registrable() }
    }
}

impl fmt::Display for Email {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

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

    fn work_domain(address: &str) -> Option<String> {
        let domain = Email::parse(address).unwrap().work_domain(&FreeMail::default());
        domain.map(|domain| domain.as_str().to_owned())
    }

    #[test]
    fn an_address_at_work_tells_the_domain_that_was_registered() {
        for (address, registered) in [
            ("jane@acme.com", "acme.com"),
            ("jane@mail.acme.co.uk", "acme.co.uk"),
            ("jane@a.b.acme.com.au", "acme.com.au"),
            ("jane@eu.acme.test", "acme.test"),
            ("jane@www.acme.com", "acme.com"),
        ] {
            assert_eq!(work_domain(address).as_deref(), Some(registered), "{address}");
        }
    }

    #[test]
    fn a_free_mailbox_tells_no_employer() {
        for address in
            ["a@gmail.com", "a@yahoo.co.uk", "a@vip.163.com", "a@x.hotmail.com", "a@users.noreply.github.com"]
        {
            assert_eq!(work_domain(address), None, "{address}");
        }
    }

    #[test]
    fn a_public_suffix_is_nobodys() {
        for address in ["a@co.uk", "a@github.io", "a@10.0.0.1"] {
            assert_eq!(work_domain(address), None, "{address}");
        }
    }
}

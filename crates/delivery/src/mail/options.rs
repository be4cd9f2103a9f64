//! What an operator sets about mails.

use std::fmt;

use beckon_domain::email::Email;
use lettre::message::Mailbox;
use url::Url;

use super::server::SmtpServer;

/// Most recipients.
pub const RECIPIENTS_MAX: usize = 50;
/// Longest address with its name, in bytes.
const ADDRESS_BYTES_MAX: usize = 320;

/// How mails are sent, to whom.
#[derive(Debug, Clone)]
pub struct Options {
    /// The server that takes them.
    pub server: SmtpServer,
    /// Who sends them.
    pub from: MailAddress,
    /// Who gets all of them, each a mail of their own; at most [`RECIPIENTS_MAX`].
    pub to: Vec<MailAddress>,
    /// Where people reach Beckon, for links.
    pub public_url: Option<Url>,
}

/// An address, perhaps with a name: `ops@example.com`, `Ops <ops@example.com>`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MailAddress(Mailbox);

impl MailAddress {
    /// Reads an address, or says what would be right.
    pub fn parse(text: &str) -> Result<MailAddress, String> {
        let form = || "is not a mail address: write one like ops@example.com or Ops <ops@example.com>".to_owned();
        if text.len() > ADDRESS_BYTES_MAX || text.chars().any(char::is_control) {
            return Err(form());
        }
        let read: Mailbox = text.parse().ok().ok_or_else(form)?;
        // The reader stops at what it does not understand: nothing may be left over.
        let whole = match &read.name {
            None => text == read.email.to_string() || text == format!("<{}>", read.email),
            Some(_) => text.ends_with(&format!("<{}>", read.email)),
        };
        if whole { Ok(MailAddress(read)) } else { Err(form()) }
    }

    /// Whether it is that mailbox, under whatever name.
    pub(super) fn is(&self, email: &Email) -> bool {
        self.0.email.to_string().eq_ignore_ascii_case(email.as_str())
    }

    pub(super) fn mailbox(&self) -> &Mailbox {
        &self.0
    }
}

impl fmt::Display for MailAddress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_may_have_a_name_and_nothing_else() {
        for text in ["ops@example.com", "Ops <ops@example.com>", "\"Ops, night\" <ops@example.com>", "root@localhost"] {
            let address = MailAddress::parse(text).unwrap();
            assert_eq!(MailAddress::parse(&address.to_string()), Ok(address), "{text} reads back as written");
        }
        let long = format!("{}@example.com", "x".repeat(400));
        for text in
            ["", "ops", "ops@example.com, dev@example.com", "ops@example.com\r\nBcc: x@y.example", "a@b c", &long]
        {
            assert!(MailAddress::parse(text).unwrap_err().contains("ops@example.com or"), "{text}");
        }
    }
}

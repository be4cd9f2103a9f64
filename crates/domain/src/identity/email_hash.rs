//! The hash of an address, as advertising passes addresses on: SHA-256 of the address in lower case, in hexadecimal.
//!
//! It is personal data all the same: whoever knows the address can make the hash.

use std::fmt;

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use crate::email::Email;

/// The SHA-256 of an address, in 64 lower-case hexadecimal digits.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct EmailHash(String);

impl EmailHash {
    /// The hash of an address.
    pub fn of(email: &Email) -> EmailHash {
        EmailHash(Sha256::digest(email.as_str()).iter().map(|byte| format!("{byte:02x}")).collect())
    }

    /// Reads a hash, or `None` if it cannot be one.
    pub fn parse(text: &str) -> Option<EmailHash> {
        let text = text.trim();
        let well_formed = text.len() == 64 && text.bytes().all(|byte| byte.is_ascii_hexdigit());
        well_formed.then(|| EmailHash(text.to_lowercase()))
    }

    /// Its digits.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for EmailHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_hash_of_an_address_is_that_of_its_lower_case() {
        // printf 'jane@acme.com' | sha256sum
        let digits = "7bb9e30283184c3b4bbbf2262a600be7165d7e6f50e424a611aa64394e7ecdb5";
        let hash = EmailHash::of(&Email::parse(" Jane@Acme.com ").unwrap());
        assert_eq!(Some(hash), EmailHash::parse(&digits.to_uppercase()));
    }

    #[test]
    fn what_has_not_64_digits_is_no_hash() {
        assert_eq!(EmailHash::parse(&"a".repeat(63)), None);
        assert_eq!(EmailHash::parse(&"g".repeat(64)), None);
        assert!(EmailHash::parse(&"A".repeat(64)).is_some());
    }
}

//! A LinkedIn profile as an identifier.

use std::fmt;

use serde::{Deserialize, Serialize};

/// Longest name of a profile taken, in bytes.
pub const LINKEDIN_BYTES_MAX: usize = 200;

/// The name in the address of a person's LinkedIn profile: `janedoe` of `https://www.linkedin.com/in/JaneDoe/`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct LinkedIn(String);

impl LinkedIn {
    /// Reads the address of a profile, or `None` if it is none of a person.
    pub fn parse(text: &str) -> Option<LinkedIn> {
        let lower = text.trim().to_lowercase();
        let rest = lower.strip_prefix("https://").or_else(|| lower.strip_prefix("http://")).unwrap_or(&lower);
        let (host, path) = rest.split_once('/')?;
        if host != "linkedin.com" && !host.ends_with(".linkedin.com") {
            return None;
        }
        let name = path.strip_prefix("in/")?.split(['/', '?', '#']).next()?;
        let well_formed = !name.is_empty() && name.len() <= LINKEDIN_BYTES_MAX && !name.contains(char::is_whitespace);
        well_formed.then(|| LinkedIn(name.to_owned()))
    }

    /// The name.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for LinkedIn {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "https://www.linkedin.com/in/{}", self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_profile_is_one_key_however_its_address_is_written() {
        for text in [
            "https://www.linkedin.com/in/JaneDoe/",
            "linkedin.com/in/janedoe",
            " http://de.linkedin.com/in/janedoe?trk=x#about ",
        ] {
            assert_eq!(LinkedIn::parse(text).unwrap().as_str(), "janedoe", "{text}");
        }
    }

    #[test]
    fn other_addresses_are_no_persons_profile() {
        for text in
            ["", "linkedin.com/in/", "linkedin.com/company/acme", "evil-linkedin.com/in/jane", "https://x.test/in/j"]
        {
            assert_eq!(LinkedIn::parse(text), None, "{text}");
        }
    }
}

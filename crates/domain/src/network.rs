//! Whose network an address is in: a company's own, or that of somebody who connects others.
//!
//! Only a business network tells the company behind a visitor. That of an internet provider, a data centre, a mobile
//! carrier or a university tells whom the visitor gets the line from, and never makes a company.
//! Promise: what is in doubt makes no company. Not here: looking addresses up (`beckon-intake`).

mod guess;

use crate::company::Domain;
pub use guess::{guess_by_domain, guess_by_name};

/// What is known of the network that an address is in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Network {
    /// What kind of network it is.
    pub kind: NetworkKind,
    /// The company whose network it is; only if its kind is [`NetworkKind::Business`].
    pub company: Option<NetworkCompany>,
}

/// The company that a network tells.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NetworkCompany {
    /// Its domain, the key.
    pub domain: Domain,
    /// Its name, if that is known.
    pub name: Option<String>,
}

impl Network {
    /// Whether it is a data centre's.
    pub fn is_hosting(&self) -> bool {
        self.kind == NetworkKind::Hosting
    }
}

/// What kinds of network there are.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum NetworkKind {
    /// A company's own.
    Business,
    /// A government's.
    Government,
    /// A university's or school's.
    Education,
    /// Something else, or nobody knows.
    Other,
    /// An internet provider's.
    Isp,
    /// A mobile carrier's.
    Mobile,
    /// A data centre's, a cloud's, an anonymous proxy's.
    Hosting,
}

impl NetworkKind {
    /// The kinds, by the words that files of networks have for them.
    ///
    /// Sources: IPinfo's `type` (business, isp, hosting, education, government), MaxMind's `user_type` and
    /// `connection_type`, with `cable/dsl` and the like for what households have.
    pub fn parse(word: &str) -> Option<NetworkKind> {
        Some(match word.trim().to_ascii_lowercase().as_str() {
            "business" | "corporate" | "company" => NetworkKind::Business,
            "government" | "military" => NetworkKind::Government,
            "education" | "college" | "school" | "university" | "library" => NetworkKind::Education,
            "isp" | "residential" | "cable/dsl" | "dialup" | "satellite" | "cafe" | "traveler" | "router" => {
                NetworkKind::Isp
            }
            "mobile" | "cellular" | "carrier" => NetworkKind::Mobile,
            "hosting"
            | "content_delivery_network"
            | "consumer_privacy_network"
            | "search_engine_spider"
            | "vpn"
            | "proxy" => NetworkKind::Hosting,
            "other" | "unknown" | "ignore" => NetworkKind::Other,
            _ => return None,
        })
    }

    /// The kind's name.
    pub fn as_str(self) -> &'static str {
        match self {
            NetworkKind::Business => "business",
            NetworkKind::Government => "government",
            NetworkKind::Education => "education",
            NetworkKind::Other => "other",
            NetworkKind::Isp => "isp",
            NetworkKind::Mobile => "mobile",
            NetworkKind::Hosting => "hosting",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_kind_is_read_by_its_own_name_and_by_those_that_files_have_for_it() {
        for kind in [
            NetworkKind::Business,
            NetworkKind::Government,
            NetworkKind::Education,
            NetworkKind::Other,
            NetworkKind::Isp,
            NetworkKind::Mobile,
            NetworkKind::Hosting,
        ] {
            assert_eq!(NetworkKind::parse(kind.as_str()), Some(kind));
        }
        assert_eq!(NetworkKind::parse(" Cable/DSL "), Some(NetworkKind::Isp));
        assert_eq!(NetworkKind::parse("Corporate"), Some(NetworkKind::Business));
        assert_eq!(NetworkKind::parse("cellular"), Some(NetworkKind::Mobile));
        assert_eq!(NetworkKind::parse("castle"), None);
    }
}

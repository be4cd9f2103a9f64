//! The layouts of MMDB files: which fields say what.
//!
//! A layout is recognised by the fields that records have, because the type in the metadata differs from file to file.
//! Field names are those that IPinfo and MaxMind document for their databases. Pure.

use std::fmt;

use beckon_domain::company::Domain;
use beckon_domain::network::NetworkKind;
use serde::Deserialize;
use serde::de::{Deserializer, Visitor};

/// What one file says of an address.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Reading {
    /// How many bits the network has that it says it of, as of an IPv6 network.
    pub(super) bits: u8,
    /// What kind of network it is, if the file has a word for that.
    pub(super) kind: Option<NetworkKind>,
    /// The domain of whoever has the network.
    pub(super) domain: Option<Domain>,
    /// Their name.
    pub(super) name: Option<String>,
}

/// The layouts that are known.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Layout {
    /// IPinfo IP-to-Company: who has the network, and what kind they are.
    IpinfoCompany,
    /// IPinfo Lite, ASN, Core: who runs the autonomous system.
    IpinfoAs,
    /// MaxMind ASN, ISP, Domain, Connection-Type, User-Type, Anonymous-IP: the fields lie flat.
    MaxmindFlat,
    /// MaxMind Enterprise and Insights: the same fields below `traits`.
    MaxmindTraits,
}

impl fmt::Display for Layout {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Layout::IpinfoCompany => "IPinfo IP-to-Company",
            Layout::IpinfoAs => "IPinfo Lite or ASN",
            Layout::MaxmindFlat => "MaxMind ASN, ISP, Domain, Connection-Type or Anonymous-IP",
            Layout::MaxmindTraits => "MaxMind Enterprise",
        })
    }
}

/// The fields of a record that say something of a network, whatever the layout.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Fields<'r> {
    // IPinfo
    #[serde(borrow)]
    name: Option<&'r str>,
    domain: Option<&'r str>,
    r#type: Option<&'r str>,
    as_name: Option<&'r str>,
    as_domain: Option<&'r str>,
    as_type: Option<&'r str>,
    is_hosting: Flag,
    is_mobile: Flag,
    // MaxMind
    autonomous_system_organization: Option<&'r str>,
    isp: Option<&'r str>,
    organization: Option<&'r str>,
    connection_type: Option<&'r str>,
    user_type: Option<&'r str>,
    mobile_country_code: Option<&'r str>,
    is_hosting_provider: Flag,
    is_anonymous_vpn: Flag,
    is_public_proxy: Flag,
    is_tor_exit_node: Flag,
    traits: Option<Box<Fields<'r>>>,
}

impl Layout {
    /// The layout of a file that has such a record.
    pub(super) fn of(fields: &Fields<'_>) -> Option<Layout> {
        if fields.traits.as_ref().is_some_and(|traits| traits.is_maxminds()) {
            return Some(Layout::MaxmindTraits);
        }
        if fields.name.is_some() || fields.r#type.is_some() {
            return Some(Layout::IpinfoCompany);
        }
        if fields.as_name.is_some() || fields.as_domain.is_some() {
            return Some(Layout::IpinfoAs);
        }
        fields.is_maxminds().then_some(Layout::MaxmindFlat)
    }

    /// What a record says of a network of so many bits.
    pub(super) fn read(self, fields: &Fields<'_>, bits: u8) -> Reading {
        let flagged = || fields.flagged();
        match self {
            Layout::IpinfoCompany => Reading {
                bits,
                kind: flagged().or_else(|| kind_of(fields.r#type)),
                domain: domain_of(fields.domain),
                name: name_of([fields.name]),
            },
            Layout::IpinfoAs => Reading {
                bits,
                kind: flagged().or_else(|| kind_of(fields.as_type)),
                domain: domain_of(fields.as_domain),
                name: name_of([fields.as_name]),
            },
            Layout::MaxmindFlat => fields.read_maxminds(bits),
            Layout::MaxmindTraits => {
                fields.traits.as_ref().map_or_else(Reading::default, |traits| traits.read_maxminds(bits))
            }
        }
    }
}

impl Fields<'_> {
    fn is_maxminds(&self) -> bool {
        let texts = [
            self.autonomous_system_organization,
            self.isp,
            self.organization,
            self.connection_type,
            self.user_type,
            self.domain,
        ];
        texts.iter().any(Option::is_some) || self.flagged().is_some()
    }

    fn flagged(&self) -> Option<NetworkKind> {
        let hosting = [
            &self.is_hosting,
            &self.is_hosting_provider,
            &self.is_anonymous_vpn,
            &self.is_public_proxy,
            &self.is_tor_exit_node,
        ];
        if hosting.iter().any(|flag| flag.0) {
            return Some(NetworkKind::Hosting);
        }
        (self.is_mobile.0 || self.mobile_country_code.is_some()).then_some(NetworkKind::Mobile)
    }

    fn read_maxminds(&self, bits: u8) -> Reading {
        Reading {
            bits,
            kind: self.flagged().or_else(|| kind_of(self.user_type)).or_else(|| kind_of(self.connection_type)),
            domain: domain_of(self.domain),
            name: name_of([self.organization, self.isp, self.autonomous_system_organization]),
        }
    }
}

/// A kind, if there is a word for it. One that nobody knows is none that makes a company.
fn kind_of(word: Option<&str>) -> Option<NetworkKind> {
    let word = word.map(str::trim).filter(|word| !word.is_empty())?;
    Some(NetworkKind::parse(word).unwrap_or(NetworkKind::Other))
}

fn domain_of(text: Option<&str>) -> Option<Domain> {
    Domain::parse(text?)?.registrable()
}

fn name_of<const N: usize>(texts: [Option<&str>; N]) -> Option<String> {
    texts.into_iter().flatten().map(str::trim).find(|text| !text.is_empty()).map(str::to_owned)
}

/// Yes or no, as a truth value, a number or a word.
#[derive(Debug, Default)]
struct Flag(bool);

impl<'de> Deserialize<'de> for Flag {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Flag, D::Error> {
        struct Lenient;

        impl Visitor<'_> for Lenient {
            type Value = Flag;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("yes or no")
            }

            fn visit_bool<E>(self, yes: bool) -> Result<Flag, E> {
                Ok(Flag(yes))
            }

            fn visit_u64<E>(self, number: u64) -> Result<Flag, E> {
                Ok(Flag(number != 0))
            }

            fn visit_str<E>(self, word: &str) -> Result<Flag, E> {
                Ok(Flag(matches!(word, "true" | "1")))
            }
        }

        deserializer.deserialize_any(Lenient)
    }
}

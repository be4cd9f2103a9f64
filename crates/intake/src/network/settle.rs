//! Makes one answer of what several files say of an address.
//!
//! The company is whom the narrowest network names by a domain. Whatever says that the network is no company's own wins:
//! the word of the same record, or of a record of a network that is not wider, or in the absence of any word the sound
//! of the name. Pure.

use beckon_domain::company::Domain;
use beckon_domain::email::FreeMail;
use beckon_domain::network::{Network, NetworkCompany, NetworkKind, guess_by_domain, guess_by_name};

use super::layout::Reading;

/// The network of an address; `None` if nothing is said of it.
pub(super) fn settle(readings: &[Reading], free_mail: &FreeMail) -> Option<Network> {
    if readings.is_empty() {
        return None;
    }
    let named = narrowest(readings, |reading| reading.domain.is_some());
    let Some((reading, domain)) = named.and_then(|reading| Some((reading, reading.domain.as_ref()?))) else {
        let name = narrowest(readings, |reading| reading.name.is_some()).and_then(|reading| reading.name.as_deref());
        let kind = word(readings, 0).or_else(|| guess_by_name(name?)).unwrap_or(NetworkKind::Other);
        return Some(Network { kind, company: None });
    };
    let other_name = || narrowest(readings, |reading| reading.name.is_some())?.name.clone();
    let name = reading.name.clone().or_else(other_name);
    let kind = match reading.kind.or_else(|| guess(domain, name.as_deref())) {
        None | Some(NetworkKind::Business) => {
            let about_it = word(readings, reading.bits);
            let unnamed = || if name.is_some() { NetworkKind::Business } else { NetworkKind::Other };
            about_it.or_else(|| word(readings, 0).filter(|_| name.is_none())).unwrap_or_else(unnamed)
        }
        Some(kind) => kind,
    };
    let is_company = kind == NetworkKind::Business && !free_mail.has(domain);
    Some(Network { kind, company: is_company.then(|| NetworkCompany { domain: domain.clone(), name }) })
}

/// The reading of the narrowest network among those; the first of several.
fn narrowest(readings: &[Reading], which: impl Fn(&Reading) -> bool) -> Option<&Reading> {
    readings
        .iter()
        .filter(|reading| which(reading))
        .reduce(|best, next| if next.bits > best.bits { next } else { best })
}

/// The kind that files have a word for, of networks of at least so many bits: of the narrowest, and of several the one
/// that is least a company's.
fn word(readings: &[Reading], bits_min: u8) -> Option<NetworkKind> {
    let about_it = readings.iter().filter(|reading| reading.bits >= bits_min);
    about_it.filter_map(|reading| Some((reading.bits, reading.kind?))).max().map(|(_, kind)| kind)
}

fn guess(domain: &Domain, name: Option<&str>) -> Option<NetworkKind> {
    guess_by_domain(domain).or_else(|| guess_by_name(name?))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn reading(bits: u8, kind: Option<NetworkKind>, domain: Option<&str>, name: Option<&str>) -> Reading {
        Reading { bits, kind, domain: domain.and_then(Domain::parse), name: name.map(str::to_owned) }
    }

    fn settled(readings: &[Reading]) -> (NetworkKind, Option<String>) {
        let network = settle(readings, &FreeMail::default()).unwrap();
        (network.kind, network.company.map(|company| company.domain.to_string()))
    }

    fn of(kind: NetworkKind, domain: Option<&str>) -> (NetworkKind, Option<String>) {
        (kind, domain.map(str::to_owned))
    }

    use NetworkKind::{Business, Hosting, Isp, Mobile, Other};

    #[test]
    fn the_narrowest_network_names_the_company() {
        let provider = reading(108, None, Some("comcast.net"), Some("Comcast Cable"));
        let customer = reading(124, Some(Business), Some("acme.com"), Some("Acme"));
        assert_eq!(settled(&[provider.clone(), customer.clone()]), of(Business, Some("acme.com")));
        assert_eq!(settled(&[customer, provider.clone()]), of(Business, Some("acme.com")));
        assert_eq!(settled(&[provider]), of(Isp, None));
    }

    #[test]
    fn a_word_that_it_is_no_companys_wins_unless_it_is_about_a_wider_network() {
        let company = reading(120, None, Some("acme.com"), Some("Acme"));
        let mobile = |bits| reading(bits, Some(Mobile), None, None);
        assert_eq!(settled(&[company.clone(), mobile(120)]), of(Mobile, None));
        assert_eq!(settled(&[company.clone(), mobile(124)]), of(Mobile, None));
        assert_eq!(settled(&[company.clone(), mobile(112)]), of(Business, Some("acme.com")));
        let corporate = reading(120, Some(Business), None, None);
        assert_eq!(settled(&[company, corporate.clone(), mobile(120)]), of(Mobile, None));
        let provider = reading(108, None, Some("comcast.net"), Some("Comcast Cable"));
        assert_eq!(
            settled(&[provider, corporate]),
            of(Isp, None),
            "a company's line does not make its provider a visitor"
        );
    }

    #[test]
    fn a_domain_without_a_name_or_a_word_is_no_company() {
        let domain = reading(120, None, Some("acme.com"), None);
        assert_eq!(settled(std::slice::from_ref(&domain)), of(Other, None));
        let name = reading(112, None, None, Some("Acme Corp"));
        assert_eq!(settled(&[domain.clone(), name]), of(Business, Some("acme.com")));
        let corporate = reading(112, Some(Business), None, None);
        assert_eq!(settled(&[domain, corporate]), of(Business, Some("acme.com")));
    }

    #[test]
    fn without_a_domain_there_is_a_kind_and_no_company() {
        assert_eq!(settled(&[reading(112, None, None, Some("Hetzner Online GmbH"))]), of(Hosting, None));
        assert_eq!(settled(&[reading(112, None, None, Some("Acme Corp"))]), of(Business, None));
        assert_eq!(settled(&[reading(112, None, None, None)]), of(Other, None));
        assert_eq!(settle(&[], &FreeMail::default()), None);
    }

    #[test]
    fn a_provider_of_mailboxes_is_no_company() {
        assert_eq!(settled(&[reading(120, Some(Business), Some("web.de"), Some("Web"))]).1, None);
    }
}

//! Which kind of network a name tells, where a file has no word for the kind.
//!
//! Files of autonomous systems (IPinfo Lite, MaxMind ASN) only name who runs a network, and most networks are run by
//! somebody who connects others. So a name is taken for a company's unless one of its words, or its domain, is one
//! of theirs. That misses companies whose names sound like a provider's, which is the better mistake to make.

use super::NetworkKind;
use crate::company::Domain;

/// The kind that a name tells; `None` if there is nothing to tell it by.
pub fn guess_by_name(name: &str) -> Option<NetworkKind> {
    let name = name.to_lowercase();
    let words: Vec<&str> = name.split(|c: char| !c.is_alphanumeric()).filter(|word| !word.is_empty()).collect();
    if words.is_empty() {
        return None;
    }
    let begins = |stems: &[&str]| words.iter().any(|word| stems.iter().any(|stem| word.starts_with(stem)));
    let has = |wanted: &[&str]| words.iter().any(|word| wanted.contains(word));
    Some(if begins(HOSTING_STEMS) || has(HOSTING_WORDS) {
        NetworkKind::Hosting
    } else if begins(EDUCATION_STEMS) {
        NetworkKind::Education
    } else if begins(MOBILE_STEMS) || has(MOBILE_WORDS) {
        NetworkKind::Mobile
    } else if begins(ISP_STEMS) || has(ISP_WORDS) {
        NetworkKind::Isp
    } else if begins(GOVERNMENT_STEMS) {
        NetworkKind::Government
    } else {
        NetworkKind::Business
    })
}

/// The kind that a domain tells; `None` for those that could be anybody's.
pub fn guess_by_domain(domain: &Domain) -> Option<NetworkKind> {
    let registered = domain.registrable().unwrap_or_else(|| domain.clone());
    let text = registered.as_str();
    let (name, suffix) = text.split_once('.')?;
    if HOSTING_DOMAINS.contains(&text) {
        return Some(NetworkKind::Hosting);
    }
    if PROVIDERS.contains(&name) {
        return Some(NetworkKind::Isp);
    }
    match suffix.split('.').next() {
        Some("edu" | "ac") => Some(NetworkKind::Education),
        Some("gov" | "mil" | "gob" | "gouv") => Some(NetworkKind::Government),
        _ => guess_by_name(name).filter(|kind| *kind != NetworkKind::Business),
    }
}

#[rustfmt::skip]
const HOSTING_STEMS: &[&str] =
    &["hosting", "hoster", "webhost", "datacent", "datacamp", "colocat", "cloudflare", "serverel", "digitalocean"];
#[rustfmt::skip]
const HOSTING_WORDS: &[&str] = &[
    "akamai", "alibaba", "aliyun", "amazon", "aws", "azure", "cdn", "choopa", "cloud", "colo", "constant", "contabo",
    "fastly", "google", "hetzner", "host", "hosted", "hostinger", "ionos", "leaseweb", "linode", "m247", "microsoft",
    "ovh", "packethub", "proxy", "rackspace", "scaleway", "server", "servers", "tencent", "vpn", "vps", "vultr", "zscaler",
];
#[rustfmt::skip]
const EDUCATION_STEMS: &[&str] =
    &["universi", "colleg", "school", "schule", "hochschul", "polytech", "campus"];
#[rustfmt::skip]
const MOBILE_STEMS: &[&str] = &["mobil", "cellular", "cellco", "wireless", "telefonica"];
#[rustfmt::skip]
const MOBILE_WORDS: &[&str] = &["gsm", "lte", "vodafone"];
#[rustfmt::skip]
const ISP_STEMS: &[&str] = &[
    "telecom", "télécom", "telekom", "telefon", "telco", "telekomm", "telecommunic", "broadband", "breitband", "internet",
    "fiber", "fibre", "glasfaser", "kabel", "satellit", "dsl", "adsl", "dialup", "backbone",
];
#[rustfmt::skip]
const ISP_WORDS: &[&str] = &[
    "bt", "cable", "cablevision", "centurylink", "charter", "cogent", "comcast", "communications", "cox", "isp",
    "level3", "lumen", "net", "network", "networks", "ntt", "online", "orange", "spectrum", "starlink", "telia", "telstra",
    "telus", "transit", "verizon", "virgin",
];
#[rustfmt::skip]
const GOVERNMENT_STEMS: &[&str] = &["government", "ministry", "ministerio", "ministère", "bundes", "municipal", "navy", "army"];

/// Data centres, clouds and content networks whose names do not say so, or that are much more than companies.
const HOSTING_DOMAINS: &[&str] = &[
    "akamai.com",
    "alibaba-inc.com",
    "alibabagroup.com",
    "aliyun.com",
    "amazon.com",
    "amazonaws.com",
    "apple.com",
    "azure.com",
    "cdn77.com",
    "choopa.com",
    "cloudflare.com",
    "contabo.com",
    "contabo.de",
    "datacamp.co.uk",
    "digitalocean.com",
    "fastly.com",
    "fly.io",
    "godaddy.com",
    "google.com",
    "googleusercontent.com",
    "heroku.com",
    "hetzner.com",
    "hetzner.de",
    "hostinger.com",
    "huaweicloud.com",
    "ionos.com",
    "ionos.de",
    "kamatera.com",
    "leaseweb.com",
    "linode.com",
    "m247.com",
    "microsoft.com",
    "netskope.com",
    "online.net",
    "oracle.com",
    "oraclecloud.com",
    "ovh.com",
    "ovh.net",
    "ovhcloud.com",
    "rackspace.com",
    "scaleway.com",
    "softlayer.com",
    "stackpath.com",
    "tencent.com",
    "upcloud.com",
    "vercel.com",
    "vultr.com",
    "zscaler.com",
];

/// What providers call themselves in their domains, in whatever country.
#[rustfmt::skip]
const PROVIDERS: &[&str] = &[
    "a1", "airtel", "att", "bell", "bouyguestelecom", "bsnl", "bt", "centurylink", "charter", "chinamobile", "chinatelecom",
    "chinaunicom", "claro", "cogentco", "comcast", "cox", "dtag", "frontier", "free", "gtt", "he", "jio", "kpn", "level3",
    "lumen", "mtn", "ntt", "o2", "optus", "orange", "plus", "proximus", "rogers", "rr", "sfr", "shaw", "singtel", "sky",
    "spectrum", "starlink", "sunrise", "swisscom", "t-mobile", "talktalk", "tele2", "telefonica", "telekom", "telenor",
    "telia", "telmex", "telstra", "telus", "telxius", "three", "tim", "upc", "verizon", "virginmedia", "vodafone", "windstream",
    "ziggo", "zayo",
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn who_connects_others_is_told_by_the_name() {
        for (name, kind) in [
            ("Comcast Cable Communications, LLC", NetworkKind::Isp),
            ("Deutsche Telekom AG", NetworkKind::Isp),
            ("Hurricane Electric Internet Services", NetworkKind::Isp),
            ("T-Mobile USA, Inc.", NetworkKind::Mobile),
            ("Verizon Wireless", NetworkKind::Mobile),
            ("Amazon.com, Inc.", NetworkKind::Hosting),
            ("Hetzner Online GmbH", NetworkKind::Hosting),
            ("Acme Hosting Services", NetworkKind::Hosting),
            ("Stanford University", NetworkKind::Education),
            ("Universität Wien", NetworkKind::Education),
            ("Ministry of Silly Walks", NetworkKind::Government),
            ("SAP SE", NetworkKind::Business),
            ("Lockheed Martin Corporation", NetworkKind::Business),
            ("Initech GmbH", NetworkKind::Business),
        ] {
            assert_eq!(guess_by_name(name), Some(kind), "{name}");
        }
        assert_eq!(guess_by_name(" - "), None);
    }

    #[test]
    fn a_domain_tells_those_whose_names_do_not() {
        let of = |text: &str| guess_by_domain(&Domain::parse(text).unwrap());
        assert_eq!(of("google.com"), Some(NetworkKind::Hosting));
        assert_eq!(of("comcast.net"), Some(NetworkKind::Isp));
        assert_eq!(of("vodafone.co.uk"), Some(NetworkKind::Isp));
        assert_eq!(of("stanford.edu"), Some(NetworkKind::Education));
        assert_eq!(of("ox.ac.uk"), Some(NetworkKind::Education));
        assert_eq!(of("state.gov"), Some(NetworkKind::Government));
        assert_eq!((of("acme.com"), of("acme.co.uk")), (None, None));
    }
}

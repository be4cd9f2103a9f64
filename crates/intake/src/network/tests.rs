//! Files of every layout, and what they say.

use std::path::Path;

use beckon_domain::network::NetworkKind;
use beckon_testkit::Mmdb;
use serde_json::{Value, json};
use tempfile::TempDir;

use super::watch::Watching;
use super::*;

/// Kind, domain and name of an address's network.
type Said = Option<(NetworkKind, Option<(String, Option<String>)>)>;

fn said(networks: &Networks, address: &str) -> Said {
    let network = networks.find(address.parse().unwrap())?;
    Some((network.kind, network.company.map(|company| (company.domain.to_string(), company.name))))
}

fn company(domain: &str, name: &str) -> Said {
    Some((NetworkKind::Business, Some((domain.to_owned(), Some(name.to_owned())))))
}

fn only(kind: NetworkKind) -> Said {
    Some((kind, None))
}

/// What files of these bytes, and a table of that text, say.
fn networks(files: &[Mmdb], table: Option<&str>) -> Networks {
    let folder = TempDir::new().unwrap();
    open(&folder, files, table).unwrap().1
}

fn open(folder: &TempDir, files: &[Mmdb], table: Option<&str>) -> Result<(Watching, Networks), Error> {
    let mut options = Options::default();
    for (place, file) in files.iter().enumerate() {
        let path = folder.path().join(format!("{place}.mmdb"));
        file.save(&path);
        options.mmdb.push(path);
    }
    options.table = table.map(|text| {
        let path = folder.path().join("networks.csv");
        std::fs::write(&path, text).unwrap();
        path
    });
    let networks = Networks::default();
    Ok((Watching::open(options, networks.clone())?, networks))
}

fn lite(name: &str, domain: &str) -> Value {
    json!({ "asn": "AS64500", "as_name": name, "as_domain": domain, "country": "Germany", "country_code": "DE",
            "continent": "Europe", "continent_code": "EU" })
}

fn ipinfo_company(name: &str, domain: &str, kind: &str) -> Value {
    json!({ "name": name, "domain": domain, "type": kind, "asn": "AS64500", "as_name": "Comcast Cable",
            "as_domain": "comcast.net", "as_type": "isp", "country": "US" })
}

// behaviour Q6 (in part)
#[test]
fn ipinfo_lite_names_who_runs_the_network() {
    let file = Mmdb::new("ipinfo generic_lite.mmdb")
        .with("203.0.113.0/24", lite("Acme Corporation", "acme.com"))
        .with("198.51.100.0/24", lite("Comcast Cable Communications, LLC", "comcast.com"))
        .with("192.0.2.0/24", lite("Hetzner Online GmbH", "hetzner.com"))
        .with("2001:db8:5::/48", lite("Globex GmbH", "www.globex.co.uk"));
    let networks = networks(&[file], None);
    assert_eq!(said(&networks, "203.0.113.9"), company("acme.com", "Acme Corporation"));
    assert_eq!(said(&networks, "::ffff:203.0.113.9"), company("acme.com", "Acme Corporation"));
    assert_eq!(said(&networks, "198.51.100.1"), only(NetworkKind::Isp));
    assert_eq!(said(&networks, "192.0.2.1"), only(NetworkKind::Hosting));
    assert_eq!(said(&networks, "2001:db8:5::1"), company("globex.co.uk", "Globex GmbH"));
    assert_eq!((said(&networks, "203.0.114.1"), said(&networks, "2001:db8:6::1")), (None, None));
}

// behaviour Q6 (in part)
#[test]
fn ipinfo_company_says_who_has_the_network_and_of_what_kind_they_are() {
    let file = Mmdb::v4_only("ipinfo standard_company.mmdb")
        .with("203.0.113.0/24", ipinfo_company("Acme, Inc.", "acme.com", "business"))
        .with("203.0.113.128/25", ipinfo_company("Amazon.com, Inc.", "amazon.com", "hosting"))
        .with("198.51.100.0/24", ipinfo_company("Comcast Business", "comcast.net", "isp"))
        .with("192.0.2.0/24", ipinfo_company("Stanford University", "stanford.edu", "education"))
        .with("192.0.3.0/24", ipinfo_company("Telecom Analysts", "telecom-analysts.com", "business"))
        .with("192.0.4.0/24", ipinfo_company("Unnamed", "", "business"));
    let networks = networks(&[file], None);
    assert_eq!(said(&networks, "203.0.113.9"), company("acme.com", "Acme, Inc."));
    assert_eq!(said(&networks, "203.0.113.200"), only(NetworkKind::Hosting));
    assert_eq!(said(&networks, "198.51.100.1"), only(NetworkKind::Isp));
    assert_eq!(said(&networks, "192.0.2.1"), only(NetworkKind::Education));
    let word_beats_sound = company("telecom-analysts.com", "Telecom Analysts");
    assert_eq!(said(&networks, "192.0.3.1"), word_beats_sound);
    assert_eq!(said(&networks, "192.0.4.1"), only(NetworkKind::Business));
    assert_eq!(said(&networks, "2001:db8::1"), None, "a file of IPv4 says nothing of IPv6");
}

// behaviour Q6 (in part)
#[test]
fn maxminds_files_answer_together() {
    let isp = Mmdb::new("GeoIP2-ISP")
        .with(
            "203.0.113.0/24",
            json!({ "autonomous_system_number": 64500, "autonomous_system_organization": "Comcast Cable",
              "isp": "Comcast Cable", "organization": "Acme Corp" }),
        )
        .with(
            "198.51.100.0/24",
            json!({ "isp": "Verizon Wireless", "organization": "Verizon Wireless",
              "mobile_country_code": "310", "mobile_network_code": "004" }),
        )
        .with("192.0.2.0/24", json!({ "isp": "Initech", "organization": "Initech" }));
    let domain = Mmdb::new("GeoIP2-Domain")
        .with("203.0.113.0/24", json!({ "domain": "acme.com" }))
        .with("198.51.100.0/24", json!({ "domain": "myvzw.com" }))
        .with("192.0.2.0/24", json!({ "domain": "initech.example" }));
    let connection = Mmdb::new("GeoIP2-Connection-Type")
        .with("203.0.113.0/24", json!({ "connection_type": "Corporate" }))
        .with("192.0.2.0/25", json!({ "connection_type": "Cable/DSL" }));
    let anonymous = Mmdb::new("GeoIP2-Anonymous-IP")
        .with("192.0.2.192/26", json!({ "is_anonymous": true, "is_hosting_provider": true }));
    let networks = networks(&[isp, domain, connection, anonymous], None);
    assert_eq!(said(&networks, "203.0.113.9"), company("acme.com", "Acme Corp"));
    assert_eq!(said(&networks, "198.51.100.1"), only(NetworkKind::Mobile));
    assert_eq!(said(&networks, "192.0.2.1"), only(NetworkKind::Isp), "what households have");
    assert_eq!(said(&networks, "192.0.2.200"), only(NetworkKind::Hosting));
    assert_eq!(said(&networks, "192.0.2.130"), company("initech.example", "Initech"));
}

#[test]
fn maxminds_asn_knows_kinds_and_no_domains() {
    let asn = |name: &str| json!({ "autonomous_system_number": 64500, "autonomous_system_organization": name });
    let file = Mmdb::new("GeoLite2-ASN")
        .with("203.0.113.0/24", asn("ACME-CORP"))
        .with("192.0.2.0/24", asn("DIGITALOCEAN-ASN"));
    let networks = networks(&[file], None);
    assert_eq!(said(&networks, "203.0.113.9"), only(NetworkKind::Business));
    assert_eq!(said(&networks, "192.0.2.1"), only(NetworkKind::Hosting));
}

// behaviour Q6 (in part)
#[test]
fn maxmind_enterprise_has_it_all_below_traits() {
    let record = |user_type: &str| {
        json!({ "country": { "iso_code": "US" },
                "traits": { "domain": "acme.com", "organization": "Acme Corp", "isp": "AT&T", "user_type": user_type } })
    };
    let file = Mmdb::new("GeoIP2-Enterprise")
        .with("203.0.113.0/24", record("business"))
        .with("198.51.100.0/24", record("residential"))
        .with("192.0.2.0/24", record("cellular"))
        .with("192.0.3.0/24", record("college"));
    let networks = networks(&[file], None);
    assert_eq!(said(&networks, "203.0.113.9"), company("acme.com", "Acme Corp"));
    assert_eq!(said(&networks, "198.51.100.9"), only(NetworkKind::Isp));
    assert_eq!(said(&networks, "192.0.2.9"), only(NetworkKind::Mobile));
    assert_eq!(said(&networks, "192.0.3.9"), only(NetworkKind::Education));
}

#[test]
fn the_operators_table_goes_before_the_files() {
    let file = Mmdb::new("ipinfo standard_company.mmdb")
        .with("203.0.113.0/26", ipinfo_company("Acme", "acme.com", "business"))
        .with("198.51.100.0/24", ipinfo_company("Comcast", "comcast.net", "isp"));
    let table = "203.0.113.0/24,,Our own office,other\n198.51.100.16/28,branch.example,Branch\n";
    let networks = networks(&[file], Some(table));
    assert_eq!(said(&networks, "203.0.113.9"), only(NetworkKind::Other), "although the file's network is narrower");
    assert_eq!(said(&networks, "198.51.100.17"), company("branch.example", "Branch"));
    assert_eq!(said(&networks, "198.51.100.1"), only(NetworkKind::Isp));
}

#[test]
fn a_file_that_is_none_or_has_no_layout_we_know_is_refused_by_name() {
    let folder = TempDir::new().unwrap();
    let city = Mmdb::new("GeoLite2-City").with("203.0.113.0/24", json!({ "city": { "names": { "en": "Berlin" } } }));
    let refused = |files: &[Mmdb], table| open(&folder, files, table).err().unwrap().to_string();
    let reason = refused(&[city], None);
    assert!(reason.contains("0.mmdb") && reason.contains("GeoLite2-City") && reason.contains("layouts"), "{reason}");
    let reason = refused(&[], Some("203.0.113.0/24,acme"));
    assert!(reason.contains("networks.csv cannot be used: line 1: \"acme\" is no domain"), "{reason}");
    let options = |path: &Path| Options { mmdb: vec![path.to_owned()], ..Options::default() };
    let of_file = |path: &Path| Watching::open(options(path), Networks::default()).err().unwrap().to_string();
    assert!(of_file(&folder.path().join("absent.mmdb")).contains("absent.mmdb cannot be used"));
    assert!(of_file(&folder.path().join("networks.csv")).contains("no whole MMDB file"));
}

#[test]
fn a_changed_file_is_taken_in_and_a_bad_one_leaves_the_old_one() {
    let of = |domain: &str| Mmdb::new("ipinfo generic_lite.mmdb").with("203.0.113.0/24", lite("Acme", domain));
    let folder = TempDir::new().unwrap();
    let (mut watching, networks) =
        open(&folder, &[of("old.example")], Some("198.51.100.0/24,branch.example,Branch")).unwrap();
    let (file, table) = (folder.path().join("0.mmdb"), folder.path().join("networks.csv"));
    watching.look();
    assert_eq!(said(&networks, "203.0.113.1"), company("old.example", "Acme"));

    of("new.example").save(&file);
    watching.look();
    assert_eq!(said(&networks, "203.0.113.1"), company("new.example", "Acme"));

    let whole = of("cut.example").bytes();
    std::fs::write(&file, &whole[..whole.len() / 2]).unwrap();
    std::fs::write(&table, "198.51.100.0/24,,").unwrap();
    watching.look();
    assert_eq!(said(&networks, "203.0.113.1"), company("new.example", "Acme"));
    assert_eq!(said(&networks, "198.51.100.1"), company("branch.example", "Branch"));

    std::fs::remove_file(&file).unwrap();
    watching.look();
    assert_eq!(said(&networks, "203.0.113.1"), company("new.example", "Acme"));

    of("back.example").save(&file);
    std::fs::write(&table, "198.51.100.0/25,other.example,Other").unwrap();
    watching.look();
    assert_eq!(said(&networks, "203.0.113.1"), company("back.example", "Acme"));
    assert_eq!(said(&networks, "198.51.100.1"), company("other.example", "Other"));
    assert_eq!(said(&networks, "198.51.100.200"), None);
}

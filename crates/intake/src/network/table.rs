//! The operator's own table of networks: CSV lines of `network,domain,name` and, if it is no company's, `kind`.
//!
//! Promise: the narrowest network that holds an address answers; a file with a line that is wrong is refused whole, with
//! the line's number and what would be right. A `#` begins a comment; a first line `network,…` is a heading.

use std::collections::{BTreeSet, HashMap};
use std::net::IpAddr;

use beckon_domain::company::Domain;
use beckon_domain::network::{Network, NetworkCompany, NetworkKind};
use ipnet::IpNet;

/// Most networks in the table.
const NETWORKS_MAX: usize = 1_000_000;
/// Longest name of a company in the table, in characters.
const NETWORK_NAME_CHARS_MAX: usize = 512;

/// The kinds as they are told to whoever wrote another.
const KINDS: &str = "business, isp, hosting, mobile, education, government or other";

/// A table that was read.
#[derive(Debug, Default)]
pub(super) struct Table {
    networks: HashMap<IpNet, Network>,
    /// The lengths that occur, longest first, of IPv4 and of IPv6.
    lengths: [Vec<u8>; 2],
}

impl Table {
    /// Reads a table.
    ///
    /// # Errors
    /// What is wrong with which line.
    pub(super) fn parse(text: &[u8]) -> Result<Table, String> {
        let mut table = Table::default();
        let mut lengths: [BTreeSet<u8>; 2] = Default::default();
        let mut reader = csv::ReaderBuilder::new()
            .has_headers(false)
            .flexible(true)
            .comment(Some(b'#'))
            .trim(csv::Trim::All)
            .from_reader(text);
        for (place, row) in reader.records().enumerate() {
            let row = row.map_err(|error| error.to_string())?;
            if place == 0 && row.get(0).is_some_and(|cell| cell.trim_start_matches('\u{feff}') == "network") {
                continue;
            }
            let line = row.position().map_or(0, csv::Position::line);
            let (network, of) = read_row(&row).map_err(|reason| format!("line {line}: {reason}"))?;
            if table.networks.len() >= NETWORKS_MAX {
                return Err(format!("line {line}: at most {NETWORKS_MAX} networks are taken"));
            }
            if table.networks.insert(network, of).is_some() {
                return Err(format!("line {line}: {network} is there twice"));
            }
            lengths[family(network.addr())].insert(network.prefix_len());
        }
        table.lengths = lengths.map(|lengths| lengths.into_iter().rev().collect());
        Ok(table)
    }

    /// What the table says of an address.
    pub(super) fn find(&self, address: IpAddr) -> Option<&Network> {
        self.lengths[family(address)].iter().find_map(|length| {
            let network = IpNet::new(address, *length).ok()?.trunc();
            self.networks.get(&network)
        })
    }
}

fn family(address: IpAddr) -> usize {
    usize::from(address.is_ipv6())
}

fn read_row(row: &csv::StringRecord) -> Result<(IpNet, Network), String> {
    let cell = |place| row.get(place).map(str::trim).filter(|cell: &&str| !cell.is_empty());
    let text = cell(0).ok_or("a network is needed, such as 203.0.113.0/24")?;
    let network = text.parse().ok().or_else(|| text.parse::<IpAddr>().ok().map(IpNet::from));
    let network: IpNet = network.ok_or_else(|| format!("{text:?} is no network: write one like 203.0.113.0/24"))?;
    if network.trunc() != network {
        return Err(format!("{network} has bits behind its length: did you mean {}?", network.trunc()));
    }
    if let Some(more) = cell(4) {
        return Err(format!("{more:?} is one cell too many: a line is network,domain,name,kind"));
    }
    let kind = match cell(3) {
        None => NetworkKind::Business,
        Some(word) => NetworkKind::parse(word).ok_or_else(|| format!("{word:?} is no kind: write {KINDS}"))?,
    };
    let name = cell(2).map(str::to_owned);
    if name.as_ref().is_some_and(|name| name.chars().count() > NETWORK_NAME_CHARS_MAX) {
        return Err(format!("the name has more than {NETWORK_NAME_CHARS_MAX} characters"));
    }
    let domain = match cell(1) {
        None if kind == NetworkKind::Business => {
            return Err(format!("a company needs a domain, or say in the fourth cell what it is: {KINDS}"));
        }
        None => None,
        Some(text) => {
            Some(Domain::parse(text).ok_or_else(|| format!("{text:?} is no domain: write one like acme.com"))?)
        }
    };
    let company = domain.filter(|_| kind == NetworkKind::Business).map(|domain| NetworkCompany { domain, name });
    Ok((network, Network { kind, company }))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(table: &Table, address: &str) -> Option<String> {
        let network = table.find(address.parse().unwrap())?;
        Some(network.company.as_ref().map_or(network.kind.as_str(), |company| company.domain.as_str()).to_owned())
    }

    #[test]
    fn the_narrowest_network_answers() {
        let table = Table::parse(
            b"network,domain,name,kind\n# ours\n203.0.113.0/24, acme.com,\"Acme, Inc.\"\n203.0.113.64/26,,,hosting\n\
              203.0.113.70,branch.example,Branch\n2001:db8::/32,acme.com,Acme\n2001:db8:1::/48,globex.example,,business\n",
        )
        .unwrap();
        for (address, of) in [
            ("203.0.113.1", Some("acme.com")),
            ("203.0.113.65", Some("hosting")),
            ("203.0.113.70", Some("branch.example")),
            ("203.0.114.1", None),
            ("2001:db8:2::1", Some("acme.com")),
            ("2001:db8:1::1", Some("globex.example")),
            ("2001:db9::1", None),
        ] {
            assert_eq!(found(&table, address).as_deref(), of, "{address}");
        }
        let name = table.find("203.0.113.1".parse().unwrap()).unwrap().company.as_ref().unwrap().name.clone();
        assert_eq!(name.as_deref(), Some("Acme, Inc."));
    }

    #[test]
    fn what_is_wrong_is_told_with_its_line() {
        for (text, line, word) in [
            ("203.0.113.0/24,acme.com\n300.0.0.0/8,acme.com", 2, "no network"),
            ("203.0.113.1/24,acme.com", 1, "203.0.113.0/24"),
            ("203.0.113.0/24,acme", 1, "no domain"),
            ("203.0.113.0/24,,Acme", 1, "needs a domain"),
            ("203.0.113.0/24,acme.com,Acme,castle", 1, "no kind"),
            ("203.0.113.0/24,acme.com,Acme,isp,x", 1, "too many"),
            ("203.0.113.0/24,a.com\n203.0.113.0/24,b.com", 2, "twice"),
            (",acme.com", 1, "a network is needed"),
        ] {
            let reason = Table::parse(text.as_bytes()).unwrap_err();
            assert!(reason.starts_with(&format!("line {line}: ")) && reason.contains(word), "{text:?}: {reason}");
        }
        assert!(Table::parse(b"").unwrap().find("203.0.113.1".parse().unwrap()).is_none());
    }
}

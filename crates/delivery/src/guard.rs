//! Keeps deliveries away from addresses that are not the public internet's.
//!
//! A webhook's URL is typed by a customer, and what it names may sit beside us: a database, a cloud's
//! metadata service, a printer. So every address a host stands for is vetted at the moment of connecting,
//! and the connection is opened to a vetted address, not to the name: a name that resolves to something
//! else a moment later gains nothing.
//! Promise: nothing is ever connected to that is neither public nor inside the operator's networks.
//! Not here: what a public address answers.

use std::io;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};

use ipnet::IpNet;
use url::Host;

use crate::lookup::Names;

/// Decides which addresses may be connected to, and finds them.
pub(crate) struct Guard {
    allow_nets: Vec<IpNet>,
    names: Names,
}

/// Why a host has no address to connect to.
#[derive(Debug)]
pub(crate) enum NoAddress {
    /// It could not be resolved.
    Unresolved(io::Error),
    /// Every address it stands for is refused.
    NotAllowed,
}

impl Guard {
    /// A guard that also lets through what is inside `allow_nets`, and finds the addresses of names in `names`.
    pub(crate) fn new(allow_nets: Vec<IpNet>, names: Names) -> Guard {
        Guard { allow_nets, names }
    }

    /// The addresses of a host that may be connected to; never empty.
    pub(crate) async fn resolve(&self, host: &Host<String>, port: u16) -> Result<Vec<SocketAddr>, NoAddress> {
        let found: Vec<IpAddr> = match host {
            Host::Ipv4(ip) => vec![IpAddr::V4(*ip)],
            Host::Ipv6(ip) => vec![IpAddr::V6(*ip)],
            Host::Domain(name) if is_this_machine(name) => vec![Ipv4Addr::LOCALHOST.into(), Ipv6Addr::LOCALHOST.into()],
            Host::Domain(name) => {
                let found = self.names.look_up(name).await;
                found.map_err(|error| NoAddress::Unresolved(io::Error::new(error.kind(), error)))?.to_vec()
            }
        };
        if found.is_empty() {
            return Err(NoAddress::Unresolved(io::ErrorKind::NotFound.into()));
        }
        let allowed = found.into_iter().filter(|ip| self.allows(*ip)).map(|ip| SocketAddr::new(ip, port));
        let allowed: Vec<SocketAddr> = allowed.collect();
        if allowed.is_empty() { Err(NoAddress::NotAllowed) } else { Ok(allowed) }
    }

    /// Whether an address may be connected to.
    pub(crate) fn allows(&self, ip: IpAddr) -> bool {
        // An address that embeds another is that other one, for the operator's networks too: whoever allows
        // 10.0.0.0/8 need not know of ::ffff:10.0.0.1.
        let inner = embedded(ip);
        is_public(ip)
            || self.allow_nets.iter().any(|net| net.contains(&ip) || inner.is_some_and(|v4| net.contains(&v4)))
    }
}

/// Whether a name means the machine it is used on, whatever a resolver says (RFC 6761 §6.3).
pub(crate) fn is_this_machine(name: &str) -> bool {
    let name = name.strip_suffix('.').unwrap_or(name);
    let last = name.rsplit('.').next().unwrap_or_default();
    last.eq_ignore_ascii_case("localhost") || name.eq_ignore_ascii_case("localhost.localdomain")
}

/// Whether an address belongs to the public internet.
///
/// Sources: the IANA special-purpose address registries (RFC 6890 and its updates). An IPv6 address that
/// carries an IPv4 one (v4-mapped, v4-compatible, NAT64, 6to4) is judged by that one; Teredo tunnels lead
/// to unknown places and are refused.
pub fn is_public(ip: IpAddr) -> bool {
    match (embedded(ip), ip) {
        (Some(IpAddr::V4(inner)), _) | (None, IpAddr::V4(inner)) => is_public_v4(inner),
        (_, IpAddr::V6(ip)) => is_public_v6(ip),
        (Some(IpAddr::V6(_)), IpAddr::V4(_)) => false,
    }
}

fn is_public_v4(ip: Ipv4Addr) -> bool {
    let [a, b, c, _] = ip.octets();
    let refused = match (a, b, c) {
        (0 | 10 | 127, ..) => true,
        (100, 64..=127, _) => true, // shared between carrier and customer, RFC 6598
        (169, 254, _) => true,      // link-local, where clouds keep their metadata
        (172, 16..=31, _) | (192, 168, _) => true, // private, RFC 1918
        (192, 0, 0 | 2) => true,    // protocol assignments; TEST-NET-1
        (192, 88, 99) => true,      // 6to4 relays, RFC 7526
        (192, 31, 196) | (192, 52, 193) | (192, 175, 48) => true, // AS112 and AMT
        (198, 18..=19, _) => true,  // benchmarks, RFC 2544
        (198, 51, 100) | (203, 0, 113) => true, // TEST-NET-2 and -3
        (224.., ..) => true,        // multicast, reserved, broadcast
        _ => false,
    };
    !refused
}

fn is_public_v6(ip: Ipv6Addr) -> bool {
    // Only 2000::/3 is handed out; what is refused of it comes after. That leaves out loopback, unspecified,
    // unique local (fc00::/7), link-local (fe80::/10), site-local, multicast (ff00::/8), discard (100::/64),
    // local-use NAT64 (64:ff9b:1::/48) and segment routing (5f00::/16).
    let [a, b, c, ..] = ip.segments();
    let global = a & 0xe000 == 0x2000;
    let refused = match (a, b, c) {
        (0x2001, 0x0000..=0x01ff, _) => true, // protocol assignments: Teredo, benchmarks, ORCHID, …
        (0x2001, 0x0db8, _) => true,          // documentation, RFC 3849
        (0x2620, 0x004f, 0x8000) => true,     // AS112, RFC 7534
        (0x3fff, 0x0000..=0x0fff, _) => true, // documentation, RFC 9637
        (0x3ffe, ..) => true,                 // the retired 6bone
        _ => false,
    };
    global && !refused
}

/// The IPv4 address that an IPv6 address carries, if it is of a form that does.
fn embedded(ip: IpAddr) -> Option<IpAddr> {
    let IpAddr::V6(ip) = ip else { return None };
    let segments = ip.segments();
    let v4 = |high: u16, low: u16| {
        let ([a, b], [c, d]) = (high.to_be_bytes(), low.to_be_bytes());
        Some(IpAddr::V4(Ipv4Addr::new(a, b, c, d)))
    };
    match segments {
        // ::1 and :: are themselves, and neither is public.
        [0, 0, 0, 0, 0, 0, 0, 0 | 1] => None,
        // v4-compatible, v4-mapped (RFC 4291 §2.5.5), v4-translated (RFC 2765), NAT64 (RFC 6052).
        [0, 0, 0, 0, 0, 0, high, low]
        | [0, 0, 0, 0, 0, 0xffff, high, low]
        | [0, 0, 0, 0, 0xffff, 0, high, low]
        | [0x0064, 0xff9b, 0, 0, 0, 0, high, low] => v4(high, low),
        // 6to4 (RFC 3056).
        [0x2002, high, low, ..] => v4(high, low),
        _ => None,
    }
}

#[cfg(test)]
mod spellings;

#[cfg(test)]
mod tests {
    use super::*;

    fn ip(text: &str) -> IpAddr {
        text.parse().unwrap()
    }

    // behaviour L4
    #[test]
    fn what_is_not_the_public_internet_is_refused() {
        let refused = [
            "0.0.0.0",
            "0.1.2.3",
            "10.0.0.1",
            "10.255.255.255",
            "100.64.0.1",
            "100.127.255.255",
            "127.0.0.1",
            "127.255.0.1",
            "169.254.169.254",
            "172.16.0.1",
            "172.31.255.255",
            "192.0.0.8",
            "192.0.2.1",
            "192.88.99.1",
            "192.168.1.1",
            "198.18.0.1",
            "198.19.255.255",
            "198.51.100.7",
            "203.0.113.7",
            "224.0.0.1",
            "239.255.255.255",
            "240.0.0.1",
            "255.255.255.255",
            "::",
            "::1",
            "::127.0.0.1",
            "::ffff:127.0.0.1",
            "::ffff:10.0.0.1",
            "::ffff:169.254.169.254",
            "::ffff:0:10.0.0.1",
            "64:ff9b::10.0.0.1",
            "64:ff9b::169.254.169.254",
            "64:ff9b:1::1",
            "100::1",
            "2001::1",
            "2001:2::1",
            "2001:10::1",
            "2001:20::1",
            "2001:db8::1",
            "2002:7f00:1::",
            "2002:a9fe:a9fe::1",
            "2002:c0a8:101::",
            "3ffe::1",
            "3fff::1",
            "3fff:fff::1",
            "5f00::1",
            "fc00::1",
            "fd12:3456::1",
            "fe80::1",
            "fec0::1",
            "ff02::1",
            "fd00:ec2::254",
        ];
        for text in refused {
            assert!(!is_public(ip(text)), "{text}");
        }
    }

    #[test]
    fn the_public_internet_is_let_through_up_to_its_borders() {
        let allowed = [
            "1.1.1.1",
            "8.8.8.8",
            "9.255.255.255",
            "11.0.0.0",
            "100.63.255.255",
            "100.128.0.0",
            "126.255.255.255",
            "128.0.0.0",
            "169.253.255.255",
            "169.255.0.0",
            "172.15.255.255",
            "172.32.0.0",
            "192.0.1.0",
            "192.167.0.1",
            "192.169.0.0",
            "198.17.255.255",
            "198.20.0.0",
            "223.255.255.255",
            "2606:4700::1111",
            "2a00:1450::1",
            "2001:200::1",
            "2001:4860::8888",
            "::ffff:8.8.8.8",
            "64:ff9b::8.8.8.8",
            "2002:808:808::1",
        ];
        for text in allowed {
            assert!(is_public(ip(text)), "{text}");
        }
    }

    // behaviour L8
    #[test]
    fn an_operator_can_allow_networks_and_nothing_beyond_them() {
        let guard = Guard::new(vec!["10.1.0.0/16".parse().unwrap(), "fd00::/8".parse().unwrap()], Names::of_system());
        for text in ["10.1.2.3", "::ffff:10.1.2.3", "fd12::1", "1.1.1.1"] {
            assert!(guard.allows(ip(text)), "{text}");
        }
        for text in ["10.2.0.1", "::ffff:10.2.0.1", "127.0.0.1", "fe80::1"] {
            assert!(!guard.allows(ip(text)), "{text}");
        }
    }
}

//! Whose address a request comes from, behind proxies or not.
//!
//! Promise: nobody can pretend to be elsewhere: `X-Forwarded-For` counts only behind proxies that the operator trusts,
//! and of it only what those have written. Where a proxy that nobody named stands between us and the client, the
//! address is not known, and is not taken to be the proxy's.

use std::convert::Infallible;
use std::net::{IpAddr, SocketAddr};

use axum::extract::{ConnectInfo, FromRequestParts};
use http::request::Parts;
use http::{Extensions, HeaderMap};
use ipnet::IpNet;

use crate::app::App;

/// Most addresses looked at in `X-Forwarded-For`, from its end.
const FORWARDED_MAX: usize = 32;
const X_FORWARDED_FOR: &str = "x-forwarded-for";

/// The address of whoever made a request; `None` if it cannot be known.
pub(crate) fn client_address(extensions: &Extensions, headers: &HeaderMap, trusted: &[IpNet]) -> Option<IpAddr> {
    let ConnectInfo(peer) = extensions.get::<ConnectInfo<SocketAddr>>()?;
    behind_proxies(peer.ip().to_canonical(), headers, trusted)
}

/// The address of whoever makes this request; `None` if it cannot be known.
pub(crate) struct From(pub(crate) Option<IpAddr>);

impl FromRequestParts<App> for From {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<From, Infallible> {
        Ok(From(client_address(&parts.extensions, &parts.headers, &app.options.trusted_proxies)))
    }
}

fn behind_proxies(peer: IpAddr, headers: &HeaderMap, trusted: &[IpNet]) -> Option<IpAddr> {
    let is_trusted = |address: &IpAddr| trusted.iter().any(|network| network.contains(address));
    if !is_trusted(&peer) {
        return (!headers.contains_key(X_FORWARDED_FOR)).then_some(peer);
    }
    // Each proxy adds at the end who has come to it: what stands before that of the first we do not trust is hearsay.
    let lines = headers.get_all(X_FORWARDED_FOR).iter().rev();
    let written = lines.flat_map(|line| line.to_str().unwrap_or("?").rsplit(','));
    let mut nearest = peer;
    for text in written.take(FORWARDED_MAX) {
        nearest = read(text)?;
        if !is_trusted(&nearest) {
            return Some(nearest);
        }
    }
    Some(nearest)
}

/// An address as proxies write it: some with the port.
fn read(text: &str) -> Option<IpAddr> {
    let text = text.trim().trim_matches('"');
    let bare = text.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')).unwrap_or(text);
    let address = bare.parse().ok().or_else(|| text.parse::<SocketAddr>().ok().map(|address| address.ip()))?;
    Some(IpAddr::to_canonical(&address))
}

#[cfg(test)]
mod tests {
    use http::HeaderValue;

    use super::*;

    fn found(peer: &str, forwarded: &[&str], trusted: &[&str]) -> Option<String> {
        let mut headers = HeaderMap::new();
        for line in forwarded {
            headers.append(X_FORWARDED_FOR, HeaderValue::from_str(line).unwrap());
        }
        let trusted: Vec<IpNet> = trusted.iter().map(|net| net.parse().unwrap()).collect();
        behind_proxies(peer.parse().unwrap(), &headers, &trusted).map(|address| address.to_string())
    }

    const OURS: &[&str] = &["10.0.0.0/8", "::1/128"];

    #[test]
    fn behind_proxies_we_trust_the_last_address_that_is_not_theirs_counts() {
        for (forwarded, client) in [
            (&["203.0.113.7"] as &[&str], "203.0.113.7"),
            (&["198.51.100.1, 203.0.113.7"], "203.0.113.7"),
            (&["198.51.100.1, 203.0.113.7,10.9.9.9"], "203.0.113.7"),
            (&["198.51.100.1", "203.0.113.7", "10.9.9.9"], "203.0.113.7"),
            (&["203.0.113.7:51234"], "203.0.113.7"),
            (&["\"[2001:db8::7]:443\""], "2001:db8::7"),
            (&["[2001:db8::7]"], "2001:db8::7"),
            (&["::ffff:203.0.113.7"], "203.0.113.7"),
            (&["unknown, 203.0.113.7"], "203.0.113.7"),
            (&["10.5.5.5"], "10.5.5.5"),
            (&[], "10.1.1.1"),
        ] {
            assert_eq!(found("10.1.1.1", forwarded, OURS).as_deref(), Some(client), "{forwarded:?}");
        }
        assert_eq!(found("::1", &["203.0.113.7"], OURS).as_deref(), Some("203.0.113.7"));
    }

    #[test]
    fn what_cannot_be_known_is_not_guessed() {
        for broken in ["unknown", "203.0.113.7, unknown", "203.0.113.7, _hidden", ""] {
            assert_eq!(found("10.1.1.1", &[broken], OURS), None, "{broken:?}");
        }
        let endless = vec!["10.1.1.2"; 10_000].join(",");
        assert_eq!(found("10.1.1.1", &[&format!("203.0.113.7,{endless}")], OURS).as_deref(), Some("10.1.1.2"));
    }

    #[test]
    fn whoever_is_not_trusted_is_not_believed() {
        assert_eq!(found("198.51.100.1", &[], OURS).as_deref(), Some("198.51.100.1"));
        assert_eq!(found("198.51.100.1", &["203.0.113.7"], OURS), None);
        assert_eq!(found("10.1.1.1", &["203.0.113.7"], &[]), None);
    }
}

//! Says whether deliveries could go to a URL, without sending anything: for people who are typing one.
//!
//! It looks as the sender does (`sender/connect.rs`), with the same guard and the same words, but with look-ups of its
//! own: whatever people type takes no room from deliveries.
//! Promise: no socket is opened to the host.
//! Not here: whether anybody listens there.

use std::time::Duration;

use beckon_domain::delivery::Outcome;
use tokio::time::timeout;
use url::{Host, Url};

use crate::classify::classify_failure;
use crate::guard::{Guard, is_public, is_this_machine};
use crate::lookup::Names;
use crate::options::Options;
use crate::sender::failure::SendFailure;

/// Longest a look-up may take while somebody types.
const PATIENCE: Duration = Duration::from_secs(3);

/// Where a URL leads.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Reach {
    /// To an address on the public internet.
    Public,
    /// To an address that is not public, in a network that the operator allows.
    Allowed,
    /// Where the proxy says, which resolves names itself.
    Proxied,
    /// Nowhere that deliveries go, and why, in the words of an attempt that would fail so.
    Nowhere(String),
}

/// Looks where URLs lead.
pub(crate) struct Scout {
    guard: Guard,
    proxy_resolves_names: bool,
    https_only: bool,
}

impl Scout {
    pub(crate) fn new(options: &Options) -> Scout {
        Scout {
            guard: Guard::new(options.allow_nets.clone(), Names::of_system()),
            proxy_resolves_names: options.proxy.is_some() && options.proxy_resolves_names,
            https_only: options.https_only,
        }
    }

    /// Where `url` leads.
    pub(crate) async fn look(&self, url: &Url) -> Reach {
        let (Some(host), Some(port)) = (url.host(), url.port_or_known_default()) else {
            return Reach::Nowhere("The URL names no host.".to_owned());
        };
        let place = format!("{host}:{port}");
        let nowhere = |failure: SendFailure| match classify_failure(&failure, &place) {
            Outcome::Failed { message, .. } => Reach::Nowhere(message),
            Outcome::Delivered => Reach::Public,
        };
        if self.https_only && url.scheme() != "https" {
            return nowhere(SendFailure::HttpsOnly);
        }
        let host = host.to_owned();
        if matches!(&host, Host::Domain(name) if self.proxy_resolves_names && !is_this_machine(name)) {
            return Reach::Proxied;
        }
        match timeout(PATIENCE, self.guard.resolve(&host, port)).await {
            Err(_) => nowhere(SendFailure::ResolveTimeout(PATIENCE)),
            Ok(Err(reason)) => nowhere(SendFailure::of_address(reason)),
            Ok(Ok(addresses)) if addresses.iter().any(|address| is_public(address.ip())) => Reach::Public,
            Ok(Ok(_)) => Reach::Allowed,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    async fn looked(options: Options, url: &str) -> Reach {
        Scout::new(&options).look(&url.parse().unwrap()).await
    }

    // behaviour L4 (in part)
    #[tokio::test]
    async fn a_url_is_told_public_from_private_before_anything_is_sent() {
        assert_eq!(looked(Options::default(), "https://1.1.1.1/hook").await, Reach::Public);
        for refused in ["http://127.0.0.1:9/", "http://localhost/", "http://169.254.169.254/", "http://[::1]/"] {
            let Reach::Nowhere(why) = looked(Options::default(), refused).await else { panic!("{refused}") };
            assert!(why.contains("address not allowed"), "{why}");
        }
        let allow_nets = vec!["127.0.0.0/8".parse().unwrap()];
        let allowing = Options { allow_nets, ..Options::default() };
        assert_eq!(looked(allowing, "http://127.0.0.1:9/").await, Reach::Allowed);
    }

    #[tokio::test]
    async fn an_http_url_is_refused_where_only_https_is_sent_to() {
        let strict = Options { https_only: true, ..Options::default() };
        let Reach::Nowhere(why) = looked(strict, "http://1.1.1.1/").await else { panic!("taken") };
        assert!(why.contains("https"), "{why}");
    }
}

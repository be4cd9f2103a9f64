//! From which websites signals may come.
//!
//! Pure: a page's address in, yes or no out. Promise: deny wins; where nothing is allowed by name, all is that is not
//! denied; an entry that cannot be read is refused when it is set, and if it is read all the same, admits nothing.
//! Not here: where in a signal the page's address stands (`beckon-server`).

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use url::{Host, Url};

use crate::invalid::{Findings, Invalid};

/// Most entries of a list of sites.
pub const SITES_MAX: usize = 500;
/// Longest entry, in bytes.
pub const SITE_BYTES_MAX: usize = 1024;

/// Websites whose pages may send signals: `example.com` is that host only, `*.example.com` every host below it.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Sites {
    /// Hosts that may; empty means all that are not denied.
    pub allow: Vec<String>,
    /// Hosts, or addresses that pages begin with, that may not. They win.
    pub deny: Vec<String>,
}

impl Sites {
    /// Whether a page of this address may send. See [`Gate::admits`].
    pub fn admits(&self, page_url: &str) -> bool {
        self.gate().is_none_or(|gate| gate.admits(page_url))
    }

    /// The lists, read once to be asked often; `None` if everything may.
    pub fn gate(&self) -> Option<Gate> {
        if self.allow.is_empty() && self.deny.is_empty() {
            return None;
        }
        let read = |entries: &[String]| entries.iter().filter_map(|text| Site::parse(text).ok()).collect();
        Some(Gate { is_limited: !self.allow.is_empty(), allow: read(&self.allow), deny: read(&self.deny) })
    }

    /// All that is wrong with the lists.
    pub(super) fn check(&self) -> Result<(), Invalid> {
        let mut findings = Findings::default();
        for (place, text) in self.allow.iter().enumerate() {
            let field = || format!("sites/allow/{place}");
            match Site::parse(text) {
                Ok(site) if site.path.is_some() => {
                    findings.add(field(), format!("{text:?} has a path: whole hosts are allowed, pages can be denied"));
                }
                Ok(_) => {}
                Err(reason) => findings.add(field(), reason),
            }
        }
        for (place, text) in self.deny.iter().enumerate() {
            if let Err(reason) = Site::parse(text) {
                findings.add(format!("sites/deny/{place}"), reason);
            }
        }
        findings.into_result(())
    }
}

/// [`Sites`], read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Gate {
    is_limited: bool,
    allow: Vec<Site>,
    deny: Vec<Site>,
}

impl Gate {
    /// Whether a page of this address may send. What is no whole address (such as a bare path) says nothing of where it
    /// is, and may; one without a host (such as a saved file) may where every host may.
    pub fn admits(&self, page_url: &str) -> bool {
        let Ok(page) = Url::parse(page_url.trim()) else { return true };
        let Some(host) = page.host().map(plain) else { return !self.is_limited };
        let is = |sites: &[Site]| sites.iter().any(|site| site.holds(&host, &page));
        !is(&self.deny) && (!self.is_limited || is(&self.allow))
    }
}

/// An entry: a host, all hosts below one, or the pages whose addresses begin like this.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Site {
    /// Whether it is the hosts below that one, and not that one.
    below: bool,
    host: String,
    port: Option<u16>,
    /// Without a slash at the end.
    path: Option<String>,
}

impl Site {
    /// Reads an entry, or says what would be right.
    fn parse(text: &str) -> Result<Site, String> {
        let text = text.trim();
        let wrong = || {
            format!(
                "{text:?} is no site: write example.com, www.example.com, *.example.com or, to deny pages, example.com/careers"
            )
        };
        if text.len() > SITE_BYTES_MAX {
            return Err(format!("at most {SITE_BYTES_MAX} bytes, these are {}", text.len()));
        }
        if text.contains(['?', '#']) {
            return Err(format!("{text:?} has a query or fragment: give the address without it"));
        }
        // People paste addresses: whether a page came by http or https makes it no other page.
        let rest = match text.split_once("://") {
            Some((scheme, rest)) if matches!(&*scheme.to_ascii_lowercase(), "http" | "https") => rest,
            Some(_) => return Err(wrong()),
            None => text,
        };
        let (below, rest) = match rest.strip_prefix("*.") {
            Some(rest) => (true, rest),
            None => (false, rest),
        };
        // Read the way browsers read addresses, so that what is compared has the same form.
        let url = Url::parse(&format!("http://{rest}")).ok().ok_or_else(wrong)?;
        let host = url.host().map(plain).ok_or_else(wrong)?;
        let is_name = matches!(url.host(), Some(Host::Domain(_)));
        let well_formed = url.username().is_empty()
            && url.password().is_none()
            && !rest.contains(|c: char| c.is_whitespace() || matches!(c, '*' | '@' | ','))
            && (!below || is_name)
            && (host.contains(['.', ':']) || host == "localhost");
        if !well_formed {
            return Err(wrong());
        }
        let path = Some(url.path().trim_end_matches('/')).filter(|path| !path.is_empty()).map(str::to_owned);
        Ok(Site { port: port_written(rest), below, host, path })
    }

    fn holds(&self, host: &str, page: &Url) -> bool {
        let is_host = match self.below {
            false => self.host == host,
            true => host.strip_suffix(self.host.as_str()).is_some_and(|rest| rest.len() > 1 && rest.ends_with('.')),
        };
        let begins =
            |path: &str| page.path().strip_prefix(path).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'));
        is_host
            && self.port.is_none_or(|port| page.port_or_known_default() == Some(port))
            && self.path.as_deref().is_none_or(begins)
    }
}

/// The port, if one was written: also the one that goes without saying, which [`Url`] leaves out.
fn port_written(rest: &str) -> Option<u16> {
    let authority = rest.split('/').next().unwrap_or_default();
    let behind = authority.rsplit_once(']').map_or(authority, |(_, behind)| behind);
    behind.rsplit_once(':').and_then(|(_, port)| port.parse().ok())
}

/// A host in the one form in which they are compared: lower case, no dot at the end.
fn plain(host: Host<&str>) -> String {
    host.to_string().trim_end_matches('.').to_lowercase()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sites(allow: &[&str], deny: &[&str]) -> Sites {
        let owned = |all: &[&str]| all.iter().map(|&text| text.to_owned()).collect();
        Sites { allow: owned(allow), deny: owned(deny) }
    }

    #[test]
    fn a_root_is_that_host_only_and_a_star_is_all_below_but_not_the_root() {
        let root = sites(&["vector.com"], &[]);
        let www = sites(&["www.vector.com"], &[]);
        let star = sites(&["*.vector.com"], &[]);
        for (url, by_root, by_www, by_star) in [
            ("https://vector.com/pricing?x=1", true, false, false),
            ("https://VECTOR.com.:443/", true, false, false),
            ("http://www.vector.com/", false, true, true),
            ("https://a.b.vector.com:8443/", false, false, true),
            ("https://evilvector.com/", false, false, false),
            ("https://vector.com.evil.example/", false, false, false),
            ("https://vector.com@evil.example/", false, false, false),
        ] {
            assert_eq!([root.admits(url), www.admits(url), star.admits(url)], [by_root, by_www, by_star], "{url}");
        }
    }

    /// Every case that the lists are documented with: `+` is admitted, `-` is not.
    #[test]
    fn the_lists_mean_what_is_documented() {
        let pages = [
            "https://vector.com/",
            "https://www.vector.com/pricing",
            "https://app.vector.com/",
            "https://a.app.vector.com/",
            "https://other.com/",
        ];
        for (allow, deny, admitted) in [
            // A root is the root only, a host that host only, a star all below it and not the root.
            (&["vector.com"][..], &[][..], "+----"),
            (&["www.vector.com"], &[], "-+---"),
            (&["*.vector.com"], &[], "-+++-"),
            (&["vector.com", "*.vector.com"], &[], "++++-"),
            (&["*.app.vector.com"], &[], "---+-"),
            // What is not listed may not; where nothing is listed, all may.
            (&["elsewhere.com"], &[], "-----"),
            (&[], &[], "+++++"),
            // Deny wins, whichever of the two is narrower, and leaves the rest alone.
            (&["vector.com", "*.vector.com"], &["vector.com"], "-+++-"),
            (&["vector.com", "*.vector.com"], &["app.vector.com"], "++-+-"),
            (&["app.vector.com"], &["*.vector.com"], "-----"),
            (&["vector.com"], &["vector.com"], "-----"),
            (&[], &["*.vector.com"], "+---+"),
            // It may name domains or addresses, with or without a scheme; a scheme makes no difference.
            (&[], &["https://www.vector.com"], "+-+++"),
            (&[], &["http://www.vector.com/"], "+-+++"),
            (&[], &["https://www.vector.com/pricing"], "+-+++"),
            (&[], &["www.vector.com/pricing/"], "+-+++"),
            (&[], &["https://www.vector.com/blog"], "+++++"),
            (&[], &["https://*.vector.com"], "+---+"),
            // People paste addresses into the other list as well.
            (&["https://www.vector.com/"], &[], "-+---"),
            (&["HTTPS://WWW.VECTOR.COM"], &[], "-+---"),
        ] {
            let lists = sites(allow, deny);
            assert_eq!(lists.check(), Ok(()), "{allow:?} {deny:?}");
            let found: String = pages.iter().map(|page| if lists.admits(page) { '+' } else { '-' }).collect();
            assert_eq!(found, admitted, "{allow:?} {deny:?}");
        }
    }

    #[test]
    fn deny_wins_and_may_name_pages() {
        let both = sites(
            &["vector.com", "*.vector.com"],
            &["blog.vector.com", "https://vector.com/careers/", "*.dev.vector.com"],
        );
        for (url, admitted) in [
            ("https://vector.com/", true),
            ("https://vector.com/careers", false),
            ("https://vector.com/careers/open?x", false),
            ("https://vector.com/careers-at-vector", true),
            ("http://vector.com/careers", false),
            ("https://blog.vector.com/a", false),
            ("https://a.dev.vector.com/", false),
            ("https://dev.vector.com/", true),
        ] {
            assert_eq!(both.admits(url), admitted, "{url}");
        }
        let only_denied = sites(&[], &["vector.com"]);
        assert!(!only_denied.admits("https://vector.com/") && only_denied.admits("https://www.vector.com/"));
    }

    #[test]
    fn where_nothing_is_said_everything_may_and_what_is_no_address_is_not_judged() {
        assert!(Sites::default().admits("https://anywhere.example/") && Sites::default().gate().is_none());
        let limited = sites(&["vector.com"], &[]);
        assert!(limited.admits("/pricing") && limited.admits("") && limited.admits("pricing"));
        assert!(!limited.admits("file:///home/x/saved.html") && sites(&[], &["x.com"]).admits("file:///a.html"));
    }

    #[test]
    fn ports_international_names_and_addresses_compare_as_browsers_write_them() {
        let odd = sites(&["localhost:3000", "bücher.example", "192.0.2.7", "[2001:db8::1]:8080"], &[]);
        for (url, admitted) in [
            ("http://localhost:3000/x", true),
            ("http://localhost/x", false),
            ("https://xn--bcher-kva.example/", true),
            ("http://192.0.2.7:8080/", true),
            ("http://[2001:db8:0::1]:8080/", true),
            ("http://[2001:db8::1]/", false),
        ] {
            assert_eq!(odd.admits(url), admitted, "{url}");
        }
        assert!(sites(&["a.example:443"], &[]).admits("https://a.example/"));
    }

    #[test]
    fn what_is_no_site_is_refused_by_name() {
        let wrong =
            ["", "*", "*.", "vector", "ftp://vector.com", "a b.com", "*.10.0.0.1", "x*.com", "me@a.com", "a.com?x"];
        let owned = wrong.iter().map(|&text| text.to_owned()).collect();
        let found = Sites { allow: vec!["ok.com".to_owned(), "ok.com/path".to_owned()], deny: owned }.check();
        let fields: Vec<String> = found.unwrap_err().0.into_iter().map(|found| found.field).collect();
        let mut expected = vec!["sites/allow/1".to_owned()];
        expected.extend((0..wrong.len()).map(|place| format!("sites/deny/{place}")));
        assert_eq!(fields, expected);
        let broken = sites(&["vector"], &[]);
        assert!(!broken.admits("https://vector.com/"), "what cannot be read admits nothing");
    }
}

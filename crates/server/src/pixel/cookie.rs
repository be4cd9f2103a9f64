//! The cookie in which a browser keeps the visitor's id.
//!
//! The script keeps the id by itself, but Safari throws away after seven days what scripts keep. What a website's own
//! server sets, it keeps; so where the pixel is part of the website, behind its proxy, the answer sets the cookie again.
//! Scripts can read it, because the script sends the id and has to forget it when consent is withdrawn. It is a random
//! number that opens nothing.
//! Promise: never for a visitor who has not consented, or who asks not to be told on (Global Privacy Control), and never
//! for a page of another site, where it would follow people around.

use http::header::{HOST, ORIGIN};
use http::{HeaderMap, HeaderName, HeaderValue};
use url::{Host, Url};

/// The cookie's name; the script knows it as well.
pub(super) const COOKIE: &str = "beckon_id";
/// How long browsers keep it, in seconds: 400 days, the most that they grant (RFC 6265bis §5.5).
const LIFE_SECONDS: u64 = 400 * 24 * 60 * 60;
/// Longest id of a visitor that the cookie keeps, in bytes.
const VISITOR_ID_BYTES_MAX: usize = 64;

const SEC_FETCH_SITE: HeaderName = HeaderName::from_static("sec-fetch-site");
const X_FORWARDED_PROTO: HeaderName = HeaderName::from_static("x-forwarded-proto");

/// The `Set-Cookie` of an answer to a page of the same site; `None` if there is to be none. `domain` is the one for whose
/// hosts the cookie is to be, if it is not for one host alone.
pub(super) fn of(visitor: &str, asked: &HeaderMap, domain: Option<&str>, always_secure: bool) -> Option<HeaderValue> {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_');
    let fits = !visitor.is_empty() && visitor.len() <= VISITOR_ID_BYTES_MAX && visitor.bytes().all(plain);
    if !fits || !is_of_our_site(asked) {
        return None;
    }
    let page = text(asked, ORIGIN).and_then(|origin| Url::parse(origin).ok());
    let secure = always_secure
        || text(asked, X_FORWARDED_PROTO).is_some_and(|said| said.split(',').next() == Some("https"))
        || page.as_ref().is_some_and(|page| page.scheme() == "https");
    let domain = domain.filter(|domain| page.as_ref().is_some_and(|page| is_below(page, domain)));
    let of_domain = domain.map(|domain| format!("; Domain={domain}")).unwrap_or_default();
    let secure = if secure { "; Secure" } else { "" };
    HeaderValue::try_from(format!(
        "{COOKIE}={visitor}; Path=/; Max-Age={LIFE_SECONDS}; SameSite=Lax{of_domain}{secure}"
    ))
    .ok()
}

/// Whether the page that asks is of the site by whose name it asked, as far as the browser says; those that do not say so
/// tell the page's origin.
fn is_of_our_site(asked: &HeaderMap) -> bool {
    match text(asked, SEC_FETCH_SITE) {
        Some(site) => matches!(site, "same-origin" | "same-site"),
        None => {
            let host = text(asked, ORIGIN).and_then(|origin| origin.split_once("://")).map(|(_, host)| host);
            host.is_some() && host == text(asked, HOST)
        }
    }
}

/// Whether the page's host is that domain, or below it. Whether a domain is too broad to have cookies is known to browsers.
fn is_below(page: &Url, domain: &str) -> bool {
    let Some(Host::Domain(host)) = page.host() else { return false };
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.');
    domain.contains('.')
        && domain.bytes().all(plain)
        && host.strip_suffix(domain).is_some_and(|rest| rest.is_empty() || rest.ends_with('.'))
}

fn text(headers: &HeaderMap, name: HeaderName) -> Option<&str> {
    headers.get(name).and_then(|value| value.to_str().ok())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn set(asked: &[(&'static str, &str)], visitor: &str, domain: Option<&str>) -> Option<String> {
        let asked = asked.iter().map(|(name, value)| (HeaderName::from_static(name), value.parse().unwrap())).collect();
        of(visitor, &asked, domain, false).map(|value| value.to_str().unwrap().to_owned())
    }

    #[test]
    fn pages_of_the_same_site_get_it_and_others_do_not() {
        let kept = "beckon_id=a-1; Path=/; Max-Age=34560000; SameSite=Lax";
        for (asked, expected) in [
            (&[("sec-fetch-site", "same-origin"), ("origin", "http://a.example")][..], Some(kept.to_owned())),
            (&[("sec-fetch-site", "same-site"), ("origin", "https://a.example")], Some(format!("{kept}; Secure"))),
            (
                &[("sec-fetch-site", "same-origin"), ("x-forwarded-proto", "https,http")],
                Some(format!("{kept}; Secure")),
            ),
            (&[("origin", "http://a.example:8080"), ("host", "a.example:8080")], Some(kept.to_owned())),
            (&[("sec-fetch-site", "cross-site"), ("origin", "https://a.example"), ("host", "a.example")], None),
            (&[("sec-fetch-site", "none")], None),
            (&[("origin", "http://a.example"), ("host", "b.example")], None),
            (&[("origin", "null"), ("host", "null")], None),
            (&[], None),
        ] {
            assert_eq!(set(asked, "a-1", None), expected, "{asked:?}");
        }
    }

    #[test]
    fn only_a_plain_id_is_kept_and_only_for_a_domain_of_the_page() {
        let asked = [("sec-fetch-site", "same-site"), ("origin", "http://www.acme.com")];
        for odd in ["", "a;b", "a b", "a=b", "ä", &"a".repeat(VISITOR_ID_BYTES_MAX + 1)] {
            assert_eq!(set(&asked, odd, None), None, "{odd:?}");
        }
        for (domain, is_kept) in [
            ("acme.com", true),
            ("www.acme.com", true),
            ("me.com", false),
            ("com", false),
            ("evil.com", false),
            ("acme.com; HttpOnly", false),
            ("", false),
            (".", false),
        ] {
            let cookie = set(&asked, "a1", Some(domain)).unwrap();
            assert_eq!(cookie.contains("Domain"), is_kept, "{domain}: {cookie}");
        }
    }
}

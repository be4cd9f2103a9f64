//! What the pixel is called on a workspace's websites.
//!
//! Lists of what to block know trackers by their names: whoever wants to can give the pixel a name of their own, and an
//! address on their own website. Promise: a path that is taken is no other path of the server, whatever it will serve.
//! Not here: serving it (`beckon-server`), and which websites may send ([`super::Sites`]).

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use url::Url;

use crate::invalid::{Findings, Invalid};

/// Longest path of the pixel, in bytes.
pub const PIXEL_PATH_BYTES_MAX: usize = 100;
/// Longest name of the pixel's function, in bytes.
pub const PIXEL_NAME_BYTES_MAX: usize = 40;
/// Longest address below which a website reaches the pixel, in bytes.
pub const PIXEL_BASE_BYTES_MAX: usize = 500;

/// How the path of the pixel ends. No page and no resource of the server ends so.
const PATH_END: &str = ".js";

/// What every page has by these names already, or scripts may not be called.
const TAKEN: &[&str] = &[
    "alert",
    "await",
    "caches",
    "class",
    "close",
    "closed",
    "confirm",
    "console",
    "const",
    "crypto",
    "customElements",
    "default",
    "delete",
    "document",
    "event",
    "export",
    "external",
    "fetch",
    "find",
    "focus",
    "frames",
    "function",
    "history",
    "import",
    "length",
    "let",
    "localStorage",
    "location",
    "name",
    "navigator",
    "new",
    "null",
    "open",
    "opener",
    "origin",
    "parent",
    "performance",
    "print",
    "prompt",
    "return",
    "screen",
    "scroll",
    "self",
    "sessionStorage",
    "status",
    "stop",
    "this",
    "top",
    "true",
    "false",
    "undefined",
    "var",
    "window",
    "with",
    "yield",
];

/// What the pixel is called.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Pixel {
    /// The path of the script, such as `/beckon.js`.
    pub path: String,
    /// The name of the function that pages call.
    pub name: String,
    /// Below which address websites reach this server, if through a proxy of their own: an address such as
    /// `https://www.example.com/w`, or a path of the website such as `/w`. Without it, they reach it directly.
    pub base: Option<String>,
}

impl Default for Pixel {
    fn default() -> Pixel {
        Pixel { path: "/beckon.js".to_owned(), name: Pixel::NAME.to_owned(), base: None }
    }
}

impl Pixel {
    /// The name of the function unless somebody chose another.
    pub const NAME: &str = "beckon";

    /// Whether the pixel is at this path of the server, by this name or another: a page that still asks for an earlier
    /// name gets it too. Paths of other depth, which are whose they are, are never the pixel's.
    pub fn is_at(path: &str) -> bool {
        let name = path.strip_prefix('/').and_then(|name| name.strip_suffix(PATH_END)).unwrap_or_default();
        let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'_' | b'-');
        path.len() <= PIXEL_PATH_BYTES_MAX && !name.is_empty() && !name.starts_with('.') && name.bytes().all(is_plain)
    }

    /// Where websites load the script from, when they reach this server directly at `origin` (without a slash at its end).
    pub fn src(&self, origin: &str) -> String {
        format!("{}{}", self.base.as_deref().unwrap_or(origin), self.path)
    }

    /// All that is wrong with it.
    pub(super) fn check(&self) -> Result<(), Invalid> {
        let mut findings = Findings::default();
        if !Pixel::is_at(&self.path) {
            findings.add(
                "pixel/path",
                format!(
                    "{:?} is no path for a script: write / and a name of letters, digits, - _ and . that ends in {PATH_END}, \
                     such as /beckon.js, at most {PIXEL_PATH_BYTES_MAX} bytes",
                    self.path
                ),
            );
        }
        if !is_name(&self.name) {
            findings.add(
                "pixel/name",
                format!(
                    "{:?} cannot be a function's name: letters, digits, _ and $, no digit first, at most \
                     {PIXEL_NAME_BYTES_MAX} bytes",
                    self.name
                ),
            );
        } else if TAKEN.contains(&self.name.as_str()) {
            findings.add("pixel/name", format!("{:?} means something else in every page: choose another", self.name));
        }
        if self.base.as_deref().is_some_and(|base| !is_base(base)) {
            findings.add(
                "pixel/base",
                "give the address or path below which the website passes requests on, such as https://www.example.com/w \
                 or /w, without query and without a slash at the end",
            );
        }
        findings.into_result(())
    }
}

fn is_name(name: &str) -> bool {
    let is_letter = |byte: u8| byte.is_ascii_alphabetic() || matches!(byte, b'_' | b'$');
    name.len() <= PIXEL_NAME_BYTES_MAX
        && name.bytes().next().is_some_and(is_letter)
        && name.bytes().all(|byte| is_letter(byte) || byte.is_ascii_digit())
}

fn is_base(base: &str) -> bool {
    let address = if base.starts_with('/') { format!("https://a.example{base}") } else { base.to_owned() };
    let Ok(url) = Url::parse(&address) else { return false };
    let well_formed = matches!(url.scheme(), "http" | "https")
        && url.username().is_empty()
        && url.password().is_none()
        && url.query().is_none()
        && url.fragment().is_none();
    let plain = |byte: u8| byte.is_ascii_graphic() && !matches!(byte, b'"' | b'\'' | b'<' | b'>' | b'\\' | b'`');
    well_formed
        && base.len() <= PIXEL_BASE_BYTES_MAX
        && base.bytes().all(plain)
        && !base.ends_with('/')
        && !base.starts_with("//")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn wrong(pixel: Pixel) -> Vec<String> {
        pixel.check().err().map(|invalid| invalid.0.into_iter().map(|found| found.field).collect()).unwrap_or_default()
    }

    #[test]
    fn a_path_is_one_segment_that_ends_like_a_script() {
        for path in ["/beckon.js", "/a.js", "/main-2.min.js", "/_x.js"] {
            assert!(Pixel::is_at(path), "{path}");
            assert!(wrong(Pixel { path: path.to_owned(), ..Pixel::default() }).is_empty());
        }
        let long = format!("/{}.js", "a".repeat(PIXEL_PATH_BYTES_MAX));
        for path in [
            "",
            "/",
            "/.js",
            "/..js",
            "beckon.js",
            "/beckon",
            "/settings",
            "/a/b.js",
            "//a.js",
            "/a b.js",
            "/ä.js",
            "/a.js/",
            "/a.js?x",
            "/a%2f.js",
            "/healthz",
            &long,
        ] {
            assert!(!Pixel::is_at(path), "{path}");
            assert_eq!(wrong(Pixel { path: path.to_owned(), ..Pixel::default() }), ["pixel/path"]);
        }
    }

    #[test]
    fn a_name_is_one_that_a_page_can_call_and_that_is_free() {
        for (name, is_right) in [
            ("beckon", true),
            ("_b$1", true),
            ("", false),
            ("1a", false),
            ("a-b", false),
            ("a b", false),
            ("é", false),
            ("location", false),
            ("name", false),
            ("class", false),
        ] {
            let found = wrong(Pixel { name: name.to_owned(), ..Pixel::default() });
            assert_eq!(found.is_empty(), is_right, "{name:?}: {found:?}");
        }
    }

    #[test]
    fn a_base_is_an_address_or_a_path_that_the_scripts_own_follows() {
        for (base, src) in [
            (Some("https://www.acme.com/w"), Some("https://www.acme.com/w/a.js")),
            (Some("https://track.acme.com"), Some("https://track.acme.com/a.js")),
            (Some("/w/x"), Some("/w/x/a.js")),
            (None, Some("https://beckon.example/a.js")),
            (Some("/"), None),
            (Some("/w/"), None),
            (Some("//evil.example"), None),
            (Some("w"), None),
            (Some("javascript:alert(1)"), None),
            (Some("https://a.example?x"), None),
            (Some("https://me@a.example"), None),
            (Some("/w\"><script>"), None),
        ] {
            let pixel = Pixel { path: "/a.js".to_owned(), base: base.map(str::to_owned), ..Pixel::default() };
            match src {
                Some(src) => assert_eq!((pixel.src("https://beckon.example").as_str(), pixel.check()), (src, Ok(()))),
                None => assert_eq!(wrong(pixel), ["pixel/base"], "{base:?}"),
            }
        }
    }
}

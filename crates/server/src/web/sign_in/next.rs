//! Where people go once they are signed in.

use url::Url;

/// Stands for whatever host we are reached by.
const HERE: &str = "http://here.invalid/";

/// The path in `next`, with its query, if it is one of ours: `/` for everything that would lead to another host, such as
/// `//host`, `/\host` or `https://host`.
pub(super) fn own_path(next: &str) -> String {
    let own = || {
        // Browsers drop tabs and line ends from addresses, and take a backslash for a slash.
        let plain = next.starts_with('/') && !next.contains(|c: char| c.is_control() || c == '\\');
        let url = Url::parse(HERE).ok()?.join(plain.then_some(next)?).ok()?;
        let path = url.as_str().strip_prefix(HERE)?;
        // `/..//host` is a path of ours that reads as another host once it stands alone.
        (!path.starts_with('/')).then(|| format!("/{path}"))
    };
    own().unwrap_or_else(|| "/".to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_paths_of_ours_are_followed() {
        assert_eq!(own_path("/webhooks?status=failing&q=a%20b"), "/webhooks?status=failing&q=a%20b");
        assert_eq!(own_path("/segments/7264#rule"), "/segments/7264#rule");
        assert_eq!(own_path("/ä b"), "/%C3%A4%20b", "it is fit for a header");
        for foreign in [
            "",
            "webhooks",
            "//evil.example",
            "///evil.example",
            "/\\evil.example",
            "\\\\evil.example",
            "/\t/evil.example",
            "/\n/evil.example",
            "/..//evil.example",
            "/.//evil.example",
            "https://evil.example/",
            "https:evil.example",
            "javascript:alert(1)",
            "/\u{85}/evil.example",
            " //evil.example",
        ] {
            assert_eq!(own_path(foreign), "/", "{foreign:?}");
        }
    }
}

//! The path of a page, in the one form in which rules compare it.

use url::Url;

/// Longest path kept, in characters; what is longer is cut.
pub const PATH_CHARS_MAX: usize = 512;

/// Reduces a URL, a path or a bare word to a path: no host, query, fragment or trailing slash, lower
/// case, one leading slash. `pricing` means `/pricing`; the root is `/`.
pub fn normalize(text: &str) -> String {
    let text = text.trim();
    let path = if text.contains("://") {
        Url::parse(text).map_or_else(|_| text.to_owned(), |url| url.path().to_owned())
    } else {
        text.split(['?', '#']).next().unwrap_or_default().to_owned()
    };
    let bare = path.trim_matches(|c: char| c == '/' || c.is_whitespace()).to_lowercase();
    let bare: String = bare.chars().take(PATH_CHARS_MAX).collect();
    format!("/{bare}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_way_to_write_a_page_is_one_path() {
        for text in
            ["pricing", "/pricing", "/Pricing/", "https://acme.test/pricing?utm=1#top", "/pricing?x=/y/", " pricing/ "]
        {
            assert_eq!(normalize(text), "/pricing", "{text:?}");
        }
        assert_eq!(normalize("https://acme.test"), "/");
        assert_eq!(normalize(""), "/");
        assert_eq!(normalize("/a /"), normalize(&normalize("/a /")), "once is enough");
    }
}

//! The path of a page, in the one form in which rules compare it.

use url::Url;

/// Longest path kept, in characters; what is longer is cut.
pub const PATH_CHARS_MAX: usize = 512;

/// Reduces a URL, a path or a bare word to a path: no host, query, fragment or trailing slash, lower
/// case, one leading slash, letters as people write them. `pricing` means `/pricing`; the root is `/`.
pub fn normalize(text: &str) -> String {
    let text = text.trim();
    let path = match Url::parse(text) {
        Ok(url) if text.contains("://") => url.path().to_owned(),
        _ => text.split(['?', '#']).next().unwrap_or_default().to_owned(),
    };
    let bare = readable(&path);
    let bare = bare.trim_matches(|c: char| c == '/' || c.is_whitespace()).to_lowercase();
    let bare: String = bare.chars().take(PATH_CHARS_MAX).collect();
    format!("/{bare}")
}

/// Writes blanks and letters beyond ASCII that a browser has percent-encoded as people type them. What
/// stands for any other sign stays encoded: read out, it could mean something else.
pub fn readable(path: &str) -> String {
    let mut read = String::with_capacity(path.len());
    let mut rest = path;
    while let Some(at) = rest.find('%') {
        read.push_str(&rest[..at]);
        rest = &rest[at..];
        let mut encoded: Vec<u8> = Vec::new();
        while let Some(byte) = first_encoded(&rest[encoded.len() * 3..]) {
            encoded.push(byte);
        }
        // A sign of its own, half a letter, or a percent sign that encodes nothing.
        let (text, end) = match String::from_utf8(encoded) {
            Ok(text) if !text.is_empty() => {
                let end = text.len() * 3;
                (text, end)
            }
            _ => ("%".to_owned(), 1),
        };
        read.push_str(&text);
        rest = &rest[end..];
    }
    read.push_str(rest);
    read
}

/// The byte that the text begins with in encoded form, if it is a blank or part of a letter beyond ASCII.
fn first_encoded(text: &str) -> Option<u8> {
    let digits = text.strip_prefix('%')?.get(..2).filter(|digits| digits.bytes().all(|b| b.is_ascii_hexdigit()))?;
    u8::from_str_radix(digits, 16).ok().filter(|byte| *byte == b' ' || !byte.is_ascii())
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

    #[test]
    fn an_address_in_a_query_does_not_make_a_path_an_address() {
        assert_eq!(normalize("/login?next=https://acme.test/x"), "/login");
        assert_eq!(normalize("/login#https://acme.test/x"), "/login");
        assert_eq!(normalize("https://acme.test/login?next=https://other.test/"), "/login");
    }

    #[test]
    fn a_page_is_one_path_as_a_browser_encodes_it_and_as_a_person_types_it() {
        for text in ["/über uns", "Über uns", "/%C3%BCber%20uns/", "/%c3%9cber%20uns", "https://acme.test/über uns"]
        {
            assert_eq!(normalize(text), "/über uns", "{text:?}");
        }
        for kept in ["/a%2fb", "/100%", "/%", "/%c3", "/%ff%41", "/%25c3%25bc", "/%zz", "/a%3fb"] {
            assert_eq!(normalize(kept), kept, "what stands for a sign of its own, or for nothing, stays");
            assert_eq!(normalize(&normalize(kept)), normalize(kept), "once is enough");
        }
    }
}

//! An attempt as a command for a shell, to make it again by hand.
//!
//! Promise: nothing in a header or payload ends its quotes. Masked values stay masked: whoever runs it puts them in.

use crate::api::attempts::AttemptView;

/// Largest payload that is written into the command, in bytes; a larger one is read from a file.
const INLINE_BYTES_MAX: usize = 32 * 1024;
/// Headers that curl makes itself.
const MADE_BY_CURL: [&str; 3] = ["content-length", "host", "connection"];

/// The request of an attempt, with the payload that every attempt of its event carries.
pub(super) fn curl(attempt: &AttemptView, payload: &[u8]) -> String {
    let mut command = format!("curl --request POST {}", quoted(&attempt.url));
    for (name, value) in &attempt.request_headers {
        if !MADE_BY_CURL.contains(&name.to_ascii_lowercase().as_str()) {
            command.push_str(&format!(" \\\n  --header {}", quoted(&format!("{name}: {value}"))));
        }
    }
    let inline = std::str::from_utf8(payload).ok().filter(|text| text.len() <= INLINE_BYTES_MAX);
    let data = inline.map_or_else(|| "@payload.json".to_owned(), quoted);
    command.push_str(&format!(" \\\n  --data-binary {data}"));
    command
}

/// A text as one word of a POSIX shell.
fn quoted(text: &str) -> String {
    format!("'{}'", text.replace('\'', r"'\''"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_quote_in_what_is_sent_stays_inside_its_word() {
        assert_eq!(quoted("it's; rm -rf $HOME"), r"'it'\''s; rm -rf $HOME'");
    }
}

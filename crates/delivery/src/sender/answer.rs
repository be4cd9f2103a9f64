//! Reads an answer, as much of it as is worth having.
//!
//! Promise: bounded whatever the receiver sends; what is kept is text that any store can hold.

use http::header::RETRY_AFTER;
use http::response::Parts;
use http_body_util::BodyExt;
use hyper::body::Incoming;

use super::{Head, Progress};

/// Largest head of an answer that is read, in bytes. (Of its headers, hyper reads at most 100.)
pub(crate) const HEAD_BYTES_MAX: usize = 64 * 1024;
/// Most bytes of a body that are read; if it goes on, the connection is closed.
pub(crate) const BODY_BYTES_MAX: usize = 64 * 1024;
/// Most bytes that are read in one exchange: head, body, and whatever HTTP has around them.
pub(crate) const EXCHANGE_BYTES_MAX: usize = HEAD_BYTES_MAX + BODY_BYTES_MAX + 64 * 1024;
/// Most response headers that are kept.
const HEADERS_KEPT_MAX: usize = 64;
/// Longest response header value that is kept, in characters.
const HEADER_VALUE_CHARS_KEPT_MAX: usize = 1024;

/// Notes the head of an answer.
pub(super) fn read_head(parts: &Parts, progress: &mut Progress) {
    let text = |value: &http::HeaderValue| without_nul(String::from_utf8_lossy(value.as_bytes()).into_owned());
    progress.head = Some(Head { status: parts.status, retry_after: parts.headers.get(RETRY_AFTER).map(text) });
    progress.exchange.status = Some(parts.status.as_u16());
    progress.exchange.response_headers = parts
        .headers
        .iter()
        .take(HEADERS_KEPT_MAX)
        .map(|(name, value)| (name.as_str().to_owned(), beginning_of(text(value))))
        .collect();
}

/// No more of a header's value than is kept.
fn beginning_of(mut value: String) -> String {
    if let Some((end, _)) = value.char_indices().nth(HEADER_VALUE_CHARS_KEPT_MAX) {
        value.truncate(end);
    }
    value
}

/// The beginning of a body.
#[derive(Debug, Default)]
pub(super) struct Body {
    kept: Vec<u8>,
    kept_max: usize,
    /// Whether there is, or may be, more than was kept.
    truncated: bool,
}

impl Body {
    /// A body of which nothing was read yet and `kept_max` bytes will be kept.
    pub(super) fn begun(kept_max: usize) -> Body {
        Body { kept: Vec::new(), kept_max, truncated: true }
    }

    /// Reads on to the end, or to [`BODY_BYTES_MAX`]; tells whether that was the end. What was read by then
    /// is kept even if this is cut off.
    pub(super) async fn read(&mut self, mut incoming: Incoming) -> bool {
        let mut read = 0;
        while let Some(frame) = incoming.frame().await {
            let Ok(frame) = frame else { return false };
            let Some(data) = frame.data_ref() else { continue };
            read += data.len();
            let room = self.kept_max - self.kept.len();
            self.kept.extend_from_slice(&data[..data.len().min(room)]);
            if read > BODY_BYTES_MAX {
                return false;
            }
        }
        self.truncated = read > self.kept.len();
        true
    }

    /// What was kept as text, and whether the body went on. What is not UTF-8 is replaced, NUL too, which
    /// not every database can hold; a character that was cut in two is left out.
    pub(super) fn into_text(self) -> (String, bool) {
        let mut text = String::with_capacity(self.kept.len());
        let mut chunks = self.kept.utf8_chunks().peekable();
        while let Some(chunk) = chunks.next() {
            text.push_str(chunk.valid());
            let cut = self.truncated
                && chunks.peek().is_none()
                && std::str::from_utf8(chunk.invalid()).is_err_and(|error| error.error_len().is_none());
            if !chunk.invalid().is_empty() && !cut {
                text.push(char::REPLACEMENT_CHARACTER);
            }
        }
        (without_nul(text), self.truncated)
    }
}

/// What is kept of a body, as text.
#[cfg(fuzzing)]
pub(crate) fn text_of(kept: &[u8], truncated: bool) -> String {
    Body { kept: kept.to_vec(), kept_max: kept.len(), truncated }.into_text().0
}

fn without_nul(text: String) -> String {
    if text.contains('\0') { text.replace('\0', "\u{fffd}") } else { text }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(kept: &[u8], truncated: bool) -> String {
        Body { kept: kept.to_vec(), kept_max: kept.len(), truncated }.into_text().0
    }

    // behaviour L3
    #[test]
    fn nul_bytes_and_broken_utf8_become_text() {
        assert_eq!(text(b"a\0b", false), "a\u{fffd}b");
        assert_eq!(text(b"a\xff\xfeb", false), "a\u{fffd}\u{fffd}b");
        assert_eq!(text("é".as_bytes(), false), "é");
    }

    // behaviour L3
    #[test]
    fn a_character_cut_in_two_is_left_out_where_the_body_was_cut() {
        assert_eq!(text(&"aé".as_bytes()[..2], true), "a");
        assert_eq!(text(&"aé".as_bytes()[..2], false), "a\u{fffd}", "the receiver itself broke it");
    }
}

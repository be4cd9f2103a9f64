//! Unpacks the body of a call.
//!
//! Labels are not believed: what starts like gzip (RFC 1952) is gunzipped, whatever `Content-Encoding` and
//! `Content-Type` say, because clients label gzipped JSON as a form, or not at all.
//! Promise: never gives out, nor holds, more than `bytes_max` bytes (and one) of what a body unpacks to.

use std::io::Read;

use bytes::Bytes;
use flate2::read::MultiGzDecoder;

use super::failure::Failure;

const GZIP_MAGIC: [u8; 2] = [0x1f, 0x8b];

/// Whether a body is compressed.
pub(super) fn is_gzip(body: &[u8]) -> bool {
    body.starts_with(&GZIP_MAGIC)
}

/// The body as it was before the client compressed it, if it did.
///
/// # Errors
/// [`Failure::TooLarge`] above `bytes_max`, [`Failure::Unreadable`] for broken gzip.
pub(super) fn unpack(body: Bytes, bytes_max: usize) -> Result<Bytes, Failure> {
    if !is_gzip(&body) {
        return if body.len() > bytes_max { Err(Failure::TooLarge { bytes_max }) } else { Ok(body) };
    }
    let mut unpacked = Vec::new();
    MultiGzDecoder::new(&body[..])
        .take(bytes_max as u64 + 1)
        .read_to_end(&mut unpacked)
        .map_err(|error| Failure::Unreadable(format!("the body is not sound gzip: {error}")))?;
    if unpacked.len() > bytes_max { Err(Failure::TooLarge { bytes_max }) } else { Ok(unpacked.into()) }
}

#[cfg(test)]
mod tests {
    use std::io::Write;

    use flate2::Compression;
    use flate2::write::GzEncoder;

    use super::*;

    fn gzip(bytes: &[u8]) -> Bytes {
        let mut encoder = GzEncoder::new(Vec::new(), Compression::best());
        encoder.write_all(bytes).unwrap();
        encoder.finish().unwrap().into()
    }

    // behaviour W2
    #[test]
    fn gzip_is_known_by_its_first_bytes_and_plain_text_passes() {
        assert_eq!(unpack(gzip(b"{\"a\":1}"), 100).unwrap(), "{\"a\":1}");
        assert_eq!(unpack(Bytes::from_static(b"{\"a\":1}"), 100).unwrap(), "{\"a\":1}");
        assert_eq!(unpack(Bytes::new(), 100).unwrap(), "");
    }

    // behaviour W4
    #[test]
    fn a_bomb_is_too_large_and_the_limit_itself_is_not() {
        let bomb = gzip(&vec![b' '; 1_000_000]);
        assert!(bomb.len() < 2_000);
        assert!(matches!(unpack(bomb.clone(), 999_999), Err(Failure::TooLarge { bytes_max: 999_999 })));
        assert_eq!(unpack(bomb, 1_000_000).unwrap().len(), 1_000_000);
        assert!(matches!(unpack(Bytes::from_static(b"12345"), 4), Err(Failure::TooLarge { .. })));
    }

    #[test]
    fn broken_gzip_is_unreadable() {
        let whole = gzip(b"some text that is long enough to be cut");
        for broken in
            [whole.slice(..whole.len() - 9), Bytes::from_static(&[0x1f, 0x8b]), Bytes::from_static(b"\x1f\x8bxyz")]
        {
            assert!(matches!(unpack(broken, 100), Err(Failure::Unreadable(_))));
        }
    }
}

//! A door for the fuzz targets (fuzz/): what reads receivers' bytes, and is nobody else's business.
//!
//! Only there when compiled for fuzzing.

use jiff::{SignedDuration, Timestamp};

/// See `classify.rs`.
pub fn read_retry_after(value: &str, now: Timestamp) -> Option<SignedDuration> {
    crate::classify::read_retry_after(value, now)
}

/// See `sender/answer.rs`.
pub fn answer_body_text(kept: &[u8], truncated: bool) -> String {
    crate::sender::body_text_of(kept, truncated)
}

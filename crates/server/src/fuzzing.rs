//! A door for the fuzz targets (fuzz/): what reads strangers' bytes, and is nobody else's business.
//!
//! Only there when compiled for fuzzing.

use bytes::Bytes;
use serde_json::Value;

/// The calls in a body of the tracking API; none if it cannot be read. See `tracking.rs`.
pub fn tracking_items(body: &[u8], bytes_max: usize) -> Vec<Value> {
    crate::tracking::items_of(Bytes::copy_from_slice(body), bytes_max).unwrap_or_default()
}

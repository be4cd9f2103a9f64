//! Bodies of the tracking API: gzip or not, one call or a batch, down to the signals in them.
#![no_main]

use beckon_intake::tracking::{Kind, read};
use beckon_server::fuzzing::tracking_items;
use beckon_testkit::fake_ambient;
use libfuzzer_sys::fuzz_target;

/// Most bytes that a body unpacks to here.
const BODY_BYTES_MAX: usize = 64 * 1024;

fuzz_target!(|body: &[u8]| {
    let ambient = fake_ambient();
    for item in tracking_items(body, BODY_BYTES_MAX) {
        let Some(item) = item.as_object() else { continue };
        for kind in [None, Some(Kind::Page), Some(Kind::Track), Some(Kind::Identify), Some(Kind::Group)] {
            match read(kind, item, ambient.now(), None, &ambient) {
                Ok(_) => {}
                Err(error) => assert!(!error.code.is_empty() && !error.message.is_empty()),
            }
        }
    }
});

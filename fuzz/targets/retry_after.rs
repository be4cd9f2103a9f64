//! `Retry-After`: whatever a receiver asks for, the wait is between nothing and the cap.
#![no_main]

use beckon_delivery::fuzzing::read_retry_after;
use beckon_domain::retry::RETRY_AFTER_MAX;
use jiff::Timestamp;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|value: &str| {
    for now in [Timestamp::UNIX_EPOCH, Timestamp::constant(1_713_191_520, 0), Timestamp::MIN, Timestamp::MAX] {
        if let Some(wait) = read_retry_after(value, now) {
            assert!(wait.is_positive() && wait <= RETRY_AFTER_MAX, "{value:?} asks for {wait:?}");
        }
    }
});

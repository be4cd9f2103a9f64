//! Bodies of answers: whatever a receiver says is kept as text that any database can hold, no longer than it was.
//!
//! The first byte says whether the body went on.
#![no_main]

use beckon_delivery::fuzzing::answer_body_text;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|input: &[u8]| {
    let Some((first, body)) = input.split_first() else { return };
    let truncated = first & 1 == 1;
    let text = answer_body_text(body, truncated);
    assert!(!text.contains('\0'));
    assert!(text.chars().count() <= body.len(), "no character comes from nowhere");
    match std::str::from_utf8(body) {
        Ok(valid) => assert_eq!(text, valid.replace('\0', "\u{fffd}")),
        Err(_) if !truncated => assert!(text.contains('\u{fffd}')),
        Err(_) => {}
    }
});

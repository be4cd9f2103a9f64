//! Channels as people type them: all that is accepted exists, and reads the same when it is typed again.
#![no_main]

use beckon_domain::channel::{CHANNELS_MAX, Channel, parse_typed};
use beckon_domain::id::SegmentId;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|typed: &str| {
    let exists = |id: SegmentId| id.0 % 2 == 0;
    if let Ok(channels) = parse_typed("channels", &[typed], exists) {
        assert!(channels.len() <= CHANNELS_MAX);
        assert!(channels.iter().all(|channel| channel.segment().is_some_and(exists)), "{channels:?}");
        let again: Vec<String> = channels.iter().map(ToString::to_string).collect();
        assert_eq!(parse_typed("channels", &again, exists), Ok(channels));
    }
    if let Ok(channel) = Channel::parse(typed) {
        assert_eq!(Channel::parse(channel.as_str()), Ok(channel));
    }
});

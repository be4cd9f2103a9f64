//! Rules of segments: one that is accepted is written as JSON that reads as the same rule.
#![no_main]

use beckon_domain::segment::Subject;
use beckon_domain::segment::rule::Rule;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|json: &[u8]| {
    let Ok(json) = serde_json::from_slice(json) else { return };
    let Ok(rule) = Rule::parse(&json) else { return };
    let written = rule.to_json();
    let again = Rule::parse(&written).expect("what was written can be read");
    assert_eq!(again.to_json(), written);
    for subject in [Subject::Contact, Subject::Company] {
        assert_eq!(rule.check_for(subject).is_ok(), again.check_for(subject).is_ok());
    }
    assert!(rule.leaf_count() > 0 || rule.references().is_empty());
});

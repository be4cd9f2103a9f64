//! CSV files: every line becomes a contact or company, or an error with its number.
#![no_main]

use beckon_intake::import::{companies, contacts};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|csv: &[u8]| {
    let numbers: Option<Vec<_>> =
        contacts(csv).ok().map(|lines| lines.iter().map(|line| u64::try_from(line.number).unwrap_or(0)).collect());
    if let Some(numbers) = numbers {
        assert!(numbers.is_sorted() && numbers.iter().all(|number| *number > 0), "{numbers:?}");
    }
    companies(csv).ok();
});

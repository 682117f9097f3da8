//! `Range` headers: whatever is asked for lies within what is there, and the plain form is read to the letter.
#![no_main]

use granary::platform::web::ranges::{Wanted, parse};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|input: (&str, u64, u64, u64)| {
    let (header, size, first, more) = input;
    if let Wanted::Part(range) = parse(header, size) {
        assert!(range.start < range.end && range.end <= size, "{header:?} of {size}: {range:?}");
    }
    let last = first.saturating_add(more);
    let plain = parse(&format!("bytes={first}-{last}"), size);
    if first < size {
        assert_eq!(plain, Wanted::Part(first..last.saturating_add(1).min(size)));
    } else {
        assert_eq!(plain, Wanted::Nothing);
    }
});

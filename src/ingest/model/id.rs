//! Ids of face ingest tasks: 12 url-safe characters.

use std::fmt;

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde::{Serialize, Serializer};

/// Characters of an id: nine bytes in base64url.
const LENGTH: usize = 12;

/// The id of a face ingest task.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct TaskId(String);

impl TaskId {
    /// The id that stands for a number that was drawn. Two numbers never have the same id: the first
    /// eight bytes are the number, mixed by steps that can each be undone.
    #[must_use]
    pub fn of_drawn(number: i64) -> Self {
        let mixed = mix(number.cast_unsigned());
        let mut bytes = [0; 9];
        bytes[..8].copy_from_slice(&mixed.to_be_bytes());
        bytes[8] = mix(mixed).to_be_bytes()[0];
        Self(URL_SAFE_NO_PAD.encode(bytes))
    }

    /// Reads an id; `None` for what can't be one.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let fits = text.len() == LENGTH && text.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-' || b == b'_');
        fits.then(|| Self(text.to_owned()))
    }

    /// Its characters.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for TaskId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl Serialize for TaskId {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.0)
    }
}

/// Spreads neighbouring numbers over all 64 bits; no two become the same.
fn mix(mut number: u64) -> u64 {
    number = (number ^ (number >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    number = (number ^ (number >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    number ^ (number >> 31)
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use proptest::prelude::*;

    use super::*;

    #[test]
    fn neighbours_look_nothing_alike() {
        let first = 2_018_062_200_000_000_001;
        let ids: HashSet<_> = (first..first + 10_000).map(TaskId::of_drawn).collect();
        assert_eq!(ids.len(), 10_000);
        let beginnings: HashSet<_> = ids.iter().map(|id| id.as_str()[..3].to_owned()).collect();
        assert!(beginnings.len() > 8000, "{}", beginnings.len());
    }

    #[test]
    fn what_is_no_id_is_refused() {
        for bad in ["", "AAAO054X4wz", "AAAO054X4wzhh", "AAAO054X4wz/", "AAAO054X4w\u{e9}", "../../../../"] {
            assert_eq!(TaskId::parse(bad), None, "{bad:?}");
        }
        assert!(TaskId::parse("AAAO054X4wzh").is_some());
    }

    proptest! {
        #[test]
        fn every_number_has_an_id_of_its_own(one: i64, other: i64) {
            let id = TaskId::of_drawn(one);
            prop_assert_eq!(TaskId::parse(id.as_str()), Some(id.clone()));
            prop_assert_eq!(id == TaskId::of_drawn(other), one == other);
        }
    }
}

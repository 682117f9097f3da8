//! What is kept of a split, so that it can be shown and checked.

use std::fmt::Write;

use ring::digest::{Context, SHA256};
use serde::Serialize;

use super::counts::Asked;
use super::generator::ALGORITHM;
use super::group::Unheld;
use super::{Counts, NAMES, TESTING, TRAINING, VERIFYING};

/// Counts by the names of the sets.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct Named<T> {
    pub training: T,
    pub verifying: T,
    pub testing: T,
}

impl<T: Copy> From<[T; 3]> for Named<T> {
    fn from(by_number: [T; 3]) -> Self {
        let of = |set: u8| by_number[usize::from(set)];
        Self { training: of(TRAINING), verifying: of(VERIFYING), testing: of(TESTING) }
    }
}

/// What was asked for.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Requested {
    #[serde(flatten)]
    pub counts: Named<u64>,
    /// Where they were given in place of the counts.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ratios: Option<Named<f64>>,
    pub stratify: bool,
    pub group: bool,
    pub only_unassigned: bool,
    /// Names of the sets that kept their images.
    pub lock: Vec<&'static str>,
}

/// What became of groups.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct Grouped {
    /// How many there are, and images in the largest.
    pub count: u32,
    pub largest: u32,
    /// Those that stand in several sets all the same, because some of their images stay where they are.
    pub torn: u64,
    #[serde(flatten)]
    pub unheld: Unheld,
}

/// The last split of a task: `split` in the task's answer (contract §2.1).
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Record {
    pub seed: u64,
    /// The algorithm and its version: the same name, seed and images give the same sets.
    pub algorithm: &'static str,
    pub requested: Requested,
    pub got: Named<u64>,
    /// With `group`; records of earlier versions lack it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub groups: Option<Grouped>,
    /// See [`digest`].
    pub digest: String,
    /// RFC 3339.
    pub at: String,
}

impl Record {
    /// The record of a split that came out as asked.
    #[must_use]
    pub fn new(seed: u64, requested: Requested, groups: Option<Grouped>, digest: String, at: String) -> Self {
        Self { seed, algorithm: ALGORITHM, got: requested.counts, requested, groups, digest, at }
    }
}

impl Requested {
    /// Of counts that were worked out as `counts`.
    #[must_use]
    pub fn new(asked: &Asked, counts: Counts) -> Self {
        let ratios = match asked {
            Asked::Counts { .. } => None,
            #[expect(clippy::cast_precision_loss, reason = "shown, not calculated with")]
            Asked::Ratios(shares) => Some(shares.map(|share| share as f64 / 1e9).into()),
        };
        let (stratify, group, only_unassigned) = (false, false, false);
        Self { counts: counts.into(), ratios, stratify, group, only_unassigned, lock: Vec::new() }
    }
}

/// SHA-256, in lower-case hex, of one line for each living image in the order of `order_id`: its id in digits, a comma,
/// the name of its set (`training`, `verifying`, `testing`), a line feed.
#[must_use]
pub fn digest(images: impl Iterator<Item = (i64, u8)>) -> String {
    let mut digest = Context::new(&SHA256);
    let mut line = String::new();
    for (id, set) in images {
        line.clear();
        let _ = writeln!(line, "{id},{}", NAMES[usize::from(set)]);
        digest.update(line.as_bytes());
    }
    digest.finish().as_ref().iter().fold(String::with_capacity(64), |mut hex, byte| {
        let _ = write!(hex, "{byte:02x}");
        hex
    })
}

#[cfg(test)]
mod tests {
    use super::super::group::Crowded;
    use super::*;

    #[test]
    fn a_digest_is_that_of_its_lines() {
        // printf '2018070417860564001,training\n7,testing\n' | sha256sum
        let digest = digest([(2_018_070_417_860_564_001, TRAINING), (7, TESTING)].into_iter());
        assert_eq!(digest, "7e281785eda6fd116308b35ddc9404ce13cb978afd72cf3765dedb9b26bb0963");
    }

    #[test]
    fn a_record_reads_as_documented() {
        let requested = Requested::new(&Asked::Ratios([800_000_000, 0, 200_000_000]), [8, 0, 2]);
        let at = "2023-11-14T22:13:20.000Z";
        let record = Record::new(7, requested.clone(), None, "ab".into(), at.into());
        let json = serde_json::to_value(&record).unwrap();
        assert_eq!(json.get("groups"), None);
        assert_eq!(json["requested"]["training"], 8);
        assert_eq!(json["requested"]["ratios"]["verifying"], 0.2);
        assert_eq!(json["got"], serde_json::json!({"training": 8, "verifying": 2, "testing": 0}));
        assert_eq!(json["algorithm"], "granary-split-1 (chacha20, fisher-yates)");
        let unheld = Unheld { crowded: Crowded { chains: 1, images: 1200 }, plain: 3, busy: 5 };
        let grouped = Grouped { count: 9, largest: 2, torn: 0, unheld };
        let record = Record::new(7, requested, Some(grouped), "ab".into(), at.into());
        let crowded = serde_json::json!({"chains": 1, "images": 1200});
        let wanted =
            serde_json::json!({"count": 9, "largest": 2, "torn": 0, "crowded": crowded, "plain": 3, "busy": 5});
        assert_eq!(serde_json::to_value(&record).unwrap()["groups"], wanted);
    }
}

//! What has been kept for the days of its tag.
//!
//! Files are looked at in upload order, and a mark notes how far. What always holds: behind the mark lives only what
//! came back from the trash, and the days of that count from its return.

use crate::platform::ids::Id;

/// Milliseconds of a day.
const DAY: i64 = 86_400_000;

/// A file as the sweep meets it, dead or alive.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Met {
    pub id: Id,
    pub seq: i64,
    /// UTC milliseconds of the upload.
    pub created_at: i64,
    pub is_living: bool,
    /// UTC milliseconds of its last return from the trash.
    pub restored_at: Option<i64>,
}

/// What came before this moment has been kept for so many days.
#[must_use]
pub fn limit(now: i64, days: i64) -> i64 {
    now.saturating_sub(days.saturating_mul(DAY))
}

/// Of files in upload order: those that are to go, and the place up to which all have had their days. `None` when
/// not even the first one has.
#[must_use]
pub fn ripe(met: &[Met], before: i64) -> Option<(Vec<Id>, i64)> {
    let had = met.iter().take_while(|file| file.created_at < before);
    let is_due = |file: &&Met| file.is_living && file.restored_at.is_none_or(|at| at < before);
    let mark = had.clone().last()?.seq;
    Some((had.filter(is_due).map(|file| file.id).collect(), mark))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn file(seq: i64, created_at: i64) -> Met {
        Met { id: Id(seq), seq, created_at, is_living: true, restored_at: None }
    }

    #[test]
    fn the_old_go_and_the_mark_stops_at_the_first_young_one() {
        let met = [file(4, 10), file(5, 20), file(9, 30), file(10, 40)];
        assert_eq!(ripe(&met, 30), Some((vec![Id(4), Id(5)], 5)));
        assert_eq!(ripe(&met, 10), None, "not yet, at the very moment");
        assert_eq!(ripe(&met, 99), Some((vec![Id(4), Id(5), Id(9), Id(10)], 10)));
        assert_eq!(ripe(&[], 99), None);
    }

    #[test]
    fn the_dead_and_the_returned_are_passed_over() {
        let dead = Met { is_living: false, ..file(1, 10) };
        let back = Met { restored_at: Some(50), ..file(2, 10) };
        let long_back = Met { restored_at: Some(11), ..file(3, 10) };
        assert_eq!(ripe(&[dead, back, long_back], 50), Some((vec![Id(3)], 3)));
    }
}

//! How far a task has come: the row before which all rows have an outcome.

use std::collections::BTreeMap;

/// All rows before `row` have an outcome; it begins at byte `offset` of the task's CSV.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Mark {
    pub row: i64,
    pub offset: i64,
}

/// Rows as they get outcomes, in whatever order.
#[derive(Debug, Clone, Default)]
pub struct Track {
    mark: Mark,
    /// Rows behind the mark that have an outcome, and where the next one begins.
    ahead: BTreeMap<i64, i64>,
}

impl Track {
    /// Begins at a mark.
    #[must_use]
    pub fn from(mark: Mark) -> Self {
        Self { mark, ahead: BTreeMap::new() }
    }

    /// Where the mark stands.
    #[must_use]
    pub fn mark(&self) -> Mark {
        self.mark
    }

    /// A row has an outcome; the next one begins at `next_offset`. The mark moves over all rows that have one.
    pub fn done(&mut self, row: i64, next_offset: i64) {
        self.ahead.insert(row, next_offset);
        while let Some(offset) = self.ahead.remove(&self.mark.row) {
            self.mark = Mark { row: self.mark.row + 1, offset };
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        /// Whatever the order, the mark stands before the first row without an outcome.
        #[test]
        fn the_mark_stands_at_the_first_gap(order in Just((0..40_i64).collect::<Vec<_>>()).prop_shuffle(), count in 0..40_usize) {
            let mut track = Track::from(Mark::default());
            for row in &order[..count] {
                track.done(*row, (row + 1) * 10);
            }
            let first = (0..40).find(|row| !order[..count].contains(row)).unwrap_or(40);
            prop_assert_eq!(track.mark(), Mark { row: first, offset: first * 10 });
            prop_assert!(track.ahead.keys().all(|row| *row > first));
        }
    }
}

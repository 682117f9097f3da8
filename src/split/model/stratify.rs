//! Balance: each label class keeps its share in each set.
//!
//! The share of a class in a set is a fraction; rounding each on its own would miss the counts of the sets. Here a
//! table is rounded as a whole: rows are classes, columns sets, and row sums and column sums come out exactly
//! (controlled rounding). It begins with the largest remainders of each row and then moves single images along rows,
//! from sets that have too many to sets that have too few, over the third set where need be: the shortest augmenting
//! paths of a flow, so where a table with these sums exists it is found.

use std::cmp::Reverse;
use std::collections::BinaryHeap;

use super::generator::Generator;
use super::{Counts, FREE, plain};

/// A class: how many images are to be shared out, and how many each set should have of them, as numerators over a
/// denominator that all rows have in common. They add up to `images`.
#[derive(Debug, Clone)]
pub struct Row {
    pub images: u64,
    pub desire: [i128; 3],
}

/// How far a cell may be from what is desired.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Freedom {
    /// The whole number just below or just above it.
    Rounding,
    /// As far as the columns need.
    Any,
}

/// A set for each free image, so that `counts` are exact and no class is more than one image off its share in any set.
///
/// `classes`: a small number for each image.
pub fn sets(standing: &[u8], classes: &[u32], counts: &Counts, generator: &mut Generator) -> Vec<u8> {
    let rows = classes.iter().max().map_or(0, |last| *last as usize + 1);
    let mut images = vec![0_u64; rows];
    for (_, &class) in standing.iter().zip(classes).filter(|(set, _)| **set == FREE) {
        images[class as usize] += 1;
    }
    let whole = i128::from(counts.iter().sum::<u64>());
    let share = |images: u64| counts.map(|count| i128::from(images) * i128::from(count));
    let rows: Vec<Row> = images.into_iter().map(|images| Row { images, desire: share(images) }).collect();
    let mut dealt: Vec<std::vec::IntoIter<u8>> = share_out(&rows, whole, counts, Freedom::Rounding)
        .iter()
        .map(|cells| plain::sets(cells, generator).into_iter())
        .collect();
    let free = standing.iter().zip(classes).filter(|(set, _)| **set == FREE);
    free.map(|(_, &class)| dealt[class as usize].next().unwrap_or(FREE)).collect()
}

/// How many images of each row go to each column. `whole` is the denominator of the desires.
pub fn share_out(rows: &[Row], whole: i128, columns: &Counts, freedom: Freedom) -> Vec<Counts> {
    let cells = rows.iter().map(|row| rounded(row, whole)).collect();
    let mut table = Table { rows, whole, freedom, cells, moves: Default::default() };
    table.settle(columns);
    table.cells
}

/// One row by its largest remainders.
fn rounded(row: &Row, whole: i128) -> Counts {
    let mut cells = row.desire.map(|desire| u64::try_from(desire.div_euclid(whole.max(1))).unwrap_or(0));
    let want = |cells: &Counts, set: usize| row.desire[set] - i128::from(cells[set]) * whole;
    while cells.iter().sum::<u64>() < row.images {
        let most = (0..3).max_by_key(|&set| (want(&cells, set), Reverse(set))).unwrap_or(0);
        cells[most] += 1;
    }
    while cells.iter().sum::<u64>() > row.images {
        let least = (0..3).filter(|&set| cells[set] > 0).min_by_key(|&set| (want(&cells, set), set)).unwrap_or(0);
        cells[least] -= 1;
    }
    cells
}

struct Table<'a> {
    rows: &'a [Row],
    whole: i128,
    freedom: Freedom,
    cells: Vec<Counts>,
    /// By columns `from * 3 + to`: rows that may give an image away from there to there, the cheapest first. Prices may
    /// be out of date: they are checked when one is taken out.
    moves: [BinaryHeap<Reverse<(i128, usize)>>; 9],
}

impl Table<'_> {
    /// Moves images along rows until the columns have what they should.
    fn settle(&mut self, columns: &Counts) {
        for row in 0..self.rows.len() {
            self.offer(row);
        }
        let mut have = [0_u64; 3];
        for cells in &self.cells {
            for set in 0..3 {
                have[set] += cells[set];
            }
        }
        loop {
            let many = (0..3).find(|&set| have[set] > columns[set]);
            let few = (0..3).find(|&set| have[set] < columns[set]);
            let (Some(from), Some(to)) = (many, few) else { return };
            let over = 3 - from - to;
            let is_moved = self.shift(from, to) || self.can(over, to) && self.shift(from, over) && self.shift(over, to);
            if !is_moved {
                return;
            }
            have[from] -= 1;
            have[to] += 1;
        }
    }

    fn want(&self, row: usize, set: usize) -> i128 {
        self.rows[row].desire[set] - i128::from(self.cells[row][set]) * self.whole
    }

    /// What moving one image of this row costs in balance; `None` where it must not move.
    fn price(&self, row: usize, from: usize, to: usize) -> Option<i128> {
        let (give, take) = (self.want(row, from), self.want(row, to));
        let may = match self.freedom {
            Freedom::Rounding => give < 0 && take > 0,
            Freedom::Any => self.cells[row][from] > 0,
        };
        may.then_some(give - take)
    }

    /// Puts up the moves of a row.
    fn offer(&mut self, row: usize) {
        for (from, to) in [(0, 1), (0, 2), (1, 0), (1, 2), (2, 0), (2, 1)] {
            if let Some(price) = self.price(row, from, to) {
                self.moves[from * 3 + to].push(Reverse((price, row)));
            }
        }
    }

    /// The row whose move is cheapest, left where it is.
    fn cheapest(&mut self, from: usize, to: usize) -> Option<usize> {
        while let Some(&Reverse((price, row))) = self.moves[from * 3 + to].peek() {
            let now = self.price(row, from, to);
            if now == Some(price) {
                return Some(row);
            }
            self.moves[from * 3 + to].pop();
            if let Some(price) = now {
                self.moves[from * 3 + to].push(Reverse((price, row)));
            }
        }
        None
    }

    fn can(&mut self, from: usize, to: usize) -> bool {
        self.cheapest(from, to).is_some()
    }

    /// Moves one image; false where no row may give one.
    fn shift(&mut self, from: usize, to: usize) -> bool {
        let Some(row) = self.cheapest(from, to) else { return false };
        self.moves[from * 3 + to].pop();
        self.cells[row][from] -= 1;
        self.cells[row][to] += 1;
        self.offer(row);
        true
    }
}

/// Small numbers in place of labels, by first appearance.
pub fn numbered<T: std::hash::Hash + Eq>(labels: impl Iterator<Item = T>) -> Vec<u32> {
    let mut known = std::collections::HashMap::new();
    labels
        .map(|label| {
            let next = u32::try_from(known.len()).unwrap_or(u32::MAX);
            *known.entry(label).or_insert(next)
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// Sizes of classes, and three counts that add up to the same.
    fn tables() -> impl Strategy<Value = (Vec<u64>, Counts)> {
        (prop::collection::vec(0_u64..40, 1..12), 0.0..1.0_f64, 0.0..1.0_f64).prop_map(|(classes, a, b)| {
            let whole: u64 = classes.iter().sum();
            #[expect(
                clippy::cast_possible_truncation,
                clippy::cast_sign_loss,
                clippy::cast_precision_loss,
                reason = "small"
            )]
            let part = |of: u64, share: f64| (of as f64 * share) as u64;
            let first = part(whole, a);
            let second = part(whole - first, b);
            (classes, [first, second, whole - first - second])
        })
    }

    proptest! {
        #[test]
        fn tables_are_rounded_as_a_whole((classes, counts) in tables()) {
            let whole = i128::from(counts.iter().sum::<u64>());
            let share = |images: u64| counts.map(|count| i128::from(images) * i128::from(count));
            let rows: Vec<Row> = classes.iter().map(|&images| Row { images, desire: share(images) }).collect();
            let cells = share_out(&rows, whole, &counts, Freedom::Rounding);
            for (row, cells) in rows.iter().zip(&cells) {
                prop_assert_eq!(cells.iter().sum::<u64>(), row.images);
                for set in 0..3 {
                    let off = (i128::from(cells[set]) * whole - row.desire[set]).abs();
                    prop_assert!(off < whole.max(1), "{:?} {:?}", row, cells);
                }
            }
            for set in 0..3 {
                prop_assert_eq!(cells.iter().map(|cells| cells[set]).sum::<u64>(), counts[set]);
            }
        }

        #[test]
        fn columns_come_out_whatever_is_desired(
            (classes, counts) in tables(),
            skew in prop::collection::vec(-50_i128..50, 24),
        ) {
            let whole = i128::from(counts.iter().sum::<u64>()).max(1);
            let rows: Vec<Row> = classes.iter().enumerate().map(|(at, &images)| {
                let (a, b) = (skew[2 * at] * whole / 7, skew[2 * at + 1] * whole / 3);
                Row { images, desire: [a, b, i128::from(images) * whole - a - b] }
            }).collect();
            let cells = share_out(&rows, whole, &counts, Freedom::Any);
            for (row, cells) in rows.iter().zip(&cells) {
                prop_assert_eq!(cells.iter().sum::<u64>(), row.images);
            }
            for set in 0..3 {
                prop_assert_eq!(cells.iter().map(|cells| cells[set]).sum::<u64>(), counts[set]);
            }
        }
    }

    #[test]
    fn classes_of_one_image_each_still_give_exact_counts() {
        let rows = vec![Row { images: 1, desire: [50_000, 25_000, 25_000] }; 100_000];
        let cells = share_out(&rows, 100_000, &[50_000, 25_000, 25_000], Freedom::Rounding);
        let sums = (0..3).map(|set| cells.iter().map(|cells| cells[set]).sum::<u64>()).collect::<Vec<_>>();
        assert_eq!(sums, [50_000, 25_000, 25_000]);
    }

    #[test]
    fn labels_are_numbered_as_they_appear() {
        assert_eq!(numbered([Some(7), None, Some(3), Some(7)].into_iter()), [0, 1, 2, 0]);
    }
}

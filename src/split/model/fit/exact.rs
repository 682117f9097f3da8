//! All pairs of sums that two sets can have, by dynamic programming over the groups: the true minimum.
//!
//! A table has one bit for each pair of sums, and a number for each pair that says which group first reached it: from
//! that the choice is read back. It need not be larger than the best known excess allows.

use super::{Choice, Counts, Task, place};

/// Steps of 64 pairs each; more are left to the other search. About a second.
pub const MAX_WORK: u64 = 1 << 27;

/// Pairs in the table: 4 bytes each.
const MAX_PAIRS: u64 = 1 << 22;

/// The choice with the smallest excess, known to be at most `bound`. `None` where the table would be too large.
pub fn search(task: &Task<'_>, bound: u64) -> Option<Choice> {
    let sets = smallest_first(task.room);
    let images = task.images();
    let limit = |set: usize| u64::try_from(task.room[set].max(0)).unwrap_or(0).saturating_add(bound).min(images);
    let (down, across) = (limit(sets[0]), limit(sets[1]));
    let groups: u64 = task.sizes.iter().map(|size| size.groups).sum();
    let pairs = (down + 1).checked_mul(across + 1).filter(|pairs| *pairs <= MAX_PAIRS)?;
    let words = (down + 1) * (across / 64 + 1);
    if pairs == 0 || words.checked_mul(groups).is_none_or(|work| work > MAX_WORK) {
        return None;
    }
    let mut table = Table::new(place(down), place(across));
    let mut item = 0;
    for (at, size) in task.sizes.iter().enumerate() {
        for _ in 0..size.groups {
            item += 1;
            // What one group of this size didn't add, another doesn't either.
            if !table.add(place(size.images), item) {
                break;
            }
        }
        table.kinds.push((item, at));
    }
    let best = table.reached().filter_map(|(x, y)| {
        let sums = sums_of(sets, x as u64, y as u64, images)?;
        task.is_allowed(&sums).then(|| (task.excess(&sums), x, y))
    });
    let (_, x, y) = best.min()?;
    let (first, second) = table.read_back(task, x, y);
    Some(task.choice_of(sets, &first, &second))
}

/// The sets with the least room come first: they make the table small.
fn smallest_first(room: [i64; 3]) -> [usize; 3] {
    let mut sets = [0, 1, 2];
    sets.sort_by_key(|&set| (room[set], set));
    sets
}

fn sums_of(sets: [usize; 3], x: u64, y: u64, images: u64) -> Option<Counts> {
    let mut sums = [0; 3];
    sums[sets[0]] = x;
    sums[sets[1]] = y;
    sums[sets[2]] = images.checked_sub(x + y)?;
    Some(sums)
}

struct Table {
    rows: usize,
    columns: usize,
    /// Words of a row.
    words: usize,
    bits: Vec<u64>,
    /// The number of the group that first reached a pair, from 1; 0 for the beginning and for what isn't reached.
    first: Vec<u32>,
    /// The last number of each size.
    kinds: Vec<(u32, usize)>,
}

impl Table {
    fn new(down: usize, across: usize) -> Self {
        let (rows, columns) = (down + 1, across + 1);
        let words = columns.div_ceil(64);
        let mut bits = vec![0; rows * words];
        bits[0] = 1;
        Self { rows, columns, words, bits, first: vec![0; rows * columns], kinds: Vec::new() }
    }

    /// Adds a group of `size` images to what was reached before it; whether that reached anything new.
    fn add(&mut self, size: usize, item: u32) -> bool {
        let mut has_grown = false;
        // From the far end back, so that every word that is read still is as it was before this group.
        for row in (0..self.rows).rev() {
            for word in (0..self.words).rev() {
                let above = row.checked_sub(size).map_or(0, |row| self.bits[row * self.words + word]);
                let at = row * self.words + word;
                let fresh = (above | self.shifted(row, word, size)) & !self.bits[at] & self.inside(word);
                if fresh != 0 {
                    self.bits[at] |= fresh;
                    self.note(row, word, fresh, item);
                    has_grown = true;
                }
            }
        }
        has_grown
    }

    /// The word of a row that is moved `size` places on.
    fn shifted(&self, row: usize, word: usize, size: usize) -> u64 {
        let (whole, part) = (size / 64, size % 64);
        let get = |back: usize| word.checked_sub(back).map_or(0, |word| self.bits[row * self.words + word]);
        let low = get(whole) << part;
        if part == 0 { low } else { low | get(whole + 1) >> (64 - part) }
    }

    /// The places of a word that stand for sums of the table.
    fn inside(&self, word: usize) -> u64 {
        let left = self.columns - word * 64;
        if left >= 64 { u64::MAX } else { (1 << left) - 1 }
    }

    fn note(&mut self, row: usize, word: usize, mut fresh: u64, item: u32) {
        while fresh != 0 {
            let column = word * 64 + fresh.trailing_zeros() as usize;
            self.first[row * self.columns + column] = item;
            fresh &= fresh - 1;
        }
    }

    fn is_reached(&self, row: usize, column: usize) -> bool {
        self.bits[row * self.words + column / 64] >> (column % 64) & 1 == 1
    }

    fn reached(&self) -> impl Iterator<Item = (usize, usize)> {
        let all = (0..self.rows).flat_map(|row| (0..self.columns).map(move |column| (row, column)));
        all.filter(|&(row, column)| self.is_reached(row, column))
    }

    /// How many groups of each size make up the sums `row` and `column`.
    fn read_back(&self, task: &Task<'_>, mut row: usize, mut column: usize) -> (Vec<u64>, Vec<u64>) {
        let (mut first, mut second) = (vec![0; task.sizes.len()], vec![0; task.sizes.len()]);
        while (row, column) != (0, 0) {
            let item = self.first[row * self.columns + column];
            let (_, kind) = self.kinds[self.kinds.partition_point(|(last, _)| *last < item)];
            let size = place(task.sizes[kind].images);
            let is_before = |row: usize, column: usize| {
                self.is_reached(row, column) && self.first[row * self.columns + column] < item
            };
            if column >= size && is_before(row, column - size) {
                second[kind] += 1;
                column -= size;
            } else {
                first[kind] += 1;
                row -= size;
            }
        }
        (first, second)
    }
}

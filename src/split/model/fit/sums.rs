//! Sums of one set after the other: for tasks that are too large to look at all pairs.
//!
//! For two of the sets, in all orders, the sums next to their room on both sides are looked up by dynamic programming
//! in one dimension. The first set takes from all groups, the second from those that are left.

use super::{Choice, Size, Task, place};

/// Candidates; the caller takes the best. Ends early where one has no more than this excess.
pub fn search(task: &Task<'_>, bound: u64) -> Vec<Choice> {
    let mut found = Vec::new();
    let all: Vec<u64> = task.sizes.iter().map(|size| size.groups).collect();
    for sets in [[2, 1, 0], [1, 2, 0], [2, 0, 1], [0, 2, 1], [1, 0, 2], [0, 1, 2]] {
        for first in near(task.sizes, &all, task.room[sets[0]]) {
            let left: Vec<u64> = all.iter().zip(&first).map(|(all, taken)| all - taken).collect();
            for second in near(task.sizes, &left, task.room[sets[1]]) {
                let choice = task.choice_of(sets, &first, &second);
                let is_best = task.is_allowed(&choice.sums) && task.excess(&choice.sums) <= bound;
                found.push(choice);
                if is_best {
                    return found;
                }
            }
        }
    }
    found
}

/// Choices of groups whose images add up to `room`, or to the sums next to it below and above.
fn near(sizes: &[Size], groups: &[u64], room: i64) -> Vec<Vec<u64>> {
    let images: u64 = sizes.iter().zip(groups).map(|(size, groups)| size.images * groups).sum();
    let room = place(u64::try_from(room.max(0)).unwrap_or(0).min(images));
    let line = Line::new(sizes, groups, place(images));
    let below = (0..=room).rev().find(|&sum| line.is_reached(sum));
    let above = (room + 1..=place(images)).find(|&sum| line.is_reached(sum));
    let above = above.filter(|_| below != Some(room));
    below.into_iter().chain(above).map(|sum| line.read_back(sum)).collect()
}

/// All sums that some groups can have.
struct Line<'a> {
    sizes: &'a [Size],
    /// Several groups of one size together: 1, 2, 4, … and the rest give every number of them.
    bundles: Vec<(usize, u64)>,
    bits: Vec<u64>,
    /// The bundle that first reached a sum, from 1.
    first: Vec<u32>,
}

impl<'a> Line<'a> {
    fn new(sizes: &'a [Size], groups: &[u64], images: usize) -> Self {
        let mut bundles = Vec::new();
        for (at, &groups) in groups.iter().enumerate() {
            let (mut left, mut bundle) = (groups, 1);
            while left > 0 {
                bundles.push((at, bundle.min(left)));
                left -= bundle.min(left);
                bundle *= 2;
            }
        }
        let mut line = Self { sizes, bundles, bits: vec![0; images / 64 + 1], first: vec![0; images + 1] };
        line.bits[0] = 1;
        for item in 0..line.bundles.len() {
            line.add(item);
        }
        line
    }

    fn images_of(&self, item: usize) -> usize {
        let (at, groups) = self.bundles[item];
        place(self.sizes[at].images * groups)
    }

    fn add(&mut self, item: usize) {
        let images = self.images_of(item);
        let (whole, part) = (images / 64, images % 64);
        let number = u32::try_from(item + 1).unwrap_or(u32::MAX);
        for word in (whole..self.bits.len()).rev() {
            let low = self.bits[word - whole] << part;
            let carried = if part == 0 || word == whole { 0 } else { self.bits[word - whole - 1] >> (64 - part) };
            let mut fresh = (low | carried) & !self.bits[word];
            self.bits[word] |= fresh;
            while fresh != 0 {
                let sum = word * 64 + fresh.trailing_zeros() as usize;
                if let Some(first) = self.first.get_mut(sum) {
                    *first = number;
                }
                fresh &= fresh - 1;
            }
        }
    }

    fn is_reached(&self, sum: usize) -> bool {
        self.bits[sum / 64] >> (sum % 64) & 1 == 1
    }

    /// How many groups of each size make up the sum.
    fn read_back(&self, mut sum: usize) -> Vec<u64> {
        let mut taken = vec![0; self.sizes.len()];
        while sum > 0 {
            let item = self.first[sum] as usize - 1;
            let (at, groups) = self.bundles[item];
            taken[at] += groups;
            sum -= self.images_of(item);
        }
        taken
    }
}

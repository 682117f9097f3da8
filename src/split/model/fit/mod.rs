//! Which counts whole groups can give: choosing how many groups of each size go to each set.
//!
//! Images without companions fill up whatever room the larger groups leave, so only the larger groups matter, and only
//! what they put beyond a set's room: the *excess*. With an excess of 0 the counts are exact, and the sum of the
//! differences is always twice the excess. Three searches, the first that comes out as small as can be ([`bound`]) ends the work:
//!
//! 1. Largest first, into the set with the most room: exact as soon as there are enough small groups.
//! 2. All pairs of sums of two sets ([`exact`]): finds the true minimum; as long as the table has at most
//!    [`exact::MAX_WORK`] steps. That covers some 10,000 images with two smaller sets of a thousand each.
//! 3. Beyond that, the best of many sums of one set after the other ([`sums`]): exact when one of the sets stays
//!    empty; else it nearly always comes out even, since so many groups have very many sums.
//!
//! What the third finds above the bound may not be the nearest, and says so.

mod bound;
mod exact;
mod sums;

use super::{Counts, ORDER, TRAINING, length};

/// So many groups of so many images.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Size {
    pub images: u64,
    pub groups: u64,
}

/// How the groups are spread.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fit {
    /// What each set gets.
    pub got: Counts,
    /// How many groups of each size go to each set; sizes in the order they were given.
    pub spread: Vec<Counts>,
    /// Whether nothing is nearer to what was asked for; else it is the nearest that was found.
    pub is_nearest: bool,
}

/// A choice for the larger groups.
#[derive(Debug, Clone)]
struct Choice {
    spread: Vec<Counts>,
    sums: Counts,
}

/// The question.
struct Task<'a> {
    /// Groups of two images or more, the largest first.
    sizes: &'a [Size],
    singles: u64,
    /// What each set has room for; below 0 where what stands there is too much already.
    room: [i64; 3],
    /// Whether nothing needs to go to training.
    may_lack_training: bool,
}

/// Spreads groups so that the sets get what they have room for, or as near to it as can be.
///
/// `sizes` the largest first, each once; the room adds up to all images. `None` where nothing could be trained on.
pub fn solve(sizes: &[Size], room: [i64; 3], may_lack_training: bool) -> Option<Fit> {
    let larger = sizes.partition_point(|size| size.images > 1);
    let singles = sizes.get(larger).map_or(0, |size| size.groups);
    let task = Task { sizes: &sizes[..larger], singles, room, may_lack_training };
    let (best, is_nearest) = task.best()?;
    let fills = task.fills(&best.sums);
    let mut got = best.sums;
    for set in 0..3 {
        got[set] += fills[set];
    }
    let mut spread = best.spread;
    if larger < sizes.len() {
        spread.push(fills);
    }
    Some(Fit { got, spread, is_nearest })
}

impl Task<'_> {
    /// The best choice, and whether none can be better.
    fn best(&self) -> Option<(Choice, bool)> {
        let (best, bound) = (self.largest_first()?, bound::excess(self));
        if self.excess(&best.sums) <= bound {
            return Some((best, true));
        }
        if let Some(answer) = exact::search(self, self.excess(&best.sums)) {
            return Some((answer, true));
        }
        Some(self.best_of_sums(best, bound))
    }

    fn best_of_sums(&self, mut best: Choice, bound: u64) -> (Choice, bool) {
        for choice in sums::search(self, bound) {
            if self.is_allowed(&choice.sums) && self.excess(&choice.sums) < self.excess(&best.sums) {
                best = choice;
            }
        }
        let is_nearest = self.excess(&best.sums) <= bound || self.is_for_two_sets();
        (best, is_nearest)
    }

    /// Whether a set may stay empty: what stood in it would do no more harm anywhere else.
    fn is_for_two_sets(&self) -> bool {
        let needs_training = !self.may_lack_training && self.singles == 0;
        (0..3).any(|set| self.room[set] <= 0 && !(needs_training && set == usize::from(TRAINING)))
    }

    /// What these sums put beyond the room.
    fn excess(&self, sums: &Counts) -> u64 {
        let beyond = |set: usize| i128::from(sums[set]) - i128::from(self.room[set]);
        (0..3).map(|set| u64::try_from(beyond(set).max(0)).unwrap_or(u64::MAX)).fold(0, u64::saturating_add)
    }

    fn is_allowed(&self, sums: &Counts) -> bool {
        self.may_lack_training || sums[usize::from(TRAINING)] + self.singles > 0
    }

    /// Single images go where room is left: to training first, so that it is never empty.
    fn fills(&self, sums: &Counts) -> Counts {
        let mut left = self.singles;
        let mut fills = [0; 3];
        for set in ORDER.map(usize::from) {
            let lacking = (i128::from(self.room[set]) - i128::from(sums[set])).max(0);
            fills[set] = left.min(u64::try_from(lacking).unwrap_or(0));
            left -= fills[set];
        }
        fills
    }

    fn nothing(&self) -> Choice {
        Choice { spread: vec![[0; 3]; self.sizes.len()], sums: [0; 3] }
    }

    /// The largest groups first, each to the set with the most room.
    fn largest_first(&self) -> Option<Choice> {
        let choice = self.filled_from(self.nothing());
        if self.is_allowed(&choice.sums) {
            return Some(choice);
        }
        // Something must go to training, and the smallest group does the least harm.
        let mut forced = self.nothing();
        let smallest = self.sizes.len().checked_sub(1)?;
        self.put(&mut forced, smallest, usize::from(TRAINING));
        Some(self.filled_from(forced))
    }

    fn put(&self, choice: &mut Choice, size: usize, set: usize) {
        choice.spread[size][set] += 1;
        choice.sums[set] += self.sizes[size].images;
    }

    fn filled_from(&self, mut choice: Choice) -> Choice {
        for (at, size) in self.sizes.iter().enumerate() {
            let placed: u64 = choice.spread[at].iter().sum();
            for _ in placed..size.groups {
                let room = |set: usize| i128::from(self.room[set]) - i128::from(choice.sums[set]);
                let mut roomiest = usize::from(TRAINING);
                for set in ORDER.map(usize::from) {
                    if room(set) > room(roomiest) {
                        roomiest = set;
                    }
                }
                self.put(&mut choice, at, roomiest);
            }
        }
        choice
    }

    /// Images in the larger groups.
    fn images(&self) -> u64 {
        self.sizes.iter().map(|size| size.images * size.groups).sum()
    }

    /// The choice that puts `first` groups of each size in one set and `second` in another, and the rest in the third.
    fn choice_of(&self, sets: [usize; 3], first: &[u64], second: &[u64]) -> Choice {
        let mut choice = self.nothing();
        for (at, size) in self.sizes.iter().enumerate() {
            let parts = [first[at], second[at], size.groups - first[at] - second[at]];
            for (set, groups) in sets.into_iter().zip(parts) {
                choice.spread[at][set] += groups;
                choice.sums[set] += groups * size.images;
            }
        }
        choice
    }
}

/// A place in a table from a sum, capped at what a table can have.
fn place(sum: u64) -> usize {
    length(sum)
}

#[cfg(test)]
mod tests;

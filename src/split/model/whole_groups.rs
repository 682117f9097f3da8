//! Division by whole groups: groups before counts, counts before balance.
//!
//! A group of which some images stay where they are goes there as a whole. The others are dealt at random, the largest
//! first, wherever they fit, and images without companions fill the rest: that is how it nearly always ends, and no set
//! gets more than its share of large groups. Where it doesn't come out, [`fit`] says how many groups of each size go
//! where, and chance only decides which.

use super::counts::Nearest;
use super::fit::{self, Size};
use super::generator::Generator;
use super::group::Groups;
use super::stratify::{Freedom, Row, share_out};
use super::{Counts, FREE, ORDER, TRAINING, count, plain};

/// How often groups are dealt at random before the counts are calculated.
const TRIES: u32 = 8;

/// What is to be divided. All slices go by the images' places.
pub struct Task<'a> {
    /// The set of an image that stays, else [`FREE`].
    pub standing: &'a [u8],
    pub groups: &'a Groups,
    /// Small numbers; with them, sets are balanced.
    pub classes: Option<&'a [u32]>,
    /// What each set is to get; below 0 where more stays than it is to have. Adds up to the free images.
    pub room: [i64; 3],
    /// Whether something to train on stays where it is.
    pub has_training: bool,
}

/// A set for every free image, in place of [`FREE`].
///
/// # Errors
/// What the free images can be divided into instead, nearest to the room; `None` where there is nothing.
pub fn sets(task: &Task<'_>, generator: &mut Generator) -> Result<Vec<u8>, Option<Nearest>> {
    let members = Members::of(task);
    let mut start = Dealing::new(task, &members);
    for group in 0..members.count() {
        if let Some(set) = members.pinned[group] {
            start.put(task, members.of_group(group), set);
        }
    }
    let sizes = members.sizes();
    let pinned = start.got;
    let has_training = task.has_training || pinned[usize::from(TRAINING)] > 0;
    if start.room.iter().all(|room| *room >= 0) {
        for _ in 0..TRIES {
            let mut dealing = start.clone();
            if dealing.deal(task, &members, &sizes, None, generator) {
                return Ok(dealing.sets);
            }
        }
    }
    let shapes: Vec<Size> =
        sizes.iter().map(|(images, groups)| Size { images: *images, groups: count(groups.len()) }).collect();
    let fit = fit::solve(&shapes, start.room, has_training).ok_or(None)?;
    let is_exact = (0..3).all(|set| i64::try_from(fit.got[set]) == Ok(start.room[set]));
    if is_exact && start.deal(task, &members, &sizes, Some(&fit.spread), generator) {
        return Ok(start.sets);
    }
    let counts = [0, 1, 2].map(|set| fit.got[set] + pinned[set]);
    Err(Some(Nearest { counts, is_proven: fit.is_nearest }))
}

/// The free images of each group.
struct Members {
    starts: Vec<u32>,
    images: Vec<u32>,
    /// The set in which most of a group's images stay, if any do.
    pinned: Vec<Option<u8>>,
}

impl Members {
    fn of(task: &Task<'_>) -> Self {
        let count = task.groups.count as usize;
        let (mut starts, mut staying) = (vec![0_u32; count + 1], vec![[0_u32; 3]; count]);
        for (&group, &set) in task.groups.of.iter().zip(task.standing) {
            if set == FREE {
                starts[group as usize + 1] += 1;
            } else {
                staying[group as usize][usize::from(set)] += 1;
            }
        }
        for group in 0..count {
            starts[group + 1] += starts[group];
        }
        let mut next = starts.clone();
        let mut images = vec![0; starts[count] as usize];
        for ((&group, &set), image) in task.groups.of.iter().zip(task.standing).zip(0..) {
            if set == FREE {
                images[next[group as usize] as usize] = image;
                next[group as usize] += 1;
            }
        }
        let most = |stay: &[u32; 3]| {
            let fullest = ORDER.into_iter().rev().max_by_key(|&set| stay[usize::from(set)]);
            fullest.filter(|&set| stay[usize::from(set)] > 0)
        };
        Self { starts, images, pinned: staying.iter().map(most).collect() }
    }

    fn count(&self) -> usize {
        self.pinned.len()
    }

    fn of_group(&self, group: usize) -> &[u32] {
        &self.images[self.starts[group] as usize..self.starts[group + 1] as usize]
    }

    /// Groups that may go anywhere, by their size, the largest first.
    fn sizes(&self) -> Vec<(u64, Vec<u32>)> {
        let free = (0..self.count()).filter(|&group| self.pinned[group].is_none());
        let mut sizes = std::collections::BTreeMap::<u64, Vec<u32>>::new();
        for (group, number) in free.map(|group| (group, u32::try_from(group).unwrap_or(u32::MAX))) {
            sizes.entry(count(self.of_group(group).len())).or_default().push(number);
        }
        sizes.into_iter().rev().filter(|(images, _)| *images > 0).collect()
    }
}

/// Sets given so far.
#[derive(Clone)]
struct Dealing {
    sets: Vec<u8>,
    room: [i64; 3],
    got: Counts,
    /// What each class still lacks in each set, as numerators over `whole`; empty without classes.
    needs: Vec<[i128; 3]>,
    /// All free images.
    whole: i128,
    /// What the sets are to get, from the start.
    shares: [i128; 3],
}

impl Dealing {
    fn new(task: &Task<'_>, members: &Members) -> Self {
        let shares = task.room.map(|room| i128::from(room.max(0)));
        let mut needs = Vec::new();
        if let Some(classes) = task.classes {
            needs.resize(classes.iter().max().map_or(0, |last| *last as usize + 1), [0; 3]);
            for &image in &members.images {
                let need: &mut [i128; 3] = &mut needs[classes[image as usize] as usize];
                for (need, share) in need.iter_mut().zip(shares) {
                    *need += share;
                }
            }
        }
        let whole = shares.iter().sum();
        Self { sets: task.standing.to_vec(), room: task.room, got: [0; 3], needs, whole, shares }
    }

    fn put(&mut self, task: &Task<'_>, images: &[u32], set: u8) {
        let place = usize::from(set);
        for &image in images {
            self.sets[image as usize] = set;
            if let Some(classes) = task.classes {
                self.needs[classes[image as usize] as usize][place] -= self.whole;
            }
        }
        self.got[place] += count(images.len());
        self.room[place] -= i64::try_from(images.len()).unwrap_or(i64::MAX);
    }

    /// Deals all groups; `spread` says how many of each size go where. False where one fits nowhere.
    fn deal(
        &mut self,
        task: &Task<'_>,
        members: &Members,
        sizes: &[(u64, Vec<u32>)],
        spread: Option<&[Counts]>,
        generator: &mut Generator,
    ) -> bool {
        for (at, (images, groups)) in sizes.iter().enumerate() {
            let mut groups = groups.clone();
            if *images == 1 {
                self.deal_singles(task, members, &groups, generator);
                continue;
            }
            generator.shuffle(&mut groups);
            let mut left = spread.map(|spread| spread[at]);
            for group in groups {
                let group = members.of_group(group as usize);
                let Some(set) = self.choose(task, group, left.as_ref(), generator) else { return false };
                self.put(task, group, set);
                if let Some(left) = &mut left {
                    left[usize::from(set)] -= 1;
                }
            }
        }
        self.room == [0; 3]
    }

    /// A set in which the group fits: by chance, or where its classes are needed most.
    fn choose(&self, task: &Task<'_>, group: &[u32], left: Option<&Counts>, generator: &mut Generator) -> Option<u8> {
        let images = i64::try_from(group.len()).unwrap_or(i64::MAX);
        let fits = |set: usize| self.room[set] >= images && left.is_none_or(|left| left[set] > 0);
        let chances = [0, 1, 2].map(|set| match left {
            _ if !fits(set) => 0,
            Some(left) => left[set],
            None => self.room[set].unsigned_abs(),
        });
        if let Some(classes) = task.classes {
            return self.neediest(group, classes, chances);
        }
        let mut drawn = generator.below(chances.iter().sum());
        ORDER.into_iter().find(|&set| {
            let chance = chances[usize::from(set)];
            let is_here = drawn < chance;
            drawn = drawn.saturating_sub(chance);
            is_here
        })
    }

    /// The set that lacks most of the group's classes, measured by what it is to get.
    fn neediest(&self, group: &[u32], classes: &[u32], chances: Counts) -> Option<u8> {
        let lacks =
            |set: usize| group.iter().map(|&image| self.needs[classes[image as usize] as usize][set]).sum::<i128>();
        let lacks = [lacks(0), lacks(1), lacks(2)];
        let mut best: Option<u8> = None;
        for set in ORDER.into_iter().filter(|&set| chances[usize::from(set)] > 0) {
            let is_needier = |than: u8| {
                let (a, b) = (usize::from(set), usize::from(than));
                lacks[a] * self.shares[b] > lacks[b] * self.shares[a]
            };
            if best.is_none_or(is_needier) {
                best = Some(set);
            }
        }
        best
    }

    /// Images without companions fill the room that is left, which is exactly theirs.
    fn deal_singles(&mut self, task: &Task<'_>, members: &Members, groups: &[u32], generator: &mut Generator) {
        let room = self.room.map(|room| u64::try_from(room).unwrap_or(0));
        let images: Vec<u32> = groups.iter().map(|&group| members.of_group(group as usize)[0]).collect();
        let sets = match task.classes {
            None => plain::sets(&room, generator),
            Some(classes) => self.balanced(&images, classes, &room, generator),
        };
        for (image, set) in images.iter().zip(sets) {
            self.put(task, std::slice::from_ref(image), set);
        }
    }

    fn balanced(&self, images: &[u32], classes: &[u32], room: &Counts, generator: &mut Generator) -> Vec<u8> {
        let mut rows: Vec<Row> = self.needs.iter().map(|needs| Row { images: 0, desire: *needs }).collect();
        for &image in images {
            rows[classes[image as usize] as usize].images += 1;
        }
        let cells = share_out(&rows, self.whole, room, Freedom::Any);
        let mut dealt: Vec<_> = cells.iter().map(|cells| plain::sets(cells, generator).into_iter()).collect();
        images.iter().map(|&image| dealt[classes[image as usize] as usize].next().unwrap_or(TRAINING)).collect()
    }
}

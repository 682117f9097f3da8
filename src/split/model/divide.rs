//! The split itself: from what was asked for to a set for every image.

use super::counts::{Asked, Nearest, Refusal};
use super::fit::{self, Size};
use super::generator::Generator;
use super::group::Groups;
use super::{Counts, FREE, TRAINING, plain, stratify, whole_groups};

/// Images in the order of `order_id`.
pub struct Task<'a> {
    /// The set of an image that stays, else [`FREE`].
    pub standing: &'a [u8],
    /// Small numbers of their label classes: each class keeps its share in each set.
    pub classes: Option<&'a [u32]>,
    /// Which images must not fall across sets.
    pub groups: Option<&'a Groups>,
    /// Whether the counts are those of the free images alone, not of all.
    pub counts_free_alone: bool,
}

/// A set for every image.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Division {
    /// By the images' places.
    pub sets: Vec<u8>,
    /// The counts asked for, and got: those of ratios worked out.
    pub counts: Counts,
    /// Groups whose images stand in several sets all the same, because some of them stay there.
    pub torn: u64,
}

/// Divides the images. The same task and seed give the same division, always.
///
/// # Errors
/// See [`Refusal`].
pub fn divide(task: &Task<'_>, asked: &Asked, seed: u64) -> Result<Division, Refusal> {
    let mut stay = [0_u64; 3];
    for &set in task.standing.iter().filter(|set| **set != FREE) {
        stay[usize::from(set)] += 1;
    }
    let all = task.standing.len() as u64;
    let free = all - stay.iter().sum::<u64>();
    let counts = asked.of(if task.counts_free_alone { free } else { all })?;
    let base = if task.counts_free_alone { [0; 3] } else { stay };
    let room = [0, 1, 2].map(|set| as_room(counts[set]) - as_room(base[set]));
    let mut generator = Generator::new(seed);
    if let Some(groups) = task.groups {
        return by_groups(task, groups, counts, base, room, &mut generator);
    }
    if let Some(set) = (0..3_u8).find(|&set| room[usize::from(set)] < 0) {
        let fit = fit::solve(&[Size { images: 1, groups: free }], room, base[usize::from(TRAINING)] > 0);
        let nearest = fit.map(|fit| Nearest { counts: sum(fit.got, base), is_proven: fit.is_nearest });
        let place = usize::from(set);
        return Err(Refusal::TooManyStay { set, stay: stay[place], asked: counts[place], nearest });
    }
    let room = room.map(i64::unsigned_abs);
    let dealt = match task.classes {
        Some(classes) => stratify::sets(task.standing, classes, &room, &mut generator),
        None => plain::sets(&room, &mut generator),
    };
    let mut dealt = dealt.into_iter();
    let set = |&standing: &u8| if standing == FREE { dealt.next().unwrap_or(TRAINING) } else { standing };
    Ok(Division { sets: task.standing.iter().map(set).collect(), counts, torn: 0 })
}

fn by_groups(
    task: &Task<'_>,
    groups: &Groups,
    counts: Counts,
    base: Counts,
    room: [i64; 3],
    generator: &mut Generator,
) -> Result<Division, Refusal> {
    let has_training = base[usize::from(TRAINING)] > 0;
    let Task { standing, classes, .. } = *task;
    let whole = whole_groups::Task { standing, groups, classes, room, has_training };
    let sets = whole_groups::sets(&whole, generator).map_err(|nearest| {
        let nearest = nearest.map(|nearest| Nearest { counts: sum(nearest.counts, base), ..nearest });
        Refusal::GroupsDontFit { nearest }
    })?;
    let torn = torn(groups, &sets);
    Ok(Division { sets, counts, torn })
}

/// Counts stand for images in memory, so they are far below what an `i64` holds.
fn as_room(count: u64) -> i64 {
    i64::try_from(count).unwrap_or(i64::MAX)
}

fn sum(a: Counts, b: Counts) -> Counts {
    [0, 1, 2].map(|set| a[set] + b[set])
}

fn torn(groups: &Groups, sets: &[u8]) -> u64 {
    let mut seen = vec![FREE; groups.count as usize];
    let mut torn = vec![false; groups.count as usize];
    for (&group, &set) in groups.of.iter().zip(sets) {
        let group = group as usize;
        if seen[group] == FREE {
            seen[group] = set;
        }
        torn[group] |= seen[group] != set;
    }
    torn.iter().filter(|torn| **torn).count() as u64
}

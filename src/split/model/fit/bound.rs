//! How small an excess can be at best: what a search reaches need not be looked for any further.
//!
//! Leaving groups out and making groups smaller never makes the excess larger. So the larger groups, those from some
//! size up, are taken as units that are all the same: once each as one unit as large as the smallest of them (a set that
//! has room for less than a unit can't take one), and once as units of the largest number that divides all their sizes
//! (what they add up to is a multiple of it). For equal units, the smallest excess is known.

use super::{TRAINING, Task};

/// No way to spread the groups has a smaller excess.
pub fn excess(task: &Task<'_>) -> u64 {
    let (mut groups, mut images, mut divisor) = (0, 0, 0);
    let mut best = of_units(task.room, 1, 0).max(of_training(task));
    for size in task.sizes {
        groups += size.groups;
        images += size.groups * size.images;
        divisor = greatest_common_divisor(divisor, size.images);
        best = best.max(of_units(task.room, size.images, groups)).max(of_units(task.room, divisor, images / divisor));
    }
    u64::try_from(best).unwrap_or(u64::MAX)
}

/// The smallest excess of so many units.
fn of_units(room: [i64; 3], unit: u64, units: u64) -> i128 {
    let unit = i128::from(unit);
    let room = room.map(i128::from);
    let standing: i128 = room.iter().map(|room| (-room).max(0)).sum();
    let fitting: i128 = room.iter().map(|room| room.max(&0) / unit).sum();
    let mut beyond = (i128::from(units) - fitting).max(0);
    // The first unit too many uses up what is left of a set's room; each after it counts in full.
    let mut firsts = room.map(|room| unit - room.max(0) % unit);
    firsts.sort_unstable();
    let mut excess = standing;
    for first in firsts {
        excess += first * beyond.min(1);
        beyond -= beyond.min(1);
    }
    excess + beyond * unit
}

/// Something must go to training, be it the smallest group.
fn of_training(task: &Task<'_>) -> i128 {
    let needs_group = !task.may_lack_training && task.singles == 0;
    let smallest = task.sizes.last().filter(|_| needs_group).map_or(0, |size| i128::from(size.images));
    smallest - i128::from(task.room[usize::from(TRAINING)])
}

fn greatest_common_divisor(mut a: u64, mut b: u64) -> u64 {
    while b > 0 {
        (a, b) = (b, a % b);
    }
    a
}

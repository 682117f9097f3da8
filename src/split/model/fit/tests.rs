//! The nearest counts are the nearest, by trying all of them out.

use proptest::prelude::*;

use super::*;

/// The smallest excess over all ways to spread the groups, one by one.
fn smallest_excess(groups: &[u64], room: [i64; 3], may_lack_training: bool) -> Option<u64> {
    let mut best = None;
    for mut code in 0..3_u32.pow(u32::try_from(groups.len()).unwrap()) {
        let mut sums = [0_i64; 3];
        for &images in groups {
            sums[(code % 3) as usize] += i64::try_from(images).unwrap();
            code /= 3;
        }
        if sums[0] == 0 && !may_lack_training {
            continue;
        }
        let excess: i64 = (0..3).map(|set| (sums[set] - room[set]).max(0)).sum();
        best = best.into_iter().chain([excess.unsigned_abs()]).min();
    }
    best
}

fn sizes_of(groups: &[u64]) -> Vec<Size> {
    let mut sorted = groups.to_vec();
    sorted.sort_unstable_by(|a, b| b.cmp(a));
    sorted.chunk_by(|a, b| a == b).map(|run| Size { images: run[0], groups: run.len() as u64 }).collect()
}

fn task_of(sizes: &[Size], room: [i64; 3], may_lack_training: bool) -> Task<'_> {
    let larger = sizes.partition_point(|size| size.images > 1);
    let singles = sizes.get(larger).map_or(0, |size| size.groups);
    Task { sizes: &sizes[..larger], singles, room, may_lack_training }
}

/// The room with that of training such that all groups have room.
fn fitted(groups: &[u64], [_, testing, verifying]: [i64; 3]) -> [i64; 3] {
    let all = i64::try_from(groups.iter().sum::<u64>()).unwrap();
    [all - testing - verifying, testing, verifying]
}

fn check(sizes: &[Size], fit: &Fit) {
    let mut sums = [0; 3];
    for (size, spread) in sizes.iter().zip(&fit.spread) {
        assert_eq!(spread.iter().sum::<u64>(), size.groups);
        for set in 0..3 {
            sums[set] += spread[set] * size.images;
        }
    }
    assert_eq!(sums, fit.got);
}

fn excess(got: &Counts, room: [i64; 3]) -> u64 {
    (0..3).map(|set| (i64::try_from(got[set]).unwrap() - room[set]).max(0).unsigned_abs()).sum()
}

/// Groups, and room for them: also where something that stands already leaves less than none.
fn tasks() -> impl Strategy<Value = (Vec<u64>, [i64; 3], bool)> {
    (prop::collection::vec(1_u64..9, 1..8), 0..60_i64, 0..60_i64, any::<bool>()).prop_map(|(groups, a, b, may)| {
        let all: i64 = groups.iter().map(|&images| i64::try_from(images).unwrap()).sum();
        let (a, b) = (a % (all + 3), b % (all + 3));
        (groups, if may { [all - a - b, a, b] } else { [(all - a - b).max(1), a, all - a - (all - a - b).max(1)] }, may)
    })
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 400, ..ProptestConfig::default() })]

    #[test]
    fn what_is_found_is_the_nearest((groups, room, may_lack_training) in tasks()) {
        let sizes = sizes_of(&groups);
        let fit = solve(&sizes, room, may_lack_training).unwrap();
        check(&sizes, &fit);
        prop_assert!(may_lack_training || fit.got[0] > 0);
        prop_assert_eq!(Some(excess(&fit.got, room)), smallest_excess(&groups, room, may_lack_training));
        prop_assert!(fit.is_nearest);
    }

    #[test]
    fn no_excess_is_below_the_bound((groups, room, may_lack_training) in tasks(), unit in 1_u64..5) {
        let groups: Vec<u64> = groups.iter().map(|images| if *images == 1 { 1 } else { images * unit }).collect();
        let sizes = sizes_of(&groups);
        let task = task_of(&sizes, fitted(&groups, room), may_lack_training);
        let smallest = smallest_excess(&groups, task.room, may_lack_training).unwrap();
        prop_assert!(bound::excess(&task) <= smallest);
        // Without the table, what is called the nearest is so.
        let (best, is_nearest) = task.best_of_sums(task.largest_first().unwrap(), bound::excess(&task));
        let found = task.excess(&best.sums);
        prop_assert!(task.is_allowed(&best.sums) && found >= smallest);
        prop_assert!(!is_nearest || found == smallest);
    }

    #[test]
    fn the_bound_of_groups_of_one_size_is_reached(groups in 1_usize..8, unit in 2_u64..9, a in 0..60_i64, b in 0..60_i64) {
        let groups = vec![unit; groups];
        let sizes = sizes_of(&groups);
        let task = task_of(&sizes, fitted(&groups, [0, a, b]), true);
        prop_assert_eq!(Some(bound::excess(&task)), smallest_excess(&groups, task.room, true));
    }

    #[test]
    fn one_sum_after_the_other_is_exact_for_two_sets(
        groups in prop::collection::vec(2_u64..30, 1..9),
        part in 0.0..1.0_f64,
    ) {
        let sizes = sizes_of(&groups);
        let all: u64 = groups.iter().sum();
        #[expect(clippy::cast_possible_truncation, clippy::cast_precision_loss, reason = "small")]
        let first = (all as f64 * part) as i64;
        let room = [first, i64::try_from(all).unwrap() - first, 0];
        let task = Task { sizes: &sizes, singles: 0, room, may_lack_training: true };
        let best = sums::search(&task, 0).iter().map(|choice| task.excess(&choice.sums)).min();
        prop_assert_eq!(best, smallest_excess(&groups, room, true));
    }
}

#[test]
fn exact_counts_that_a_greedy_search_misses_are_found() {
    // Largest first puts 5 into one set and 4 + 3 into the other.
    let sizes = sizes_of(&[5, 4, 3, 3, 3]);
    let fit = solve(&sizes, [9, 9, 0], false).unwrap();
    assert_eq!(fit.got, [9, 9, 0]);
}

#[test]
fn a_million_images_in_groups_of_all_sizes_come_out_even() {
    let sizes: Vec<Size> = (2..=200).rev().map(|images| Size { images, groups: 50 }).collect();
    let all: i64 = sizes.iter().map(|size| i64::try_from(size.images * size.groups).unwrap()).sum();
    let room = [all - 123_457 - 77_777, 77_777, 123_457];
    let fit = solve(&sizes, room, false).unwrap();
    check(&sizes, &fit);
    assert_eq!(fit.got.map(|got| i64::try_from(got).unwrap()), room);
}

#[test]
fn what_cannot_be_had_names_the_nearest() {
    let fit = solve(&sizes_of(&[10, 10, 10]), [24, 3, 3], false).unwrap();
    assert_eq!(excess(&fit.got, [24, 3, 3]), 6);
    let fit = solve(&sizes_of(&[2]), [1, 1, 0], false).unwrap();
    assert_eq!(fit.got, [2, 0, 0], "there must be something to train on");
    assert_eq!(solve(&[], [1, -1, 0], false), None);
    assert_eq!(solve(&[], [1, -1, 0], true).unwrap().got, [0, 0, 0]);
}

/// Groups whose sizes are even, and all but one divisible by 4.
fn nearly_fours(fours: u64) -> [Size; 2] {
    [Size { images: 10, groups: 1 }, Size { images: 4, groups: fours }]
}

#[test]
fn what_is_not_proven_says_so() {
    // Beyond the table. Each set is to get 2 more than a multiple of 4, but only one can; the bound doesn't see it.
    let sizes = nearly_fours(2999);
    let fit = solve(&sizes, [4002, 4002, 4002], false).unwrap();
    check(&sizes, &fit);
    assert_eq!((excess(&fit.got, [4002, 4002, 4002]), fit.is_nearest), (2, false));
    // Odd counts from even groups: one off is as near as can be, and two sets alone are exact.
    let fit = solve(&sizes, [4001, 4003, 4002], false).unwrap();
    assert_eq!((excess(&fit.got, [4001, 4003, 4002]), fit.is_nearest), (1, true));
    let fit = solve(&sizes, [6004, 6002, 0], false).unwrap();
    assert_eq!((excess(&fit.got, [6004, 6002, 0]), fit.is_nearest), (0, true));
}

fn bound_of(sizes: &[Size], room: [i64; 3]) -> u64 {
    bound::excess(&task_of(sizes, room, false))
}

#[test]
fn the_largest_groups_bound_the_excess() {
    let sizes = sizes_of(&[50, 50, 50, 3, 3, 1]);
    // Sets with room for two of the three largest in all; the third is 8 too many at least.
    assert_eq!(bound_of(&sizes, [73, 42, 42]), 8 + 8);
    assert_eq!(bound_of(&sizes, [101, 14, 42]), 8);
    assert_eq!(bound_of(&sizes, [157, 0, 0]), 0);
}

//! What a split promises, over random tasks, and one split to the letter.

use proptest::prelude::*;

use super::counts::{Asked, Nearest, Refusal};
use super::divide::{Division, Task, divide};
use super::group::{self, Groups, Traits};
use super::{Counts, FREE, TESTING, TRAINING, VERIFYING};

fn counts_of(sets: &[u8]) -> Counts {
    [0, 1, 2].map(|number| sets.iter().map(|set| u64::from(*set == number)).sum())
}

fn asked(counts: Counts) -> Asked {
    let [training, testing, verifying] = counts.map(|count| i64::try_from(count).unwrap());
    Asked::Counts { training, verifying, testing }
}

fn proven(counts: Counts) -> Nearest {
    Nearest { counts, is_proven: true }
}

fn plain(images: usize, counts: Counts, seed: u64) -> Vec<u8> {
    let standing = vec![FREE; images];
    let task = Task { standing: &standing, classes: None, groups: None, counts_free_alone: false };
    divide(&task, &asked(counts), seed).unwrap().sets
}

fn letters(sets: &[u8]) -> String {
    sets.iter().map(|set| ["t", "e", "v"][usize::from(*set)]).collect()
}

/// Worked out by a program of its own in another language, from the documentation of the generator alone.
#[test]
fn golden_vectors() {
    assert_eq!(letters(&plain(10, [7, 1, 2], 42)), "ttttvvettt");
    assert_eq!(letters(&plain(30, [20, 4, 6], (1 << 53) - 1)), "vttttetvttttvttetvetetvvtttttt");
    let classes: Vec<u32> = (0..20).map(|at| u32::from(at % 4 == 0)).collect();
    let task = Task { standing: &[FREE; 20], classes: Some(&classes), groups: None, counts_free_alone: false };
    assert_eq!(letters(&divide(&task, &asked([12, 4, 4]), 7).unwrap().sets), "tettettvvetvtttvttet");
}

#[test]
fn every_place_is_as_likely_in_the_test_set() {
    let mut seen = [0; 10];
    for seed in 0..5000 {
        let sets = plain(10, [7, 1, 2], seed);
        seen[sets.iter().position(|set| *set == TESTING).unwrap()] += 1;
    }
    assert!(seen.iter().all(|count| (400..600).contains(count)), "{seen:?}");
}

#[test]
fn what_stays_counts_in_the_totals_or_not_at_all() {
    let standing = [TESTING, FREE, FREE, TESTING, FREE];
    let task = |alone| Task { standing: &standing, classes: None, groups: None, counts_free_alone: alone };
    let locked = divide(&task(false), &asked([2, 2, 1]), 1).unwrap();
    assert_eq!(counts_of(&locked.sets), [2, 2, 1]);
    assert_eq!((locked.sets[0], locked.sets[3]), (TESTING, TESTING));
    let unassigned = divide(&task(true), &asked([1, 1, 1]), 1).unwrap();
    assert_eq!(counts_of(&unassigned.sets), [1, 3, 1]);
    assert_eq!(
        divide(&task(false), &asked([4, 1, 0]), 1),
        Err(Refusal::TooManyStay { set: TESTING, stay: 2, asked: 1, nearest: Some(proven([3, 2, 0])) })
    );
    assert_eq!(divide(&task(true), &asked([5, 0, 0]), 1), Err(Refusal::WrongSum { sum: 5, images: 3 }));
}

#[test]
fn a_group_follows_its_images_that_stay() {
    let groups = grouped(&[0, 1, 0, 1, 2]);
    let standing = [TESTING, FREE, FREE, FREE, FREE];
    let task = Task { standing: &standing, classes: None, groups: Some(&groups), counts_free_alone: false };
    let division = divide(&task, &asked([2, 2, 1]), 3).unwrap();
    assert_eq!(division.sets, [TESTING, TRAINING, TESTING, TRAINING, VERIFYING]);
    assert_eq!(division.torn, 0);
    let torn = [TESTING, FREE, TRAINING, FREE, FREE];
    let task = Task { standing: &torn, classes: None, groups: Some(&groups), counts_free_alone: false };
    assert_eq!(divide(&task, &asked([3, 1, 1]), 3).unwrap().torn, 1);
    let refused = divide(&Task { standing: &standing, ..task }, &asked([4, 1, 0]), 3);
    assert_eq!(refused, Err(Refusal::GroupsDontFit { nearest: Some(proven([3, 2, 0])) }));
}

fn grouped(of: &[u8]) -> Groups {
    let keys = of.iter().map(|number| [*number; 16]).zip(0..).collect();
    group::groups(of.len(), Traits { keys, ..Traits::default() }, 6)
}

#[derive(Debug)]
struct Case {
    standing: Vec<u8>,
    classes: Vec<u32>,
    groups: Groups,
    counts: Counts,
    is_stratified: bool,
    is_grouped: bool,
    counts_free_alone: bool,
}

impl Case {
    fn divide(&self, seed: u64) -> Result<Division, Refusal> {
        let task = Task {
            standing: &self.standing,
            classes: self.is_stratified.then_some(self.classes.as_slice()),
            groups: self.is_grouped.then_some(&self.groups),
            counts_free_alone: self.counts_free_alone,
        };
        divide(&task, &asked(self.counts), seed)
    }

    /// Whether each free image is of a group of which some images stay outside training.
    fn follow_others(&self) -> bool {
        let images = || self.standing.iter().zip(&self.groups.of);
        let stays = |group: u32| images().any(|(set, of)| *of == group && ![FREE, TRAINING].contains(set));
        images().all(|(set, of)| *set != FREE || stays(*of))
    }

    /// Over how many sets the images of a group are spread that were given one.
    fn has_split_group(&self, sets: &[u8]) -> bool {
        (0..self.groups.count).any(|group| {
            let given = sets.iter().zip(&self.standing).zip(&self.groups.of);
            let mut sets: Vec<u8> =
                given.filter(|((_, s), g)| **s == FREE && **g == group).map(|((set, _), _)| *set).collect();
            sets.sort_unstable();
            sets.dedup();
            sets.len() > 1
        })
    }
}

fn cases() -> impl Strategy<Value = Case> {
    let image = (prop_oneof![4 => Just(FREE), 1 => 0_u8..3], 0_u32..4, 0_u8..12);
    (prop::collection::vec(image, 1..40), any::<[bool; 3]>(), 0_u64..40, 0_u64..40).prop_map(|(images, flags, a, b)| {
        let [is_stratified, is_grouped, counts_free_alone] = flags;
        let standing: Vec<u8> = images.iter().map(|image| image.0).collect();
        let free = standing.iter().map(|set| u64::from(*set == FREE)).sum::<u64>();
        let stay = if counts_free_alone { [0; 3] } else { counts_of(&standing) };
        let (a, b) = (a % (free + 1), b % (free + 1 - a % (free + 1)));
        Case {
            counts: [stay[0] + free - a - b, stay[1] + a, stay[2] + b],
            classes: images.iter().map(|image| image.1).collect(),
            groups: grouped(&images.iter().map(|image| image.2).collect::<Vec<_>>()),
            standing,
            is_stratified,
            is_grouped,
            counts_free_alone,
        }
    })
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 1500, ..ProptestConfig::default() })]

    #[test]
    fn splits_are_disjoint_complete_exact_and_repeatable(case in cases(), seed in 0_u64..1 << 53) {
        let division = case.divide(seed);
        prop_assert_eq!(&division, &case.divide(seed));
        if case.counts[0] == 0 {
            prop_assert_eq!(division, Err(Refusal::NoTraining));
            return Ok(());
        }
        let division = match division {
            Err(Refusal::GroupsDontFit { nearest: Some(nearest) }) => {
                // What is named can be had.
                prop_assert!(nearest.is_proven && nearest.counts != case.counts);
                let case = Case { counts: nearest.counts, ..case };
                let division = case.divide(seed).unwrap();
                prop_assert!(!case.has_split_group(&division.sets));
                return Ok(());
            }
            Err(Refusal::GroupsDontFit { nearest: None }) => {
                // Nothing is left to train on: each free image follows others of its group that stay elsewhere.
                prop_assert!(case.is_grouped && case.follow_others());
                return Ok(());
            }
            other => other.unwrap(),
        };
        prop_assert_eq!(division.sets.len(), case.standing.len());
        prop_assert!(division.sets.iter().zip(&case.standing).all(|(set, was)| *was == FREE || set == was));
        let stay = if case.counts_free_alone { counts_of(&case.standing) } else { [0; 3] };
        let got = counts_of(&division.sets);
        prop_assert_eq!([0, 1, 2].map(|set| got[set] - stay[set]), case.counts);
        prop_assert!(!case.is_grouped || !case.has_split_group(&division.sets));
    }

    #[test]
    fn a_stratified_class_is_at_most_one_image_off(case in cases(), seed in 0_u64..1 << 53) {
        let case = Case { is_stratified: true, is_grouped: false, ..case };
        prop_assume!(case.counts[0] > 0);
        let sets = case.divide(seed).unwrap().sets;
        let given: Vec<(u8, u32)> = (0..sets.len()).filter(|at| case.standing[*at] == FREE).map(|at| (sets[at], case.classes[at])).collect();
        for class in 0..4 {
            let images = given.iter().filter(|given| given.1 == class).count() as u64;
            for set in 0..3 {
                let all = given.iter().filter(|given| given.0 == set).count() as u64;
                let got = given.iter().filter(|given| **given == (set, class)).count() as u64;
                let off = (got * given.len() as u64).abs_diff(images * all);
                prop_assert!(off < (given.len() as u64).max(1));
            }
        }
    }
}

#[test]
fn groups_are_balanced_by_class_where_they_can_be() {
    // 40 groups of 5, each of one class, and 200 single images, of 4 classes.
    let of: Vec<u32> = (0..400_u32).map(|at| if at < 200 { at / 5 } else { at }).collect();
    let keys = of
        .iter()
        .map(|group| {
            let mut mark = [0; 16];
            mark[..4].copy_from_slice(&group.to_le_bytes());
            mark
        })
        .zip(0..)
        .collect();
    let groups = group::groups(400, Traits { keys, ..Traits::default() }, 6);
    let classes: Vec<u32> = of.iter().map(|group| group % 4).collect();
    let standing = vec![FREE; 400];
    let task = Task { standing: &standing, classes: Some(&classes), groups: Some(&groups), counts_free_alone: false };
    let sets = divide(&task, &asked([280, 60, 60]), 9).unwrap().sets;
    for class in 0..4 {
        let in_test = sets.iter().zip(&classes).filter(|given| *given == (&TESTING, &class)).count();
        assert!((14..=16).contains(&in_test), "{in_test}");
    }
}

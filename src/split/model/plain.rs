//! The plain split: a set for each image, the counts exact, every division as likely as any other.

use super::generator::Generator;
use super::{Counts, ORDER, length};

/// The sets' numbers, each as often as its count says, in the order training, verifying, testing.
pub fn dealt(counts: &Counts) -> Vec<u8> {
    let mut sets = Vec::with_capacity(length(counts.iter().sum()));
    for set in ORDER {
        sets.extend(std::iter::repeat_n(set, length(counts[usize::from(set)])));
    }
    sets
}

/// One set for each of as many images as the counts add up to: dealt, then shuffled.
pub fn sets(counts: &Counts, generator: &mut Generator) -> Vec<u8> {
    let mut sets = dealt(counts);
    generator.shuffle(&mut sets);
    sets
}

//! The rules of splitting: pure functions from images in the order of `order_id`, and a seed, to sets.
//!
//! What always holds: ids play no part, so the same images in the same order with the same seed are divided alike in
//! any folder and on either database. A set is a number here, the database's: 0 training, 1 testing, 2 verifying.

pub mod audit;
pub mod counts;
pub mod divide;
mod fit;
pub mod generator;
pub mod group;
pub mod near;
mod plain;
pub mod record;
mod stratify;
#[cfg(test)]
mod tests;
mod whole_groups;

/// The number of the training set.
pub const TRAINING: u8 = 0;
/// The number of the testing set.
pub const TESTING: u8 = 1;
/// The number of the verifying set.
pub const VERIFYING: u8 = 2;

/// In place of a set's number: the image is to be given a set.
pub const FREE: u8 = u8::MAX;

/// The sets in the order in which documents name them; also the order in which a tie is broken.
pub const ORDER: [u8; 3] = [TRAINING, VERIFYING, TESTING];

/// The names of the sets, by number.
pub const NAMES: [&str; 3] = ["training", "testing", "verifying"];

/// How many images for each set, by number.
pub type Counts = [u64; 3];

/// The largest seed: every JSON reader gets integers up to it right.
pub const MAX_SEED: u64 = (1 << 53) - 1;

pub use stratify::numbered;

/// A count from the length of something in memory.
fn count(length: usize) -> u64 {
    length as u64
}

/// A length in memory from a count of things in memory.
fn length(count: u64) -> usize {
    usize::try_from(count).unwrap_or(usize::MAX)
}

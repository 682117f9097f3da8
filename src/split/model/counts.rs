//! How many images each set is to have: counts as they were asked for, or shares of the whole.

use super::{Counts, ORDER, TESTING, TRAINING, VERIFYING};

/// What was asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Asked {
    /// `training_count`, `verifying_count`, `testing_count` of seed 001.
    Counts { training: i64, verifying: i64, testing: i64 },
    /// Shares, in billionths of whatever unit they were given in; by set.
    Ratios([u64; 3]),
}

/// Why images can't be divided as asked. Nothing was changed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Refusal {
    /// The training set must not be empty (1009).
    NoTraining,
    /// A count below 0 (1010).
    NegativeVerifying,
    /// A count below 0 (1011).
    NegativeTesting,
    /// The counts add up to another number than there are images (1007).
    WrongSum { sum: i128, images: u64 },
    /// A set that stays as it is has more images than it is to have (1007).
    TooManyStay { set: u8, stay: u64, asked: u64, nearest: Option<Nearest> },
    /// Whole groups don't add up to these counts (1007). `nearest` is `None` where no counts can be had that leave
    /// something to train on.
    GroupsDontFit { nearest: Option<Nearest> },
}

/// Counts that can be had in place of those asked for: the sum of the differences is small.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Nearest {
    pub counts: Counts,
    /// Whether there are none nearer; else they are the nearest that were found.
    pub is_proven: bool,
}

impl Asked {
    /// The exact counts for so many images.
    ///
    /// # Errors
    /// See [`Refusal`]; training is looked at first, then verifying, then testing, then the sum.
    pub fn of(&self, images: u64) -> Result<Counts, Refusal> {
        let counts = match *self {
            Self::Counts { training, verifying, testing } => checked(training, verifying, testing, images)?,
            Self::Ratios(shares) => largest_remainder(shares, images),
        };
        if counts[usize::from(TRAINING)] == 0 { Err(Refusal::NoTraining) } else { Ok(counts) }
    }
}

fn checked(training: i64, verifying: i64, testing: i64, images: u64) -> Result<Counts, Refusal> {
    if training <= 0 {
        return Err(Refusal::NoTraining);
    }
    let verifying = u64::try_from(verifying).map_err(|_| Refusal::NegativeVerifying)?;
    let testing = u64::try_from(testing).map_err(|_| Refusal::NegativeTesting)?;
    let training = training.unsigned_abs();
    let sum = i128::from(training) + i128::from(verifying) + i128::from(testing);
    if sum != i128::from(images) {
        return Err(Refusal::WrongSum { sum, images });
    }
    let mut counts = [0; 3];
    counts[usize::from(TRAINING)] = training;
    counts[usize::from(VERIFYING)] = verifying;
    counts[usize::from(TESTING)] = testing;
    Ok(counts)
}

/// Each set gets the whole part of its share; what is left goes to the largest remainders, one each (Hare and
/// Niemeyer), and among equals in the order training, verifying, testing.
fn largest_remainder(shares: [u64; 3], images: u64) -> Counts {
    let whole: u128 = shares.iter().map(|&share| u128::from(share)).sum::<u128>().max(1);
    let quota = |set: u8| u128::from(shares[usize::from(set)]) * u128::from(images);
    let mut counts = [0; 3];
    for set in ORDER {
        counts[usize::from(set)] = u64::try_from(quota(set) / whole).unwrap_or(0);
    }
    let mut by_remainder = ORDER;
    by_remainder.sort_by_key(|&set| std::cmp::Reverse(quota(set) % whole));
    let left = images - counts.iter().sum::<u64>();
    for set in by_remainder.into_iter().take(usize::try_from(left).unwrap_or(0)) {
        counts[usize::from(set)] += 1;
    }
    counts
}

#[cfg(test)]
mod tests {
    use super::*;

    fn counts(training: i64, verifying: i64, testing: i64, images: u64) -> Result<Counts, Refusal> {
        Asked::Counts { training, verifying, testing }.of(images)
    }

    #[test]
    fn counts_must_add_up() {
        assert_eq!(counts(7, 2, 1, 10), Ok([7, 1, 2]));
        assert_eq!(counts(0, 9, 1, 10), Err(Refusal::NoTraining));
        assert_eq!(counts(-1, -9, 1, 10), Err(Refusal::NoTraining));
        assert_eq!(counts(11, -1, 0, 10), Err(Refusal::NegativeVerifying));
        assert_eq!(counts(11, 0, -1, 10), Err(Refusal::NegativeTesting));
        assert_eq!(counts(7, 2, 2, 10), Err(Refusal::WrongSum { sum: 11, images: 10 }));
        let all = i128::from(i64::MAX) * 3;
        assert_eq!(counts(i64::MAX, i64::MAX, i64::MAX, 1), Err(Refusal::WrongSum { sum: all, images: 1 }));
    }

    #[test]
    fn ratios_go_by_the_largest_remainder() {
        // In the order training, testing, verifying.
        assert_eq!(Asked::Ratios([8, 1, 1]).of(10), Ok([8, 1, 1]));
        assert_eq!(Asked::Ratios([1, 1, 1]).of(10), Ok([4, 3, 3]));
        assert_eq!(Asked::Ratios([1, 1, 1]).of(11), Ok([4, 3, 4]), "verifying before testing");
        assert_eq!(Asked::Ratios([700, 100, 200]).of(3), Ok([2, 0, 1]));
        assert_eq!(Asked::Ratios([0, 1, 1]).of(10), Err(Refusal::NoTraining));
        assert_eq!(Asked::Ratios([u64::MAX; 3]).of(3_000_000_000), Ok([1_000_000_000; 3]));
        assert_eq!(Asked::Ratios([1, 0, 0]).of(0), Err(Refusal::NoTraining));
    }
}

//! What pages show of a task: which images stand in a list, and how much of it each set has.

use super::Set;

/// Which images of a task a list shows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Shelf {
    /// The living ones of all sets.
    All,
    /// The living ones of one set.
    Of(Set),
    /// The deleted ones.
    Deleted,
}

/// What a task was copied from, and what was copied from it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Relatives {
    /// The name is `None` when the task was deleted since.
    pub source: Option<(crate::platform::ids::Id, Option<String>)>,
    /// Living copies, the newest first.
    pub copies: Vec<(crate::platform::ids::Id, String)>,
}

/// Where each set begins and how wide it is on a bar of 1000, in the order of [`Set::ALL`].
#[must_use]
pub fn shares(counts: [i64; 3]) -> [(i64, i64); 3] {
    let whole = counts.iter().map(|count| i128::from(*count)).sum::<i128>().max(1);
    let mut before = 0_i128;
    counts.map(|count| {
        let begin = before * 1000 / whole;
        before += i128::from(count);
        let end = before * 1000 / whole;
        (i64::try_from(begin).unwrap_or(0), i64::try_from(end - begin).unwrap_or(0))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shares_fill_the_bar() {
        assert_eq!(shares([0, 0, 0]), [(0, 0), (0, 0), (0, 0)]);
        assert_eq!(shares([7, 2, 1]), [(0, 700), (700, 200), (900, 100)]);
        assert_eq!(shares([1, 1, 1]), [(0, 333), (333, 333), (666, 334)]);
        assert_eq!(shares([i64::MAX; 3])[2], (666, 334));
    }
}

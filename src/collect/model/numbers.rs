//! Which number a name gets when it is taken: `photo (1501).jpg`.
//!
//! Pure, and sparing: it names some numbers to ask about at once and is told which are taken. The question
//! comes up within the one write transaction, so it takes a few rounds whether two files share a name or
//! a hundred thousand. What always holds: the number found is free, and the one before it is taken.

/// Numbers that are asked about at a time.
const AT_ONCE: u32 = 24;

/// The search for a number. Names without a number count as number 1.
#[derive(Debug, Clone, Copy)]
pub struct Search {
    /// The last number that is known to be taken.
    taken: u32,
    /// The first that is known to be free.
    free: Option<u32>,
}

impl Search {
    /// Begins behind a number that is known to be taken.
    #[must_use]
    pub fn behind(taken: u32) -> Self {
        Self { taken, free: None }
    }

    /// The numbers to ask about, rising.
    #[must_use]
    pub fn probes(&self) -> Vec<u32> {
        match self.free {
            // The next, and ever further away.
            None => (0..AT_ONCE).map(|doubled| self.taken.saturating_add(1 << doubled)).collect(),
            Some(free) => {
                let step = (free - self.taken).div_ceil(AT_ONCE + 1);
                (1..=AT_ONCE).map(|steps| self.taken + steps * step).take_while(|number| *number < free).collect()
            }
        }
    }

    /// Learns which of [`Self::probes`] are taken; the number, once it is found.
    pub fn learn(&mut self, is_taken: impl Fn(u32) -> bool) -> Option<u32> {
        for number in self.probes() {
            if !is_taken(number) {
                self.free = Some(number);
                break;
            }
            self.taken = number;
        }
        self.free.filter(|free| self.taken + 1 == *free)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The number found, and after how many rounds.
    fn search(is_taken: impl Fn(u32) -> bool) -> (u32, usize) {
        let mut search = Search::behind(1);
        for round in 1..100 {
            assert!(!search.probes().is_empty() && search.probes().is_sorted(), "{search:?}");
            if let Some(number) = search.learn(&is_taken) {
                return (number, round);
            }
        }
        panic!("no number was found");
    }

    #[test]
    fn the_next_number_takes_few_rounds() {
        for last in (1..300).chain([1_500, 65_537, 100_000, 1_000_000]) {
            let (number, rounds) = search(|number| number <= last);
            assert_eq!(number, last + 1);
            assert!(rounds <= 6, "{last}: {rounds} rounds");
        }
    }

    #[test]
    fn a_gap_may_be_used() {
        assert_eq!(search(|number| number != 2 && number < 9), (2, 1));
        let is_taken = |number: u32| !number.is_multiple_of(7) && number < 500;
        let (number, _) = search(is_taken);
        assert!(!is_taken(number) && is_taken(number - 1), "{number}");
    }
}

//! How much memory the bodies that are on their way take together.
//!
//! Thousands of clients may each send most of a picture and then stop. What always holds: apart from the little that each body has
//! anyway, all of them hold at most [`MOST`] bytes; whoever gets none goes to the disk in small pieces. What counts is the room
//! that was asked for: one that is used again (`rooms.rs`) may be larger.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

/// Bytes for all bodies together: those of a hundred pictures, or of some forty large files.
const MOST: usize = 64 * 1024 * 1024;

/// What all bodies hold.
#[derive(Debug, Default)]
pub(super) struct Budget(AtomicUsize);

/// What one body holds; it is given back when this is dropped.
#[derive(Debug)]
pub(super) struct Share {
    budget: Arc<Budget>,
    bytes: usize,
}

impl Share {
    /// Nothing yet.
    pub(super) fn of(budget: &Arc<Budget>) -> Self {
        Self { budget: budget.clone(), bytes: 0 }
    }

    /// Makes this a share of at least `bytes`; whether there was enough left.
    pub(super) fn grow_to(&mut self, bytes: usize) -> bool {
        let more = bytes.saturating_sub(self.bytes);
        let grown = |held: usize| held.checked_add(more).filter(|held| *held <= MOST);
        let granted = more == 0 || self.budget.0.fetch_update(Ordering::Relaxed, Ordering::Relaxed, grown).is_ok();
        if granted {
            self.bytes += more;
        }
        granted
    }
}

impl Drop for Share {
    fn drop(&mut self) {
        self.budget.0.fetch_sub(self.bytes, Ordering::Relaxed);
    }
}

#[cfg(test)]
impl Share {
    /// Everything there is.
    pub(super) fn all_of(budget: &Arc<Budget>) -> Self {
        let mut share = Self::of(budget);
        assert!(share.grow_to(MOST));
        share
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shares_never_pass_the_budget_and_come_back() {
        let budget = Arc::default();
        let (mut one, mut other) = (Share::of(&budget), Share::of(&budget));
        assert!(one.grow_to(MOST - 10) && one.grow_to(5) && other.grow_to(10));
        assert!(!other.grow_to(11) && other.grow_to(10));
        assert_eq!(budget.0.load(Ordering::Relaxed), MOST);
        drop(one);
        assert!(other.grow_to(MOST) && !other.grow_to(usize::MAX));
        drop(other);
        assert_eq!(budget.0.load(Ordering::Relaxed), 0);
    }
}

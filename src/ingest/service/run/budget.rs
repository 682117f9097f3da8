//! Memory that rows in flight may take, over all tasks: pictures of 20 MB are never all there at once.
//!
//! A row takes its share before it begins and gives it back when it has its outcome; it never waits for more while it
//! holds some, so nobody waits in a circle.

use std::sync::Arc;

use tokio::sync::{OwnedSemaphorePermit, Semaphore};

/// All shares together, in KiB.
const ALL: usize = 64 * 1024;

/// Chunks of large rows that may be read ahead at the same time, over all tasks.
const READERS: usize = 2;

/// Memory for rows.
#[derive(Debug)]
pub struct Budget {
    shares: Arc<Semaphore>,
    readers: Arc<Semaphore>,
}

impl Default for Budget {
    fn default() -> Self {
        Self { shares: Arc::new(Semaphore::new(ALL)), readers: Arc::new(Semaphore::new(READERS)) }
    }
}

impl Budget {
    /// Waits for a share of so many bytes. One that is larger than all shares gets all.
    pub async fn take(&self, bytes: usize) -> Option<OwnedSemaphorePermit> {
        let share = bytes.div_ceil(1024).clamp(1, ALL);
        // It is never closed; if it were, a row without a share would still be right.
        self.shares.clone().acquire_many_owned(u32::try_from(share).unwrap_or(u32::MAX)).await.ok()
    }

    /// Waits for a turn to read rows, which may be large.
    pub async fn turn_to_read(&self) -> Option<OwnedSemaphorePermit> {
        self.readers.clone().acquire_owned().await.ok()
    }
}

/// What the next picture of a task may take: as much as the largest of the last few.
#[derive(Debug)]
pub struct Guess(usize);

impl Default for Guess {
    fn default() -> Self {
        Self(64 * 1024)
    }
}

impl Guess {
    /// Bytes.
    pub fn bytes(&self) -> usize {
        self.0
    }

    /// A picture had so many bytes.
    pub fn learn(&mut self, bytes: usize) {
        self.0 = bytes.max(self.0 - self.0 / 8).max(64 * 1024);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_guess_follows_large_pictures_at_once_and_small_ones_slowly() {
        let mut guess = Guess::default();
        guess.learn(20 << 20);
        assert_eq!(guess.bytes(), 20 << 20);
        guess.learn(1000);
        assert!(guess.bytes() > 17 << 20);
        (0..200).for_each(|_| guess.learn(1000));
        assert_eq!(guess.bytes(), 64 * 1024);
    }

    #[tokio::test]
    async fn a_share_larger_than_all_is_all() {
        let budget = Budget::default();
        let all = budget.take(usize::MAX).await;
        assert!(budget.shares.available_permits() == 0);
        drop(all);
        assert_eq!(budget.shares.available_permits(), ALL);
    }
}

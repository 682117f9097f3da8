//! Work that only so much of may go on at a time, with a bounded queue before it.
//!
//! What always holds: whoever finds the queue full is told so at once (503 with `Retry-After`), and nobody waits for
//! longer than [`PATIENCE`]; so a crowd costs bounded memory, and its end isn't put off for ever.

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::time::timeout;

use super::error::{Error, Result};

/// How long one waits for a turn.
pub const PATIENCE: Duration = Duration::from_mins(1);

/// Turns, and places to wait for one; cheap to clone.
#[derive(Debug, Clone)]
pub struct Gate {
    turns: Arc<Semaphore>,
    /// One for each turn and for each that waits.
    places: Arc<Semaphore>,
    patience: Duration,
}

/// A turn; it ends when this is dropped.
#[derive(Debug)]
pub struct Turn {
    _turn: OwnedSemaphorePermit,
    _place: OwnedSemaphorePermit,
}

impl Gate {
    /// Lets `at_once` in, and `waiting` more wait.
    #[must_use]
    pub fn new(at_once: usize, waiting: usize) -> Self {
        let semaphore = |permits| Arc::new(Semaphore::new(permits));
        Self { turns: semaphore(at_once), places: semaphore(at_once + waiting), patience: PATIENCE }
    }

    /// Waits for a turn.
    ///
    /// # Errors
    /// `Unavailable` when too many wait already, or no turn came.
    pub async fn enter(&self) -> Result<Turn> {
        let place = self.places.clone().try_acquire_owned().map_err(|_| busy())?;
        let turn = timeout(self.patience, self.turns.clone().acquire_owned()).await.map_err(|_| busy())?;
        Ok(Turn { _turn: turn.map_err(Error::internal)?, _place: place })
    }
}

/// Too many want the same at once.
#[must_use]
pub fn busy() -> Error {
    Error::Unavailable(("Too many of these requests at once; try again later.", "此类请求过多，请稍后重试").into())
}

#[cfg(test)]
mod tests {
    use futures_util::FutureExt;

    use super::*;

    #[tokio::test]
    async fn a_full_queue_refuses_and_later_lets_in() {
        let gate = Gate::new(1, 1);
        let first = gate.enter().await.unwrap();
        let mut second = Box::pin(gate.enter());
        assert!((&mut second).now_or_never().is_none(), "it waits");
        assert!(matches!(gate.enter().await, Err(Error::Unavailable(_))), "no place left");
        drop(first);
        drop(second.await.unwrap());
        gate.enter().await.unwrap();
    }

    #[tokio::test]
    async fn nobody_waits_for_ever() {
        let gate = Gate { patience: Duration::from_millis(1), ..Gate::new(1, 1) };
        let _first = gate.enter().await.unwrap();
        assert!(matches!(gate.enter().await, Err(Error::Unavailable(_))));
        let again = gate.enter();
        assert!(matches!(again.await, Err(Error::Unavailable(_))), "the place was free again");
    }
}

//! A circuit breaker: a server that failed several times in a row is left alone, then tried with a single request.

use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

pub(super) struct Breaker {
    limit: u32,
    rest: Duration,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    /// In a row.
    failures: u32,
    /// Nobody may ask before.
    until: Option<Instant>,
}

impl Breaker {
    /// Opens after `limit` failures in a row, for `rest`.
    pub(super) fn new(limit: u32, rest: Duration) -> Self {
        Self { limit, rest, state: Mutex::default() }
    }

    /// May a request go? Else how long nobody may. After the rest the first who comes goes, and the others wait for as long again: a
    /// probe that is never heard of holds up nobody longer.
    pub(super) fn leave(&self, now: Instant) -> Result<(), Duration> {
        let mut state = self.lock();
        match state.until {
            Some(until) if now < until => Err(until - now),
            Some(_) => {
                state.until = Some(now + self.rest);
                Ok(())
            }
            None => Ok(()),
        }
    }

    pub(super) fn succeeded(&self) {
        *self.lock() = State::default();
    }

    pub(super) fn failed(&self, now: Instant) {
        let mut state = self.lock();
        state.failures = state.failures.saturating_add(1);
        if state.failures >= self.limit {
            state.until = Some(now + self.rest);
        }
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_opens_rests_and_lets_one_through() {
        let (rest, start) = (Duration::from_secs(5), Instant::now());
        let breaker = Breaker::new(3, rest);
        breaker.failed(start);
        breaker.failed(start);
        assert!(breaker.leave(start).is_ok());
        breaker.failed(start);
        assert_eq!(breaker.leave(start), Err(rest));
        assert!(breaker.leave(start + rest).is_ok());
        assert!(breaker.leave(start + rest).is_err(), "one probe at a time");
        breaker.failed(start + rest);
        assert_eq!(breaker.leave(start + rest), Err(rest));
        assert!(breaker.leave(start + 2 * rest).is_ok());
        breaker.succeeded();
        assert!(breaker.leave(start + 2 * rest).is_ok() && breaker.leave(start + 2 * rest).is_ok());
    }
}

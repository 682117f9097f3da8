//! Waiting with a bound: polls a condition, and fails with its name when it never comes true.

use std::time::{Duration, Instant};

/// How long anything that must happen may take. It only bounds a failing test.
pub const PATIENCE: Duration = Duration::from_mins(1);

/// Polls until `probe` gives a value.
///
/// # Panics
/// When none has come within [`PATIENCE`].
pub fn until<T>(what: &str, mut probe: impl FnMut() -> Option<T>) -> T {
    let end = Instant::now() + PATIENCE;
    let mut pause = Duration::from_millis(5);
    loop {
        if let Some(value) = probe() {
            return value;
        }
        assert!(Instant::now() < end, "this never happened: {what}");
        std::thread::sleep(pause);
        pause = (pause * 2).min(Duration::from_millis(100));
    }
}

/// Polls until `probe` is true.
pub fn until_true(what: &str, mut probe: impl FnMut() -> bool) {
    until(what, || probe().then_some(()));
}

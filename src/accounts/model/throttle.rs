//! How failed attempts are slowed: after the first few, each one makes the next wait twice as long. Pure.
//!
//! What always holds: an attempt counts before its outcome is known, so that many at once are no way around; and what is
//! remembered is bounded, whatever is tried.

use std::collections::HashMap;
use std::hash::Hash;

/// Attempts after which one is forgotten when nothing more comes, in milliseconds.
const MEMORY_MS: i64 = 3600 * 1000;

/// How many are remembered.
const MOST: usize = 20_000;

/// The rule for one kind of key.
#[derive(Debug, Clone, Copy)]
pub struct Rule {
    /// So many attempts may fail without a wait.
    pub free: u32,
    /// The longest wait in seconds.
    pub longest: u64,
}

#[derive(Debug, Clone, Copy)]
struct Failures {
    count: u32,
    /// UTC milliseconds.
    until: i64,
    last: i64,
}

impl Failures {
    /// Whether nothing came for long enough. A clock that was set back starts anew: a wait would seem longer.
    fn have_faded(&self, now: i64) -> bool {
        now < self.last || now - self.last >= MEMORY_MS
    }
}

/// Attempts by key.
#[derive(Debug)]
pub struct Throttle<K> {
    rule: Rule,
    failures: HashMap<K, Failures>,
}

impl<K: Hash + Eq + Clone> Throttle<K> {
    /// Nothing has been tried yet.
    #[must_use]
    pub fn new(rule: Rule) -> Self {
        Self { rule, failures: HashMap::new() }
    }

    /// How many seconds to wait before an attempt, if any.
    #[must_use]
    pub fn wait(&self, key: &K, now: i64) -> Option<u64> {
        let failures = self.failures.get(key).filter(|failures| !failures.have_faded(now))?;
        let left = failures.until.saturating_sub(now);
        u64::try_from(left).ok().filter(|ms| *ms > 0).map(|ms| ms.div_ceil(1000))
    }

    /// Counts an attempt as failed until [`Self::forgive`] says otherwise.
    pub fn count(&mut self, key: K, now: i64) {
        self.make_room(now);
        let failures = self.failures.entry(key).or_insert(Failures { count: 0, until: now, last: now });
        if failures.have_faded(now) {
            *failures = Failures { count: 0, until: now, last: now };
        }
        failures.count = failures.count.saturating_add(1);
        failures.last = now;
        if let Some(over) = failures.count.checked_sub(self.rule.free).filter(|over| *over > 0) {
            let seconds = 2_u64.saturating_pow(over.min(32) - 1).min(self.rule.longest);
            failures.until = now.saturating_add(i64::try_from(seconds).unwrap_or(i64::MAX / 1000) * 1000);
        }
    }

    /// The attempt was good: all of this key is forgotten.
    pub fn forget(&mut self, key: &K) {
        self.failures.remove(key);
    }

    /// The attempt was good: it alone is taken back.
    pub fn forgive(&mut self, key: &K) {
        if let Some(failures) = self.failures.get_mut(key) {
            failures.count = failures.count.saturating_sub(1);
            failures.until = failures.until.min(failures.last);
        }
    }

    fn make_room(&mut self, now: i64) {
        if self.failures.len() < MOST {
            return;
        }
        self.failures.retain(|_, failures| failures.until > now || now.saturating_sub(failures.last) < MEMORY_MS);
        if self.failures.len() < MOST {
            return;
        }
        // Still full of fresh ones: the mildest go.
        let mut counts: Vec<u32> = self.failures.values().map(|failures| failures.count).collect();
        counts.sort_unstable();
        let middle = counts[counts.len() / 2];
        self.failures.retain(|_, failures| failures.count > middle);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const RULE: Rule = Rule { free: 3, longest: 60 };

    #[test]
    fn waits_double_and_have_an_end() {
        let mut throttle = Throttle::new(RULE);
        let mut waits = Vec::new();
        for _ in 0..12 {
            throttle.count("a", 0);
            waits.push(throttle.wait(&"a", 0).unwrap_or(0));
        }
        assert_eq!(waits, [0, 0, 0, 1, 2, 4, 8, 16, 32, 60, 60, 60]);
        assert_eq!(throttle.wait(&"a", 59_001), Some(1));
        assert_eq!(throttle.wait(&"a", 60_000), None);
        assert_eq!(throttle.wait(&"b", 0), None);
    }

    #[test]
    fn attempts_fade_and_a_clock_that_was_set_back_starts_anew() {
        for now in [MEMORY_MS, 10 * MEMORY_MS, -3_600_000] {
            let mut throttle = Throttle::new(RULE);
            for _ in 0..8 {
                throttle.count("a", 0);
            }
            assert_eq!(throttle.wait(&"a", now), None, "{now}");
            throttle.count("a", now);
            assert_eq!(throttle.wait(&"a", now), None, "{now}");
        }
    }

    #[test]
    fn success_is_forgiven() {
        let mut throttle = Throttle::new(RULE);
        for _ in 0..5 {
            throttle.count("a", 0);
        }
        throttle.forgive(&"a");
        assert_eq!(throttle.wait(&"a", 0), None);
        throttle.count("a", 0);
        assert_eq!(throttle.wait(&"a", 0), Some(2));
        throttle.forget(&"a");
        throttle.count("a", 0);
        assert_eq!(throttle.wait(&"a", 0), None);
    }

    #[test]
    fn what_is_remembered_is_bounded_and_the_worst_stay() {
        let mut throttle = Throttle::new(RULE);
        for _ in 0..6 {
            throttle.count(u64::MAX, 0);
        }
        for key in 0..3 * MOST as u64 {
            throttle.count(key, 1);
        }
        assert!(throttle.failures.len() <= MOST);
        assert_eq!(throttle.wait(&u64::MAX, 1), Some(4));
    }
}

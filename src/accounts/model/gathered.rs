//! What is done very often is gathered: one line for all that is alike within a minute. Pure.

use std::collections::HashMap;

use super::Entry;

/// How many different lines are held at most; what comes beyond is counted under one.
const MOST: usize = 4096;

/// How many of them may be of people whom nobody knows: they are not to take the place of others.
const MOST_OF_STRANGERS: usize = MOST / 4;

const MINUTE_MS: i64 = 60_000;

/// Things done that are not written yet.
#[derive(Debug, Default)]
pub struct Gathered {
    lines: HashMap<(i64, Entry), i64>,
    strangers: usize,
}

/// A line that stands for several: when it was first and how many times.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Several {
    /// The minute's begin, UTC milliseconds.
    pub at: i64,
    pub entry: Entry,
    pub times: i64,
}

impl Gathered {
    /// Counts something done at `now`.
    pub fn add(&mut self, entry: Entry, now: i64) {
        self.count(now.div_euclid(MINUTE_MS) * MINUTE_MS, entry, 1);
    }

    fn count(&mut self, at: i64, entry: Entry, times: i64) {
        let is_stranger = entry.kind == NOBODY;
        let key = (at, entry);
        let is_full = self.lines.len() >= MOST || is_stranger && self.strangers >= MOST_OF_STRANGERS;
        let is_known = self.lines.contains_key(&key);
        let key = if is_full && !is_known { (at, others(&key.1)) } else { key };
        if is_stranger && !is_known {
            self.strangers += 1;
        }
        *self.lines.entry(key).or_default() += times;
    }

    /// Everything so far, the oldest first; nothing is left.
    pub fn take(&mut self) -> Vec<Several> {
        self.strangers = 0;
        let mut lines: Vec<Several> =
            self.lines.drain().map(|((at, entry), times)| Several { at, entry, times }).collect();
        lines.sort_by(|a, b| (a.at, &a.entry.action, &a.entry.path).cmp(&(b.at, &b.entry.action, &b.entry.path)));
        lines
    }

    /// Puts back what could not be written.
    pub fn put_back(&mut self, lines: Vec<Several>) {
        for line in lines {
            self.count(line.at, line.entry, line.times);
        }
    }
}

/// The kind of those whom nobody knows.
pub const NOBODY: &str = "nobody";

/// What stands for all that there was no room for.
fn others(entry: &Entry) -> Entry {
    Entry {
        kind: entry.kind,
        who: "…".to_owned(),
        who_id: None,
        address: String::new(),
        action: "…".to_owned(),
        path: String::new(),
        status: entry.status,
        is_refused: entry.is_refused,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn entry(path: &str) -> Entry {
        Entry {
            kind: "open",
            who: String::new(),
            who_id: None,
            address: "127.0.0.1".to_owned(),
            action: "PUT /upload/<tag>/<name>".to_owned(),
            path: path.to_owned(),
            status: 201,
            is_refused: false,
        }
    }

    #[test]
    fn alike_things_of_one_minute_are_one_line() {
        let mut gathered = Gathered::default();
        for (path, now) in [("/a", 60_000), ("/a", 60_001), ("/b", 60_000), ("/a", 119_999), ("/a", 120_000)] {
            gathered.add(entry(path), now);
        }
        let told: Vec<_> = gathered.take().into_iter().map(|line| (line.at, line.entry.path, line.times)).collect();
        assert_eq!(told, [(60_000, "/a".to_owned(), 3), (60_000, "/b".to_owned(), 1), (120_000, "/a".to_owned(), 1)]);
        assert!(gathered.take().is_empty());
    }

    #[test]
    fn there_is_an_end_to_what_is_held() {
        let mut gathered = Gathered::default();
        for n in 0..10_000 {
            gathered.add(entry(&n.to_string()), 0);
        }
        let lines = gathered.take();
        assert!(lines.len() <= MOST + 1);
        assert_eq!(lines.iter().map(|line| line.times).sum::<i64>(), 10_000);
    }
}

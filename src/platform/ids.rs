//! 64-bit ids: 19 digits, the local date `yyyymmdd` and then 11 digits (contract §0).
//!
//! They are drawn in Rust from blocks that the database hands out, so they never repeat: not after a
//! crash, not when the clock goes back, not with several servers on one database. A caller may draw
//! any number of consecutive ids at once.

use std::fmt;
use std::sync::Arc;

use rocket::request::FromParam;
use serde::{Serialize, Serializer};
use tokio::sync::Mutex;

use crate::platform::clock::Clock;
use crate::platform::db::{Db, Sql};
use crate::platform::error::{Error, Result};

/// How many ids a server takes from the database at a time.
const BLOCK: i64 = 4096;

/// Ids of one day.
const PER_DAY: i64 = 100_000_000_000;

/// What an id must be, said to whoever sent something else.
pub const ALLOWED: (&str, &str) =
    ("must be a positive whole number of at most 64 bits, in digits", "必须是不超过 64 位的正整数（十进制数字）");

/// A 64-bit id; in JSON a string, because browsers lose digits past 2^53.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Id(pub i64);

impl Id {
    /// Reads digits, bare or in double quotes (`"2018…"`), as clients write them.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let bare = text.strip_prefix('"').and_then(|rest| rest.strip_suffix('"')).unwrap_or(text);
        if bare.is_empty() || !bare.bytes().all(|b| b.is_ascii_digit()) {
            return None;
        }
        bare.parse().ok().filter(|id| *id > 0).map(Self)
    }

    /// The same for the `field` of a request.
    ///
    /// # Errors
    /// `Invalid` when it is none.
    pub fn read(field: &'static str, text: &str) -> Result<Self> {
        Self::parse(text).ok_or_else(|| Error::invalid(field, ALLOWED))
    }
}

impl fmt::Display for Id {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl Serialize for Id {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(&self.0)
    }
}

impl<'a> FromParam<'a> for Id {
    type Error = &'a str;

    fn from_param(param: &'a str) -> Result<Self, Self::Error> {
        Self::parse(param).ok_or(param)
    }
}

/// Draws ids; cheap to clone.
#[derive(Debug, Clone)]
pub struct Ids {
    db: Db,
    clock: Clock,
    block: Arc<Mutex<Block>>,
}

#[derive(Debug, Default)]
struct Block {
    next: i64,
    end: i64,
}

const TAKE: &str = "UPDATE id_blocks SET next_id = CASE WHEN next_id < ? THEN ? ELSE next_id END + ? WHERE name = 'id'";
const TAKEN: &str = "SELECT next_id FROM id_blocks WHERE name = 'id'";

impl Ids {
    /// Draws from the blocks of `db`.
    #[must_use]
    pub fn new(db: Db, clock: Clock) -> Self {
        Self { db, clock, block: Arc::default() }
    }

    /// The first of `count` consecutive ids that nobody else gets.
    ///
    /// # Errors
    /// When the database can't be written.
    pub async fn draw(&self, count: i64) -> Result<i64> {
        let floor = self.clock.local_day() * PER_DAY;
        let mut block = self.block.lock().await;
        let stale = block.next < floor;
        if stale || block.end - block.next < count {
            let size = count.max(BLOCK);
            let end = self.take(floor, size).await?;
            *block = Block { next: end - size, end };
        }
        let first = block.next;
        block.next += count;
        Ok(first)
    }

    /// Moves the shared mark by `size` and returns where it stands then.
    async fn take(&self, floor: i64, size: i64) -> Result<i64> {
        let mut tx = self.db.begin().await?;
        tx.execute(Sql::new(TAKE).bind(floor).bind(floor).bind(size)).await?;
        let row = tx.fetch_one(Sql::new(TAKEN)).await?;
        let end = row.int(0)?;
        tx.commit().await?;
        Ok(end)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_are_digits_bare_or_quoted() {
        assert_eq!(Id::parse("2018000000000000001"), Some(Id(2_018_000_000_000_000_001)));
        assert_eq!(Id::parse("\"7\""), Some(Id(7)));
        for bad in ["", "\"", "\"\"", "-1", "+1", "1.0", "0", "9223372036854775808", "\"7", "٣"] {
            assert_eq!(Id::parse(bad), None, "{bad:?}");
        }
    }
}

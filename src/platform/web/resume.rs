//! Going on with a download without saying of what.
//!
//! `curl -C -` and `wget -c` ask for the bytes behind those that they have, and name no state. What is behind them in
//! another state would make a broken file with exit code 0, so where the state may be another one the answer is one
//! that makes these programs stop: 416 where they have all of it, 412 where they have a part. (Behind a 200 `wget -c`
//! passes over as many bytes as it has, and appends the rest.)

use std::collections::VecDeque;
use std::collections::hash_map::DefaultHasher;
use std::convert::Infallible;
use std::hash::{Hash, Hasher};
use std::sync::{Mutex, PoisonError};

use rocket::http::{HeaderMap, Method};
use rocket::request::{FromRequest, Outcome, Request};

use super::ranges::{self, Wanted};
use crate::platform::error::{Error, Result};

/// States that are remembered, and who began with which.
const STATES: usize = 1024;
const BEGUN: usize = 4096;

/// The first byte of what is asked for by a client that names no state of it, neither by `If-Range` nor by `If-Match`.
/// `None` where all is asked for, or a state is named.
#[must_use]
pub fn blind_start(headers: &HeaderMap<'_>) -> Option<u64> {
    if headers.contains("If-Range") || headers.contains("If-Match") {
        return None;
    }
    match ranges::parse(headers.get_one("Range")?, u64::MAX) {
        Wanted::Part(range) if range.start > 0 => Some(range.start),
        _ => None,
    }
}

/// What is asked for, and by whom, as far as that tells programs apart.
#[derive(Debug, Clone, Copy)]
pub struct Asker {
    address: u64,
    client: u64,
    is_head: bool,
}

#[rocket::async_trait]
impl<'r> FromRequest<'r> for Asker {
    type Error = Infallible;

    async fn from_request(request: &'r Request<'_>) -> Outcome<Self, Self::Error> {
        Outcome::Success(Self {
            address: sum(request.uri().to_string()),
            client: sum((request.client_ip(), request.headers().get_one("User-Agent"))),
            is_head: request.method() == Method::Head,
        })
    }
}

fn sum(what: impl Hash) -> u64 {
    let mut hasher = DefaultHasher::new();
    what.hash(&mut hasher);
    hasher.finish()
}

/// Which states of what isn't append-stable were given out since the start, and who began with which of them.
#[derive(Debug, Default)]
pub struct Given(Mutex<Memory>);

#[derive(Debug, Default)]
struct Memory {
    states: VecDeque<State>,
    begun: VecDeque<(Asker, String)>,
}

#[derive(Debug)]
struct State {
    address: u64,
    etag: String,
    /// Bytes.
    size: u64,
}

impl Given {
    /// Whether the bytes asked for may be given, of what is in the state `etag` and has `size` bytes.
    ///
    /// # Errors
    /// `Range` when the client may have the whole of an earlier state, `PreconditionFailed` when it may have a part.
    pub fn admit(&self, asker: Asker, headers: &HeaderMap<'_>, etag: &str, size: u64) -> Result<()> {
        if asker.is_head {
            return Ok(());
        }
        let mut memory = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        match blind_start(headers).filter(|start| *start < size) {
            Some(start) => memory.check(asker, etag, start, size)?,
            None => memory.begin(asker, etag),
        }
        memory.note(asker.address, etag, size);
        Ok(())
    }
}

impl Memory {
    fn check(&self, asker: Asker, etag: &str, start: u64, size: u64) -> Result<()> {
        let earlier = || self.states.iter().filter(|state| state.address == asker.address && state.etag != etag);
        if earlier().any(|state| state.size == start) {
            return Err(Error::Range { size });
        }
        let own = self.begun.iter().find(|(of, _)| of.is_same(asker));
        if own.is_some_and(|(_, begun)| begun == etag) || !earlier().any(|state| state.size > start) {
            return Ok(());
        }
        let en = format!(
            "This has changed since it was given out the last time, and parts of both don't fit. Begin anew, or send \
             If-Range: {etag} if this is the state that you have a part of."
        );
        let zh = format!(
            "内容在上次下载后已变更，新旧部分不能拼接；请重新下载，若已有部分属于当前状态，请发送 If-Range: {etag}"
        );
        Err(Error::PreconditionFailed((en, zh).into()))
    }

    fn begin(&mut self, asker: Asker, etag: &str) {
        self.begun.retain(|(of, _)| !of.is_same(asker));
        self.begun.push_front((asker, etag.to_owned()));
        self.begun.truncate(BEGUN);
    }

    fn note(&mut self, address: u64, etag: &str, size: u64) {
        if !self.states.iter().any(|state| state.address == address && state.etag == etag) {
            self.states.push_front(State { address, etag: etag.to_owned(), size });
            self.states.truncate(STATES);
        }
    }
}

impl Asker {
    fn is_same(self, other: Self) -> bool {
        (self.address, self.client) == (other.address, other.client)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_start_is_blind_without_a_named_state() {
        let start = |lines: &[(&'static str, &'static str)]| {
            let mut headers = HeaderMap::new();
            for (name, value) in lines {
                headers.add_raw(*name, *value);
            }
            blind_start(&headers)
        };
        assert_eq!(start(&[("Range", "bytes=7-")]), Some(7));
        assert_eq!(start(&[("Range", "bytes=7-9")]), Some(7));
        assert_eq!(start(&[("Range", "bytes=0-")]), None);
        assert_eq!(start(&[]), None);
        assert_eq!(start(&[("Range", "bytes=7-"), ("If-Range", "\"a\"")]), None);
        assert_eq!(start(&[("Range", "bytes=7-"), ("If-Match", "\"a\"")]), None);
    }

    #[test]
    fn parts_of_another_state_are_refused() {
        let given = Given::default();
        let asker = |client| Asker { address: 1, client, is_head: false };
        let ask = |client, range: Option<&'static str>, etag, size| {
            let mut headers = HeaderMap::new();
            if let Some(range) = range {
                headers.add_raw("Range", range);
            }
            given.admit(asker(client), &headers, etag, size).map_err(|error| error.status())
        };
        // Nobody has begun: there is one state as far as is known.
        assert_eq!(ask(1, Some("bytes=5-"), "a", 10), Ok(()));
        assert_eq!(ask(1, None, "a", 10), Ok(()));
        // It has changed.
        assert_eq!(ask(1, Some("bytes=10-"), "b", 20), Err(416));
        assert_eq!(ask(1, Some("bytes=5-"), "b", 20), Err(412));
        assert_eq!(ask(2, Some("bytes=5-"), "b", 20), Err(412));
        // Nothing of the earlier state is as long as this.
        assert_eq!(ask(2, Some("bytes=11-"), "b", 20), Ok(()));
        // Whoever has begun with today's state goes on with it.
        assert_eq!(ask(3, None, "b", 20), Ok(()));
        assert_eq!(ask(3, Some("bytes=5-"), "b", 20), Ok(()));
        assert_eq!(ask(1, Some("bytes=5-"), "b", 20), Err(412));
        // Behind the end there is nothing to be mixed up.
        assert_eq!(ask(1, Some("bytes=20-"), "b", 20), Ok(()));
    }
}

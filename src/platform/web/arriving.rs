//! The body of a request while it is on its way: with its connection until somebody reads it.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
use std::{io, mem};

use http_body_util::BodyExt;
use hyper::body::{Body, Bytes, Incoming};
use rocket::request::Request;
use tokio::time::{Instant, timeout, timeout_at};

/// How long, and after how much silence, what nobody read is still discarded: a client that looks up only when all
/// is sent would find a reset in the place of the answer.
const DISCARD_TIME: Duration = Duration::from_secs(30);
const DISCARD_SILENCE: Duration = Duration::from_secs(5);

/// Most bytes that are discarded.
const DISCARD_MOST: u64 = 1 << 30;

/// A body that nobody reads yet, or any more.
#[derive(Debug)]
pub struct Arriving(Mutex<Option<Incoming>>);

impl Arriving {
    #[must_use]
    pub fn new(body: Incoming) -> Self {
        Self(Mutex::new(Some(body)))
    }

    /// The body of this request, where the server has left it.
    pub(super) fn of(request: &Request<'_>) -> Option<Arc<Self>> {
        request.local_cache(|| None::<Arc<Self>>).clone()
    }

    fn take(&self) -> Option<Incoming> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).take()
    }

    fn put_back(&self, body: Incoming) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = Some(body);
    }

    /// Once the answer is there: reads what is left of the body beside it, and throws it away, within bounds. Whether there
    /// was something left.
    pub fn discard_rest(&self) -> bool {
        let Some(body) = self.take().filter(|body| !body.is_end_stream()) else {
            return false;
        };
        tokio::spawn(discard(body));
        true
    }
}

async fn discard(mut body: Incoming) {
    let (deadline, mut count) = (Instant::now() + DISCARD_TIME, 0);
    while count < DISCARD_MOST {
        let next = timeout_at(deadline, timeout(DISCARD_SILENCE, body.frame())).await;
        let Ok(Ok(Some(Ok(frame)))) = next else {
            return;
        };
        count += frame.data_ref().map_or(0, |data| data.len() as u64);
    }
}

/// A body that a handler reads; what it leaves goes back.
pub(super) struct Taken {
    home: Arc<Arriving>,
    body: Option<Incoming>,
    /// What has arrived and was not asked for yet.
    ahead: Bytes,
}

impl From<Arc<Arriving>> for Taken {
    fn from(home: Arc<Arriving>) -> Self {
        let body = home.take();
        Self { home, body, ahead: Bytes::new() }
    }
}

impl Taken {
    /// Adds what comes next to `buffer`, as far as it has room; 0 at the proper end.
    pub(super) async fn read(&mut self, buffer: &mut Vec<u8>) -> io::Result<usize> {
        while self.ahead.is_empty() {
            let Some(body) = &mut self.body else {
                return Ok(0);
            };
            match body.frame().await {
                Some(Ok(frame)) => self.ahead = frame.into_data().unwrap_or_default(),
                Some(Err(error)) => return Err(io::Error::other(error)),
                None => self.body = None,
            }
        }
        let room = buffer.capacity() - buffer.len();
        let count = self.ahead.len().min(if room == 0 { LEAST_ROOM } else { room });
        buffer.extend_from_slice(&self.ahead.split_to(count));
        Ok(count)
    }
}

/// What a full buffer grows by.
const LEAST_ROOM: usize = 4096;

impl Drop for Taken {
    fn drop(&mut self) {
        if let Some(body) = mem::take(&mut self.body) {
            self.home.put_back(body);
        }
    }
}

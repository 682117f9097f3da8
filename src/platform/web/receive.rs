//! Reading a request's body to its true end.
//!
//! What always holds: a body counts only when all of it has arrived. One that is shorter than its
//! `Content-Length`, or chunked and cut off, is an error — also where Rocket's look at the first
//! bytes swallowed the fault (design §7).

use std::time::Duration;

use ring::digest::{Context, SHA256};
use rocket::data::{ByteUnit, Data, DataStream};
use rocket::request::{FromRequest, Outcome, Request};
use tokio::io::AsyncReadExt;
use tokio::time::{Instant, timeout_at};

use super::announced::Announced;
use super::fairings::PeekComplete;
use super::pace::{Pace, too_long};
use crate::platform::blobs::{BlobKey, Incoming};
use crate::platform::config::Config;
use crate::platform::error::{Error, Result};

/// Rocket looks at this many bytes ("_method=delete") before anything else.
pub(super) const PEEKED: usize = 14;

/// Most bytes of a refused body that are read all the same, and the longest time for it.
const FORGOTTEN: u64 = 32 << 20;
const FORGETTING: Duration = Duration::from_secs(10);

/// What the request's head tells of its body.
#[derive(Debug, Clone, Copy)]
pub struct BodyHead {
    /// `Content-Length`, where there is one.
    pub length: Option<u64>,
    /// The digest of the whole body, where the client tells it.
    pub announced: Announced,
    peek_complete: bool,
    pace: Pace,
}

#[rocket::async_trait]
impl<'r> FromRequest<'r> for BodyHead {
    type Error = ();

    async fn from_request(request: &'r Request<'_>) -> Outcome<Self, ()> {
        let headers = request.headers();
        let is_chunked = headers.contains("Transfer-Encoding");
        let length = headers.get_one("Content-Length").and_then(|text| text.trim().parse().ok());
        let PeekComplete(peek_complete) = *request.local_cache(|| PeekComplete(true));
        Outcome::Success(Self {
            length: length.filter(|_| !is_chunked),
            announced: Announced::of(headers),
            peek_complete,
            pace: request.rocket().state::<Config>().map(Pace::of).unwrap_or_default(),
        })
    }
}

/// A body that is read piece by piece. On the heap, or every future that it is handed through has room for it.
pub struct Body<'r>(Box<Inner<'r>>);

struct Inner<'r> {
    stream: DataStream<'r>,
    /// Its announced length.
    length: Option<u64>,
    announced: Announced,
    limit: u64,
    taken: u64,
    /// Longest silence, and the moment when all of it must be there.
    pace: Pace,
    deadline: Instant,
    /// The digest of what was read, and what it is to be in the end.
    sum: Option<Box<(Context, [u8; 32])>>,
}

impl<'r> Body<'r> {
    /// Opens the body; more than `limit` bytes of it are an error.
    ///
    /// # Errors
    /// `TooLarge` when more is announced; `Incomplete` when it broke off within the first bytes.
    pub fn open(data: Data<'r>, head: BodyHead, limit: u64) -> Result<Self> {
        if head.length.is_some_and(|length| length > limit) {
            return Err(Error::TooLarge { limit });
        }
        let stream = data.open(ByteUnit::max_value());
        if stream.hint() < PEEKED && !head.peek_complete {
            return Err(broken_off());
        }
        let BodyHead { length, announced, pace, .. } = head;
        let deadline = Instant::now() + pace.total(length.unwrap_or(limit));
        Ok(Self(Box::new(Inner { stream, length, announced, limit, taken: 0, pace, deadline, sum: None })))
    }

    /// From now on [`Self::read`] holds the body, at its end, against the digest that its head announces.
    ///
    /// # Errors
    /// As [`Announced::sha256`].
    pub fn check_digest(&mut self) -> Result<()> {
        self.0.sum = self.0.announced.sha256()?.map(|digest| Box::new((Context::new(&SHA256), digest)));
        Ok(())
    }

    /// Adds what comes next to `buffer`; 0 at the proper end.
    ///
    /// # Errors
    /// `Incomplete` when the client goes away, `TooSlow` when it is silent or takes too long, `TooLarge` past the limit,
    /// `Unprocessable` when the digest is not the announced one.
    pub async fn read(&mut self, buffer: &mut Vec<u8>) -> Result<usize> {
        let (before, inner) = (buffer.len(), &mut *self.0);
        let silent_at = Instant::now() + inner.pace.idle;
        let read = timeout_at(silent_at.min(inner.deadline), inner.stream.read_buf(buffer)).await;
        let is_late = inner.deadline < silent_at;
        let count = read.map_err(|_| if is_late { too_long() } else { inner.pace.silent() })?;
        let count = count.map_err(|_| broken_off())?;
        inner.taken += count as u64;
        if inner.taken > inner.limit {
            return Err(Error::TooLarge { limit: inner.limit });
        }
        if count == 0 && inner.length.is_some_and(|length| length != inner.taken) {
            return Err(broken_off());
        }
        if let Some(announced) = &mut inner.sum {
            announced.0.update(&buffer[before..]);
        }
        if count == 0 {
            self.compare_digest()?;
        }
        Ok(count)
    }

    fn compare_digest(&mut self) -> Result<()> {
        let Some((sum, announced)) = self.0.sum.take().map(|sum| *sum) else {
            return Ok(());
        };
        let arrived: [u8; 32] = sum.finish().as_ref().try_into().unwrap_or_default();
        if arrived == announced {
            return Ok(());
        }
        Err(Error::digest_mismatch(BlobKey::from_digest(&arrived)))
    }

    /// Reads and forgets what comes, as far as that is little: whoever looks up only when all is sent would find a cut
    /// connection in the place of the refusal that follows.
    pub async fn forget(mut self) {
        if self.0.length.is_some_and(|length| length > FORGOTTEN) {
            return;
        }
        self.0.sum = None;
        self.0.limit = FORGOTTEN;
        self.0.deadline = self.0.deadline.min(Instant::now() + FORGETTING);
        let mut buffer = Vec::with_capacity(16 * 1024);
        while self.0.length.is_none_or(|length| self.0.taken < length) {
            buffer.clear();
            if !self.read(&mut buffer).await.is_ok_and(|count| count > 0) {
                break;
            }
        }
    }

    /// Reads all of it into `incoming`.
    ///
    /// # Errors
    /// As [`Self::read`], and whatever the disk says.
    pub async fn read_into(mut self, incoming: &mut Incoming) -> Result<()> {
        // A body of known length ends where it is full; asking once more would cost a round trip.
        while self.0.length.is_none_or(|length| self.0.taken < length) {
            if self.read(incoming.buffer()).await? == 0 {
                break;
            }
            incoming.drain().await?;
        }
        Ok(())
    }
}

fn broken_off() -> Error {
    let message = ("The body broke off before its end. Nothing was stored.", "请求正文在结束前中断，未保存任何内容");
    Error::Incomplete(message.into())
}

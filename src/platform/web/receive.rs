//! Reading a request's body to its true end.
//!
//! What always holds: a body counts only when all of it has arrived. One that is shorter than its
//! `Content-Length`, or chunked and cut off, is an error. Nothing of it is read before a handler asks for it, and
//! what no handler read is discarded behind the answer.

use std::sync::Arc;

use ring::digest::{Context, SHA256};
use rocket::data::{ByteUnit, Data, DataStream};
use rocket::request::{FromRequest, Outcome, Request};
use tokio::io::AsyncReadExt;
use tokio::time::{Instant, timeout_at};

use super::announced::Announced;
use super::arriving::Taken;
use super::pace::{Pace, too_long};
use crate::platform::blobs::{BlobKey, Incoming};
use crate::platform::config::Config;
use crate::platform::error::{Error, Result};

pub use super::arriving::Arriving;

/// What the request's head tells of its body.
#[derive(Debug, Clone)]
pub struct BodyHead {
    /// `Content-Length`, where there is one.
    pub length: Option<u64>,
    /// The digest of the whole body, where the client tells it.
    pub announced: Announced,
    /// Where the body comes from; `None` where Rocket itself holds it (its in-process client).
    arriving: Option<Arc<Arriving>>,
    pace: Pace,
}

#[rocket::async_trait]
impl<'r> FromRequest<'r> for BodyHead {
    type Error = ();

    async fn from_request(request: &'r Request<'_>) -> Outcome<Self, ()> {
        let headers = request.headers();
        let is_chunked = headers.contains("Transfer-Encoding");
        let length = headers.get_one("Content-Length").and_then(|text| text.trim().parse().ok());
        Outcome::Success(Self {
            length: length.filter(|_| !is_chunked),
            announced: Announced::of(headers),
            arriving: Arriving::of(request),
            pace: request.rocket().state::<Config>().map(Pace::of).unwrap_or_default(),
        })
    }
}

/// Where the bytes come from.
enum Stream<'r> {
    Network(Taken),
    Local(Box<DataStream<'r>>),
}

impl Stream<'_> {
    async fn read(&mut self, buffer: &mut Vec<u8>) -> std::io::Result<usize> {
        match self {
            Self::Network(taken) => taken.read(buffer).await,
            Self::Local(stream) => stream.read_buf(buffer).await,
        }
    }
}

/// A body that is read piece by piece. On the heap, or every future that it is handed through has room for it.
pub struct Body<'r>(Box<Inner<'r>>);

struct Inner<'r> {
    stream: Stream<'r>,
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
    /// `TooLarge` when more is announced.
    pub fn open(data: Data<'r>, head: BodyHead, limit: u64) -> Result<Self> {
        if head.length.is_some_and(|length| length > limit) {
            return Err(Error::TooLarge { limit });
        }
        let BodyHead { length, announced, pace, arriving } = head;
        let stream = match arriving {
            Some(arriving) => Stream::Network(Taken::from(arriving)),
            None => Stream::Local(Box::new(data.open(ByteUnit::max_value()))),
        };
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
        let read = timeout_at(silent_at.min(inner.deadline), inner.stream.read(buffer)).await;
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

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
use tokio::time::timeout;

use super::announced::Announced;
use super::fairings::PeekComplete;
use crate::platform::blobs::{BlobKey, Incoming};
use crate::platform::error::{Error, Result};

/// A client that sends nothing for this long has gone.
pub const IDLE: Duration = Duration::from_secs(60);

/// Rocket looks at this many bytes ("_method=delete") before anything else.
pub(super) const PEEKED: usize = 14;

/// What the request's head tells of its body.
#[derive(Debug, Clone, Copy)]
pub struct BodyHead {
    /// `Content-Length`, where there is one.
    pub length: Option<u64>,
    /// The digest of the whole body, where the client tells it.
    pub announced: Announced,
    peek_complete: bool,
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
        })
    }
}

/// A body that is read piece by piece.
pub struct Body<'r> {
    /// Large; on the heap, or every future it is handed through has room for it.
    stream: Box<DataStream<'r>>,
    head: BodyHead,
    limit: u64,
    taken: u64,
    /// The digest of what was read, and what it is to be in the end; on the heap for the same reason.
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
        Ok(Self { stream: Box::new(stream), head, limit, taken: 0, sum: None })
    }

    /// From now on [`Self::read`] holds the body, at its end, against the digest that its head announces.
    ///
    /// # Errors
    /// As [`Announced::sha256`].
    pub fn check_digest(&mut self) -> Result<()> {
        self.sum = self.head.announced.sha256()?.map(|digest| Box::new((Context::new(&SHA256), digest)));
        Ok(())
    }

    /// Adds what comes next to `buffer`; 0 at the proper end.
    ///
    /// # Errors
    /// `Incomplete` when the client goes away or is silent for too long, `TooLarge` past the limit,
    /// `Unprocessable` when the digest is not the announced one.
    pub async fn read(&mut self, buffer: &mut Vec<u8>) -> Result<usize> {
        let before = buffer.len();
        let read = timeout(IDLE, self.stream.read_buf(buffer)).await;
        let count = read.map_err(|_| silent())?.map_err(|_| broken_off())?;
        self.taken += count as u64;
        if self.taken > self.limit {
            return Err(Error::TooLarge { limit: self.limit });
        }
        if count == 0 && self.head.length.is_some_and(|length| length != self.taken) {
            return Err(broken_off());
        }
        if let Some(announced) = &mut self.sum {
            announced.0.update(&buffer[before..]);
        }
        if count == 0 {
            self.compare_digest()?;
        }
        Ok(count)
    }

    fn compare_digest(&mut self) -> Result<()> {
        let Some((sum, announced)) = self.sum.take().map(|sum| *sum) else {
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
        while self.head.length.is_none_or(|length| self.taken < length) {
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

fn silent() -> Error {
    let message = ("Nothing arrived for 60 seconds. Nothing was stored.", "60 秒内没有收到数据，未保存任何内容");
    Error::Incomplete(message.into())
}

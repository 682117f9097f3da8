//! `multipart/form-data` as a stream of file parts, with a bound on everything that is kept in memory.
//!
//! multer keeps what stands before the first part, and each part's headers, in memory without bound,
//! and takes from the body whatever is there. The guard here lets it have one piece at a time, and
//! ends a body in which nothing but headers comes for longer than 64 KiB.

use std::pin::Pin;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll, ready};

use futures_util::Stream;
use futures_util::future::poll_fn;
use futures_util::stream::{BoxStream, StreamExt, try_unfold};
use multer::{Field, Multipart};
use rocket::http::ContentType;
use rocket::http::hyper::body::Bytes;

use super::receive::Body;
use crate::platform::error::{Error, Result};

/// Most bytes of headers and preamble before a part's content.
const MAX_HEADERS: usize = 64 * 1024;

/// Most bytes of a text field.
const MAX_TEXT: usize = 64 * 1024;

/// Bytes that are read at a time.
const PIECE: usize = 64 * 1024;

/// The parts of a body.
pub struct Parts<'r> {
    multipart: Multipart<'r>,
    pieces: Pieces<'r>,
    unclaimed: Arc<AtomicUsize>,
}

/// One part of the form.
pub enum Part<'r> {
    File(Box<FilePart<'r>>),
    /// A text field, as it was sent.
    Text {
        name: String,
        value: String,
    },
}

/// One file of the form.
pub struct FilePart<'r> {
    /// As the client wrote it, unchecked.
    pub file_name: String,
    field: Field<'r>,
    unclaimed: Arc<AtomicUsize>,
}

impl<'r> Parts<'r> {
    /// The parts of a body of this type.
    ///
    /// # Errors
    /// `Invalid` when the type names no boundary, or a digest is announced that is none.
    pub fn new(media: &ContentType, body: Body<'r>) -> Result<Self> {
        let boundary = media.param("boundary").filter(|boundary| (1..=200).contains(&boundary.len()));
        let boundary = boundary.ok_or_else(|| {
            let message = ("multipart/form-data must name its boundary", "multipart/form-data 缺少 boundary");
            Error::invalid("Content-Type", message)
        })?;
        Ok(Self::of(boundary, pieces(body)?))
    }

    /// The parts of a body that comes in these pieces.
    #[must_use]
    pub fn of(boundary: &str, pieces: BoxStream<'r, Result<Bytes>>) -> Self {
        let unclaimed = Arc::new(AtomicUsize::new(0));
        let pieces: Pieces<'r> = Arc::new(Mutex::new(pieces));
        let guard = Guard { pieces: pieces.clone(), unclaimed: unclaimed.clone(), is_tired: false };
        Self { multipart: Multipart::new(guard, boundary), pieces, unclaimed }
    }

    /// The next file; fields without a file name are passed over. `None` at the proper end.
    ///
    /// # Errors
    /// `Incomplete` when the body breaks off, `Invalid` when it isn't multipart.
    pub async fn next_file(&mut self) -> Result<Option<FilePart<'r>>> {
        while let Some(mut field) = self.next_field().await? {
            if is_file(&field) {
                return Ok(Some(self.file(field)));
            }
            while field.chunk().await.map_err(refusal)?.is_some() {
                self.unclaimed.store(0, Ordering::Relaxed);
            }
        }
        Ok(None)
    }

    /// The next file or text field. `None` at the proper end.
    ///
    /// # Errors
    /// As [`Self::next_file`]; `Invalid` for a text field of more than 64 KiB or that isn't UTF-8.
    pub async fn next_part(&mut self) -> Result<Option<Part<'r>>> {
        let Some(mut field) = self.next_field().await? else {
            return Ok(None);
        };
        if is_file(&field) {
            return Ok(Some(Part::File(Box::new(self.file(field)))));
        }
        let name = field.name().unwrap_or_default().to_owned();
        let mut value = Vec::new();
        while let Some(chunk) = field.chunk().await.map_err(refusal)? {
            self.unclaimed.store(0, Ordering::Relaxed);
            value.extend_from_slice(&chunk);
            if value.len() > MAX_TEXT {
                let message = ("has a text field of more than 64 KiB", "文本字段超过 64 KiB");
                return Err(Error::invalid("body", message));
            }
        }
        let value = String::from_utf8(value)
            .map_err(|_| Error::invalid("body", ("has a text field that is not UTF-8", "文本字段不是 UTF-8")))?;
        Ok(Some(Part::Text { name, value }))
    }

    async fn next_field(&mut self) -> Result<Option<Field<'r>>> {
        self.unclaimed.store(0, Ordering::Relaxed);
        let field = self.multipart.next_field().await.map_err(refusal)?;
        self.unclaimed.store(0, Ordering::Relaxed);
        if field.is_none() {
            self.drain().await?;
        }
        Ok(field)
    }

    /// Reads on from the last boundary to the end of the body: it may break off there, too.
    async fn drain(&self) -> Result<()> {
        let mut behind = 0;
        while let Some(piece) = poll_fn(|cx| poll(&self.pieces, cx)).await {
            behind += piece?.len();
            if behind > MAX_HEADERS {
                let message = ("more than 64 KiB behind the last boundary", "最后的分隔符之后超过 64 KiB");
                return Err(Error::invalid("body", message));
            }
        }
        Ok(())
    }

    fn file(&self, field: Field<'r>) -> FilePart<'r> {
        let file_name = field.file_name().unwrap_or_default().to_owned();
        FilePart { file_name, field, unclaimed: self.unclaimed.clone() }
    }
}

/// A text field has no file name; a file input that was left empty has an empty one.
fn is_file(field: &Field<'_>) -> bool {
    field.file_name().is_some_and(|name| !name.is_empty())
}

impl FilePart<'_> {
    /// The next bytes; `None` at the end of the part.
    ///
    /// # Errors
    /// `Incomplete` when the body breaks off within the part.
    pub async fn chunk(&mut self) -> Result<Option<Bytes>> {
        let chunk = self.field.chunk().await.map_err(refusal)?;
        self.unclaimed.store(0, Ordering::Relaxed);
        Ok(chunk)
    }
}

/// A body in pieces, shared: multer reads it up to the last boundary, [`Parts`] what stands behind.
type Pieces<'r> = Arc<Mutex<BoxStream<'r, Result<Bytes>>>>;

fn poll(pieces: &Pieces<'_>, cx: &mut Context<'_>) -> Poll<Option<Result<Bytes>>> {
    pieces.lock().unwrap_or_else(PoisonError::into_inner).poll_next_unpin(cx)
}

/// The body in pieces, held at its end against the digest that the request announces (contract §1). Whoever reads
/// them reads to the end.
///
/// # Errors
/// `Invalid` when that digest is none, `Unprocessable` when there are several that differ.
pub fn pieces(mut body: Body<'_>) -> Result<BoxStream<'_, Result<Bytes>>> {
    body.check_digest()?;
    let pieces = try_unfold(body, |mut body| async {
        let mut buffer = Vec::with_capacity(PIECE);
        let count = body.read(&mut buffer).await?;
        Ok((count > 0).then(|| (Bytes::from(buffer), body)))
    });
    Ok(pieces.boxed())
}

/// Gives one piece a turn, and counts what nobody has claimed yet.
struct Guard<'r> {
    pieces: Pieces<'r>,
    unclaimed: Arc<AtomicUsize>,
    /// A piece was given in this turn.
    is_tired: bool,
}

impl Stream for Guard<'_> {
    type Item = Result<Bytes>;

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        if self.is_tired {
            self.is_tired = false;
            cx.waker().wake_by_ref();
            return Poll::Pending;
        }
        let next = ready!(poll(&self.pieces, cx));
        if let Some(Ok(piece)) = &next {
            self.is_tired = true;
            let before = self.unclaimed.fetch_add(piece.len(), Ordering::Relaxed);
            if before > MAX_HEADERS {
                let message = ("more than 64 KiB of headers before a part", "分段头部超过 64 KiB");
                return Poll::Ready(Some(Err(Error::invalid("body", message))));
            }
        }
        Poll::Ready(next)
    }
}

fn refusal(error: multer::Error) -> Error {
    match error {
        multer::Error::StreamReadFailed(source) => match source.downcast::<Error>() {
            Ok(error) => *error,
            Err(other) => Error::Internal(other),
        },
        multer::Error::IncompleteStream
        | multer::Error::IncompleteFieldData { .. }
        | multer::Error::IncompleteHeaders => {
            let message = ("The form broke off before its last boundary.", "表单在最后的分隔符之前中断");
            Error::Incomplete(message.into())
        }
        other => Error::invalid(
            "body",
            (format!("is not valid multipart/form-data: {other}"), "不是有效的 multipart/form-data"),
        ),
    }
}

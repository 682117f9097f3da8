//! `?unpack=zip`: an archive whose entries become files, read as it streams in.
//!
//! Each entry stands or falls alone: one that would escape, is encrypted, damaged, or unpacks beyond all bounds
//! is refused and the next one read. (Where an entry's length stands behind its data, damage hides where the next
//! one begins: then the archive is refused.) What always holds: nothing is stored unless the whole body arrived,
//! directory included, and no entry is trusted to tell its own size.

use std::borrow::Cow;
use std::io;

use async_zip::base::read::stream::ZipFileReader;
use futures_util::io::{AsyncBufRead, AsyncBufReadExt, AsyncRead, AsyncReadExt, Take};

use super::rewind::Rewind;
use super::{Collect, Upload};
use crate::collect::model::{Name, OnConflict, Uploaded};
use crate::platform::blobs::{Incoming, Received};
use crate::platform::error::{Error, Message, Result};
use crate::platform::web::preconditions::Preconditions;

/// Most entries in one archive, and files in one form.
pub const MAX_ENTRIES: usize = 200_000;

/// A file may unpack to this many bytes whatever its packed size …
const FREE: u64 = 64 << 20;

/// … and beyond that to this many times its packed size.
const MAX_RATIO: u64 = 200;

const LOCAL_HEADER: usize = 30;

/// The end record with its comment (APPNOTE 4.3.16), at most.
const END_RECORD: usize = 22 + 65_535;

/// What became of one entry (or part of a form).
pub struct Outcome<T> {
    pub name: String,
    pub result: Result<T>,
}

impl Collect {
    /// Unpacks `archive` into `tag`; the outcomes in its order.
    ///
    /// # Errors
    /// When the body broke off or is no zip; then nothing is stored.
    pub async fn unpack<R>(&self, tag: &Name, on_conflict: OnConflict, archive: R) -> Result<Vec<Outcome<Uploaded>>>
    where
        R: AsyncBufRead + Unpin + Send,
    {
        let mut placed = Vec::new();
        if let Err(error) = self.place_entries(archive, &mut placed).await {
            for outcome in placed {
                if let Ok((_, received)) = outcome.result {
                    self.discard(&received.key).await?;
                }
            }
            return Err(error);
        }
        Ok(self.store_all(tag, on_conflict, placed).await)
    }

    /// Commits what was placed, in order; what was refused before stays refused.
    pub async fn store_all(
        &self,
        tag: &Name,
        on_conflict: OnConflict,
        placed: Vec<Outcome<(Name, Received)>>,
    ) -> Vec<Outcome<Uploaded>> {
        let mut files = Vec::new();
        let mut outcomes = Vec::with_capacity(placed.len());
        for Outcome { name, result } in placed {
            outcomes.push((
                name,
                result.map(|(name, received)| {
                    let (tag, conditions) = (tag.clone(), Preconditions::default());
                    files.push((Upload { tag, name, on_conflict, expected: None, conditions }, received));
                }),
            ));
        }
        let mut stored = self.store_placed(files).await.into_iter();
        let gone = || Err(Error::internal("an upload has no outcome"));
        outcomes
            .into_iter()
            .map(|(name, result)| Outcome { name, result: result.and_then(|()| stored.next().unwrap_or_else(gone)) })
            .collect()
    }

    async fn place_entries<R>(&self, archive: R, placed: &mut Vec<Outcome<(Name, Received)>>) -> Result<()>
    where
        R: AsyncBufRead + Unpin + Send,
    {
        let mut source = Rewind { prefix: Vec::new(), at: 0, inner: archive };
        let mut unpacked = 0;
        while let Some(head) = Head::read(&mut source).await? {
            if placed.len() >= MAX_ENTRIES {
                return Err(Error::invalid(
                    "body",
                    ("more than 200000 entries in one archive", "压缩包内的条目超过 200000 个"),
                ));
            }
            let shown = head.name.clone().into_owned();
            let verdict = head.verdict(self.max_size().saturating_sub(unpacked));
            match verdict {
                Verdict::Folder => source = head.pass(source).await?,
                Verdict::Refuse(message) => {
                    placed.push(Outcome { name: shown, result: Err(Error::Unprocessable(message)) });
                    source = head.pass(source).await?;
                }
                Verdict::Name(error) => {
                    placed.push(Outcome { name: shown, result: Err(error) });
                    source = head.pass(source).await?;
                }
                Verdict::Take(name) => {
                    let left = self.max_size().saturating_sub(unpacked);
                    let (rest, received) = self.place_entry(head, source, left).await?;
                    source = rest;
                    unpacked += received.as_ref().map_or(0, |received| received.size);
                    placed.push(Outcome { name: shown, result: received.map(|received| (name, received)) });
                }
            }
        }
        read_directory(source).await
    }

    /// One entry into its place; its own faults are its own, those of the body are everybody's.
    async fn place_entry<R>(
        &self,
        head: Head,
        mut source: Rewind<R>,
        left: u64,
    ) -> Result<(Rewind<R>, Result<Received>)>
    where
        R: AsyncBufRead + Unpin + Send,
    {
        let bound = left.min(head.bound());
        let Some(packed) = head.packed else {
            let reader = ZipFileReader::new(head.rewound(source));
            let mut entry = reader.next_with_entry().await.map_err(not_a_zip)?.ok_or_else(empty)?;
            let incoming = self.receive_entry(entry.reader_mut(), bound).await.map_err(broken)?;
            let rest = entry.done().await.map_err(not_a_zip)?.into_inner().await;
            return Ok((rest, self.place_unpacked(&head, incoming).await?));
        };
        let mut part = (&mut source).take(packed);
        let reader = ZipFileReader::new(Rewind { prefix: head.raw.clone(), at: 0, inner: &mut part });
        let mut entry = reader.next_with_entry().await.map_err(not_a_zip)?.ok_or_else(empty)?;
        let received = self.receive_entry(entry.reader_mut(), bound).await;
        drop(entry);
        pass_over(&mut part).await?;
        let incoming = match received {
            Ok(incoming) => incoming,
            Err(error) => Err(error.downcast::<Error>().map_or_else(|_| Ok(damaged()), Err)?),
        };
        Ok((source, self.place_unpacked(&head, incoming).await?))
    }

    /// Reads an entry to its end. Outside stands what went wrong with reading it, inside with keeping it.
    async fn receive_entry<R: AsyncRead + Unpin>(&self, mut entry: R, bound: u64) -> io::Result<Result<Incoming>> {
        let mut incoming = self.begin(None);
        let mut buffer = vec![0; 64 * 1024];
        loop {
            let count = entry.read(&mut buffer).await?;
            if count == 0 {
                return Ok(incoming);
            }
            let Ok(target) = &mut incoming else {
                continue;
            };
            let written = if target.size() + count as u64 > bound {
                Err(Error::Unprocessable(too_large()))
            } else {
                target.write(&buffer[..count]).await.map_err(Error::from)
            };
            if let Err(error) = written {
                incoming = Err(error);
            }
        }
    }

    /// Puts what an entry held in its place, if it is what the head announced.
    async fn place_unpacked(&self, head: &Head, incoming: Result<Incoming>) -> Result<Result<Received>> {
        let placed = match incoming {
            Ok(incoming) => self.place(incoming).await,
            Err(error) => Err(error),
        };
        match placed {
            Ok(received) if head.crc32.is_some_and(|crc32| crc32 != received.crc32) => {
                self.discard(&received.key).await?;
                Ok(Err(damaged()))
            }
            placed => Ok(placed),
        }
    }
}

/// Passes over the rest of an entry's data.
async fn pass_over<R: AsyncBufRead + Unpin>(part: &mut Take<R>) -> Result<()> {
    futures_util::io::copy(&mut *part, &mut futures_util::io::sink()).await.map_err(broken)?;
    if part.limit() > 0 { Err(broken(io::ErrorKind::UnexpectedEof.into())) } else { Ok(()) }
}

/// Reads the central directory, to the true end of the body; an archive that was cut off has no end record.
async fn read_directory<R: AsyncBufRead + Unpin>(mut source: Rewind<R>) -> Result<()> {
    let mut tail = Vec::new();
    let mut piece = vec![0; 64 * 1024];
    loop {
        let count = source.read(&mut piece).await.map_err(broken)?;
        if count == 0 {
            break;
        }
        tail.drain(..tail.len().saturating_sub(END_RECORD));
        tail.extend_from_slice(&piece[..count]);
    }
    let has_end = tail.windows(4).any(|bytes| bytes == b"PK\x05\x06");
    if has_end { Ok(()) } else { Err(broken(io::ErrorKind::UnexpectedEof.into())) }
}

/// A local file header (APPNOTE 4.3.7).
struct Head {
    raw: Vec<u8>,
    name: Cow<'static, str>,
    is_encrypted: bool,
    /// Stored or deflated.
    is_readable: bool,
    /// `None` where it stands behind the data.
    packed: Option<u64>,
    crc32: Option<u32>,
}

enum Verdict {
    Folder,
    Refuse(Message),
    Name(Error),
    Take(Name),
}

impl Head {
    /// The next header; `None` where the entries end, with what stands there put back.
    async fn read<R: AsyncBufRead + Unpin>(source: &mut Rewind<R>) -> Result<Option<Self>> {
        let mut raw = vec![0; 4];
        if source.fill_buf().await.map_err(broken)?.is_empty() {
            return Err(empty());
        }
        source.read_exact(&mut raw).await.map_err(broken)?;
        match raw.as_slice() {
            b"PK\x03\x04" => {}
            // The central directory, or the end of an archive without entries.
            b"PK\x01\x02" | b"PK\x05\x06" | b"PK\x06\x06" => {
                (source.prefix, source.at) = (raw, 0);
                return Ok(None);
            }
            _ => {
                return Err(Error::invalid("body", ("is not a zip archive", "不是 zip 压缩包")));
            }
        }
        raw.resize(LOCAL_HEADER, 0);
        source.read_exact(&mut raw[4..]).await.map_err(broken)?;
        let short = |at: usize| u16::from_le_bytes([raw[at], raw[at + 1]]);
        let long = |at: usize| u32::from_le_bytes([raw[at], raw[at + 1], raw[at + 2], raw[at + 3]]);
        let (flags, method, crc32, packed32, size32) = (short(6), short(8), long(14), long(18), long(22));
        let (name_len, extra_len) = (usize::from(short(26)), usize::from(short(28)));
        raw.resize(LOCAL_HEADER + name_len + extra_len, 0);
        source.read_exact(&mut raw[LOCAL_HEADER..]).await.map_err(broken)?;
        let (name, extra) = raw[LOCAL_HEADER..].split_at(name_len);
        let is_streamed = flags & 8 != 0;
        let packed = if packed32 == u32::MAX { zip64_packed(extra, size32) } else { Some(u64::from(packed32)) };
        Ok(Some(Self {
            name: Cow::Owned(decode(name)),
            is_encrypted: flags & 1 != 0,
            is_readable: matches!(method, 0 | 8),
            packed: packed.filter(|_| !is_streamed),
            crc32: (!is_streamed).then_some(crc32),
            raw,
        }))
    }

    fn verdict(&self, left: u64) -> Verdict {
        if self.name.ends_with('/') || self.name.starts_with("__MACOSX/") {
            return Verdict::Folder;
        }
        if self.is_encrypted {
            return Verdict::Refuse(
                ("The entry is encrypted; only plain ones are taken.", "条目已加密，只接受未加密的条目").into(),
            );
        }
        if !self.is_readable && self.packed.is_some() {
            let message =
                ("The entry is neither stored nor deflated.", "条目的压缩方式不受支持（仅支持 stored 与 deflate）");
            return Verdict::Refuse(message.into());
        }
        let escapes =
            self.name.starts_with('/') || self.name.contains('\\') || self.name.split('/').any(|part| part == "..");
        if escapes {
            let message = ("The entry's path would lead out of the archive's folder.", "条目路径会跳出压缩包目录");
            return Verdict::Refuse(message.into());
        }
        if left == 0 {
            return Verdict::Refuse(too_large());
        }
        match Name::new(self.name.rsplit('/').next().unwrap_or_default()) {
            Ok(name) => Verdict::Take(name),
            Err(error) => Verdict::Name(error.of("filename")),
        }
    }

    /// The most bytes that it may unpack to.
    fn bound(&self) -> u64 {
        self.packed.map_or(u64::MAX, |packed| packed.saturating_mul(MAX_RATIO)).max(FREE)
    }

    /// Passes over the data behind the header.
    async fn pass<R: AsyncBufRead + Unpin>(self, mut source: Rewind<R>) -> Result<Rewind<R>> {
        if let Some(packed) = self.packed {
            pass_over(&mut (&mut source).take(packed)).await?;
            return Ok(source);
        }
        if self.is_encrypted {
            // Its end could be found only by decrypting it.
            let message = (
                "holds an encrypted entry of unknown length; pack it again without a password",
                "含有长度未知的加密条目，请去掉密码后重新打包",
            );
            return Err(Error::invalid("body", message));
        }
        let entry = ZipFileReader::new(self.rewound(source))
            .next_without_entry()
            .await
            .map_err(not_a_zip)?
            .ok_or_else(empty)?;
        Ok(entry.skip().await.map_err(not_a_zip)?.into_inner().await)
    }

    /// Puts the header back before the rest, for a reader of its own.
    fn rewound<R>(&self, source: Rewind<R>) -> Rewind<R> {
        Rewind { prefix: self.raw.clone(), at: 0, inner: source.inner }
    }
}

/// The packed size in the zip64 extra field (APPNOTE 4.5.3).
fn zip64_packed(mut extra: &[u8], size32: u32) -> Option<u64> {
    while let [id0, id1, len0, len1, rest @ ..] = extra {
        let length = usize::from(u16::from_le_bytes([*len0, *len1]));
        let field = rest.get(..length)?;
        if u16::from_le_bytes([*id0, *id1]) == 1 {
            let at = if size32 == u32::MAX { 8 } else { 0 };
            return Some(u64::from_le_bytes(field.get(at..at + 8)?.try_into().ok()?));
        }
        extra = &rest[length..];
    }
    None
}

/// Names are UTF-8, or what Chinese Windows writes.
fn decode(name: &[u8]) -> String {
    match std::str::from_utf8(name) {
        Ok(name) => name.to_owned(),
        Err(_) => encoding_rs::GB18030.decode_without_bom_handling(name).0.into_owned(),
    }
}

fn too_large() -> Message {
    ("The entry unpacks to more than is allowed.", "条目解压后超过上限").into()
}

fn damaged() -> Error {
    let message = ("The entry is damaged: its CRC-32 or its compressed data.", "条目已损坏：CRC-32 或压缩数据不符");
    Error::Unprocessable(message.into())
}

fn broken(error: io::Error) -> Error {
    error.downcast::<Error>().unwrap_or_else(|_| {
        let message =
            ("The archive is damaged or breaks off. Nothing was stored.", "压缩包已损坏或中断，未保存任何内容");
        Error::Incomplete(message.into())
    })
}

fn not_a_zip(error: async_zip::error::ZipError) -> Error {
    let en = format!("is not a zip archive that can be read as it streams in: {error}");
    Error::invalid("body", (en, "不是可以流式读取的 zip 压缩包"))
}

fn empty() -> Error {
    Error::invalid("body", ("is not a zip archive", "不是 zip 压缩包"))
}

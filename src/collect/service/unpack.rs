//! `?unpack=zip`: an archive whose entries become files.
//!
//! Only the directory at its end says which entries there are, so the archive is put down in staging first, within the
//! limits of an upload, and is gone from there whatever happens. Each entry stands or falls alone. What always holds:
//! nothing is stored unless the whole body arrived, directory included, and no entry is trusted to tell its own size.

use std::fs::File;
use std::io::{self, Read};

use futures_util::io::{AsyncBufRead, AsyncBufReadExt};
use tokio::io::AsyncWriteExt;
use tokio::task::spawn_blocking;

use super::{Collect, Upload};
use crate::collect::model::unpacking::{self, Verdict, damaged, is_apple_double, judge};
use crate::collect::model::{Name, OnConflict, Uploaded};
use crate::platform::archive::unzip::{self, Data, Extents, Member, Unzip};
use crate::platform::blobs::{Received, Scratch};
use crate::platform::error::{Error, Result};
use crate::platform::web::preconditions::Preconditions;

/// Most files in one form.
pub const MAX_ENTRIES: usize = unzip::MAX_ENTRIES;

/// Bytes of an entry that are unpacked at a time.
const PIECE: u64 = 256 * 1024;

/// So many bytes of an archive arrive between two looks at the disk's free room.
const LOOK_EVERY: u64 = 64 << 20;

/// Most bytes that are read behind what tells that a body is no zip, so that the client sees why.
const PASSED_OVER: u64 = 32 << 20;

/// First bytes by which other archives are known.
const HEAD: usize = 512;

/// What became of one entry (or part of a form).
pub struct Outcome<T> {
    pub name: String,
    pub result: Result<T>,
}

/// What became of an archive.
pub struct Unpacked<T> {
    /// In its order.
    pub outcomes: Vec<Outcome<T>>,
    /// Files of operating systems that were passed over.
    pub left_out: u64,
}

type Placed = Unpacked<(Name, Received)>;

impl Collect {
    /// Unpacks `archive` into `tag`.
    ///
    /// # Errors
    /// When the body broke off or is no zip; then nothing is stored.
    pub async fn unpack<R>(&self, tag: &Name, on_conflict: OnConflict, archive: R) -> Result<Unpacked<Uploaded>>
    where
        R: AsyncBufRead + Unpin + Send,
    {
        let scratch = self.put_down(archive).await?;
        let mut placed = Unpacked { outcomes: Vec::new(), left_out: 0 };
        if let Err(error) = self.place_entries(scratch.file()?, &mut placed).await {
            for (_, received) in placed.outcomes.into_iter().filter_map(|outcome| outcome.result.ok()) {
                self.discard(&received.key).await?;
            }
            return Err(error);
        }
        drop(scratch);
        let Unpacked { outcomes, left_out } = placed;
        Ok(Unpacked { outcomes: self.store_all(tag, on_conflict, outcomes).await, left_out })
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

    /// The whole body into a file in staging.
    async fn put_down<R: AsyncBufRead + Unpin + Send>(&self, mut archive: R) -> Result<Scratch> {
        let blobs = self.inner.blobs.clone();
        let scratch = spawn_blocking(move || blobs.scratch()).await.map_err(Error::internal)??;
        let mut file = tokio::fs::File::from_std(scratch.file()?);
        let (mut head, mut arrived, mut look_at) = (Vec::new(), 0, LOOK_EVERY);
        loop {
            let piece = archive.fill_buf().await.map_err(broken)?;
            if piece.is_empty() {
                break;
            }
            if head.len() < HEAD {
                head.extend_from_slice(&piece[..piece.len().min(HEAD - head.len())]);
                if let Some(kind) = unzip::foreign(&head) {
                    pass_over(archive).await;
                    return Err(unpacking::refused(unzip::Fault::NotZip(Some(kind))));
                }
            }
            file.write_all(piece).await?;
            let count = piece.len();
            archive.consume_unpin(count);
            arrived += count as u64;
            if arrived >= look_at {
                look_at += LOOK_EVERY;
                self.check_room(None)?;
            }
        }
        file.flush().await?;
        Ok(scratch)
    }

    async fn place_entries(&self, file: File, placed: &mut Placed) -> Result<()> {
        let opened = spawn_blocking(move || Unzip::open(file)).await.map_err(Error::internal)?;
        let mut archive = opened.map_err(unpacking::refused)?;
        let (mut extents, mut unpacked) = (Extents::default(), 0);
        for member in archive.take_members() {
            let name = match judge(&member, self.max_size().saturating_sub(unpacked)) {
                Verdict::Folder => continue,
                Verdict::LeftOut => {
                    placed.left_out += 1;
                    continue;
                }
                Verdict::Refuse(error) => {
                    placed.outcomes.push(Outcome { name: shown(member.path), result: Err(error) });
                    continue;
                }
                Verdict::Take(name) => name,
            };
            let first = First::read(archive, extents, member).await?;
            (archive, extents) = (first.archive, first.extents);
            if is_apple_double(&name, &first.piece) {
                placed.left_out += 1;
                continue;
            }
            let result = match first.data {
                Some(data) => self.place_entry(&first.member, data, first.piece).await?,
                None => Err(damaged()),
            };
            unpacked += result.as_ref().map_or(0, |received| received.size);
            let result = result.map(|received| (name, received));
            placed.outcomes.push(Outcome { name: shown(first.member.path), result });
        }
        Ok(())
    }

    /// One entry into its place. Outside stand the faults of the archive's file, inside those of the entry and of its
    /// keeping.
    async fn place_entry(&self, member: &Member, mut data: Data<File>, mut piece: Vec<u8>) -> Result<Result<Received>> {
        let mut incoming = match self.begin(Some(member.size)) {
            Ok(incoming) => incoming,
            Err(error) => return Ok(Err(error)),
        };
        loop {
            if incoming.size() + piece.len() as u64 > member.size {
                return Ok(Err(damaged()));
            }
            if let Err(error) = incoming.write(&piece).await {
                return Ok(Err(error.into()));
            }
            if (piece.len() as u64) < PIECE {
                break;
            }
            let next = spawn_blocking(move || {
                let read = read_piece(&mut data, &mut piece);
                (data, piece, read)
            });
            let read;
            (data, piece, read) = next.await.map_err(Error::internal)?;
            if !read? {
                return Ok(Err(damaged()));
            }
        }
        if incoming.size() != member.size {
            return Ok(Err(damaged()));
        }
        let received = match self.place(incoming).await {
            Ok(received) => received,
            Err(error) => return Ok(Err(error)),
        };
        if received.crc32 != member.crc32 {
            self.discard(&received.key).await?;
            return Ok(Err(damaged()));
        }
        Ok(Ok(received))
    }
}

/// An entry whose first piece was read.
struct First {
    archive: Unzip<File>,
    extents: Extents,
    member: Member,
    /// `None` where the data isn't where it should be, or is damaged.
    data: Option<Data<File>>,
    piece: Vec<u8>,
}

impl First {
    async fn read(archive: Unzip<File>, mut extents: Extents, member: Member) -> Result<Self> {
        let read = move || -> io::Result<Self> {
            let mut data = archive.data(&member, &mut extents)?;
            let mut piece = Vec::new();
            if let Some(found) = &mut data
                && !read_piece(found, &mut piece)?
            {
                data = None;
            }
            Ok(Self { archive, extents, member, data, piece })
        };
        Ok(spawn_blocking(read).await.map_err(Error::internal)??)
    }
}

/// The next piece, shorter at the end of the data; `false` where the data is damaged.
fn read_piece(data: &mut Data<File>, piece: &mut Vec<u8>) -> io::Result<bool> {
    piece.clear();
    match data.take(PIECE).read_to_end(piece) {
        Ok(_) => Ok(true),
        Err(error) => match error.kind() {
            io::ErrorKind::InvalidInput | io::ErrorKind::InvalidData | io::ErrorKind::UnexpectedEof => Ok(false),
            _ => Err(error),
        },
    }
}

/// Reads on, within bounds: a client that looks up only when all is sent would find a cut connection.
async fn pass_over<R: AsyncBufRead + Unpin + Send>(mut rest: R) {
    let mut passed = 0;
    while passed < PASSED_OVER {
        let count = match rest.fill_buf().await {
            Ok(piece) if !piece.is_empty() => piece.len(),
            _ => return,
        };
        rest.consume_unpin(count);
        passed += count as u64;
    }
}

/// As much of a path as an answer shows.
fn shown(mut path: String) -> String {
    path.truncate(path.floor_char_boundary(1000));
    path
}

/// What the body's own fault was.
fn broken(error: io::Error) -> Error {
    error.downcast::<Error>().unwrap_or_else(|_| {
        let message = ("The archive breaks off. Nothing was stored.", "压缩包中断，未保存任何内容");
        Error::Incomplete(message.into())
    })
}

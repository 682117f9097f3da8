//! The browser's form: `multipart/form-data` with any number of files, for the API and for the page
//! that works without scripts; and a form with one file, whose name is told elsewhere.
//!
//! What always holds: nothing of a form is listed before all of it has arrived, one bad part doesn't lose the good
//! ones, and no part that was meant as a file is passed over without a word.

use futures_util::StreamExt;
use rocket::data::Data;

use super::model::{Name, OnConflict, Uploaded};
use super::service::{Collect, MAX_ENTRIES, Outcome, Upload};
use crate::platform::blobs::{Incoming, Received};
use crate::platform::error::{Error, Result};
use crate::platform::web::multipart::{FormType, Part, Parts, no_file, no_name, only_file};
use crate::platform::web::receive::{Body, BodyHead};

/// What a form may be larger than its one file, in bytes.
const AROUND: u64 = 1 << 20;

/// Stores the files of a form in `tag`; what became of each, in their order.
///
/// # Errors
/// When the form breaks off or holds no file; then nothing is stored.
pub async fn receive(
    collect: &Collect,
    tag: &Name,
    on_conflict: OnConflict,
    kind: &FormType,
    head: BodyHead,
    data: Data<'_>,
) -> Result<Vec<Outcome<Uploaded>>> {
    let body = Body::open(data, head, u64::MAX)?;
    if let Err(error) = collect.check_room(None) {
        Box::pin(body.forget()).await;
        return Err(error);
    }
    let mut placed = Vec::new();
    if let Err(error) = place_parts(collect, Parts::new(kind, body)?, &mut placed).await {
        for (_, received) in placed.into_iter().filter_map(|outcome| outcome.result.ok()) {
            collect.discard(&received.key).await?;
        }
        return Err(error);
    }
    if placed.is_empty() {
        return Err(no_file());
    }
    Ok(collect.store_all(tag, on_conflict, placed).await)
}

/// Stores the one file of a form under the name that `upload` has.
///
/// # Errors
/// When the form breaks off, holds no file or several; then nothing is stored.
pub async fn receive_one(
    collect: &Collect,
    upload: Upload,
    kind: &FormType,
    head: BodyHead,
    data: Data<'_>,
) -> Result<Uploaded> {
    let limit = collect.max_size();
    let body = Body::open(data, head, u64::MAX)?;
    let least = head.length.map(|length| length.saturating_sub(AROUND));
    let begun: Result<Incoming> = async {
        kind.boundary()?;
        collect.foresee(&upload.tag, &upload.name, least).await?;
        collect.check_room(least)?;
        collect.begin(None)
    }
    .await;
    let mut incoming = match begun {
        Ok(incoming) => incoming,
        Err(error) => {
            Box::pin(body.forget()).await;
            return Err(error);
        }
    };
    let mut pieces = only_file(kind, body)?;
    while let Some(piece) = pieces.next().await {
        write(&mut incoming, &piece?, limit).await?;
    }
    collect.store(upload, incoming).await
}

async fn place_parts(
    collect: &Collect,
    mut parts: Parts<'_>,
    placed: &mut Vec<Outcome<(Name, Received)>>,
) -> Result<()> {
    while let Some(part) = parts.next().await? {
        let result = if part.is_meant_as_file() {
            place_part(collect, &mut parts, &part).await?
        } else if is_text(&mut parts).await? {
            continue;
        } else {
            Err(no_name())
        };
        if placed.len() >= MAX_ENTRIES {
            return Err(Error::invalid("body", ("holds more than 200000 files", "文件超过 200000 个")));
        }
        placed.push(Outcome { name: part.shown(), result });
    }
    Ok(())
}

/// Passes over a field. One whose content is no text was meant as a file (`curl -F 'file=<a.jpg'`).
async fn is_text(parts: &mut Parts<'_>) -> Result<bool> {
    let mut is_text = true;
    while let Some(bytes) = parts.chunk().await? {
        is_text &= memchr::memchr(0, &bytes).is_none();
    }
    Ok(is_text)
}

/// One part into its place. Its own faults are its own; a body that breaks off is everybody's.
async fn place_part(collect: &Collect, parts: &mut Parts<'_>, part: &Part) -> Result<Result<(Name, Received)>> {
    let begun = || {
        part.check()?;
        let name = Name::new(part.named()?).map_err(|error| error.of("filename"))?;
        Ok((name, collect.begin(None)?))
    };
    let mut target: Result<(Name, Incoming)> = begun();
    while let Some(bytes) = parts.chunk().await? {
        let Ok((_, incoming)) = &mut target else {
            continue;
        };
        if let Err(error) = write(incoming, &bytes, collect.max_size()).await {
            target = Err(error);
        }
    }
    Ok(match target {
        Ok((name, incoming)) => collect.place(incoming).await.map(|received| (name, received)),
        Err(error) => Err(error),
    })
}

async fn write(incoming: &mut Incoming, bytes: &[u8], limit: u64) -> Result<()> {
    if incoming.size() + bytes.len() as u64 > limit {
        return Err(Error::TooLarge { limit });
    }
    Ok(incoming.write(bytes).await?)
}

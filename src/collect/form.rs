//! The browser's form: `multipart/form-data` with any number of files, for the API and for the page
//! that works without scripts.
//!
//! What always holds: nothing of a form is listed before all of it has arrived, and one bad part
//! doesn't lose the good ones.

use rocket::data::Data;
use rocket::http::ContentType;

use super::model::{Name, OnConflict, Uploaded};
use super::service::{Collect, MAX_ENTRIES, Outcome};
use crate::platform::blobs::Received;
use crate::platform::error::{Error, Result};
use crate::platform::web::multipart::{FilePart, Parts};
use crate::platform::web::receive::{Body, BodyHead};

/// Stores the files of a form in `tag`; what became of each, in their order.
///
/// # Errors
/// When the form breaks off or holds no file; then nothing is stored.
pub async fn receive(
    collect: &Collect,
    tag: &Name,
    on_conflict: OnConflict,
    media: Option<&ContentType>,
    head: BodyHead,
    data: Data<'_>,
) -> Result<Vec<Outcome<Uploaded>>> {
    let body = Body::open(data, head, u64::MAX)?;
    collect.check_room(None)?;
    let media = media.ok_or_else(|| Error::invalid("Content-Type", ("is missing", "缺少")))?;
    let mut placed = Vec::new();
    if let Err(error) = place_parts(collect, Parts::new(media, body)?, &mut placed).await {
        for (_, received) in placed.into_iter().filter_map(|outcome| outcome.result.ok()) {
            collect.discard(&received.key).await?;
        }
        return Err(error);
    }
    if placed.is_empty() {
        return Err(Error::invalid(
            "body",
            ("holds no file: send parts with a file name", "没有文件：请提交带文件名的分段"),
        ));
    }
    Ok(collect.store_all(tag, on_conflict, placed).await)
}

async fn place_parts(
    collect: &Collect,
    mut parts: Parts<'_>,
    placed: &mut Vec<Outcome<(Name, Received)>>,
) -> Result<()> {
    while let Some(part) = parts.next_file().await? {
        if placed.len() >= MAX_ENTRIES {
            return Err(Error::invalid("body", ("holds more than 200000 files", "文件超过 200000 个")));
        }
        let name = part.file_name.clone();
        let result = place_part(collect, part).await?;
        placed.push(Outcome { name, result });
    }
    Ok(())
}

/// One part into its place. Its own faults are its own; a body that breaks off is everybody's.
async fn place_part(collect: &Collect, mut part: FilePart<'_>) -> Result<Result<(Name, Received)>> {
    let mut target = Name::new(&part.file_name)
        .map_err(|error| error.of("filename"))
        .and_then(|name| Ok((name, collect.begin(None)?)));
    while let Some(bytes) = part.chunk().await? {
        let Ok((_, incoming)) = &mut target else {
            continue;
        };
        let limit = collect.max_size();
        let written = if incoming.size() + bytes.len() as u64 > limit {
            Err(Error::TooLarge { limit })
        } else {
            incoming.write(&bytes).await.map_err(Error::from)
        };
        if let Err(error) = written {
            target = Err(error);
        }
    }
    Ok(match target {
        Ok((name, incoming)) => collect.place(incoming).await.map(|received| (name, received)),
        Err(error) => Err(error),
    })
}

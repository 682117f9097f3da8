//! Image folders: each name that a row promises leads to the very blob, and there are no others.
//!
//! Folders that are marked stale are passed over: the server's worker is going to mend them.

use std::collections::HashSet;
use std::fs;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

use super::Look;
use crate::keeper::model::Kind;
use crate::keeper::service::blocking;
use crate::platform::blobs::{BlobKey, Blobs, entries, modified_ms};
use crate::platform::error::Result;
use crate::platform::ids::Id;
use crate::training::service::keeping::{self as training, Entry};

/// What stands under a name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Link {
    Right,
    Missing,
    Other,
    /// The blob itself is gone, which is a finding of its own.
    NoBlob,
}

impl Look<'_> {
    pub(super) async fn folders(&mut self) -> Result<()> {
        let mut after = Id(i64::MIN);
        loop {
            let folders = training::folders(&self.keeper.db, after).await?;
            let Some(last) = folders.last() else { break };
            after = last.task;
            for folder in folders {
                if !folder.is_stale && !folder.is_deleted {
                    self.folder(folder.task).await?;
                }
            }
        }
        self.folders_of_nobody().await
    }

    async fn folder(&mut self, task: Id) -> Result<()> {
        let path = self.keeper.blobs.layout().task(task.0);
        let listed = path.clone();
        // 24 bytes a name, so that a million of them are no matter.
        let (mut names, mut doubtful) = blocking(move || read_names(&listed)).await?;
        let mut wrong: Vec<Id> = Vec::new();
        let mut place = 0;
        loop {
            let some = training::folder_entries(&self.keeper.db, task, place).await?;
            let Some(last) = some.last() else { break };
            place = last.order_id;
            for entry in &some {
                if entry.key.is_some() {
                    names.remove(&compact(&entry.name).unwrap_or_default());
                }
            }
            wrong.extend(self.wrong_entries(&path, some).await?);
        }
        doubtful.extend(names.into_iter().map(|(image, kind)| format!("{image}.{}", KINDS[usize::from(kind)])));
        if wrong.is_empty() && doubtful.is_empty() {
            return Ok(());
        }
        self.settle().await;
        if training::folder(&self.keeper.db, task).await?.is_none_or(|folder| folder.is_stale || folder.is_deleted) {
            return Ok(());
        }
        for image in wrong {
            self.wrong_entry(task, &path, image).await?;
        }
        for name in doubtful {
            self.extra_name(task, &path, &name).await?;
        }
        Ok(())
    }

    async fn wrong_entries(&self, folder: &Path, entries: Vec<Entry>) -> Result<Vec<Id>> {
        let (blobs, folder) = (self.keeper.blobs.clone(), folder.to_owned());
        let wrong = move |entry: Entry| {
            let link = look_at(&blobs, &folder.join(&entry.name), entry.key.as_ref()?);
            matches!(link, Link::Missing | Link::Other).then_some(entry.image)
        };
        blocking(move || Ok(entries.into_iter().filter_map(wrong).collect())).await
    }

    /// Looks at one name again, by its row as it is now.
    async fn wrong_entry(&mut self, task: Id, folder: &Path, image: Id) -> Result<()> {
        let Some(entry) = training::folder_entry(&self.keeper.db, task, image).await? else {
            return Ok(());
        };
        let Some(key) = entry.key else { return Ok(()) };
        let path = folder.join(&entry.name);
        let (blobs, at, of) = (self.keeper.blobs.clone(), path.clone(), key.clone());
        match blocking(move || Ok(look_at(&blobs, &at, &of))).await? {
            Link::Right | Link::NoBlob => return Ok(()),
            Link::Missing => {
                let place = self.shown(&path);
                self.found(Kind::ImageMissing, place, "its image is in the task".to_owned());
            }
            Link::Other => self.found_and_moved(Kind::ImageOther, &path, "it isn't its image's blob").await?,
        }
        if self.manner.repair {
            let (blobs, at, folder) = (self.keeper.blobs.clone(), path.clone(), folder.to_owned());
            blocking(move || {
                blobs.make_folder(&folder)?;
                blobs.link(&key, &at)?;
                blobs.sync_folder(&folder)
            })
            .await?;
            self.mended(format!("image folder: {}: linked to its blob", self.shown(&path))).await?;
        }
        Ok(())
    }

    /// Looks again at a name that no row promised.
    async fn extra_name(&mut self, task: Id, folder: &Path, name: &str) -> Result<()> {
        if let Some((image, _)) = compact(name) {
            let entry = training::folder_entry(&self.keeper.db, task, Id(image)).await?;
            if entry.is_some_and(|entry| entry.key.is_some() && entry.name == name) {
                return Ok(());
            }
        }
        let path = folder.join(name);
        match modified_ms(&path)? {
            None => Ok(()),
            Some(at) if self.is_young(at) => Ok(()),
            Some(_) => self.found_and_moved(Kind::ImageExtra, &path, "no image of the task has this name").await,
        }
    }

    /// Folders below `tasks/` that belong to no living task.
    async fn folders_of_nobody(&mut self) -> Result<()> {
        let tasks = self.keeper.blobs.layout().tasks();
        let listed = tasks.clone();
        for name in blocking(move || entries(&listed)).await? {
            let folder = match name.parse::<i64>() {
                Ok(task) => training::folder(&self.keeper.db, Id(task)).await?,
                Err(_) => None,
            };
            if folder.is_some_and(|folder| folder.is_stale || !folder.is_deleted) {
                continue;
            }
            let path: PathBuf = tasks.join(&name);
            if modified_ms(&path)?.is_some_and(|at| !self.is_young(at)) {
                self.found_and_moved(Kind::FolderExtra, &path, "there is no such task").await?;
            }
        }
        Ok(())
    }
}

/// Extensions of images.
const KINDS: [&str; 3] = ["png", "jpg", "bmp"];

/// `<img_id>.<extension>` in few bytes.
fn compact(name: &str) -> Option<(i64, u8)> {
    let (image, extension) = name.split_once('.')?;
    let kind = KINDS.iter().position(|kind| *kind == extension)?;
    let number: i64 = image.parse().ok()?;
    (number.to_string() == image).then_some((number, u8::try_from(kind).ok()?))
}

type Names = (HashSet<(i64, u8)>, Vec<String>);

/// The names in an image folder, and those that no image could have.
fn read_names(folder: &Path) -> std::io::Result<Names> {
    let (mut names, mut others) = (HashSet::new(), Vec::new());
    let found = match fs::read_dir(folder) {
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok((names, others)),
        found => found?,
    };
    for entry in found {
        let name = entry?.file_name().to_string_lossy().into_owned();
        match compact(&name) {
            Some(compact) => drop(names.insert(compact)),
            None => others.push(name),
        }
    }
    Ok((names, others))
}

fn look_at(blobs: &Blobs, path: &Path, key: &BlobKey) -> Link {
    let Ok(blob) = fs::metadata(blobs.layout().blob(key)) else {
        return Link::NoBlob;
    };
    // Symbolic links, where hard ones were refused, are followed.
    match fs::metadata(path) {
        Ok(found) if (found.dev(), found.ino()) == (blob.dev(), blob.ino()) => Link::Right,
        Ok(_) => Link::Other,
        Err(_) => Link::Missing,
    }
}

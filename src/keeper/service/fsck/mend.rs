//! Moving things out of the way: `quarantine/<time>/`, where they keep the path that they had, and a record of it.

use std::fs::OpenOptions;
use std::io::Write;
use std::path::{Path, PathBuf};

use super::Look;
use crate::keeper::model::{Kind, one_line};
use crate::keeper::service::blocking;
use crate::platform::blobs::{Blobs, move_to};
use crate::platform::clock::rfc3339;
use crate::platform::error::Result;

/// Where one repair puts things.
pub struct Quarantine {
    blobs: Blobs,
    folder: PathBuf,
}

impl Quarantine {
    /// Of a repair that began at this time. It is made when something goes there.
    pub fn new(blobs: Blobs, began: i64) -> Self {
        let name = rfc3339(began).replace(':', "");
        let folder = blobs.layout().quarantine().join(name);
        Self { blobs, folder }
    }

    /// Moves a file or folder there; where it lies now, below the data folder. `None`: it is gone by itself.
    async fn take(&self, path: &Path) -> Result<Option<String>> {
        let root = self.blobs.layout().root().to_owned();
        let (from, to) = (path.to_owned(), self.folder.join(path.strip_prefix(&root).unwrap_or(path)));
        let moved = blocking(move || match move_to(&from, &to) {
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(None),
            moved => moved.map(Some),
        });
        Ok(moved.await?.map(|moved| moved.strip_prefix(&root).unwrap_or(&moved).display().to_string()))
    }

    /// Adds a line to the record.
    pub async fn note(&self, line: &str) -> Result<()> {
        let (folder, line) = (self.folder.clone(), format!("{}\n", one_line(line)));
        blocking(move || {
            std::fs::create_dir_all(&folder)?;
            let mut record = OpenOptions::new().create(true).append(true).open(folder.join("record.txt"))?;
            record.write_all(line.as_bytes())?;
            record.sync_all()
        })
        .await
    }
}

impl Look<'_> {
    /// Tells a finding about a path, and moves it to quarantine if that is wanted.
    pub(super) async fn found_and_moved(&mut self, kind: Kind, path: &Path, what: &str) -> Result<()> {
        let place = self.shown(path);
        self.found(kind, place.clone(), what.to_owned());
        if self.manner.repair {
            let now_at = self.quarantine.take(path).await?;
            let how = now_at.map_or("gone by itself".to_owned(), |now_at| format!("moved to {now_at}"));
            self.mended(format!("{}: {place}: {what}: {how}", kind.words())).await?;
        }
        Ok(())
    }
}

//! Whose data folder it is: a database that was never seen with a folder has no say about the folder's bytes.
//!
//! What always holds: nothing is moved or removed on the word of a database that knows less than half of what lies in
//! the folder, unless the two were bound before. A folder is bound by its name (`node`), one line for each: several
//! servers may share a database.

use super::{Keeper, PAGE, blocking};
use crate::collect::service::keeping as collect;
use crate::keeper::store;
use crate::platform::blobs::{BlobKey, Layout, entries};
use crate::platform::clock::rfc3339;
use crate::platform::db::Db;
use crate::platform::error::{Error, Result};

/// How a database stands to a data folder.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Bond {
    /// They were bound.
    Bound,
    /// They weren't yet, and may be.
    Free,
    /// Of so many blobs that were looked at the database knows only so few.
    Strange { seen: usize, known: usize },
}

impl Bond {
    /// One line, where the database has no say about the folder.
    #[must_use]
    pub fn complaint(self, layout: &Layout) -> Option<String> {
        let Self::Strange { seen, known } = self else { return None };
        let folder = layout.root().display();
        Some(format!(
            "the database knows {known} of {seen} blobs looked at in data_dir {folder}: it is not this folder's; see to \
             databases.granary.url and data_dir"
        ))
    }
}

impl Keeper {
    /// How the database stands to the data folder. Changes nothing.
    ///
    /// # Errors
    /// When database or disk don't answer.
    pub async fn bond(&self) -> Result<Bond> {
        if let Some(name) = name_of(self.blobs.layout())
            && store::recall(&self.db, &name).await?.is_some()
        {
            return Ok(Bond::Bound);
        }
        let layout = self.blobs.layout().clone();
        let keys = blocking(move || some_keys(&layout)).await?;
        let (seen, known) = (keys.len(), collect::known(&self.db, &keys).await?.len());
        Ok(if known * 2 >= seen { Bond::Free } else { Bond::Strange { seen, known } })
    }

    /// Binds the database to the data folder.
    ///
    /// # Errors
    /// One line when it isn't this folder's; then nothing may be moved there. When database or disk don't answer.
    pub async fn bind(&self) -> Result<()> {
        let bond = self.bond().await?;
        match bond.complaint(self.blobs.layout()) {
            Some(line) => Err(Error::internal(line)),
            None if bond == Bond::Free => bind(&self.db, self.blobs.layout(), self.now()).await,
            None => Ok(()),
        }
    }
}

/// Notes that this database is the folder's, which must have a name by now for that.
pub(super) async fn bind(db: &Db, layout: &Layout, now: i64) -> Result<()> {
    match name_of(layout) {
        Some(name) => store::remember(db, &name, &rfc3339(now)).await,
        None => Ok(()),
    }
}

/// Under which the database remembers the folder.
fn name_of(layout: &Layout) -> Option<String> {
    let node = std::fs::read_to_string(layout.node()).ok()?;
    (node.len() == 32).then(|| format!("folder:{node}"))
}

/// Some of the blobs that lie in the folder: digests are even, so they stand for all.
fn some_keys(layout: &Layout) -> std::io::Result<Vec<BlobKey>> {
    let mut keys = Vec::new();
    for byte in 0..=u8::MAX {
        keys.extend(entries(&layout.folder(byte))?.iter().filter_map(|name| BlobKey::parse(name)));
        if keys.len() >= PAGE as usize {
            keys.truncate(PAGE as usize);
            break;
        }
    }
    Ok(keys)
}

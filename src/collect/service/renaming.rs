//! Names in archives by today's rule, where an older version of this server gave them.
//!
//! Done once, at the start, a tag at a time: what a crash interrupts is simply done again. What always holds: a name
//! that today's rule leaves as it is stays, and so does the archive of a tag in which all do.

use super::{Collect, naming, store};
use crate::collect::store::naming::Named;
use crate::platform::archive::zip_names;
use crate::platform::db::Tx;
use crate::platform::error::Result;
use crate::platform::ids::Id;

/// Tags, and files, that are read at a time.
const STEP: u32 = 512;

impl Collect {
    /// Renames what is to be renamed; how many files that were.
    ///
    /// # Errors
    /// When the database doesn't answer. What was done stays.
    pub async fn rename_in_archives(&self) -> Result<u64> {
        let mut renamed = 0;
        loop {
            let tags = store::naming::outdated(&self.inner.db, STEP).await?;
            if tags.is_empty() {
                return Ok(renamed);
            }
            for tag in tags {
                let mut tx = self.inner.db.begin().await?;
                let of_tag = rename_all(&mut tx, tag).await?;
                store::naming::is_named(&mut tx, tag, of_tag > 0).await?;
                tx.commit().await?;
                renamed += of_tag;
            }
        }
    }
}

async fn rename_all(tx: &mut Tx, tag: Id) -> Result<u64> {
    store::trash::lock_tag(tx, tag).await?;
    let (mut after, mut renamed) = (0, 0);
    loop {
        let files = store::naming::named(tx, tag, after, STEP).await?;
        for file in &files {
            after = file.seq;
            renamed += u64::from(rename(tx, tag, file).await?);
        }
        if files.len() < STEP as usize {
            return Ok(renamed);
        }
    }
}

/// Whether the file was renamed. It keeps what it has, mended, where that is free.
async fn rename(tx: &mut Tx, tag: Id, file: &Named) -> Result<bool> {
    let mended = zip_names::mend(&file.zip_name);
    let key = zip_names::key(&mended);
    if mended == file.zip_name && key == file.zip_key {
        return Ok(false);
    }
    let is_free = store::commit::taken_keys(tx, tag, std::slice::from_ref(&key), Some(file.id)).await?.is_empty();
    let zip_name = if is_free { mended } else { naming::free_zip_name(tx, tag, &file.name, Some(file.id)).await? };
    store::naming::rename(tx, file, &zip_name).await?;
    Ok(zip_name != file.zip_name)
}

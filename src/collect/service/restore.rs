//! Out of the trash again, many rows with one statement.

use std::collections::{BTreeMap, HashSet};

use super::{naming, store};
use crate::collect::model::File;
use crate::collect::model::quota::Use;
use crate::collect::store::commit::{Change, LockedTag, TagChange};
use crate::platform::archive::zip_names;
use crate::platform::db::{Tx, steps};
use crate::platform::error::Result;
use crate::platform::ids::Id;

/// Rows that one statement brings back.
const STEP: usize = 512;

/// Brings those of the files back that lie in the trash, and keeps the counters true; how many they were. `quota`
/// is that of all tags.
///
/// # Errors
/// `OverQuota` when a quota has no room for all of them. Then drop `tx`: none may come back.
pub async fn restore(tx: &mut Tx, ids: &[Id], quota: Option<i64>, now: i64) -> Result<u64> {
    let tags = store::commit::lock_tags_of(tx, ids).await?;
    let mut changes: BTreeMap<Id, Change> = BTreeMap::new();
    let mut restored = 0;
    for some in steps(ids, STEP) {
        let mut buried = store::trash::find_buried(tx, some).await?;
        buried.sort_by_key(|(file, _)| (file.tag_id, file.seq));
        restored += buried.len() as u64;
        for of_tag in buried.chunk_by(|(one, _), (other, _)| one.tag_id == other.tag_id) {
            let change = changes.entry(of_tag[0].0.tag_id).or_default();
            change.files += i64::try_from(of_tag.len()).unwrap_or(i64::MAX);
            change.bytes += of_tag.iter().map(|(file, _)| file.size).sum::<i64>();
            revive(tx, of_tag, now).await?;
        }
    }
    admit(tx, &tags, &changes, quota).await?;
    let changes: Vec<TagChange> = changes
        .into_iter()
        .map(|(tag, change)| TagChange { tag, change, last_seq: None, begins_anew: false })
        .collect();
    store::commit::change_tags(tx, &changes, now).await?;
    Ok(restored)
}

/// Whether the quotas have room for what the tags gain.
async fn admit(
    tx: &mut Tx,
    tags: &[(String, LockedTag)],
    changes: &BTreeMap<Id, Change>,
    quota: Option<i64>,
) -> Result<()> {
    for (name, tag) in tags {
        let growth = changes.get(&tag.id).map_or(0, |change| change.bytes);
        tag.room.admit(growth, Some(name))?;
    }
    if quota.is_some() {
        let used = store::quotas::lock_used(tx).await?;
        Use { used, allowed: quota }.admit(changes.values().map(|change| change.bytes).sum(), None)?;
    }
    Ok(())
}

/// Brings buried files of one tag back, each with its key in archives: in one go those whose names are free.
async fn revive(tx: &mut Tx, files: &[(File, Vec<u8>)], now: i64) -> Result<()> {
    let Some((File { tag_id, .. }, _)) = files.first() else {
        return Ok(());
    };
    let names: Vec<String> = files.iter().map(|(file, _)| file.name.clone()).collect();
    let keys: Vec<Vec<u8>> = names.iter().map(|name| zip_names::key(&zip_names::mend(name))).collect();
    let mut taken_names = store::commit::taken_names(tx, *tag_id, &names).await?;
    let mut taken_keys: HashSet<Vec<u8>> = store::commit::taken_keys(tx, *tag_id, &keys, None).await?;
    let (mut free, mut others) = (Vec::new(), Vec::new());
    for ((file, own_key), key) in files.iter().zip(keys) {
        // A number that it was given in archives, because of another file, may be needless by now.
        let is_free = *own_key == key && !taken_names.contains(&file.name) && taken_keys.insert(key);
        if is_free {
            taken_names.insert(file.name.clone());
            free.push(file.id);
        } else {
            others.push(file);
        }
    }
    store::trash::revive_as_they_are(tx, &free, now).await?;
    for file in others {
        revive_one(tx, file, now).await?;
    }
    Ok(())
}

/// Under a name that is free.
async fn revive_one(tx: &mut Tx, file: &File, now: i64) -> Result<()> {
    let taken = store::commit::taken_names(tx, file.tag_id, std::slice::from_ref(&file.name)).await?;
    let is_taken = !taken.is_empty();
    let name = if is_taken { naming::free_name(tx, file.tag_id, &file.name).await? } else { file.name.clone() };
    let zip_name = naming::free_zip_name(tx, file.tag_id, &name, Some(file.id)).await?;
    let asked = is_taken.then_some(file.name.as_str());
    store::commit::revive(tx, file.id, &name, asked, &zip_name, now).await
}

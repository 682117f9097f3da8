//! The CSVs of ingest tasks in a backup, and what the data folder calls itself.
//!
//! What always holds: each CSV of a task that lives has a line in the backup, with its SHA-256 or without one when it
//! couldn't be read; and only bytes of that SHA-256 come back.

use std::collections::BTreeMap;
use std::fs;

use super::backup::how;
use super::blocking;
use crate::ingest::service::keeping as ingest;
use crate::keeper::model::Manifest;
use crate::platform::blobs::{Copied, Layout, copy_file, copy_readable, entries};
use crate::platform::db::Db;
use crate::platform::error::Result;

/// By task: the SHA-256 of its CSV in hex; none where there was nothing to copy.
pub type Sums = BTreeMap<String, Option<String>>;

/// A pass over CSVs.
#[derive(Debug, Default)]
pub(super) struct Tables {
    pub sums: Sums,
    /// Tasks whose CSV was not copied, each with a line.
    pub missing: Vec<(String, String)>,
}

/// Copies the CSVs that tasks of this folder in `db` need, but for those in `earlier` that are there: they never change.
pub(super) async fn copy_out(db: &Db, from: &Layout, to: &Layout, earlier: &Sums) -> Result<Tables> {
    let (source, target) = (from.node(), to.node());
    if source.exists() {
        blocking(move || copy_file(&source, &target)).await?;
    }
    let node = fs::read_to_string(from.node()).unwrap_or_default();
    let (mut tables, mut after) = (Tables::default(), String::new());
    loop {
        let tasks = ingest::tasks(db, &after).await?;
        let Some(last) = tasks.last() else {
            return Ok(tables);
        };
        after.clone_from(&last.id);
        for task in tasks.into_iter().filter(|task| !task.is_deleted && task.owner == node) {
            let (source, place) = (from.table(&task.id), to.table(&task.id));
            let sum = match earlier.get(&task.id) {
                Some(Some(sum)) if place.exists() => Ok(sum.clone()),
                _ => blocking(move || copy_readable(&source, &place)).await?,
            };
            let sum = sum.map_err(|why| {
                let line = format!("{} CSV: csv/{}.csv, ingest task of group {:?}", how(why), task.id, task.group);
                tables.missing.push((task.id.clone(), line));
            });
            tables.sums.insert(task.id, sum.ok());
        }
    }
}

/// Brings them back. A line for each that doesn't.
pub(super) async fn copy_back(manifest: &Manifest, from: Layout, to: Layout) -> Result<Vec<String>> {
    let sums = manifest.tables.clone();
    blocking(move || {
        if from.node().exists() {
            copy_file(&from.node(), &to.node())?;
        }
        let mut missing = Vec::new();
        let Some(sums) = sums else {
            // An early backup: there are no sums.
            for name in entries(&from.tables())? {
                copy_file(&from.tables().join(&name), &to.tables().join(&name))?;
            }
            return Ok(missing);
        };
        for (task, sum) in sums.iter().filter(|(task, _)| !task.contains('/')) {
            let place = to.table(task);
            let why = match (sum, copy_readable(&from.table(task), &place)?) {
                (Some(sum), Ok(found)) if found == *sum => continue,
                (None, _) => Copied::Missing,
                (Some(_), Ok(_)) => Copied::Damaged,
                (Some(_), Err(why)) => why,
            };
            if place.exists() {
                fs::remove_file(&place)?;
            }
            missing.push(format!("in the backup: {} CSV: csv/{task}.csv, of an ingest task", how(why)));
        }
        Ok(missing)
    })
    .await
}

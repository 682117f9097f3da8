//! What lies about: CSVs of nobody and tasks without theirs, strangers among the folders, files in staging.

use super::Look;
use crate::ingest::service::keeping::{self as ingest, Kept};
use crate::keeper::model::{ABANDONED, Kind};
use crate::keeper::service::blocking;
use crate::platform::blobs::{entries, modified_ms};
use crate::platform::error::Result;

impl Look<'_> {
    /// Whatever lies among the folders of blobs and is none.
    pub(super) async fn strays(&mut self) -> Result<()> {
        let folder = self.keeper.blobs.layout().blobs();
        let listed = folder.clone();
        for name in blocking(move || entries(&listed)).await? {
            let is_ours =
                name.len() == 2 && u8::from_str_radix(&name, 16).is_ok_and(|byte| format!("{byte:02x}") == name);
            if !is_ours {
                self.found_and_moved(Kind::StrayFile, &folder.join(name), "it is no folder of blobs").await?;
            }
        }
        Ok(())
    }

    /// CSVs of ingest tasks, both ways.
    pub(super) async fn tables(&mut self) -> Result<()> {
        let layout = self.keeper.blobs.layout().clone();
        let node = std::fs::read_to_string(layout.node()).unwrap_or_default();
        let mut after = String::new();
        loop {
            let tasks = ingest::tasks(&self.keeper.db, &after).await?;
            let Some(last) = tasks.last() else { break };
            after.clone_from(&last.id);
            // Those of another server on this database lie with it.
            for task in tasks.into_iter().filter(|task| !task.is_deleted && task.owner == node) {
                self.table(task).await?;
            }
        }
        let (folder, mut lonely) = (layout.tables(), Vec::new());
        let listed = folder.clone();
        for name in blocking(move || entries(&listed)).await? {
            let task = name.strip_suffix(".csv").unwrap_or_default();
            let is_old = modified_ms(&folder.join(&name))?.is_some_and(|at| !self.is_young(at));
            if is_old && ingest::task(&self.keeper.db, task).await?.is_none() {
                lonely.push(name);
            }
        }
        if !lonely.is_empty() {
            self.settle().await;
        }
        for path in lonely.into_iter().map(|name| folder.join(name)).filter(|path| path.exists()) {
            self.found_and_moved(Kind::TableExtra, &path, "there is no such ingest task").await?;
        }
        Ok(())
    }

    async fn table(&mut self, task: Kept) -> Result<()> {
        let path = self.keeper.blobs.layout().table(&task.id);
        let is_whole = |task: &Kept| {
            let length = std::fs::metadata(&path).map_or(-1, |found| i64::try_from(found.len()).unwrap_or(i64::MAX));
            length >= task.offset
        };
        if is_whole(&task) {
            return Ok(());
        }
        let again = ingest::task(&self.keeper.db, &task.id).await?;
        if again.is_some_and(|again| !again.is_deleted && !is_whole(&again)) {
            let what =
                format!("ingest task of group {:?}, {} of {} rows handled", task.group, task.handled, task.total);
            self.found(Kind::TableMissing, self.shown(&path), what);
        }
        Ok(())
    }

    /// Files that arrived and never found a place. The server's next start removes them.
    pub(super) async fn staged(&mut self) -> Result<()> {
        let folder = self.keeper.blobs.layout().staging();
        let listed = folder.clone();
        for name in blocking(move || entries(&listed)).await? {
            let path = folder.join(name);
            if modified_ms(&path)?.is_some_and(|at| at < self.began - ABANDONED) {
                self.found_and_moved(Kind::Leftover, &path, "of something that never ended").await?;
            }
        }
        Ok(())
    }
}

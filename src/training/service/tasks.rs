//! Tasks: made, looked at, listed, deleted.

use std::collections::{HashMap, HashSet, VecDeque};
use std::sync::PoisonError;

use super::{Counted, Training, classes, lock_task, store};
use crate::collect::model::Page;
use crate::collect::model::cursor::Cursor;
use crate::platform::db::Tx;
use crate::platform::ids::Id;
use crate::platform::paging::{check_limit, cut};
use crate::training::model::{Code, Counts, Fault, LabelClass, NewTask, Result, Task, TaskView};

/// Tasks whose counts are kept.
const KEPT: usize = 256;

/// Longest chain of copies that is told.
const MAX_CHAIN: usize = 1000;

/// Counts by task and revision, the last ones asked for.
#[derive(Debug, Default)]
pub(super) struct KeptCounts(VecDeque<Counted>);

impl KeptCounts {
    fn get(&self, task: &Task) -> Option<Counts> {
        let is_it = |(id, revision, _): &&Counted| *id == task.id && *revision == task.revision;
        self.0.iter().find(is_it).map(|(_, _, counts)| *counts)
    }

    fn put(&mut self, task: &Task, counts: Counts) {
        self.0.retain(|(id, _, _)| *id != task.id);
        self.0.truncate(KEPT - 1);
        self.0.push_front((task.id, task.revision, counts));
    }
}

impl Training {
    /// Makes a task, with its image folder.
    ///
    /// # Errors
    /// 1005 when there ever was a task of that id; 1006 when two classes have one name.
    pub async fn create_task(&self, new: NewTask) -> Result<Id> {
        let id = self.id_of(&new).await?;
        classes::check_names(&new.classes)?;
        let mut tx = self.inner.db.begin().await?;
        self.insert_task(&mut tx, id, &new).await?;
        self.make_folder(id).await?;
        tx.commit().await?;
        Ok(id)
    }

    /// The id that a new task wants, else the next one.
    pub(super) async fn id_of(&self, new: &NewTask) -> Result<Id> {
        match new.id {
            Some(id) => Ok(id),
            None => Ok(Id(self.inner.ids.draw(1).await?)),
        }
    }

    /// Writes the rows of a task without images.
    pub(super) async fn insert_task(&self, tx: &mut Tx, id: Id, new: &NewTask) -> Result<()> {
        let now = self.inner.clock.now_ms();
        if !store::tasks::insert(tx, id, new, now).await? {
            return Err(exists(id));
        }
        if !new.classes.is_empty() {
            store::classes::insert(tx, id, &new.classes, 0, 0, now).await?;
        }
        Ok(())
    }

    /// Deletes a task logically: its rows stay, its image folder goes.
    ///
    /// # Errors
    /// 1002.
    pub async fn delete_task(&self, id: Id) -> Result<()> {
        let mut tx = self.inner.db.begin().await?;
        lock_task(&mut tx, id).await?;
        store::tasks::mark_deleted(&mut tx, id, self.inner.clock.now_ms()).await?;
        tx.commit().await?;
        self.inner.wake.notify_one();
        Ok(())
    }

    /// A task with all that is told of it.
    ///
    /// # Errors
    /// 1002.
    pub async fn task(&self, id: Id) -> Result<TaskView> {
        let task = self.find_task(id).await?;
        let view = self.views(vec![task]).await?.pop();
        view.ok_or_else(|| Fault::no_task(id))
    }

    /// Tasks whose name holds `q`, the newest first, a page at a time.
    ///
    /// # Errors
    /// 1001 for a limit or cursor that isn't one.
    pub async fn tasks(&self, q: Option<&str>, cursor: Option<&str>, limit: u32) -> Result<Page<TaskView>> {
        check_limit(limit)?;
        let after = match cursor.map(Cursor::decode).transpose()? {
            None => None,
            Some(Cursor::Number { key, tie }) => Some((key, tie)),
            Some(Cursor::Text(_)) => {
                let message = ("belongs to a list in another order", "该游标属于另一种排序的列表");
                return Err(Fault::invalid("cursor", message));
            }
        };
        let mut tasks = store::tasks::list(&self.inner.db, q, after, limit + 1).await?;
        let is_more = cut(&mut tasks, limit);
        let last = tasks.last().filter(|_| is_more);
        let next = last.map(|task| Cursor::Number { key: task.created_at, tie: task.id.0 }.encode());
        Ok(Page { items: self.views(tasks).await?, next })
    }

    /// How many living images of the task stand in each set and state.
    ///
    /// # Errors
    /// When the database doesn't answer.
    pub async fn counts(&self, task: &Task) -> Result<Counts> {
        let kept = self.inner.counts.lock().unwrap_or_else(PoisonError::into_inner).get(task);
        if let Some(counts) = kept {
            return Ok(counts);
        }
        let counts = store::tasks::counts(&self.inner.db, task.id).await?;
        // They may be of a later revision; then that one is asked for next and counted again.
        let is_current = store::tasks::find(&self.inner.db, task.id).await?;
        if is_current.is_some_and(|now| now.revision == task.revision) {
            self.inner.counts.lock().unwrap_or_else(PoisonError::into_inner).put(task, counts);
        }
        Ok(counts)
    }

    async fn views(&self, tasks: Vec<Task>) -> Result<Vec<TaskView>> {
        let ids: Vec<Id> = tasks.iter().map(|task| task.id).collect();
        let mut classes: HashMap<Id, Vec<LabelClass>> = HashMap::new();
        for (task, class) in store::classes::of_tasks(&self.inner.db, &ids).await? {
            classes.entry(task).or_default().push(class);
        }
        let sources = self.sources(&tasks).await?;
        let mut views = Vec::with_capacity(tasks.len());
        for task in tasks {
            let counts = self.counts(&task).await?;
            let chain = std::iter::successors(task.copied_from, |id| sources.get(id).copied());
            let copied_from = chain.take(MAX_CHAIN).collect();
            views.push(TaskView { counts, classes: classes.remove(&task.id).unwrap_or_default(), copied_from, task });
        }
        Ok(views)
    }

    /// What each forebear of these tasks was copied from.
    async fn sources(&self, tasks: &[Task]) -> Result<HashMap<Id, Id>> {
        let mut sources = HashMap::new();
        let mut asked: HashSet<Id> = tasks.iter().filter_map(|task| task.copied_from).collect();
        while !asked.is_empty() && sources.len() < MAX_CHAIN {
            let ids: Vec<Id> = asked.drain().collect();
            for (copy, source) in store::tasks::sources(&self.inner.db, &ids).await? {
                sources.insert(copy, source);
                if !sources.contains_key(&source) {
                    asked.insert(source);
                }
            }
        }
        Ok(sources)
    }
}

fn exists(id: Id) -> Fault {
    let message = (format!("There is or was a task {id} already."), format!("任务 {id} 已存在"));
    Fault::new(Code::Exists, message)
}

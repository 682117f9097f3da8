//! Tasks: one by id, lists, and what requests change.

use crate::ingest::model::{Code, Counts, Lease, Limits, Mark, Mode, NewTask, Source, State, Task, TaskId};
use crate::platform::db::{Db, Row, Sql, Tx};
use crate::platform::error::{Error, Message, Result};

const TASK: &str = "SELECT id, seq, group_name, pos_pitch, pos_yaw, pos_rol, width, height, blur_degree, thread_num, mode, state, \
                    total_num, handled_num, last_error, mark_row, mark_offset, lease_owner, lease_until, epoch, source, \
                    created_at, started_at, ended_at, last_error_en FROM ingest_tasks WHERE state <= 4";

fn task(row: &Row) -> Result<Task> {
    let id = row.text(0)?;
    let state = row.int(11)?;
    Ok(Task {
        id: TaskId::parse(&id).ok_or_else(|| Error::internal(format!("{id:?} is no id of a task")))?,
        seq: row.int(1)?,
        group: row.text(2)?,
        limits: Limits {
            pitch: row.int(3)?,
            yaw: row.int(4)?,
            roll: row.int(5)?,
            width: row.int(6)?,
            height: row.int(7)?,
            blur: row.int(8)?,
        },
        thread_num: usize::try_from(row.int(9)?).map_err(Error::internal)?,
        mode: Mode::of(row.int(10)?),
        state: State::of(state).ok_or_else(|| Error::internal(format!("task {id} has the state {state}")))?,
        total: row.int(12)?,
        handled: row.int(13)?,
        last_error: last_error(row.text(14)?, row.opt_text(24)?),
        mark: Mark { row: row.int(15)?, offset: row.int(16)? },
        lease: Lease { owner: row.opt_text(17)?.unwrap_or_default(), until: row.int(18)?, epoch: row.int(19)? },
        source: Source::of_stored(&row.text(20)?),
        created_at: row.int(21)?,
        started_at: row.opt_int(22)?,
        ended_at: row.opt_int(23)?,
    })
}

/// In both languages; a task that an earlier version stopped says it in Chinese alone.
fn last_error(zh: String, en: Option<String>) -> Message {
    (en.unwrap_or_else(|| zh.clone()), zh).into()
}

/// The task, unless it was deleted.
pub async fn find(db: &Db, id: &TaskId) -> Result<Option<Task>> {
    let sql = Sql::new(TASK).push(" AND id = ?").bind(id.as_str());
    db.fetch_optional(sql).await?.as_ref().map(task).transpose()
}

/// The same; its row stays locked until the end of `tx`.
pub async fn lock(tx: &mut Tx, id: &TaskId) -> Result<Option<Task>> {
    let sql = Sql::new(TASK).push(" AND id = ?").push(tx.for_update()).bind(id.as_str());
    tx.fetch_optional(sql).await?.as_ref().map(task).transpose()
}

/// Which tasks a list is asked for.
#[derive(Debug, Clone, Default)]
pub struct Wanted<'a> {
    /// The very name.
    pub group: Option<&'a str>,
    pub state: Option<State>,
    /// Only those older than the task of this number.
    pub before: Option<i64>,
    /// `None`: all.
    pub limit: Option<u32>,
}

impl Wanted<'_> {
    fn added_to(&self, mut sql: Sql) -> Sql {
        if let Some(group) = self.group {
            sql = sql.push(" AND group_name = ?").bind(group);
        }
        if let Some(state) = self.state {
            sql = sql.push(" AND state = ?").bind(state.number());
        }
        if let Some(before) = self.before {
            sql = sql.push(" AND seq < ?").bind(before);
        }
        sql = sql.push(" ORDER BY seq DESC");
        match self.limit {
            Some(limit) => sql.push(" LIMIT ?").bind(limit),
            None => sql,
        }
    }
}

/// Tasks, newest first.
pub async fn list(db: &Db, wanted: &Wanted<'_>) -> Result<Vec<Task>> {
    db.fetch_all(wanted.added_to(Sql::new(TASK))).await?.iter().map(task).collect()
}

/// Their ids, newest first.
pub async fn ids(db: &Db, wanted: &Wanted<'_>) -> Result<Vec<String>> {
    let sql = wanted.added_to(Sql::new("SELECT id FROM ingest_tasks WHERE state <= 4"));
    db.fetch_all(sql).await?.iter().map(|row| Ok(row.text(0)?)).collect()
}

/// What a task is made of, beside its form.
pub struct Made<'a> {
    pub id: &'a TaskId,
    pub seq: i64,
    /// Rows of its CSV.
    pub total: i64,
    pub source: &'a Source,
    /// Where its CSV lies.
    pub owner: &'a str,
    /// UTC milliseconds.
    pub now: i64,
}

/// Adds a task in state 1.
pub async fn insert(tx: &mut Tx, new: &NewTask, made: &Made<'_>) -> Result<()> {
    const INSERT: &str = "INSERT INTO ingest_tasks (id, seq, group_name, pos_pitch, pos_yaw, pos_rol, width, height, blur_degree, \
                          thread_num, mode, state, total_num, handled_num, last_error, mark_row, mark_offset, lease_owner, \
                          lease_until, epoch, source, created_at) \
                          VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, 1, ?, 0, '', 0, 0, ?, 0, 0, ?, ?)";
    let Limits { pitch, yaw, roll, width, height, blur } = new.limits;
    let sql = Sql::new(INSERT)
        .bind(made.id.as_str())
        .bind(made.seq)
        .bind(new.group.as_str())
        .bind_all([pitch, yaw, roll, width, height, blur])
        .bind(new.thread_num)
        .bind(new.mode.number())
        .bind(made.total)
        .bind(made.owner)
        .bind(made.source.stored())
        .bind(made.now);
    tx.execute(sql).await?;
    Ok(())
}

/// 1 or 3 becomes 2.
pub async fn set_running(tx: &mut Tx, id: &TaskId, now: i64) -> Result<()> {
    const START: &str = "UPDATE ingest_tasks SET state = 2, last_error = '', last_error_en = NULL, ended_at = NULL, \
                         started_at = COALESCE(started_at, ?) WHERE id = ? AND state IN (1, 3)";
    tx.execute(Sql::new(START).bind(now).bind(id.as_str())).await?;
    Ok(())
}

/// 2 becomes 3; whoever works on it takes no new row when he sees it.
pub async fn set_stopped(tx: &mut Tx, id: &TaskId, now: i64) -> Result<()> {
    const STOP: &str = "UPDATE ingest_tasks SET state = 3, ended_at = ? WHERE id = ? AND state = 2";
    tx.execute(Sql::new(STOP).bind(now).bind(id.as_str())).await?;
    Ok(())
}

/// Any state becomes 5.
pub async fn set_deleted(tx: &mut Tx, id: &TaskId, now: i64) -> Result<()> {
    const DELETE: &str = "UPDATE ingest_tasks SET state = 5, ended_at = ? WHERE id = ?";
    tx.execute(Sql::new(DELETE).bind(now).bind(id.as_str())).await?;
    Ok(())
}

/// Who works on a task, whatever its state; `None` when it is gone altogether.
pub async fn lease(db: &Db, id: &TaskId) -> Result<Option<Lease>> {
    const LEASE: &str = "SELECT lease_owner, lease_until, epoch FROM ingest_tasks WHERE id = ?";
    let row = db.fetch_optional(Sql::new(LEASE).bind(id.as_str())).await?;
    let lease = |row: Row| -> Result<Lease> {
        Ok(Lease { owner: row.opt_text(0)?.unwrap_or_default(), until: row.int(1)?, epoch: row.int(2)? })
    };
    row.map(lease).transpose()
}

/// How many rows came out how.
pub async fn counts(db: &Db, id: &TaskId) -> Result<Counts> {
    const COUNTS: &str = "SELECT code, rows_no FROM ingest_counts WHERE task_id = ? ORDER BY code";
    let mut counts = Counts::default();
    for row in db.fetch_all(Sql::new(COUNTS).bind(id.as_str())).await? {
        let (code, rows) = (row.int(0)?, row.int(1)?);
        match Code::of(code) {
            Some(code) => counts.bad.push((code, rows)),
            None => counts.good += rows,
        }
    }
    Ok(counts)
}

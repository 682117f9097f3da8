//! What those who work on a task read and write: the lease, and the progress.
//!
//! Each write names the epoch; when no row fits it, somebody else has the task.

use std::collections::BTreeMap;

use super::ROWS;
use crate::ingest::model::{Mark, State, TaskId};
use crate::platform::db::{Db, Sql, Tx, dialect, rows_of_marks, steps};
use crate::platform::error::{Message, Result};

/// A task that somebody may work on.
pub struct Free {
    pub id: TaskId,
    /// Running or deleted.
    pub state: State,
    owner: String,
}

impl Free {
    /// Whether its CSV lies with this owner.
    #[must_use]
    pub fn is_own(&self, owner: &str) -> bool {
        self.owner == owner
    }
}

/// Tasks that run or are deleted, and that nobody works on, or that `owner` works on, or did in an earlier life. Oldest first.
pub async fn free(db: &Db, owner: &str, now: i64) -> Result<Vec<Free>> {
    const FREE: &str = "SELECT id, state, lease_owner FROM ingest_tasks WHERE state IN (2, 5) \
                        AND (lease_owner = ? OR lease_until <= ?) ORDER BY seq";
    let mut free = Vec::new();
    for row in db.fetch_all(Sql::new(FREE).bind(owner).bind(now)).await? {
        if let (Some(id), Some(state)) = (TaskId::parse(&row.text(0)?), State::of(row.int(1)?)) {
            free.push(Free { id, state, owner: row.opt_text(2)?.unwrap_or_default() });
        }
    }
    Ok(free)
}

/// Takes a task in state 2 up; false when somebody else has it.
pub async fn claim(tx: &mut Tx, id: &TaskId, owner: &str, now: i64, until: i64) -> Result<bool> {
    const CLAIM: &str = "UPDATE ingest_tasks SET lease_owner = ?, lease_until = ?, epoch = epoch + 1 \
                         WHERE id = ? AND state = 2 AND (lease_owner = ? OR lease_until <= ?)";
    let sql = Sql::new(CLAIM).bind(owner).bind(until).bind(id.as_str()).bind(owner).bind(now);
    Ok(tx.execute(sql).await? == 1)
}

/// A sign of life. The task's state; `None` when somebody else has it.
pub async fn beat(db: &Db, id: &TaskId, epoch: i64, until: i64) -> Result<Option<i64>> {
    let mut tx = db.begin().await?;
    let sql = Sql::new("UPDATE ingest_tasks SET lease_until = ? WHERE id = ? AND epoch = ?");
    if tx.execute(sql.bind(until).bind(id.as_str()).bind(epoch)).await? != 1 {
        return Ok(None);
    }
    let row = tx.fetch_one(Sql::new("SELECT state FROM ingest_tasks WHERE id = ?").bind(id.as_str())).await?;
    let state = row.int(0)?;
    tx.commit().await?;
    Ok(Some(state))
}

/// The task's state; `None` when somebody else has it.
pub async fn state(db: &Db, id: &TaskId, epoch: i64) -> Result<Option<i64>> {
    let sql = Sql::new("SELECT state FROM ingest_tasks WHERE id = ? AND epoch = ?").bind(id.as_str()).bind(epoch);
    Ok(db.fetch_optional(sql).await?.map(|row| row.int(0)).transpose()?)
}

/// Rows at or behind the mark that have an outcome.
pub async fn done(db: &Db, id: &TaskId, mark: i64) -> Result<Vec<i64>> {
    let sql = Sql::new("SELECT row_no FROM ingest_done WHERE task_id = ? AND row_no >= ? ORDER BY row_no");
    let rows = db.fetch_all(sql.bind(id.as_str()).bind(mark)).await?;
    Ok(rows.iter().map(|row| row.int(0)).collect::<Result<_, _>>()?)
}

/// A step of a run's progress.
#[derive(Debug, Clone, Copy)]
pub struct Step {
    pub epoch: i64,
    /// Handled rows before and after it.
    pub before: i64,
    pub after: i64,
    pub mark: Mark,
    pub lease_until: i64,
}

/// Moves the progress on; false when the task isn't as the run left it. It is the first statement of its transaction.
pub async fn advance(tx: &mut Tx, id: &TaskId, step: &Step) -> Result<bool> {
    const ADVANCE: &str = "UPDATE ingest_tasks SET handled_num = ?, mark_row = ?, mark_offset = ?, lease_until = ? \
                           WHERE id = ? AND epoch = ? AND handled_num = ?";
    let sql = Sql::new(ADVANCE)
        .bind(step.after)
        .bind(step.mark.row)
        .bind(step.mark.offset)
        .bind(step.lease_until)
        .bind(id.as_str())
        .bind(step.epoch)
        .bind(step.before);
    Ok(tx.execute(sql).await? == 1)
}

/// How many rows are handled, as this epoch left it; `None` when somebody else has the task.
pub async fn handled(db: &Db, id: &TaskId, epoch: i64) -> Result<Option<i64>> {
    let sql = Sql::new("SELECT handled_num FROM ingest_tasks WHERE id = ? AND epoch = ?");
    let row = db.fetch_optional(sql.bind(id.as_str()).bind(epoch)).await?;
    Ok(row.map(|row| row.int(0)).transpose()?)
}

/// Remembers rows behind the mark, and forgets those before it.
pub async fn mark_done(tx: &mut Tx, id: &TaskId, rows: &[i64], mark: i64) -> Result<()> {
    let sql = Sql::new("DELETE FROM ingest_done WHERE task_id = ? AND row_no < ?");
    tx.execute(sql.bind(id.as_str()).bind(mark)).await?;
    for rows in steps(rows, ROWS) {
        let marks = rows_of_marks(rows.len(), 2);
        let mut sql = Sql::new(format!("INSERT INTO ingest_done (task_id, row_no) VALUES {marks}"));
        for row in rows {
            sql = sql.bind(id.as_str()).bind(*row);
        }
        tx.execute(sql).await?;
    }
    Ok(())
}

/// Sets the totals of these codes; 0 is a face in the group.
pub async fn set_counts(tx: &mut Tx, id: &TaskId, counts: &BTreeMap<i64, i64>) -> Result<()> {
    if counts.is_empty() {
        return Ok(());
    }
    let marks = rows_of_marks(counts.len(), 3);
    let upsert = dialect::upsert(tx, "task_id, code", &["rows_no"]);
    let mut sql = Sql::new(format!("INSERT INTO ingest_counts (task_id, code, rows_no) VALUES {marks} {upsert}"));
    for (code, rows) in counts {
        sql = sql.bind(id.as_str()).bind(*code).bind(*rows);
    }
    tx.execute(sql).await?;
    Ok(())
}

/// How a run ends.
#[derive(Debug, Clone)]
pub enum End {
    /// It goes on when it is taken up again: the state stays as it is.
    Released,
    /// All rows are handled.
    Completed,
    /// It stopped by itself: `last_error`.
    Failed(Message),
}

/// Lets go of a task; false when somebody else has it.
pub async fn release(tx: &mut Tx, id: &TaskId, epoch: i64, end: &End, now: i64) -> Result<bool> {
    let sql = match end {
        End::Released => Sql::new("UPDATE ingest_tasks SET lease_until = 0 WHERE"),
        End::Completed => {
            let text = "UPDATE ingest_tasks SET lease_until = 0, state = 4, ended_at = ? WHERE state IN (2, 3) AND";
            Sql::new(text).bind(now)
        }
        End::Failed(error) => {
            let text = "UPDATE ingest_tasks SET lease_until = 0, state = 3, ended_at = ?, last_error = ?, \
                        last_error_en = ? WHERE state IN (2, 3) AND";
            Sql::new(text).bind(now).bind(error.zh.as_ref()).bind(error.en.as_ref())
        }
    };
    Ok(tx.execute(sql.push(" id = ? AND epoch = ?").bind(id.as_str()).bind(epoch)).await? == 1)
}

/// Seed 003's older rule: whatever `owner` had running is stopped. How many there were.
pub async fn stop_all(tx: &mut Tx, owner: &str, now: i64) -> Result<u64> {
    const STOP: &str =
        "UPDATE ingest_tasks SET state = 3, lease_until = 0, ended_at = ? WHERE state = 2 AND lease_owner = ?";
    tx.execute(Sql::new(STOP).bind(now).bind(owner)).await
}

//! The rows of deleted tasks, a step at a time, so that nobody has to wait for a million of them.

use crate::ingest::model::TaskId;
use crate::platform::db::{Sql, Tx};
use crate::platform::error::Result;

/// Rows that are removed in one transaction.
const STEP: i64 = 4096;

/// Removes some rows of a deleted task, and at last the task. Whether it is gone.
pub async fn step(tx: &mut Tx, id: &TaskId) -> Result<bool> {
    for table in ["ingest_log", "ingest_done"] {
        // The rows of a step are named by their numbers: a DELETE with LIMIT isn't for both databases.
        let text = format!("SELECT row_no FROM {table} WHERE task_id = ? ORDER BY row_no LIMIT 1 OFFSET {STEP}");
        let end = tx.fetch_optional(Sql::new(text).bind(id.as_str())).await?;
        let end = end.map(|row| row.int(0)).transpose()?;
        let text = format!("DELETE FROM {table} WHERE task_id = ? AND row_no < ?");
        tx.execute(Sql::new(text).bind(id.as_str()).bind(end.unwrap_or(i64::MAX))).await?;
        if end.is_some() {
            return Ok(false);
        }
    }
    tx.execute(Sql::new("DELETE FROM ingest_counts WHERE task_id = ?").bind(id.as_str())).await?;
    tx.execute(Sql::new("DELETE FROM ingest_tasks WHERE id = ? AND state = 5").bind(id.as_str())).await?;
    Ok(true)
}

/// Which of these tasks have a row, deleted ones included.
pub async fn known(db: &crate::platform::db::Db, ids: &[TaskId]) -> Result<Vec<String>> {
    let marks = crate::platform::db::marks(ids.len());
    let sql = Sql::new(format!("SELECT id FROM ingest_tasks WHERE id IN ({marks})"));
    let rows = db.fetch_all(sql.bind_all(ids.iter().map(TaskId::as_str))).await?;
    rows.iter().map(|row| Ok(row.text(0)?)).collect()
}

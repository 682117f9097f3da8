//! The log of a task, by row.

use super::ROWS;
use crate::ingest::model::{Code, LogLine, TaskId};
use crate::platform::db::{Db, Sql, Tx, rows_of_marks, steps};
use crate::platform::error::Result;

/// Which lines are wanted.
#[derive(Debug, Clone, Copy)]
pub struct Wanted {
    pub code: Option<Code>,
    /// Only rows behind this one.
    pub after: i64,
    /// Only rows before this one.
    pub before: i64,
}

impl Default for Wanted {
    fn default() -> Self {
        Self { code: None, after: -1, before: i64::MAX }
    }
}

/// The next `limit` lines.
pub async fn page(db: &Db, id: &TaskId, wanted: Wanted, limit: u32) -> Result<Vec<LogLine>> {
    const LINES: &str =
        "SELECT row_no, uri, code, message FROM ingest_log WHERE task_id = ? AND row_no > ? AND row_no < ?";
    let mut sql = Sql::new(LINES).bind(id.as_str()).bind(wanted.after).bind(wanted.before);
    if let Some(code) = wanted.code {
        sql = sql.push(" AND code = ?").bind(code.number());
    }
    let rows = db.fetch_all(sql.push(" ORDER BY row_no LIMIT ?").bind(limit)).await?;
    let line = |row: &crate::platform::db::Row| -> Result<LogLine> {
        Ok(LogLine { row: row.int(0)?, uri: row.text(1)?, code: row.int(2)?, message: row.text(3)? })
    };
    rows.iter().map(line).collect()
}

/// Adds lines.
pub async fn insert(tx: &mut Tx, id: &TaskId, lines: &[&LogLine]) -> Result<()> {
    for lines in steps(lines, ROWS) {
        let marks = rows_of_marks(lines.len(), 5);
        let mut sql = Sql::new(format!("INSERT INTO ingest_log (task_id, row_no, uri, code, message) VALUES {marks}"));
        for line in lines {
            sql = sql
                .bind(id.as_str())
                .bind(line.row)
                .bind(line.uri.as_str())
                .bind(line.code)
                .bind(line.message.as_str());
        }
        tx.execute(sql).await?;
    }
    Ok(())
}

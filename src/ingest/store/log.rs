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

/// The next `limit` rows, and the bytes of each line's texts. So whoever reads a log knows beforehand what that takes.
pub async fn lengths(db: &Db, id: &TaskId, wanted: Wanted, limit: u32) -> Result<Vec<(i64, i64)>> {
    // SQLite counts characters, of at most four bytes.
    const LENGTHS: &str = "SELECT row_no, LENGTH(uri) + LENGTH(message) + LENGTH(COALESCE(message_en, '')) \
                           FROM ingest_log WHERE task_id = ? AND row_no > ? AND row_no < ? ORDER BY row_no LIMIT ?";
    let sql = Sql::new(LENGTHS).bind(id.as_str()).bind(wanted.after).bind(wanted.before).bind(limit);
    db.fetch_all(sql).await?.iter().map(|row| Ok((row.int(0)?, row.int(1)?))).collect()
}

/// The next `limit` lines.
pub async fn page(db: &Db, id: &TaskId, wanted: Wanted, limit: u32) -> Result<Vec<LogLine>> {
    const LINES: &str = "SELECT row_no, uri, code, message, message_en FROM ingest_log \
                         WHERE task_id = ? AND row_no > ? AND row_no < ?";
    let mut sql = Sql::new(LINES).bind(id.as_str()).bind(wanted.after).bind(wanted.before);
    if let Some(code) = wanted.code {
        sql = sql.push(" AND code = ?").bind(code.number());
    }
    let rows = db.fetch_all(sql.push(" ORDER BY row_no LIMIT ?").bind(limit)).await?;
    let line = |row: &crate::platform::db::Row| -> Result<LogLine> {
        let (uri, message) = (row.text(1)?, row.text(3)?);
        Ok(LogLine { row: row.int(0)?, uri, code: row.int(2)?, message, english: row.opt_text(4)? })
    };
    rows.iter().map(line).collect()
}

/// Adds lines.
pub async fn insert(tx: &mut Tx, id: &TaskId, lines: &[&LogLine]) -> Result<()> {
    for lines in steps(lines, ROWS) {
        let marks = rows_of_marks(lines.len(), 6);
        let mut sql = Sql::new(format!(
            "INSERT INTO ingest_log (task_id, row_no, uri, code, message, message_en) VALUES {marks}"
        ));
        for line in lines {
            sql = sql
                .bind(id.as_str())
                .bind(line.row)
                .bind(line.uri.as_str())
                .bind(line.code)
                .bind(line.message.as_str())
                .bind(line.english.as_deref());
        }
        tx.execute(sql).await?;
    }
    Ok(())
}

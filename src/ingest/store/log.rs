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

/// Lines whose lengths are looked at in one go.
const MEASURED: u32 = 1024;

/// The next lines, so many that their texts have about `bytes`, but at least one; and whether they are the last. So a
/// log of long addresses takes no more memory than one of short ones.
pub async fn piece(db: &Db, id: &TaskId, wanted: Wanted, bytes: i64) -> Result<(Vec<LogLine>, bool)> {
    // SQLite counts characters, of at most four bytes.
    const LENGTHS: &str = "SELECT row_no, LENGTH(uri) + LENGTH(message) + LENGTH(COALESCE(message_en, '')) \
                           FROM ingest_log WHERE task_id = ? AND row_no > ? AND row_no < ? ORDER BY row_no LIMIT ?";
    let sql = Sql::new(LENGTHS).bind(id.as_str()).bind(wanted.after).bind(wanted.before).bind(MEASURED);
    let rows = db.fetch_all(sql).await?;
    let (mut total, mut count, mut end) = (0, 0, wanted.after);
    for row in &rows {
        total += row.int(1)?;
        if count > 0 && total > bytes {
            break;
        }
        (count, end) = (count + 1, row.int(0)?);
    }
    let is_last = count == rows.len() && count < MEASURED as usize;
    let lines = page(db, id, Wanted { before: wanted.before.min(end + 1), ..wanted }, MEASURED).await?;
    Ok((lines, is_last))
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

//! Rows as those who look after the store read them: tasks with their CSVs, and counters.

use crate::platform::db::{Db, Row, Sql, Tx};
use crate::platform::error::Result;

/// A task, as its CSV and its counts see it.
#[derive(Debug, Clone)]
pub struct Kept {
    pub id: String,
    pub group: String,
    /// Whose data folder has its CSV.
    pub owner: String,
    pub is_deleted: bool,
    pub total: i64,
    pub handled: i64,
    /// What the counts by outcome add up to.
    pub counted: i64,
    /// Where in its CSV the next row begins.
    pub offset: i64,
}

const KEPT: &str = "SELECT t.id, t.group_name, t.lease_owner, t.state, t.total_num, t.handled_num, \
                    CAST(COALESCE((SELECT SUM(c.rows_no) FROM ingest_counts c WHERE c.task_id = t.id), 0) AS SIGNED), \
                    t.mark_offset FROM ingest_tasks t";

fn kept(row: &Row) -> Result<Kept> {
    Ok(Kept {
        id: row.text(0)?,
        group: row.text(1)?,
        owner: row.opt_text(2)?.unwrap_or_default(),
        is_deleted: row.int(3)? > 4,
        total: row.int(4)?,
        handled: row.int(5)?,
        counted: row.int(6)?,
        offset: row.int(7)?,
    })
}

/// The next `limit` tasks behind `after`, deleted ones whose rows are not gone yet included.
pub async fn page(db: &Db, after: &str, limit: u32) -> Result<Vec<Kept>> {
    let sql = Sql::new(format!("{KEPT} WHERE t.id > ? ORDER BY t.id LIMIT ?"));
    db.fetch_all(sql.bind(after).bind(limit)).await?.iter().map(kept).collect()
}

/// One of them.
pub async fn find(db: &Db, id: &str) -> Result<Option<Kept>> {
    let sql = Sql::new(format!("{KEPT} WHERE t.id = ?"));
    db.fetch_optional(sql.bind(id)).await?.as_ref().map(kept).transpose()
}

/// Makes `handled_num` what the counts by outcome add up to.
pub async fn mend(tx: &mut Tx, id: &str) -> Result<()> {
    const SUM: &str = "SELECT CAST(COALESCE(SUM(rows_no), 0) AS SIGNED) FROM ingest_counts WHERE task_id = ?";
    let counted = tx.fetch_one(Sql::new(SUM).bind(id)).await?.int(0)?;
    tx.execute(Sql::new("UPDATE ingest_tasks SET handled_num = ? WHERE id = ?").bind(counted).bind(id)).await?;
    Ok(())
}

//! The log of what was done. Lines are only ever added, counted up, and removed when they are old.

use crate::accounts::model::gathered::Several;
use crate::accounts::model::{Entry, Line, LineFilter};
use crate::platform::db::{Db, Row, Sql, Tx};
use crate::platform::error::Result;
use crate::platform::ids::Id;

fn line(row: &Row) -> Result<Line> {
    Ok(Line {
        id: Id(row.int(0)?),
        at: row.int(1)?,
        kind: row.text(2)?,
        who: row.text(3)?,
        address: row.text(4)?,
        action: row.text(5)?,
        path: row.text(6)?,
        status: row.int(7)?,
        is_refused: row.int(8)? != 0,
        times: row.int(9)?,
    })
}

/// The statement that adds a line; `gathered` is what its times have in common.
#[must_use]
pub fn insert(id: Id, at: i64, entry: &Entry, times: i64, gathered: Option<&[u8]>) -> Sql {
    const INSERT: &str = "INSERT INTO audit (id, at, kind, who, who_id, address, action, path, status, refused, times, gathered) \
                          VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)";
    Sql::new(INSERT)
        .bind(id)
        .bind(at)
        .bind(entry.kind)
        .bind(entry.who.as_str())
        .bind(entry.who_id)
        .bind(entry.address.as_str())
        .bind(entry.action.as_str())
        .bind(entry.path.as_str())
        .bind(i64::from(entry.status))
        .bind(i64::from(entry.is_refused))
        .bind(times)
        .bind(gathered.map(<[u8]>::to_vec))
}

/// Adds to the line that stands for all that is alike in its minute, or begins it.
pub async fn count_up(tx: &mut Tx, id: Id, several: &Several, gathered: &[u8]) -> Result<()> {
    let sql = Sql::new("UPDATE audit SET times = times + ? WHERE gathered = ?");
    if tx.execute(sql.bind(several.times).bind(gathered.to_vec())).await? == 0 {
        tx.execute(insert(id, several.at, &several.entry, several.times, Some(gathered))).await?;
    }
    Ok(())
}

/// The first `limit` lines behind the filter's mark, the newest first.
pub async fn list(db: &Db, filter: &LineFilter, limit: u32) -> Result<Vec<Line>> {
    const LIST: &str =
        "SELECT id, at, kind, who, address, action, path, status, refused, times FROM audit WHERE at >= 0";
    let mut sql = Sql::new(LIST);
    if filter.is_refused {
        sql = sql.push(" AND refused = 1");
    }
    if let Some(q) = &filter.q {
        sql =
            sql.push(" AND (INSTR(who, ?) > 0 OR INSTR(address, ?) > 0 OR INSTR(action, ?) > 0 OR INSTR(path, ?) > 0)");
        sql = sql.bind_all([q.as_str(); 4]);
    }
    if let Some((at, id)) = filter.after {
        sql = sql.push(" AND at <= ? AND (at < ? OR id < ?)").bind(at).bind(at).bind(id);
    }
    db.fetch_all(sql.push(" ORDER BY at DESC, id DESC LIMIT ?").bind(limit)).await?.iter().map(line).collect()
}

/// Removes what is older.
#[must_use]
pub fn purge(before: i64) -> Sql {
    Sql::new("DELETE FROM audit WHERE at < ?").bind(before)
}

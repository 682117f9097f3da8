//! Tags: one by name, and the list.

use crate::collect::model::cursor::Cursor;
use crate::collect::model::quota::Settings;
use crate::collect::model::{Filter, Tag, TagOrder};
use crate::platform::db::{Db, Row, Sql};
use crate::platform::error::Result;
use crate::platform::ids::Id;
use crate::platform::names::fold;

const TAG: &str = "SELECT id, name, file_count, bytes, created_at, updated_at, revision, quota, keep_days \
                   FROM tags WHERE deleted_at IS NULL";

fn tag(row: &Row) -> Result<Tag> {
    Ok(Tag {
        id: Id(row.int(0)?),
        name: row.text(1)?,
        file_count: row.int(2)?,
        bytes: row.int(3)?,
        created_at: row.int(4)?,
        updated_at: row.int(5)?,
        revision: row.int(6)?,
        settings: Settings { quota: row.opt_int(7)?, keep_days: row.opt_int(8)? },
    })
}

/// The tag of that name.
pub async fn find(db: &Db, name: &str) -> Result<Option<Tag>> {
    let sql = Sql::new(TAG).push(" AND name = ?").bind(name);
    db.fetch_optional(sql).await?.as_ref().map(tag).transpose()
}

/// The first `limit` tags behind `after`.
pub async fn list(db: &Db, filter: &Filter, order: TagOrder, after: Option<&Cursor>, limit: u32) -> Result<Vec<Tag>> {
    let mut sql = push_filter(Sql::new(TAG), filter);
    let column = match order {
        TagOrder::Newest | TagOrder::Oldest => "updated_at",
        TagOrder::Size => "bytes",
        TagOrder::Files => "file_count",
        TagOrder::Name => "name",
    };
    sql = match (after, order) {
        (Some(Cursor::Text(name)), _) => sql.push(" AND name > ?").bind(name.as_str()),
        (Some(Cursor::Number { key, tie }), TagOrder::Oldest) => {
            sql.push(" AND updated_at >= ? AND (updated_at > ? OR id > ?)").bind(*key).bind(*key).bind(*tie)
        }
        (Some(Cursor::Number { key, tie }), _) => {
            let condition = format!(" AND {column} <= ? AND ({column} < ? OR id < ?)");
            sql.push(&condition).bind(*key).bind(*key).bind(*tie)
        }
        (None, _) => sql,
    };
    sql = match order {
        TagOrder::Name => sql.push(" ORDER BY name"),
        TagOrder::Oldest => sql.push(" ORDER BY updated_at, id"),
        _ => sql.push(&format!(" ORDER BY {column} DESC, id DESC")),
    };
    db.fetch_all(sql.push(" LIMIT ?").bind(limit)).await?.iter().map(tag).collect()
}

/// The conditions of a filter, as they are meant for tags.
fn push_filter(mut sql: Sql, filter: &Filter) -> Sql {
    if let Some(q) = &filter.q {
        sql = sql.push(" AND INSTR(folded, ?) > 0").bind(fold(q));
    }
    if let Some(since) = filter.since {
        sql = sql.push(" AND updated_at >= ?").bind(since);
    }
    if let Some(until) = filter.until {
        sql = sql.push(" AND updated_at < ?").bind(until);
    }
    if filter.media.is_some() {
        let media = Filter { media: filter.media.clone(), ..Filter::default() };
        sql = sql.push(" AND EXISTS (SELECT 1 FROM files f WHERE f.tag_id = tags.id AND f.live = 1");
        sql = super::push_filter(sql, &media).push(")");
    }
    sql
}

/// Tags, living files and their bytes over all tags.
pub async fn totals(db: &Db) -> Result<(i64, i64, i64)> {
    const TOTALS: &str = "SELECT COUNT(*), CAST(COALESCE(SUM(file_count), 0) AS SIGNED), CAST(COALESCE(SUM(bytes), 0) AS SIGNED) \
                          FROM tags WHERE deleted_at IS NULL";
    let row = db.fetch_one(Sql::new(TOTALS)).await?;
    Ok((row.int(0)?, row.int(1)?, row.int(2)?))
}

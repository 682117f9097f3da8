//! All SQL of collecting by tag.
//!
//! What always holds: a statement either names the living (`live = 1`) or says why it means the
//! trash; lists go by key, never by offset; and everything that came from outside is bound.

pub mod archive;
pub mod commit;
pub mod files;
pub mod keeping;
pub mod naming;
pub mod quotas;
pub mod tags;
pub mod thumbnails;
pub mod trash;

use super::model::{File, Filter};
use crate::platform::db::{Row, Sql, marks};
use crate::platform::error::Result;
use crate::platform::ids::Id;
use crate::platform::names::fold;

/// The columns of a [`File`], in the order of [`file`].
const FILE: &str = "f.id, f.tag_id, t.name, f.name, f.seq, f.size, f.sha256, f.crc32, f.content_type, f.width, f.height, \
                    f.created_at, f.deleted_at FROM files f JOIN tags t ON t.id = f.tag_id";

fn file(row: &Row) -> Result<File> {
    Ok(File {
        id: Id(row.int(0)?),
        tag_id: Id(row.int(1)?),
        tag: row.text(2)?,
        name: row.text(3)?,
        seq: row.int(4)?,
        size: row.int(5)?,
        sha256: row.text(6)?,
        crc32: small(row.int(7)?),
        content_type: row.text(8)?,
        width: row.opt_int(9)?.map(small),
        height: row.opt_int(10)?.map(small),
        created_at: row.int(11)?,
        deleted_at: row.opt_int(12)?,
    })
}

/// A column that was written from a `u32`.
fn small(value: i64) -> u32 {
    u32::try_from(value).unwrap_or_default()
}

/// Adds the conditions of a filter on `files f`.
fn push_filter(mut sql: Sql, filter: &Filter) -> Sql {
    if let Some(q) = &filter.q {
        sql = sql.push(" AND INSTR(f.folded, ?) > 0").bind(fold(q));
    }
    if let Some(media) = &filter.media {
        sql = if media.contains('/') {
            sql.push(" AND f.content_type = ?").bind(media.as_str())
        } else {
            let half = format!("{media}/");
            let length = i64::try_from(half.len()).unwrap_or(0);
            sql.push(" AND SUBSTR(f.content_type, 1, ?) = ?").bind(length).bind(half)
        };
    }
    if let Some(since) = filter.since {
        sql = sql.push(" AND f.created_at >= ?").bind(since);
    }
    if let Some(until) = filter.until {
        sql = sql.push(" AND f.created_at < ?").bind(until);
    }
    if let Some(ids) = &filter.ids {
        if ids.is_empty() {
            // MariaDB knows no empty list.
            return sql.push(" AND 1 = 0");
        }
        sql = sql.push(&format!(" AND f.id IN ({})", marks(ids.len()))).bind_all(ids.iter().copied());
    }
    sql
}

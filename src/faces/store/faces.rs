//! Faces: put in by many at a time, listed by group.

use super::ROWS;
use crate::faces::model::{Details, Detected, Face, FaceBox, Filter, MAX_DESCRIPTION, MAX_TAG, MAX_URI, Pose, clipped};
use crate::platform::db::dialect::insert_or_ignore;
use crate::platform::db::{Db, Row, Sql, Tx, rows_of_marks, steps};
use crate::platform::error::{Error, Result};
use crate::platform::ids::Id;
use crate::platform::names::fold;

const COLUMNS: usize = 22;

const FACE: &str = "SELECT f.id, g.name, f.task_id, f.row_no, f.tag, f.description, f.uri, f.sha256, f.crop_sha256, \
                    f.x, f.y, f.width, f.height, f.pitch, f.yaw, f.roll, f.blur, f.score, f.faces_found, f.remote_id, \
                    f.created_at FROM faces f JOIN face_groups g ON g.id = f.group_id";

fn face(row: &Row) -> Result<Face> {
    let details = Details {
        group: row.text(1)?,
        task: row.text(2)?,
        row: row.int(3)?,
        tag: row.text(4)?,
        description: row.text(5)?,
        uri: row.text(6)?,
        sha256: row.text(7)?,
    };
    let place = FaceBox { x: row.int(9)?, y: row.int(10)?, width: row.int(11)?, height: row.int(12)? };
    let pose = match (row.opt_int(13)?, row.opt_int(14)?, row.opt_int(15)?) {
        (Some(pitch), Some(yaw), Some(roll)) => Some(Pose { pitch: whole(pitch), yaw: whole(yaw), roll: whole(roll) }),
        _ => None,
    };
    let detected = Detected { place, pose, blur: row.opt_int(16)?.map(whole), score: whole(row.int(17)?) };
    Ok(Face {
        id: Id(row.int(0)?),
        details,
        detected,
        crop: row.opt_text(8)?,
        faces_found: row.int(18)?,
        remote_id: row.opt_text(19)?,
        created_at: row.int(20)?,
    })
}

/// Thousandths, as they are kept.
#[expect(clippy::cast_possible_truncation, reason = "degrees and scores; what is beyond becomes the largest number")]
fn thousandths(value: f64) -> i64 {
    (value * 1000.0).round() as i64
}

#[expect(clippy::cast_precision_loss, reason = "thousandths of degrees and scores have few digits")]
fn whole(thousandths: i64) -> f64 {
    thousandths as f64 / 1000.0
}

/// Adds the faces that aren't there by their task and row. How many those were.
pub async fn insert(tx: &mut Tx, group: Id, faces: &[Face]) -> Result<u64> {
    let mut added = 0;
    for step in steps(faces, ROWS) {
        let text = format!(
            "{} INTO faces (id, group_id, task_id, row_no, tag, description, folded, uri, sha256, crop_sha256, x, y, width, \
             height, pitch, yaw, roll, blur, score, faces_found, remote_id, created_at) VALUES {}",
            insert_or_ignore(tx),
            rows_of_marks(step.len(), COLUMNS)
        );
        added += tx.execute(step.iter().fold(Sql::new(text), |sql, face| bind(sql, group, face))).await?;
    }
    Ok(added)
}

/// Texts are cut to what a column holds: MySQL's `INSERT IGNORE` would do it in the middle of a character.
fn bind(sql: Sql, group: Id, face: &Face) -> Sql {
    let Details { task, row, tag, description, uri, sha256, .. } = &face.details;
    let (tag, description) = (clipped(tag, MAX_TAG), clipped(description, MAX_DESCRIPTION));
    let Detected { place, pose, blur, score } = &face.detected;
    let sql = sql.bind(face.id).bind(group).bind(task.as_str()).bind(*row).bind(tag).bind(description);
    let sql = sql.bind(folded(tag, description)).bind(clipped(uri, MAX_URI)).bind(sha256.as_str());
    let sql = sql.bind(face.crop.as_deref()).bind(place.x).bind(place.y).bind(place.width).bind(place.height);
    let angle = |of: fn(&Pose) -> f64| pose.as_ref().map(|pose| thousandths(of(pose)));
    let sql = sql.bind(angle(|pose| pose.pitch)).bind(angle(|pose| pose.yaw)).bind(angle(|pose| pose.roll));
    let sql = sql.bind(blur.map(thousandths)).bind(thousandths(*score)).bind(face.faces_found);
    sql.bind(face.remote_id.as_deref()).bind(face.created_at)
}

/// What a search looks through; the line break keeps it from finding what stands in both together.
fn folded(tag: &str, description: &str) -> String {
    format!("{}\n{}", fold(tag), fold(description))
}

/// At most `limit` faces of a group whose ids are below `before`, highest first.
pub async fn list(db: &Db, group: Id, filter: &Filter, before: Option<Id>, limit: u32) -> Result<Vec<Face>> {
    let mut sql = Sql::new(FACE).push(" WHERE f.group_id = ? AND f.id < ?").bind(group);
    sql = sql.bind(before.unwrap_or(Id(i64::MAX)));
    if let Some(tag) = &filter.tag {
        sql = sql.push(" AND f.tag = ?").bind(tag.as_str());
    }
    if let Some(q) = &filter.q {
        sql = sql.push(" AND INSTR(f.folded, ?) > 0").bind(fold(q));
    }
    db.fetch_all(sql.push(" ORDER BY f.id DESC LIMIT ?").bind(limit)).await?.iter().map(face).collect()
}

/// How many faces of a group a filter lets through.
pub async fn count(db: &Db, group: Id, q: &str) -> Result<i64> {
    let sql = Sql::new("SELECT COUNT(*) FROM faces WHERE group_id = ? AND INSTR(folded, ?) > 0");
    Ok(db.fetch_one(sql.bind(group).bind(fold(q))).await?.int(0)?)
}

/// The newest faces of a group that have a crop.
pub async fn newest(db: &Db, group: Id, limit: u32) -> Result<Vec<Id>> {
    let sql = Sql::new("SELECT id FROM faces WHERE group_id = ? AND crop_sha256 IS NOT NULL ORDER BY id DESC LIMIT ?");
    db.fetch_all(sql.bind(group).bind(limit)).await?.iter().map(|row| Ok(Id(row.int(0)?))).collect()
}

/// The face of that id in that group.
pub async fn find(db: &Db, group: &str, id: Id) -> Result<Option<Face>> {
    let sql = Sql::new(FACE).push(" WHERE f.id = ? AND g.name = ?").bind(id).bind(group);
    db.fetch_optional(sql).await?.as_ref().map(face).transpose()
}

/// Removes a face; whether it was there.
pub async fn delete(tx: &mut Tx, group: Id, id: Id) -> Result<bool> {
    let sql = Sql::new("DELETE FROM faces WHERE id = ? AND group_id = ?").bind(id).bind(group);
    Ok(tx.execute(sql).await? == 1)
}

/// At most `limit` ids at an outside server, of faces of the group whose ids are above `after`.
pub async fn remotes(db: &Db, group: Id, after: Id, limit: u32) -> Result<Vec<(Id, String)>> {
    let sql = Sql::new(
        "SELECT id, remote_id FROM faces WHERE group_id = ? AND id > ? AND remote_id IS NOT NULL ORDER BY id LIMIT ?",
    );
    let rows = db.fetch_all(sql.bind(group).bind(after).bind(limit)).await?;
    rows.iter().map(|row| Ok((Id(row.int(0)?), row.text(1)?))).collect()
}

/// Removes all faces of a group: how many, and the digests of their crops.
pub async fn delete_all(tx: &mut Tx, group: Id) -> Result<(i64, Vec<String>)> {
    let crops = Sql::new("SELECT DISTINCT crop_sha256 FROM faces WHERE group_id = ? AND crop_sha256 IS NOT NULL");
    let crops = tx.fetch_all(crops.bind(group)).await?.iter().map(|row| row.text(0)).collect::<Result<_, _>>()?;
    let count = tx.execute(Sql::new("DELETE FROM faces WHERE group_id = ?").bind(group)).await?;
    Ok((i64::try_from(count).map_err(Error::internal)?, crops))
}

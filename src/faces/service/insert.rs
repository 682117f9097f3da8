//! Faces into their group, within the transaction of the ingest task that brings them.

use super::{Faces, PreparedFace, store};
use crate::faces::model::Face;
use crate::platform::db::Tx;
use crate::platform::error::{Error, Result};
use crate::platform::ids::Id;

impl Faces {
    /// Makes a group where it is missing. `new_id` was drawn for it before the transaction began.
    ///
    /// # Errors
    /// When the database can't be written.
    pub async fn make_group(&self, tx: &mut Tx, name: &str, new_id: Id) -> Result<()> {
        store::groups::make(tx, name, new_id, self.inner.clock.now_ms()).await
    }

    /// Adds faces to a group, which is made where it is missing. Those that are there by their task and row stay as they
    /// are; how many weren't. The caller [holds](Self::hold) bytes until the commit.
    ///
    /// # Errors
    /// When the database can't be written; on MySQL also when two writers got in each other's way: then the whole
    /// transaction can be tried again.
    pub async fn insert(&self, tx: &mut Tx, group: &str, faces: &[&PreparedFace]) -> Result<u64> {
        let Some(first) = faces.first() else {
            return Ok(0);
        };
        for crop in faces.iter().filter_map(|face| face.crop.as_ref()) {
            self.keep_in_place(crop).await?;
        }
        let now = self.inner.clock.now_ms();
        let group = self.lock_or_make(tx, group, first.group_id, now).await?;
        let crops = faces.iter().filter_map(|face| Some(&face.crop.as_ref()?.received)).collect();
        store::blobs::insert(tx, crops, now).await?;
        let rows: Vec<Face> = faces.iter().map(|face| row(face, now)).collect();
        let added = store::faces::insert(tx, group, &rows).await?;
        if added > 0 {
            store::groups::count(tx, group, i64::try_from(added).map_err(Error::internal)?).await?;
        }
        Ok(added)
    }

    async fn lock_or_make(&self, tx: &mut Tx, name: &str, new_id: Id, now: i64) -> Result<Id> {
        if let Some(id) = store::groups::lock(tx, name).await? {
            return Ok(id);
        }
        store::groups::make(tx, name, new_id, now).await?;
        // What counts is what stands there now.
        let made = store::groups::lock(tx, name).await?;
        made.ok_or_else(|| Error::internal(format!("the face group {name:?} was not made")))
    }
}

fn row(face: &PreparedFace, now: i64) -> Face {
    Face {
        id: face.id,
        details: face.details.clone(),
        detected: face.detected.clone(),
        faces_found: face.faces_found,
        crop: face.crop.as_ref().map(|crop| crop.received.key.as_str().to_owned()),
        remote_id: face.remote_id.clone(),
        created_at: now,
    }
}

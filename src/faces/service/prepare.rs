//! Everything about a face that has to be done before its row: its crop in place, or the face at an outside server.

use super::{Faces, Sighting};
use crate::faces::engine::{Addition, Unanswered};
use crate::faces::model::{Details, Detected};
use crate::platform::blobs::Received;
use crate::platform::error::{Error, Result};
use crate::platform::ids::Id;

/// A face that only lacks its row.
pub struct PreparedFace {
    pub(super) id: Id,
    /// For the group, should it have to be made.
    pub(super) group_id: Id,
    pub(super) details: Details,
    pub(super) detected: Detected,
    pub(super) faces_found: i64,
    pub(super) crop: Option<Crop>,
    pub(super) remote_id: Option<String>,
}

impl PreparedFace {
    /// What stands with it.
    #[must_use]
    pub fn details(&self) -> &Details {
        &self.details
    }
}

/// A crop whose bytes are in place. They are kept at hand until the row stands: the same bytes may be removed meanwhile with
/// another face.
pub(super) struct Crop {
    pub received: Received,
    pub jpeg: Vec<u8>,
}

/// Why a face wasn't prepared.
#[derive(Debug, thiserror::Error)]
pub enum PrepareError {
    /// The outside server doesn't answer (code 302).
    #[error(transparent)]
    Unanswered(#[from] Unanswered),
    /// This server is at fault (code 303), a full disk included.
    #[error(transparent)]
    System(#[from] Error),
}

impl Faces {
    /// Prepares the largest face of a sighting. By task and row the same again and again: doing it twice does no harm.
    ///
    /// # Errors
    /// See [`PrepareError`]; `NotFound` when there is no face.
    pub async fn prepare(&self, details: Details, sighting: &Sighting) -> Result<PreparedFace, PrepareError> {
        let place = sighting.faces.first().map(|face| (face.clone(), face.place));
        let (detected, place) = place.ok_or(Error::NotFound(crate::platform::error::Thing::Face))?;
        let crop = match &sighting.crop {
            Some(jpeg) => Some(self.place(jpeg.clone()).await?),
            None => None,
        };
        let Details { group, task, row, .. } = &details;
        let picture = sighting.picture.clone();
        let addition = Addition { group: group.clone(), task: task.clone(), row: *row, place, picture };
        let remote_id = self.inner.engine.add(&addition).await?;
        let first = self.inner.ids.draw(2).await?;
        let faces_found = i64::try_from(sighting.faces.len()).map_err(Error::internal)?;
        Ok(PreparedFace { id: Id(first), group_id: Id(first + 1), details, detected, faces_found, crop, remote_id })
    }

    /// Puts the bytes of a crop in their place.
    async fn place(&self, jpeg: Vec<u8>) -> Result<Crop> {
        let mut incoming = self.inner.collect.begin(Some(jpeg.len() as u64))?;
        incoming.write(&jpeg).await?;
        let received = self.inner.collect.place(incoming).await?;
        Ok(Crop { received, jpeg })
    }

    /// Puts the crop in its place again, should its bytes be gone. The caller [holds](Self::hold) bytes.
    pub(super) async fn keep_in_place(&self, crop: &Crop) -> Result<()> {
        if self.inner.collect.check_in_place(&crop.received).is_err() {
            self.place(crop.jpeg.clone()).await?;
        }
        Ok(())
    }
}

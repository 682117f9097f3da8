//! The shapes of the room's JSON (contract §3).

use serde::Serialize;

use crate::collect::model::Page;
use crate::faces::model::{Face, FaceBox, Group, Pose};
use crate::platform::clock::rfc3339;
use crate::platform::ids::Id;
use crate::platform::web::serve::path_segment;

/// One page of a list.
#[derive(Debug, Serialize)]
pub struct PageResponse<T> {
    items: Vec<T>,
    next: Option<String>,
}

impl<M, T: From<M>> From<Page<M>> for PageResponse<T> {
    fn from(page: Page<M>) -> Self {
        Self { items: page.items.into_iter().map(T::from).collect(), next: page.next }
    }
}

/// One group.
#[derive(Debug, Serialize)]
pub struct GroupResponse {
    name: String,
    face_count: i64,
    created_at: String,
}

impl From<Group> for GroupResponse {
    fn from(group: Group) -> Self {
        Self { name: group.name, face_count: group.face_count, created_at: rfc3339(group.created_at) }
    }
}

/// In pixels of the displayed picture.
#[derive(Debug, Serialize)]
struct BoxResponse {
    x: i64,
    y: i64,
    width: i64,
    height: i64,
}

impl From<FaceBox> for BoxResponse {
    fn from(FaceBox { x, y, width, height }: FaceBox) -> Self {
        Self { x, y, width, height }
    }
}

/// In degrees.
#[derive(Debug, Serialize)]
struct PoseResponse {
    pitch: f64,
    yaw: f64,
    roll: f64,
}

impl From<Pose> for PoseResponse {
    fn from(Pose { pitch, yaw, roll }: Pose) -> Self {
        Self { pitch, yaw, roll }
    }
}

/// One face.
#[derive(Debug, Serialize)]
pub struct FaceResponse {
    id: Id,
    group: String,
    tag: String,
    description: String,
    uri: String,
    /// Of the whole picture's bytes.
    sha256: String,
    #[serde(rename = "box")]
    place: BoxResponse,
    /// `null` where the engine can't tell.
    pose: Option<PoseResponse>,
    blur: Option<f64>,
    score: f64,
    /// How many faces the picture had.
    faces_found: i64,
    task_id: String,
    row: i64,
    created_at: String,
    /// `null` where an outside server keeps the face.
    crop_url: Option<String>,
}

impl From<Face> for FaceResponse {
    fn from(face: Face) -> Self {
        let Face { id, details, detected, faces_found, crop, created_at, .. } = face;
        let crop_url = crop.map(|_| format!("/api/v1/groups/{}/faces/{id}/crop", path_segment(&details.group)));
        Self {
            id,
            tag: details.tag,
            description: details.description,
            uri: details.uri,
            sha256: details.sha256,
            place: detected.place.into(),
            pose: detected.pose.map(PoseResponse::from),
            blur: detected.blur,
            score: detected.score,
            faces_found,
            task_id: details.task,
            row: details.row,
            created_at: rfc3339(created_at),
            crop_url,
            group: details.group,
        }
    }
}

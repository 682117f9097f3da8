//! `/groups/{name}`: the faces of a group as crops, newest first.

use askama::Template;
use rocket::State;

use crate::faces::model::{Face, Filter};
use crate::faces::service::Faces;
use crate::platform::ids::Id;
use crate::platform::web::format::{address, escaped};
use crate::platform::web::guards::Reader;
use crate::platform::web::lang::Lang;
use crate::platform::web::page::{Frame, Html, Section};
use crate::platform::web::times;

use super::words::{self, Words};
use super::{Answer, View};

/// Faces on one page.
const LIMIT: u32 = 60;

#[derive(Template)]
#[template(path = "faces/group.html")]
pub(super) struct GroupPage {
    frame: Frame,
    w: &'static Words,
    name: String,
    href: String,
    tasks_href: String,
    q: String,
    is_empty: bool,
    faces: String,
    found: String,
    /// As HTML.
    made: String,
    items: Vec<Item>,
    more: Option<String>,
}

/// One face.
pub(super) struct Item {
    pub id: Id,
    pub tag: String,
    pub description: String,
    pub uri: String,
    /// Its picture had others.
    pub of_several: Option<String>,
    pub task: String,
    pub row: i64,
    pub place: String,
    pub has_crop: bool,
}

impl Item {
    pub(super) fn of(face: Face, lang: Lang) -> Self {
        let place = face.detected.place;
        Self {
            id: face.id,
            of_several: words::of_several(face.faces_found, lang),
            place: format!("{}, {} · {} × {}", place.x, place.y, place.width, place.height),
            has_crop: face.crop.is_some(),
            tag: face.details.tag,
            description: face.details.description,
            uri: face.details.uri,
            task: face.details.task,
            row: face.details.row,
        }
    }
}

/// `GET /groups/{name}?q`
#[rocket::get("/groups/<name>?<q>&<cursor>")]
pub(super) async fn show(
    _reader: Reader,
    view: View,
    faces: &State<Faces>,
    name: &str,
    q: Option<&str>,
    cursor: Option<&str>,
) -> Answer<Html<GroupPage>> {
    let View { frame, w } = view;
    let q = q.map(str::trim).filter(|q| !q.is_empty());
    let group = faces.group(name).await?;
    let page = faces.faces(name, &Filter { q: q.map(str::to_owned), tag: None }, cursor, LIMIT).await?;
    let found = match q {
        Some(q) => words::faces_found(faces.found(group.id, q).await?, q, frame.lang),
        None => String::new(),
    };
    let (href, q) = (format!("/groups/{}", escaped(name)), q.unwrap_or_default().to_owned());
    Ok(Html(GroupPage {
        is_empty: group.face_count == 0,
        faces: words::faces(group.face_count, frame.lang),
        made: times::minute(group.created_at, &frame.zone, frame.lang),
        tasks_href: address("/ingest", &[("group", name)]),
        more: page.next.map(|cursor| address(&href, &[("q", &q), ("cursor", &cursor)])),
        items: page.items.into_iter().map(|face| Item::of(face, frame.lang)).collect(),
        name: group.name,
        frame,
        w,
        href,
        q,
        found,
    }))
}

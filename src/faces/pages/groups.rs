//! `/groups`: a card for every group.

use askama::Template;
use futures_util::future::try_join_all;
use rocket::State;

use crate::faces::model::Group;
use crate::faces::service::Faces;
use crate::platform::error::Error;
use crate::platform::ids::Id;
use crate::platform::web::format::{address, escaped};
use crate::platform::web::guards::Reader;
use crate::platform::web::page::{Frame, Html, Section};
use crate::platform::web::times;

use super::words::{self, Words};
use super::{Answer, View};

/// Cards on one page.
const LIMIT: u32 = 48;

/// Crops on one card.
const THUMBS: u32 = 4;

#[derive(Template)]
#[template(path = "faces/groups.html")]
pub(super) struct GroupsPage {
    frame: Frame,
    w: &'static Words,
    q: String,
    found: String,
    cards: Vec<Card>,
    more: Option<String>,
    command: String,
}

/// One group.
struct Card {
    /// Its name in an address.
    name_in_path: String,
    name: String,
    faces: String,
    /// As HTML.
    made: String,
    thumbs: Vec<Id>,
    is_empty: bool,
}

/// `GET /groups`
#[rocket::get("/groups?<q>&<cursor>")]
pub(super) async fn index(
    _reader: Reader,
    view: View,
    faces: &State<Faces>,
    q: Option<&str>,
    cursor: Option<&str>,
) -> Answer<Html<GroupsPage>> {
    let View { frame, w } = view;
    let q = q.map(str::trim).filter(|q| !q.is_empty());
    let page = faces.groups(q, cursor, LIMIT).await?;
    let cards = try_join_all(page.items.into_iter().map(|group| card(faces, &frame, group))).await?;
    let q = q.unwrap_or_default().to_owned();
    Ok(Html(GroupsPage {
        found: words::groups_found(cards.len(), page.next.is_some(), &q, frame.lang),
        more: page.next.map(|cursor| address("/groups", &[("q", &q), ("cursor", &cursor)])),
        command: format!("curl -F group_name=staff -F file=@faces.csv {}/v1/tasks/create", frame.origin),
        frame,
        w,
        q,
        cards,
    }))
}

async fn card(faces: &Faces, frame: &Frame, group: Group) -> Result<Card, Error> {
    Ok(Card {
        name_in_path: escaped(&group.name),
        faces: words::faces(group.face_count, frame.lang),
        made: times::date(group.created_at, &frame.zone, frame.lang),
        thumbs: if group.face_count > 0 { faces.newest(group.id, THUMBS).await? } else { Vec::new() },
        is_empty: group.face_count == 0,
        name: group.name,
    })
}

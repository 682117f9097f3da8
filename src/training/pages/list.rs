//! `/tasks`: a card for every task, and the form that makes one.

use askama::Template;
use futures_util::future::try_join_all;
use rocket::State;

use crate::platform::ids::Id;
use crate::platform::web::format::address;
use crate::platform::web::guards::Reader;
use crate::platform::web::page::{Frame, Html, Section};
use crate::platform::web::times;
use crate::training::model::{Result, TaskView};
use crate::training::notices::images;
use crate::training::service::Training;

use super::items::{Share, bar};
use super::words::{self, Words};
use super::{Answer, KNOWN_TAGS, View};

/// Cards on one page.
const LIMIT: u32 = 48;

/// Thumbnails on one card.
const THUMBS: u32 = 4;

#[derive(Template)]
#[template(path = "training/tasks.html")]
pub(super) struct TasksPage {
    frame: Frame,
    w: &'static Words,
    q: String,
    found: String,
    cards: Vec<Card>,
    more: Option<String>,
    types: [(i64, &'static str); 3],
    tags: Vec<String>,
    draft: Draft,
}

/// The form of a new task as it stands, and what is wrong with it.
#[derive(Default)]
pub(super) struct Draft {
    pub name: String,
    pub task_type: i64,
    pub tag: String,
    pub wrong_name: Option<String>,
    pub wrong_type: Option<String>,
    pub wrong_tag: Option<String>,
    /// The form stands open.
    pub open: bool,
}

/// One task.
struct Card {
    id: Id,
    name: String,
    type_label: &'static str,
    is_copy: bool,
    images: String,
    has_images: bool,
    bar: Vec<Share>,
    /// As HTML.
    made: String,
    thumbs: Vec<Id>,
}

/// `GET /tasks`; `tag` opens the form with it.
#[rocket::get("/tasks?<q>&<cursor>&<tag>")]
pub(super) async fn index(
    _reader: Reader,
    view: View,
    training: &State<Training>,
    q: Option<&str>,
    cursor: Option<&str>,
    tag: Option<&str>,
) -> Answer<Html<TasksPage>> {
    let tag = tag.map(str::trim).filter(|tag| !tag.is_empty()).unwrap_or_default();
    let draft =
        Draft { name: tag.to_owned(), tag: tag.to_owned(), open: !tag.is_empty(), task_type: 1, ..Draft::default() };
    Ok(Html(page(view, training, q, cursor, draft).await?))
}

pub(super) async fn page(
    view: View,
    training: &Training,
    q: Option<&str>,
    cursor: Option<&str>,
    mut draft: Draft,
) -> Result<TasksPage> {
    let View { frame, w, .. } = view;
    let q = q.map(str::trim).filter(|q| !q.is_empty());
    let page = training.tasks(q, cursor, LIMIT).await?;
    let cards = try_join_all(page.items.into_iter().map(|task| card(training, &frame, w, task))).await?;
    let q = q.unwrap_or_default().to_owned();
    draft.open |= cards.is_empty() && q.is_empty();
    Ok(TasksPage {
        found: words::found(cards.len(), page.next.is_some(), &q, frame.lang),
        more: page.next.map(|cursor| address("/tasks", &[("q", &q), ("cursor", &cursor)])),
        types: words::types(w),
        tags: training.known_tags(KNOWN_TAGS).await?,
        frame,
        w,
        q,
        cards,
        draft,
    })
}

async fn card(training: &Training, frame: &Frame, w: &Words, view: TaskView) -> Result<Card> {
    let total = view.counts.sets.iter().sum();
    let thumbs = if total > 0 { training.newest_images(view.task.id, THUMBS).await? } else { Vec::new() };
    Ok(Card {
        id: view.task.id,
        type_label: words::type_label(view.task.task_type, w),
        is_copy: view.task.copied_from.is_some(),
        images: images(total, frame.lang),
        has_images: total > 0,
        bar: bar(view.counts.sets, w),
        made: times::date(view.task.created_at, &frame.zone, frame.lang),
        thumbs,
        name: view.task.name,
    })
}

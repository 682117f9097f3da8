//! `/ingest`: the tasks by group and state, and the form that makes one.

use askama::Template;
use rocket::State;
use rocket::form::FromForm;

use crate::ingest::model::csv::{Glimpse, Row};
use crate::ingest::model::{self, Source, Task};
use crate::ingest::service::{Ingest, Wanted};
use crate::platform::error::Result;
use crate::platform::web::format::{address, count};
use crate::platform::web::guards::Reader;
use crate::platform::web::page::{Frame, Html, Section};
use crate::platform::web::times;

use super::draft::Draft;
use super::words::{self, Words, state_label, state_word};
use super::{Answer, View};

/// Tasks on one page.
const LIMIT: u32 = 50;

#[derive(Template)]
#[template(path = "ingest/list.html")]
pub(super) struct ListPage {
    frame: Frame,
    w: &'static Words,
    group: String,
    tabs: Vec<Tab>,
    items: Vec<Item>,
    more: Option<String>,
    is_filtered: bool,
    draft: Draft,
    glimpse: Option<Seen>,
    example: String,
}

/// A filter by state.
struct Tab {
    href: String,
    label: &'static str,
    is_current: bool,
}

/// One task.
struct Item {
    id: String,
    group: String,
    state: &'static str,
    state_label: &'static str,
    source: String,
    handled: i64,
    total: i64,
    done: String,
    error: String,
    /// As HTML.
    made: String,
}

/// What a CSV turned out to be.
struct Seen {
    told: String,
    rows: Vec<Line>,
}

/// One row of it, cut to what a page can show.
struct Line {
    uri: String,
    tag: String,
    description: String,
    wrong: Option<String>,
}

/// What is asked for.
#[derive(Debug, Default, FromForm)]
pub(super) struct Wish<'r> {
    pub group: Option<&'r str>,
    pub state: Option<&'r str>,
    pub cursor: Option<&'r str>,
    /// Opens the form with this tag.
    pub tag: Option<&'r str>,
}

/// `GET /ingest`
#[rocket::get("/ingest?<wish..>")]
pub(super) async fn index(
    _reader: Reader,
    mut view: View,
    ingest: &State<Ingest>,
    wish: Wish<'_>,
) -> Answer<Html<ListPage>> {
    view.frame.knows(&["group", "state", "cursor", "tag"]);
    let mut draft = Draft::new(view.w, &ingest.ability(), view.frame.lang);
    if let Some(tag) = wish.tag.filter(|tag| !tag.is_empty()) {
        tag.clone_into(&mut draft.from_tag.value);
        draft.group.value = tag.chars().take(64).collect();
        draft.open = true;
    }
    Ok(Html(page(view, ingest, &wish, draft, None).await?))
}

pub(super) async fn page(
    view: View,
    ingest: &Ingest,
    wish: &Wish<'_>,
    mut draft: Draft,
    glimpse: Option<Glimpse>,
) -> Result<ListPage> {
    let View { frame, w } = view;
    let group = wish.group.map(str::trim).unwrap_or_default();
    let state = model::State::ALL.into_iter().find(|state| wish.state == Some(state_word(*state)));
    let wanted = Wanted { group: Some(group.to_owned()).filter(|group| !group.is_empty()), state };
    let page = ingest.tasks(&wanted, wish.cursor, LIMIT).await?;
    let is_filtered = !group.is_empty() || state.is_some();
    draft.open |= page.items.is_empty() && !is_filtered && wish.cursor.is_none();
    let word = state.map_or("", state_word);
    Ok(ListPage {
        tabs: tabs(group, state, w),
        items: page.items.into_iter().map(|task| item(task, &frame, w)).collect(),
        more: page.next.map(|cursor| address("/ingest", &[("group", group), ("state", word), ("cursor", &cursor)])),
        glimpse: glimpse.map(|glimpse| seen(glimpse, &frame)),
        example: words::example(&frame.origin),
        group: group.to_owned(),
        is_filtered,
        frame,
        w,
        draft,
    })
}

fn tabs(group: &str, current: Option<model::State>, w: &'static Words) -> Vec<Tab> {
    let tab = |state: Option<model::State>| Tab {
        href: address("/ingest", &[("group", group), ("state", state.map_or("", state_word))]),
        label: state.map_or(w.all, |state| state_label(state, w)),
        is_current: state == current,
    };
    std::iter::once(None).chain(model::State::ALL.map(Some)).map(tab).collect()
}

fn item(task: Task, frame: &Frame, w: &'static Words) -> Item {
    Item {
        state: state_word(task.state),
        state_label: state_label(task.state, w),
        source: source(&task.source, w),
        done: format!("{} / {}", count(task.handled), count(task.total)),
        made: times::minute(task.created_at, &frame.zone, frame.lang),
        id: task.id.to_string(),
        group: task.group,
        handled: task.handled,
        total: task.total,
        error: words::shown(task.last_error.text(frame.lang).to_owned()).0,
    }
}

/// What a task was made of.
pub(super) fn source(source: &Source, w: &Words) -> String {
    match source {
        Source::Csv(encoding) => format!("CSV · {encoding}"),
        Source::Tag(tag) => format!("{} {tag}", w.tag),
    }
}

fn seen(glimpse: Glimpse, frame: &Frame) -> Seen {
    let line = |row: Row| Line {
        wrong: row.check().err().map(|bad| bad.message.text(frame.lang).to_owned()),
        uri: words::short(&row.uri),
        tag: words::short(&row.tag),
        description: words::short(&row.description),
    };
    Seen {
        told: words::glimpse(glimpse.encoding, glimpse.dialect, glimpse.rows.len(), frame.lang),
        rows: glimpse.rows.into_iter().map(line).collect(),
    }
}

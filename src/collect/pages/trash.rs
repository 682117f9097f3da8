//! `/trash`: what lies there and until when; back, or gone for ever after one more question.

use askama::Template;
use rocket::State;
use rocket::form::FromForm;
use rocket::response::Responder;

use crate::collect::model::Filter;
use crate::collect::service::Collect;
use crate::platform::error::Error;
use crate::platform::ids::Id;
use crate::platform::web::form::Form;
use crate::platform::web::format::{address, short_day};
use crate::platform::web::guards::{Reader, Writer};
use crate::platform::web::page::{Frame, Html, PageError, Section, SeeOther};

use super::items::{self, by_day};
use super::notices::News;
use super::words::{self, Words};
use super::{Answer, View};

/// Thumbnails on one page.
const LIMIT: u32 = 60;

#[derive(Template)]
#[template(path = "collect/trash.html")]
pub(super) struct TrashPage {
    frame: Frame,
    w: &'static Words,
    meta: String,
    keeps: String,
    days: Vec<items::Day>,
    /// Each file is shown with its tag.
    with_tags: bool,
    can_select: bool,
    more: Option<String>,
}

/// `GET /trash`
#[rocket::get("/trash?<cursor>")]
pub(super) async fn show(
    _reader: Reader,
    view: View,
    collect: &State<Collect>,
    cursor: Option<&str>,
) -> Answer<TrashPage> {
    let page = collect.trash(cursor, LIMIT).await?;
    let totals = collect.trash_totals().await?;
    let keep = collect.trash_keep_days();
    let View { frame, w } = view;
    let mut days = by_day(page.items, |file| file.deleted_at.unwrap_or(file.created_at), &frame.zone, frame.lang);
    note_ends(&mut days, keep, &frame);
    Ok(Html(TrashPage {
        meta: words::trash_meta(totals.file_count, totals.bytes, keep, frame.lang),
        keeps: words::keeps(keep, frame.lang),
        more: page.next.map(|cursor| address("/trash", &[("cursor", &cursor)])),
        with_tags: true,
        can_select: frame.may_write(),
        frame,
        w,
        days,
    }))
}

/// Says beside each day until when what was deleted then is kept.
fn note_ends(days: &mut [items::Day], keep: i64, frame: &Frame) {
    for group in days {
        let Ok(date) = group.iso.parse::<jiff::civil::Date>() else {
            continue;
        };
        let end = date.checked_add(jiff::Span::new().try_days(keep).unwrap_or_default());
        if let Ok(end) = end {
            group.note = words::kept_until(&short_day(end, frame.lang), frame.lang);
        }
    }
}

/// Which of the trash is meant.
#[derive(Debug, FromForm)]
pub(super) struct Chosen<'r> {
    scope: &'r str,
    ids: Vec<&'r str>,
    confirmed: Option<&'r str>,
}

impl Chosen<'_> {
    /// The ids, or `None` for the whole trash. An empty selection is never the whole.
    fn ids(&self) -> Result<Option<Vec<Id>>, Error> {
        if self.scope == "all" { Ok(None) } else { Filter::selection(self.ids.iter().copied()).map(Some) }
    }
}

/// `POST /trash/restore`
#[rocket::post("/trash/restore", data = "<form>")]
pub(super) async fn restore(
    _writer: Writer,
    collect: &State<Collect>,
    form: Form<Chosen<'_>>,
) -> Result<SeeOther, PageError> {
    let ids = form.ids()?.unwrap_or_default();
    if ids.is_empty() {
        return Ok(SeeOther::to("/trash").noting(News::NothingSelected.to_string()));
    }
    let count = collect.restore_files(&ids).await?;
    Ok(SeeOther::to("/trash").noting(News::Restored { count }.to_string()))
}

#[derive(Template)]
#[template(path = "collect/purge.html")]
pub(super) struct PurgePage {
    frame: Frame,
    w: &'static Words,
    question: String,
    scope: &'static str,
    ids: Vec<Id>,
}

/// The question, or the way back when it has been answered.
#[derive(Responder)]
pub(super) enum PurgeAnswer {
    Ask(Box<Html<PurgePage>>),
    Done(SeeOther),
}

/// `POST /trash/purge`: asks first; only an answer deletes.
#[rocket::post("/trash/purge", data = "<form>")]
pub(super) async fn purge(
    _writer: Writer,
    view: View,
    collect: &State<Collect>,
    form: Form<Chosen<'_>>,
) -> Result<PurgeAnswer, PageError> {
    let ids = form.ids()?;
    if ids.as_ref().is_some_and(Vec::is_empty) {
        return Ok(PurgeAnswer::Done(SeeOther::to("/trash").noting(News::NothingSelected.to_string())));
    }
    if form.confirmed == Some("yes") {
        let count = collect.purge(ids.as_deref()).await?;
        return Ok(PurgeAnswer::Done(SeeOther::to("/trash").noting(News::Purged { count }.to_string())));
    }
    let count = match &ids {
        Some(ids) => i64::try_from(ids.len()).unwrap_or(i64::MAX),
        None => collect.trash_totals().await?.file_count,
    };
    let scope = if ids.is_some() { "selection" } else { "all" };
    let question = words::purge_question(count, ids.is_none(), view.frame.lang);
    let page = PurgePage { frame: view.frame, w: view.w, question, scope, ids: ids.unwrap_or_default() };
    Ok(PurgeAnswer::Ask(Box::new(Html(page))))
}

//! `/`: a card for every tag; `/new`: the name of a new one.

use askama::Template;
use futures_util::future::try_join_all;
use rocket::State;
use rocket::form::FromForm;
use rocket::response::Responder;

use crate::collect::model::{Filter, Name, Tag, TagOrder, TagQuery};
use crate::collect::service::Collect;
use crate::platform::error::Error;
use crate::platform::ids::Id;
use crate::platform::web::format::{address, escaped, size};
use crate::platform::web::guards::Reader;
use crate::platform::web::page::{Frame, Html, Section, SeeOther};
use crate::platform::web::times;

use super::words::{self, Words};
use super::{Answer, View};

/// Cards on one page.
const LIMIT: u32 = 48;

/// Thumbnails on one card.
const THUMBS: u32 = 4;

#[derive(Debug, FromForm)]
pub(super) struct TagsQuery<'r> {
    q: Option<&'r str>,
    order: Option<&'r str>,
    cursor: Option<String>,
}

#[derive(Template)]
#[template(path = "collect/tags.html")]
pub(super) struct TagsPage {
    frame: Frame,
    w: &'static Words,
    q: String,
    order: &'static str,
    orders: [(&'static str, &'static str); 4],
    cards: Vec<Card>,
    found: String,
    more: Option<String>,
    command: String,
}

/// One tag as a contact sheet.
struct Card {
    href: String,
    name: String,
    files: String,
    bytes: String,
    has_files: bool,
    /// As HTML.
    updated: String,
    thumbs: Vec<Id>,
}

/// `GET /`
#[rocket::get("/?<query..>")]
pub(super) async fn index(
    _reader: Reader,
    mut view: View,
    collect: &State<Collect>,
    query: TagsQuery<'_>,
) -> Answer<TagsPage> {
    view.frame.knows(&["q", "order", "cursor"]);
    let q = query.q.map(str::trim).filter(|q| !q.is_empty()).map(str::to_owned);
    let (order, order_word) = order(query.order.unwrap_or_default());
    let page = collect
        .tags(&TagQuery {
            filter: Filter { q: q.clone(), ..Filter::default() },
            order,
            cursor: query.cursor,
            limit: LIMIT,
        })
        .await?;
    let cards = try_join_all(page.items.into_iter().map(|tag| card(collect, &view.frame, tag))).await?;
    let q = q.unwrap_or_default();
    let more = page.next.map(|cursor| address("/", &[("q", &q), ("order", order_word), ("cursor", &cursor)]));
    Ok(Html(TagsPage {
        found: words::found(i64::try_from(cards.len()).unwrap_or(i64::MAX), more.is_some(), &q, view.frame.lang),
        command: format!("curl -T photo.jpg {}/upload/digital/", view.frame.origin),
        orders: orders(view.w),
        order: order_word,
        frame: view.frame,
        w: view.w,
        q,
        cards,
        more,
    }))
}

fn orders(w: &Words) -> [(&'static str, &'static str); 4] {
    [("", w.order_recent), ("name", w.order_name), ("files", w.order_files), ("size", w.order_bytes)]
}

fn order(word: &str) -> (TagOrder, &'static str) {
    match word {
        "name" => (TagOrder::Name, "name"),
        "files" => (TagOrder::Files, "files"),
        "size" => (TagOrder::Size, "size"),
        _ => (TagOrder::Newest, ""),
    }
}

async fn card(collect: &Collect, frame: &Frame, tag: Tag) -> Result<Card, Error> {
    let newest = if tag.file_count > 0 { collect.newest_files(tag.id, THUMBS).await? } else { Vec::new() };
    Ok(Card {
        href: format!("/tags/{}", escaped(&tag.name)),
        files: words::files(tag.file_count, frame.lang),
        bytes: size(tag.bytes),
        has_files: tag.file_count > 0,
        updated: times::date(tag.updated_at, &frame.zone, frame.lang),
        thumbs: newest.iter().map(|file| file.id).collect(),
        name: tag.name,
    })
}

#[derive(Template)]
#[template(path = "collect/new.html")]
pub(super) struct NewPage {
    frame: Frame,
    w: &'static Words,
    value: String,
    wrong: Option<&'static str>,
}

/// The form, or the way on to the page of the tag that it names.
#[derive(Responder)]
pub(super) enum NewAnswer {
    Form(Box<Html<NewPage>>),
    Go(SeeOther),
}

/// `GET /new?tag=`: nothing is made here; a tag comes into being with its first upload.
#[rocket::get("/new?<tag>")]
pub(super) fn new(_reader: Reader, view: View, tag: Option<&str>) -> NewAnswer {
    let name = tag.map(|text| Name::new(text.trim()));
    if let Some(Ok(name)) = &name {
        return NewAnswer::Go(SeeOther::to(format!("/tags/{}?new=yes", escaped(name.as_str()))));
    }
    let wrong = name.and_then(Result::err).map(|_| view.w.tag_name_rule);
    let value = tag.unwrap_or_default().to_owned();
    NewAnswer::Form(Box::new(Html(NewPage { frame: view.frame, w: view.w, value, wrong })))
}

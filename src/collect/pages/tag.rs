//! `/tags/{tag}`: its files as rows of thumbnails, and everything one can do with them.

use askama::Template;
use rocket::State;
use rocket::http::ContentType;

use crate::collect::model::{File, Filter, Name, Order, Tag, Totals};
use crate::collect::service::Collect;
use crate::platform::error::Error;
use crate::platform::web::format::{address, escaped, size};
use crate::platform::web::guards::Reader;
use crate::platform::web::page::{Frame, Html, PageError, Section};
use crate::platform::web::{qr, times};

use super::filter::{FilterFields, FilterQuery, send_address, zip_address};
use super::items::{Day, by_day, in_one};
use super::settings::SettingsForm;
use super::words::{self, Words};
use super::{Answer, View};

/// Thumbnails on one page.
const LIMIT: u32 = 60;

#[derive(Template)]
#[template(path = "collect/tag.html")]
#[expect(clippy::struct_excessive_bools, reason = "each stands for one thing that the template shows or leaves out")]
pub(super) struct TagPage {
    frame: Frame,
    w: &'static Words,
    name: String,
    href: String,
    phone_href: String,
    task_href: String,
    send_href: String,
    command: String,
    /// As HTML.
    meta: String,
    /// The tag was only named so far: nothing has been uploaded.
    fresh: bool,
    /// The tag holds files.
    has_any: bool,
    /// How many files the filter lets through.
    file_count: i64,
    filter: FilterFields,
    filtered: bool,
    kinds: [(&'static str, &'static str); 6],
    orders: [(&'static str, &'static str); 4],
    totals: String,
    filter_bytes: String,
    trash_all: String,
    send_all: String,
    whole_filter: String,
    zip_href: String,
    zip_size: String,
    zip_bytes: String,
    days: Vec<Day>,
    with_tags: bool,
    can_select: bool,
    more: Option<String>,
    /// Of a tag that is there.
    settings: Option<SettingsForm>,
}

/// What the service knows about one view of a tag.
struct Found {
    tag: Option<Tag>,
    files: Vec<File>,
    next: Option<String>,
    totals: Totals,
    zip: Option<u64>,
}

/// `GET /tags/{tag}`; `new` shows the empty page of a tag that isn't there yet.
#[rocket::get("/tags/<tag>?<cursor>&<new>&<query..>", rank = 5)]
pub(super) async fn show(
    _reader: Reader,
    mut view: View,
    collect: &State<Collect>,
    tag: &str,
    cursor: Option<&str>,
    new: Option<&str>,
    query: FilterQuery<'_>,
) -> Answer<TagPage> {
    view.frame.knows(&["cursor", "new", "q", "type", "from", "to", "order"]);
    let name = Name::new(tag).map_err(|error| error.of("tag"))?;
    let (filter, order, fields) = query.read(&view.frame.zone);
    let found = match collect.tag(name.as_str()).await {
        Ok(tag) => find(collect, tag, &filter, order, cursor).await?,
        Err(Error::NotFound(_)) if new.is_some() => Found::nothing(),
        Err(error) => return Err(error.into()),
    };
    Ok(Html(page(view, name.into_string(), found, &filter, order, fields)))
}

async fn find(
    collect: &Collect,
    tag: Tag,
    filter: &Filter,
    order: Order,
    cursor: Option<&str>,
) -> Result<Found, Error> {
    let page = collect.files(&tag, filter, order, cursor, LIMIT).await?;
    let totals = collect.totals(&tag, filter).await?;
    let zip = collect.zip_size(&tag, filter, totals.file_count).await?;
    Ok(Found { files: page.items, next: page.next, totals, zip, tag: Some(tag) })
}

impl Found {
    fn nothing() -> Self {
        Self { tag: None, files: Vec::new(), next: None, totals: Totals::default(), zip: None }
    }
}

fn page(view: View, name: String, found: Found, filter: &Filter, order: Order, fields: FilterFields) -> TagPage {
    let View { frame, w } = view;
    let (lang, filtered, totals) = (frame.lang, !filter.is_empty(), found.totals);
    let href = format!("/tags/{}", escaped(&name));
    let zip = found.zip.map(|bytes| i64::try_from(bytes).unwrap_or(i64::MAX));
    let days = match order {
        Order::Newest | Order::Oldest => by_day(found.files, |file| file.created_at, &frame.zone, lang),
        Order::Name | Order::Size => in_one(found.files),
    };
    TagPage {
        meta: found.tag.as_ref().map_or_else(|| words::files(0, lang), |tag| meta(tag, &frame)),
        settings: found.tag.as_ref().map(|tag| SettingsForm::of(tag, lang)),
        fresh: found.tag.is_none(),
        has_any: found.tag.is_some_and(|tag| tag.file_count > 0),
        file_count: totals.file_count,
        task_href: address("/tasks", &[("tag", &name)]),
        send_href: send_address(&name, filter),
        phone_href: format!("/upload/{}", escaped(&name)),
        command: format!("curl -T photo.jpg {}/upload/{}/", frame.origin, escaped(&name)),
        kinds: kinds(w),
        orders: orders(w),
        totals: format!("{} · {}", words::files(totals.file_count, lang), size(totals.bytes)),
        filter_bytes: size(totals.bytes),
        trash_all: words::trash_all(totals.file_count, filtered, lang),
        send_all: words::send_all(totals.file_count, filtered, lang),
        whole_filter: words::whole_filter(totals.file_count, filtered, lang),
        zip_href: zip_address(&href, filter),
        zip_size: zip.map(size).unwrap_or_default(),
        zip_bytes: zip.map(|bytes| words::exact_bytes(bytes, lang)).unwrap_or_default(),
        more: found.next.map(|cursor| fields.address(&href, &cursor)),
        filter: fields,
        filtered,
        with_tags: false,
        can_select: true,
        frame,
        w,
        name,
        href,
        days,
    }
}

fn meta(tag: &Tag, frame: &Frame) -> String {
    let last = times::minute(tag.updated_at, &frame.zone, frame.lang);
    words::tag_meta(tag.file_count, tag.bytes, &last, frame.lang)
}

fn kinds(w: &Words) -> [(&'static str, &'static str); 6] {
    [
        ("", w.kind_all),
        ("image", w.kind_image),
        ("video", w.kind_video),
        ("audio", w.kind_audio),
        ("text", w.kind_text),
        ("application", w.kind_application),
    ]
}

fn orders(w: &Words) -> [(&'static str, &'static str); 4] {
    [("", w.order_newest), ("oldest", w.order_oldest), ("name", w.order_name), ("size", w.order_size)]
}

/// `GET /tags/{tag}/qr.svg`: the address of the phone page, to be scanned.
#[rocket::get("/tags/<tag>/qr.svg")]
pub(super) fn qr_code(_reader: Reader, frame: Frame, tag: &str) -> Result<(ContentType, String), PageError> {
    let name = Name::new(tag).map_err(|error| error.of("tag"))?;
    let Frame { origin, .. } = frame;
    let address = format!("{origin}/upload/{}", escaped(name.as_str()));
    Ok((ContentType::SVG, qr::svg(address)?))
}

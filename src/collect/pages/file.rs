//! `/files/{id}`: one file large, its neighbours and its facts.

use askama::Template;
use rocket::State;

use crate::collect::address;
use crate::collect::model::{File, Kind};
use crate::collect::service::{Collect, Picture};
use crate::platform::ids::Id;
use crate::platform::web::format::{escaped, size};
use crate::platform::web::guards::Reader;
use crate::platform::web::page::{Frame, Html, Section};
use crate::platform::web::ratios::ratio_class;
use crate::platform::web::times;

use super::words::{self, Words};
use super::{Answer, View};

/// Milliseconds of a day.
const DAY: i64 = 86_400_000;

/// How a file is shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Shown {
    /// A picture that every browser opens.
    Picture,
    Video,
    Audio,
    /// Its thumbnail: no browser opens the original.
    Preview,
    /// A picture that can't be decoded.
    Broken,
    /// The icon of its kind.
    Icon,
}

/// A line of the facts.
struct Fact {
    label: &'static str,
    value: String,
    note: String,
    mono: bool,
}

#[derive(Template)]
#[template(path = "collect/file.html")]
pub(super) struct FilePage {
    frame: Frame,
    w: &'static Words,
    id: Id,
    name: String,
    tag: String,
    tag_href: String,
    bytes_href: String,
    shown: Shown,
    ratio: &'static str,
    width: u32,
    height: u32,
    facts: Vec<Fact>,
    /// As HTML.
    uploaded: String,
    /// As HTML.
    deleted_until: Option<String>,
    newer: Option<Id>,
    older: Option<Id>,
}

/// `GET /files/{id}`
#[rocket::get("/files/<id>")]
pub(super) async fn show(_reader: Reader, view: View, collect: &State<Collect>, id: Id) -> Answer<FilePage> {
    let file = collect.file(id).await?;
    let taken = collect.taken_at(&file).await;
    let (neighbours, keep_days) = if file.is_deleted() {
        ((None, None), collect.trash_keep_days())
    } else {
        (collect.neighbours(&file).await?, 0)
    };
    let shown = shown(collect, &file).await;
    Ok(Html(page(view, file, shown, taken, neighbours, keep_days)))
}

fn page(
    view: View,
    file: File,
    shown: Shown,
    taken: Option<String>,
    (newer, older): (Option<Id>, Option<Id>),
    keep_days: i64,
) -> FilePage {
    let View { frame, w } = view;
    let (width, height) = (file.width.unwrap_or(240), file.height.unwrap_or(240));
    FilePage {
        facts: facts(&file, taken, &frame, w),
        uploaded: times::minute(file.created_at, &frame.zone, frame.lang),
        deleted_until: file.deleted_at.map(|at| in_trash(at, keep_days, &frame)),
        tag_href: format!("/tags/{}", escaped(&file.tag)),
        bytes_href: address::of_bytes(file.id, &file.name),
        shown,
        ratio: ratio_class(width, height),
        id: file.id,
        name: file.name,
        tag: file.tag,
        frame,
        w,
        width,
        height,
        newer,
        older,
    }
}

/// What stands large on the page, by the very state that `/files/{id}/thumb` answers by.
async fn shown(collect: &Collect, file: &File) -> Shown {
    const OPENED: [&str; 6] = ["image/jpeg", "image/png", "image/gif", "image/webp", "image/bmp", "image/avif"];
    match Kind::of(&file.content_type) {
        Kind::Image if OPENED.contains(&file.content_type.as_str()) => Shown::Picture,
        Kind::Video => Shown::Video,
        Kind::Audio => Shown::Audio,
        _ if file.is_deleted() => Shown::Icon,
        _ => match collect.picture(file).await {
            // Where it can't be told now (too many are asked for), the thumbnail's own answer will.
            Ok(Picture::Jpeg(_)) | Err(_) => Shown::Preview,
            Ok(Picture::Broken) => Shown::Broken,
            Ok(Picture::Icon(_)) => Shown::Icon,
        },
    }
}

fn in_trash(deleted: i64, keep_days: i64, frame: &Frame) -> String {
    let until = times::date(deleted.saturating_add(keep_days.saturating_mul(DAY)), &frame.zone, frame.lang);
    words::in_trash(&times::minute(deleted, &frame.zone, frame.lang), &until, frame.lang)
}

fn facts(file: &File, taken: Option<String>, frame: &Frame, w: &Words) -> Vec<Fact> {
    let fact = |label, value: String, note: String| Fact { label, value, note, mono: false };
    let mut facts = vec![
        fact(w.fact_kind, file.content_type.clone(), String::new()),
        fact(w.fact_size, size(file.size), words::exact_bytes(file.size, frame.lang)),
    ];
    if let (Some(width), Some(height)) = (file.width, file.height) {
        let (pixels, mega) = words::pixels(width, height);
        facts.push(fact(w.fact_pixels, pixels, mega));
    }
    facts.extend(taken.map(|taken| fact(w.taken, taken, String::new())));
    facts.push(Fact { label: "SHA-256", value: file.sha256.clone(), note: String::new(), mono: true });
    facts
}

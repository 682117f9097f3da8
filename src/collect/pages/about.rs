//! `/about`: what runs here, and how much it holds.

use askama::Template;
use rocket::State;

use crate::collect::model::About;
use crate::collect::service::Collect;
use crate::platform::web::about::{self, Parts};
use crate::platform::web::format::{count, size};
use crate::platform::web::guards::Reader;
use crate::platform::web::lang::Lang;
use crate::platform::web::page::{Frame, Html, Section};

use super::words::{self, Words};
use super::{Answer, View};

/// A list of facts under a heading.
struct Part {
    title: String,
    rows: Vec<(String, String)>,
}

#[derive(Template)]
#[template(path = "collect/about.html")]
pub(super) struct AboutPage {
    frame: Frame,
    w: &'static Words,
    version: String,
    parts: Vec<Part>,
    helpers: Vec<(String, bool)>,
}

/// `GET /about`
#[rocket::get("/about")]
pub(super) async fn show(
    _reader: Reader,
    view: View,
    collect: &State<Collect>,
    told: &State<Parts>,
) -> Answer<AboutPage> {
    let facts = collect.about().await?;
    let View { frame, w } = view;
    let mut parts = vec![storage(&facts, w), server(&facts, w, frame.lang)];
    parts.extend(told.all().into_iter().map(|part| told_by_a_room(&part, frame.lang)));
    Ok(Html(AboutPage { parts, version: facts.version.to_owned(), helpers: facts.helpers, frame, w }))
}

fn told_by_a_room(part: &about::Part, lang: Lang) -> Part {
    let rows = part.rows.iter().map(|(name, value)| (name.text(lang).to_owned(), value.text(lang).to_owned()));
    Part { title: part.title.text(lang).to_owned(), rows: rows.collect() }
}

/// A part with fixed names.
fn part<const N: usize>(title: &str, rows: [(&str, String); N]) -> Part {
    Part { title: title.to_owned(), rows: rows.map(|(name, value)| (name.to_owned(), value)).into() }
}

fn storage(about: &About, w: &'static Words) -> Part {
    part(
        w.storage,
        [
            (w.tags_label, count(about.tags)),
            (w.files_label, count(about.files)),
            (w.bytes_label, size(about.bytes)),
            (w.blobs_label, size(about.blobs_bytes)),
            (w.trash_label, size(about.trash_bytes)),
            (w.free_label, size(i64::try_from(about.free_bytes).unwrap_or(i64::MAX))),
        ],
    )
}

fn server(about: &About, w: &'static Words, lang: Lang) -> Part {
    let durability = if about.durability == "relaxed" { w.durable_relaxed } else { w.durable_full };
    part(
        w.server,
        [
            (w.database, about.database.clone()),
            (w.data_dir, about.data_dir.clone()),
            (w.durability, durability.to_owned()),
            (w.trash_keep, words::days(about.trash_keep_days, lang)),
        ],
    )
}

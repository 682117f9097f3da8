//! `/about`: what runs here, and how much it holds.

use askama::Template;
use rocket::State;

use crate::collect::model::About;
use crate::collect::service::Collect;
use crate::platform::web::format::{count, size};
use crate::platform::web::guards::Caller;
use crate::platform::web::lang::Lang;
use crate::platform::web::page::{Frame, Html, Section};

use super::words::{self, Words};
use super::{Answer, View};

/// A list of facts under a heading.
struct Part {
    title: &'static str,
    rows: Vec<(&'static str, String)>,
}

#[derive(Template)]
#[template(path = "collect/about.html")]
pub(super) struct AboutPage {
    frame: Frame,
    w: &'static Words,
    version: String,
    parts: [Part; 2],
    helpers: Vec<(String, bool)>,
}

/// `GET /about`
#[rocket::get("/about")]
pub(super) async fn show(_caller: Caller, view: View, collect: &State<Collect>) -> Answer<AboutPage> {
    let about = collect.about().await?;
    let View { frame, w } = view;
    let parts = [storage(&about, w), server(&about, w, frame.lang)];
    Ok(Html(AboutPage { parts, version: about.version.to_owned(), helpers: about.helpers, frame, w }))
}

fn storage(about: &About, w: &'static Words) -> Part {
    Part {
        title: w.storage,
        rows: vec![
            (w.tags_label, count(about.tags)),
            (w.files_label, count(about.files)),
            (w.bytes_label, size(about.bytes)),
            (w.blobs_label, size(about.blobs_bytes)),
            (w.trash_label, size(about.trash_bytes)),
            (w.free_label, size(i64::try_from(about.free_bytes).unwrap_or(i64::MAX))),
        ],
    }
}

fn server(about: &About, w: &'static Words, lang: Lang) -> Part {
    let durability = if about.durability == "relaxed" { w.durable_relaxed } else { w.durable_full };
    Part {
        title: w.server,
        rows: vec![
            (w.database, about.database.clone()),
            (w.data_dir, about.data_dir.clone()),
            (w.durability, durability.to_owned()),
            (w.trash_keep, words::days(about.trash_keep_days, lang)),
        ],
    }
}

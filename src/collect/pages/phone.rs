//! `/upload/{tag}`: what a phone opens from the QR code. One button, one queue.

use askama::Template;

use crate::collect::model::Name;
use crate::platform::web::format::escaped;
use crate::platform::web::guards::{Caller, MayRead, MayUpload};
use crate::platform::web::page::{Frame, Html};

use super::words::Words;
use super::{Answer, View};

#[derive(Template)]
#[template(path = "collect/phone.html")]
pub(super) struct PhonePage {
    frame: Frame,
    w: &'static Words,
    name: String,
    /// Whether this caller may upload to it; else a code is asked for.
    is_open: bool,
    /// Whether they may see what the tag holds.
    may_read: bool,
    enter_href: String,
    tag_href: String,
    upload_href: String,
}

/// `GET /upload/{tag}`: the tag need not be there yet.
#[rocket::get("/upload/<tag>")]
pub(super) fn show(_caller: Caller, may: MayUpload, reads: MayRead, view: View, tag: &str) -> Answer<PhonePage> {
    let name = Name::new(tag).map_err(|error| error.of("tag"))?;
    let tag_href = format!("/tags/{}?new=yes", escaped(name.as_str()));
    let link_href = format!("/upload/{}/link", escaped(name.as_str()));
    Ok(Html(PhonePage {
        frame: view.frame,
        w: view.w,
        is_open: may.0,
        may_read: reads.0,
        enter_href: format!("{link_href}/enter"),
        upload_href: format!("{link_href}/files"),
        name: name.into_string(),
        tag_href,
    }))
}

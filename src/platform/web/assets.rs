//! Style sheets, scripts and icons, compiled into the binary.
//!
//! Every address carries one digest over all of them (`/static/3f9c…/app.css`), so a page and its
//! assets always come from the same build and a browser may keep them for ever. An address with an
//! older digest, or with none, still answers, to be revalidated each time. `app.css` is the house's
//! sheets one behind the other: written apart, fetched at once, without a build step.

use std::borrow::Cow;
use std::fmt::Write as _;
use std::path::PathBuf;
use std::sync::LazyLock;

use ring::digest::{Context, SHA256, digest};
use rocket::http::{ContentType, Header, Status};
use rocket::request::Request;
use rocket::response::{self, Responder, Response};
use rust_embed::RustEmbed;

use super::guards::{Caller, refused};
use super::preconditions::{Current, Preconditions};

#[derive(RustEmbed)]
#[folder = "static/"]
struct Files;

/// The parts of `app.css`, in their order.
const SHEETS: [&str; 13] = [
    "css/tokens.css",
    "css/base.css",
    "css/layout.css",
    "css/controls.css",
    "css/grid.css",
    "css/ratios.css",
    "css/pages.css",
    "css/tasks.css",
    "css/ingest.css",
    "css/faces.css",
    "css/accounts.css",
    "css/upload.css",
    "css/phone.css",
];

/// Length of the digest in an address, in hex digits.
const DIGEST: usize = 12;

static BASE: LazyLock<String> = LazyLock::new(|| {
    let mut all = Context::new(&SHA256);
    for path in Files::iter() {
        all.update(path.as_bytes());
        if let Some(file) = Files::get(&path) {
            all.update(&file.metadata.sha256_hash());
        }
    }
    format!("/static/{}", hex(&all.finish().as_ref()[..DIGEST / 2]))
});

static APP_CSS: LazyLock<Vec<u8>> = LazyLock::new(|| {
    SHEETS.iter().filter_map(|path| Files::get(path)).flat_map(|file| file.data.into_owned()).collect()
});

pub(super) fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::new(), |mut text, byte| {
        let _ = write!(text, "{byte:02x}");
        text
    })
}

/// What every address of an asset begins with, without a slash at the end.
#[must_use]
pub fn base() -> &'static str {
    &BASE
}

/// The bytes of one asset by its path below `static/` (`icons/image.svg`).
#[must_use]
pub fn bytes(path: &str) -> Option<Cow<'static, [u8]>> {
    if path == "app.css" {
        return Some(Cow::Borrowed(&APP_CSS));
    }
    Files::get(path).map(|file| file.data)
}

/// One asset, ready to be sent.
struct Asset {
    bytes: Cow<'static, [u8]>,
    kind: ContentType,
    etag: String,
    /// Whether the address names these very bytes.
    pinned: bool,
}

impl<'r> Responder<'r, 'static> for Asset {
    fn respond_to(self, request: &'r Request<'_>) -> response::Result<'static> {
        let cache = if self.pinned { "max-age=31536000, immutable" } else { "private, no-cache" };
        let current = Current { etag: &self.etag, modified_at: None };
        let known = refused(request, Preconditions::of(request).is_unchanged(current))?;
        let mut response = Response::build();
        response.header(Header::new("Cache-Control", cache)).header(Header::new("ETag", self.etag));
        if known {
            return response.status(Status::NotModified).ok();
        }
        response.header(self.kind).header(Header::new("X-Content-Type-Options", "nosniff"));
        match self.bytes {
            Cow::Borrowed(bytes) => response.sized_body(bytes.len(), std::io::Cursor::new(bytes)).ok(),
            Cow::Owned(bytes) => response.sized_body(bytes.len(), std::io::Cursor::new(bytes)).ok(),
        }
    }
}

/// `GET /static/<digest>/<path..>`, and without the digest.
#[rocket::get("/static/<path..>", rank = 20)]
fn file(_caller: Caller, path: PathBuf) -> Option<Asset> {
    asset(path)
}

fn asset(path: PathBuf) -> Option<Asset> {
    let path = path.into_os_string().into_string().ok()?;
    let current = BASE.strip_prefix("/static/").unwrap_or_default();
    let (first, rest) = path.split_once('/').unwrap_or(("", &path));
    let dated = first.len() == DIGEST && first.bytes().all(|b| b.is_ascii_hexdigit());
    let path = if dated { rest } else { &path };
    let bytes = bytes(path)?;
    let extension = path.rsplit('.').next().unwrap_or_default();
    let kind = ContentType::from_extension(extension).unwrap_or(ContentType::Binary);
    let etag = format!("\"{}\"", hex(&digest(&SHA256, &bytes).as_ref()[..16]));
    Some(Asset { bytes, kind, etag, pinned: dated && first == current })
}

/// `GET /favicon.ico`, which browsers ask for whatever the page says.
#[rocket::get("/favicon.ico")]
fn favicon(_caller: Caller) -> Option<Asset> {
    let mut asset = asset(PathBuf::from("icons/logo.svg"))?;
    asset.kind = ContentType::SVG;
    Some(asset)
}

/// The routes of this module.
#[must_use]
pub fn routes() -> Vec<rocket::Route> {
    rocket::routes![file, favicon]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_sheet_is_there_and_none_is_forgotten() {
        for path in Files::iter().filter(|path| path.starts_with("css/")) {
            assert!(SHEETS.contains(&path.as_ref()), "{path} is not part of app.css");
        }
        for path in SHEETS {
            assert!(Files::get(path).is_some(), "{path}");
        }
    }

    #[test]
    fn addresses_are_pinned_to_this_build_only() {
        let digest = base().strip_prefix("/static/").unwrap();
        assert!(asset(PathBuf::from(format!("{digest}/app.css"))).unwrap().pinned);
        assert!(!asset(PathBuf::from("000000000000/app.css")).unwrap().pinned);
        assert!(!asset(PathBuf::from("icons/logo.svg")).unwrap().pinned);
        assert!(asset(PathBuf::from("no/such.css")).is_none());
    }

    #[test]
    fn every_kind_of_file_has_its_icon() {
        for kind in ["image", "video", "audio", "text", "archive", "document", "other", "broken"] {
            assert!(bytes(&format!("icons/{kind}.svg")).is_some(), "{kind}");
        }
    }

    /// The keys of one language in `static/js/lib/texts.js`.
    fn keys(script: &str, lang: &str) -> Vec<String> {
        let body = script.split(&format!("const {lang} = {{")).nth(1).unwrap().split("};").next().unwrap();
        body.lines().filter_map(|line| line.trim().split_once(": ")).map(|(key, _)| key.to_owned()).collect()
    }

    #[test]
    fn scripts_say_the_same_in_every_language() {
        let script = include_str!("../../../static/js/lib/texts.js");
        assert!(keys(script, "en").len() > 5);
        assert_eq!(keys(script, "en"), keys(script, "zh"));
    }

    #[test]
    fn nothing_comes_from_elsewhere() {
        for path in Files::iter() {
            let file = Files::get(&path).unwrap();
            let text = String::from_utf8_lossy(&file.data).replace("http://www.w3.org/2000/svg", "");
            assert!(!text.contains("http://") && !text.contains("https://"), "{path}");
        }
    }
}

//! `/audit`: who did what, when, from where. For admins.

use askama::Template;
use rocket::State;

use crate::accounts::model::{Line, LineFilter};
use crate::accounts::service::Accounts;
use crate::platform::error::Error;
use crate::platform::web::format::{address, count};
use crate::platform::web::guards::Admin;
use crate::platform::web::page::{Frame, Html, Section};
use crate::platform::web::times;

use super::said;
use super::words::{self, Words};
use super::{Answer, View};

/// Lines on one page.
const LIMIT: u32 = 100;

#[derive(Template)]
#[template(path = "accounts/audit.html")]
pub(super) struct AuditPage {
    frame: Frame,
    w: &'static Words,
    q: String,
    is_refused: bool,
    is_filtered: bool,
    lines: Vec<Row>,
    more: Option<String>,
}

struct Row {
    /// As HTML, to the second.
    when: String,
    /// The line as a sentence, where there are words for it.
    said: Option<String>,
    kind: &'static str,
    who: String,
    address: String,
    action: String,
    path: String,
    /// A status, or nothing for a command.
    status: String,
    is_refused: bool,
    times: Option<String>,
}

/// `GET /audit`
#[rocket::get("/audit?<q>&<refused>&<cursor>")]
pub(super) async fn show(
    _admin: Admin,
    view: View,
    accounts: &State<Accounts>,
    q: Option<&str>,
    refused: Option<&str>,
    cursor: Option<&str>,
) -> Answer<AuditPage> {
    let View { frame, w } = view;
    let q = q.map(str::trim).filter(|q| !q.is_empty());
    let is_refused = refused.is_some_and(|word| word == "yes");
    let after = cursor.map(read_cursor).transpose()?;
    let filter = LineFilter { q: q.map(str::to_owned), is_refused, after };
    let (lines, is_more) = accounts.lines(&filter, LIMIT).await?;
    let q = q.unwrap_or_default().to_owned();
    let last = lines.last().filter(|_| is_more).map(|line| format!("{}.{}", line.at, line.id));
    let word = if is_refused { "yes" } else { "" };
    Ok(Html(AuditPage {
        more: last.map(|cursor| address("/audit", &[("q", &q), ("refused", word), ("cursor", &cursor)])),
        lines: lines.into_iter().map(|line| row(line, &frame, w)).collect(),
        is_filtered: is_refused || !q.is_empty(),
        frame,
        w,
        q,
        is_refused,
    }))
}

/// `<time>.<id>` of the last line seen.
fn read_cursor(text: &str) -> Result<(i64, i64), Error> {
    let pair = text.split_once('.').and_then(|(at, id)| Some((at.parse().ok()?, id.parse().ok()?)));
    pair.ok_or_else(|| Error::invalid("cursor", ("is none that this list gave", "不是此列表给出的游标")))
}

fn row(line: Line, frame: &Frame, w: &'static Words) -> Row {
    // The name behind the # stands in the sentence; of an upload, the whole is the tag.
    let is_upload = line.path.starts_with("/upload/");
    let path = line.path.split('#').next().filter(|_| !is_upload).unwrap_or(&line.path).to_owned();
    Row {
        when: times::second(line.at, &frame.zone, frame.lang),
        said: said::sentence(&line, frame.lang),
        kind: words::kind(&line.kind, w),
        who: line.who,
        address: line.address,
        // A path without names in it says what the route says.
        path: if line.action.ends_with(&format!(" {path}")) { String::new() } else { path },
        action: line.action,
        status: if line.status > 0 { line.status.to_string() } else { String::new() },
        is_refused: line.is_refused,
        times: (line.times > 1).then(|| format!("× {}", count(line.times))),
    }
}

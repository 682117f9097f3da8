//! The log on a task's page: a page of lines, those of one code if one is asked for.

use futures_util::future::join_all;

use crate::ingest::model::{Code, LogLine, Progress};
use crate::ingest::service::Ingest;
use crate::platform::error::Result;
use crate::platform::ids::Id;
use crate::platform::web::format::{address, count};
use crate::platform::web::lang::Lang;

use super::words::{self, Words, code_label, code_tone};

/// Lines on one page.
const LIMIT: u32 = 50;

/// The log.
pub(super) struct LogPart {
    pub filters: Vec<Filter>,
    pub lines: Vec<Line>,
    pub more: Option<String>,
    pub is_filtered: bool,
}

/// A code to filter by.
pub(super) struct Filter {
    pub href: String,
    pub label: String,
    pub count: String,
    pub is_current: bool,
}

/// One row that came out badly.
pub(super) struct Line {
    /// As people count: from 1.
    pub number: String,
    pub uri: String,
    /// The whole URI, where that is longer.
    pub whole: Option<String>,
    /// Where the picture is, when it may be linked: `http` and `https` alone.
    pub link: Option<String>,
    /// The picture, when it is a file of this server. Those of other hosts are never shown in a page: they could tell
    /// who looks at the log, and the page's policy forbids them.
    pub file: Option<Id>,
    pub code: i64,
    pub label: &'static str,
    pub tone: &'static str,
    pub message: String,
}

pub(super) async fn log(
    ingest: &Ingest,
    progress: &Progress,
    code: Option<Code>,
    cursor: Option<&str>,
    lang: Lang,
) -> Result<LogPart> {
    let w = Words::of(lang);
    let id = progress.task.id.as_str();
    let page = ingest.log_page(id, code, cursor, LIMIT).await?;
    let base = format!("/ingest/{id}");
    let number = code.map(|code| code.number().to_string()).unwrap_or_default();
    Ok(LogPart {
        filters: filters(&base, progress, code, w),
        lines: join_all(page.items.into_iter().map(|line| shown(ingest, line, lang, w))).await,
        more: page.next.map(|cursor| address(&base, &[("code", &number), ("cursor", &cursor)])),
        is_filtered: code.is_some(),
    })
}

fn filters(base: &str, progress: &Progress, current: Option<Code>, w: &'static Words) -> Vec<Filter> {
    let all = progress.counts.bad.iter().map(|(_, n)| n).sum();
    let filter = |code: Option<Code>, n: i64| Filter {
        href: address(base, &[("code", &code.map(|code| code.number().to_string()).unwrap_or_default())]),
        label: code.map_or(w.all.to_owned(), |code| format!("{} {}", code.number(), code_label(code, w))),
        count: count(n),
        is_current: code == current,
    };
    let each = progress.counts.bad.iter().map(|(code, n)| filter(Some(*code), *n));
    std::iter::once(filter(None, all)).chain(each).collect()
}

async fn shown(ingest: &Ingest, line: LogLine, lang: Lang, w: &'static Words) -> Line {
    let code = Code::of(line.code);
    let lower = line.uri.get(..8).unwrap_or(&line.uri).to_ascii_lowercase();
    let is_web = lower.starts_with("http://") || lower.starts_with("https://");
    let (uri, whole) = words::shown(line.uri.clone());
    Line {
        number: count(line.row + 1),
        file: ingest.own_file(&line.uri).await.map(|file| file.id),
        link: is_web.then_some(line.uri),
        label: code.map_or("", |code| code_label(code, w)),
        tone: code.map_or("", code_tone),
        code: line.code,
        uri,
        whole,
        message: line.english.filter(|_| lang == Lang::En).unwrap_or(line.message),
    }
}

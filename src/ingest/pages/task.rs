//! `/ingest/{id}`: how far a task is, what became of its rows, and its log.

use askama::Template;
use rocket::State;

use crate::ingest::model::{self, Code, Counts, Limits, Mode, Progress};
use crate::ingest::service::Ingest;
use crate::platform::error::Result;
use crate::platform::web::format::{address, count, escaped};
use crate::platform::web::guards::Reader;
use crate::platform::web::lang::Lang;
use crate::platform::web::page::{Frame, Html, Section};
use crate::platform::web::times;

use super::list::source;
use super::log::{LogPart, log};
use super::words::{self, Words, code_label, code_tone, state_label, state_word};
use super::{Answer, View};

#[derive(Template)]
#[template(path = "ingest/task.html")]
pub(super) struct TaskPage {
    frame: Frame,
    w: &'static Words,
    id: String,
    group: String,
    group_href: String,
    source: String,
    /// As HTML.
    made: String,
    is_running: bool,
    is_over: bool,
    settings: Vec<(&'static str, String)>,
    live: Live,
    log: LogPart,
}

/// What changes while the task runs: a part of the page, and the same sent on its own.
#[derive(Template)]
#[template(path = "ingest/live.html")]
pub(super) struct Live {
    w: &'static Words,
    state: &'static str,
    state_label: &'static str,
    handled: i64,
    total: i64,
    done: String,
    percent: String,
    rate: Option<String>,
    left: Option<String>,
    last_error: String,
    /// All of it, where that is longer.
    whole_error: Option<String>,
    outcomes: Vec<Outcome>,
    no_log: bool,
}

/// Rows that came out alike: a bar of the chart.
struct Outcome {
    label: &'static str,
    code: Option<i64>,
    href: String,
    count: String,
    tone: &'static str,
    /// Thousandths of the longest bar.
    width: i64,
}

impl Live {
    pub fn of(progress: &Progress, lang: Lang) -> Self {
        let (task, w) = (&progress.task, Words::of(lang));
        let (last_error, whole_error) = words::shown(task.last_error.text(lang).to_owned());
        Self {
            w,
            state: state_word(task.state),
            state_label: state_label(task.state, w),
            handled: task.handled,
            total: task.total,
            done: words::done(task.handled, task.total, lang),
            percent: words::percent(task.handled, task.total),
            rate: progress.rate.map(|rate| words::rate(rate, lang)),
            left: progress.left.map(|seconds| words::left(seconds, lang)),
            last_error,
            whole_error,
            outcomes: outcomes(task.id.as_str(), &progress.counts, w),
            no_log: progress.counts.bad.is_empty(),
        }
    }
}

/// `GET /ingest/{id}?code=&cursor=`
#[rocket::get("/ingest/<id>?<code>&<cursor>")]
pub(super) async fn show(
    _reader: Reader,
    view: View,
    ingest: &State<Ingest>,
    id: &str,
    code: Option<i64>,
    cursor: Option<&str>,
) -> Answer<Html<TaskPage>> {
    Ok(Html(page(view, ingest, id, code.and_then(Code::of), cursor).await?))
}

async fn page(view: View, ingest: &Ingest, id: &str, code: Option<Code>, cursor: Option<&str>) -> Result<TaskPage> {
    let View { frame, w } = view;
    let progress = ingest.progress(id).await?;
    let log = log(ingest, &progress, code, cursor, frame.lang).await?;
    let live = Live::of(&progress, frame.lang);
    let task = progress.task;
    Ok(TaskPage {
        live,
        log,
        source: source(&task.source, w),
        made: times::minute(task.created_at, &frame.zone, frame.lang),
        is_running: task.state == model::State::Running,
        is_over: task.state == model::State::Completed,
        settings: settings(&task.limits, task.thread_num, task.mode, w),
        id: task.id.to_string(),
        group_href: format!("/groups/{}", escaped(&task.group)),
        group: task.group,
        frame,
        w,
    })
}

fn settings(limits: &Limits, threads: usize, mode: Mode, w: &'static Words) -> Vec<(&'static str, String)> {
    let mut rows = Vec::new();
    let asked = [
        (w.pitch, limits.pitch, "≤ ", "°"),
        (w.yaw, limits.yaw, "≤ ", "°"),
        (w.roll, limits.roll, "≤ ", "°"),
        (w.width, limits.width, "≥ ", " px"),
        (w.height, limits.height, "≥ ", " px"),
        (w.blur, limits.blur, "≤ ", ""),
    ];
    for (label, limit, sign, unit) in asked {
        if limit > 0 {
            rows.push((label, format!("{sign}{limit}{unit}")));
        }
    }
    rows.push((w.threads, threads.to_string()));
    rows.push((w.mode, if mode == Mode::Stop { w.mode_stop } else { w.mode_skip }.to_owned()));
    rows
}

fn outcomes(id: &str, counts: &Counts, w: &'static Words) -> Vec<Outcome> {
    let most = counts.bad.iter().map(|(_, n)| *n).chain([counts.good]).max().unwrap_or_default().max(1);
    // A few rows among a million are to be seen all the same.
    let width = |n: i64| if n == 0 { 0 } else { (n * 1000 / most).max(4) };
    let good = Outcome {
        label: w.good,
        code: None,
        href: String::new(),
        count: count(counts.good),
        tone: "good",
        width: width(counts.good),
    };
    let bad = counts.bad.iter().map(|(code, n)| Outcome {
        label: code_label(*code, w),
        code: Some(code.number()),
        href: address(&format!("/ingest/{id}"), &[("code", &code.number().to_string())]),
        count: count(*n),
        tone: code_tone(*code),
        width: width(*n),
    });
    std::iter::once(good).chain(bad).collect()
}

//! Texts with numbers and names in them, and the names of states and codes.

use super::Words;
use crate::ingest::model::csv::Dialect;
use crate::ingest::model::{Code, State};
use crate::platform::web::format::count;
use crate::platform::web::lang::Lang;

/// Characters of a field that a preview shows.
const SHORT: usize = 80;

/// Characters of an address or a reason that a page shows; the whole stands folded below.
const SHOWN: usize = 240;

/// A state in addresses and classes.
#[must_use]
pub fn state_word(state: State) -> &'static str {
    match state {
        State::Created => "created",
        State::Running => "running",
        State::Stopped => "stopped",
        State::Completed => "completed",
        State::Deleted => "deleted",
    }
}

/// What a state is called.
#[must_use]
pub fn state_label(state: State, w: &'static Words) -> &'static str {
    match state {
        State::Created => w.state_created,
        State::Running => w.state_running,
        State::Stopped => w.state_stopped,
        State::Completed => w.state_completed,
        State::Deleted => w.delete,
    }
}

/// What a code means, in a few words.
#[must_use]
pub fn code_label(code: Code, w: &'static Words) -> &'static str {
    match code {
        Code::NoPicture => w.code_101,
        Code::Unreadable => w.code_102,
        Code::NoFace => w.code_201,
        Code::Pitch => w.code_202,
        Code::Yaw => w.code_203,
        Code::Roll => w.code_204,
        Code::Width => w.code_205,
        Code::Height => w.code_206,
        Code::Blur => w.code_207,
        Code::NoInfo => w.code_301,
        Code::NoIngest => w.code_302,
        Code::System => w.code_303,
    }
}

/// Whose matter a code is: the picture's source, the face's, or the server's.
#[must_use]
pub fn code_tone(code: Code) -> &'static str {
    match code.number() / 100 {
        1 => "source",
        2 => "face",
        _ => "fault",
    }
}

/// The beginning of a field.
#[must_use]
pub fn short(text: &str) -> String {
    cut(text, SHORT).unwrap_or_else(|| text.to_owned())
}

/// A text that may be very long: what a page shows of it, and the whole where that is more.
#[must_use]
pub fn shown(text: String) -> (String, Option<String>) {
    match cut(&text, SHOWN) {
        Some(cut) => (cut, Some(text)),
        None => (text, None),
    }
}

fn cut(text: &str, most: usize) -> Option<String> {
    text.char_indices().nth(most).map(|(at, _)| format!("{}…", &text[..at]))
}

/// Rows that have an outcome, and all.
#[must_use]
pub fn done(handled: i64, total: i64, lang: Lang) -> String {
    match lang {
        Lang::En => format!("{} of {} rows", count(handled), count(total)),
        Lang::Zh => format!("{} / {} 行", count(handled), count(total)),
    }
}

/// Whole percent; 100 only at the end.
#[must_use]
pub fn percent(handled: i64, total: i64) -> String {
    format!("{}%", handled.saturating_mul(100) / total.max(1))
}

/// Rows a second.
#[must_use]
pub fn rate(rate: f64, lang: Lang) -> String {
    let figure = if rate < 10.0 { format!("{rate:.1}") } else { whole(rate) };
    match lang {
        Lang::En => format!("{figure} rows/s"),
        Lang::Zh => format!("{figure} 行/秒"),
    }
}

#[expect(clippy::cast_possible_truncation, reason = "it saturates")]
fn whole(figure: f64) -> String {
    count(figure.round() as i64)
}

/// The time that is left.
#[must_use]
pub fn left(seconds: u64, lang: Lang) -> String {
    let (minutes, hours, days) = (seconds.div_ceil(60), seconds / 3600, seconds / 86_400);
    match (lang, seconds) {
        (Lang::En, 0..60) => format!("{seconds} s left"),
        (Lang::En, 60..3600) => format!("{minutes} min left"),
        (Lang::En, 3600..86_400) => format!("{hours} h {} min left", seconds % 3600 / 60),
        (Lang::En, _) => format!("{days} d {} h left", hours % 24),
        (Lang::Zh, 0..60) => format!("剩余 {seconds} 秒"),
        (Lang::Zh, 60..3600) => format!("剩余 {minutes} 分钟"),
        (Lang::Zh, 3600..86_400) => format!("剩余 {hours} 小时 {} 分钟", seconds % 3600 / 60),
        (Lang::Zh, _) => format!("剩余 {days} 天 {} 小时", hours % 24),
    }
}

/// Why poses can't be limited.
#[must_use]
pub fn cannot_pose(engine: &str, lang: Lang) -> String {
    match lang {
        Lang::En => format!("The engine {engine} can’t tell a pose; faces.engine = \"yunet\" can."),
        Lang::Zh => format!("当前引擎 {engine} 无法测量姿态；可配置 faces.engine = \"yunet\"。"),
    }
}

/// Why blur can't be limited.
#[must_use]
pub fn cannot_blur(engine: &str, lang: Lang) -> String {
    match lang {
        Lang::En => format!("The engine {engine} can’t measure blur."),
        Lang::Zh => format!("当前引擎 {engine} 无法测量模糊度。"),
    }
}

/// What a CSV turned out to be.
#[must_use]
pub fn glimpse(encoding: &str, dialect: Dialect, rows: usize, lang: Lang) -> String {
    let separator = separator(dialect.separator, lang);
    match (lang, rows) {
        (Lang::En, 0) => format!("{encoding}; there is no row in it."),
        (Lang::En, _) => format!("{encoding}, fields parted by {separator}; its first rows are read like this:"),
        (Lang::Zh, 0) => format!("编码 {encoding}，没有数据行。"),
        (Lang::Zh, _) => format!("编码 {encoding}，分隔符 {separator}，前几行读取如下："),
    }
}

/// What parts the fields.
fn separator(byte: u8, lang: Lang) -> String {
    let name = match (byte, lang) {
        (b',', Lang::En) => "commas",
        (b',', Lang::Zh) => "逗号",
        (b';', Lang::En) => "semicolons",
        (b';', Lang::Zh) => "分号",
        (b'\t', Lang::En) => "tabs",
        (b'\t', Lang::Zh) => "制表符",
        (other, _) => return char::from(other).to_string(),
    };
    name.to_owned()
}

/// The question before a task is deleted.
#[must_use]
pub fn delete_question(group: &str, rows: i64, lang: Lang) -> String {
    let rows = count(rows);
    match lang {
        Lang::En => {
            format!(
                "The task for the group “{group}” will be deleted, with its {rows} rows and its log. Faces that are in the group stay."
            )
        }
        Lang::Zh => format!("将删除人脸库“{group}”的入库任务，包括 {rows} 行数据及其日志。已入库的人脸会保留。"),
    }
}

/// A command that makes a task.
#[must_use]
pub fn example(origin: &str) -> String {
    format!("curl -F group_name=staff -F file=@faces.csv {origin}/v1/tasks/create")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_end_is_said_to_be_the_end_only_then() {
        assert_eq!(
            (percent(999_999, 1_000_000), percent(5, 5), percent(0, 0)),
            ("99%".into(), "100%".into(), "0%".into())
        );
    }

    #[test]
    fn times_are_said_in_two_units_at_most() {
        let times = [5, 90, 3700, 90_000].map(|seconds| left(seconds, Lang::En));
        assert_eq!(times, ["5 s left", "2 min left", "1 h 1 min left", "1 d 1 h left"]);
        assert_eq!(left(90_000, Lang::Zh), "剩余 1 天 1 小时");
    }

    #[test]
    fn long_fields_are_cut_between_characters() {
        assert_eq!(short(&"图".repeat(81)), format!("{}…", "图".repeat(80)));
        assert_eq!(short("a"), "a");
        assert_eq!(shown("a".to_owned()), ("a".to_owned(), None));
        let long = "a".repeat(241);
        assert_eq!(shown(long.clone()), (format!("{}…", "a".repeat(240)), Some(long)));
    }
}

//! The fields of `POST /v1/tasks/create`: each is checked by itself, and a refusal names it.
//!
//! What always holds: an unknown field is passed over, and one that is empty counts as absent.

use super::{Limits, Mode};
use crate::platform::error::{Error, Result};

/// Most characters of a group's name.
const GROUP: usize = 64;

/// Rows in flight where the form doesn't say.
const THREADS: i64 = 10;

/// Largest side of a face that can be asked for, in pixels.
const SIDE: i64 = i32::MAX as i64;

/// What the engine that looks for faces can measure.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Measures {
    /// As in `faces.engine`.
    pub engine: &'static str,
    pub pose: bool,
    pub blur: bool,
}

/// What a task is made with.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewTask {
    /// 1–64 characters.
    pub group: String,
    pub limits: Limits,
    /// 1–64.
    pub thread_num: i64,
    pub mode: Mode,
}

/// Where a task's rows came from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Source {
    /// A CSV in this encoding.
    Csv(String),
    /// The image files of this tag.
    Tag(String),
}

impl Source {
    /// As the database keeps it.
    #[must_use]
    pub fn stored(&self) -> String {
        match self {
            Self::Csv(encoding) => format!("csv:{encoding}"),
            Self::Tag(name) => format!("tag:{name}"),
        }
    }

    /// Reads what [`Self::stored`] wrote.
    #[must_use]
    pub fn of_stored(text: &str) -> Self {
        match text.split_once(':') {
            Some(("tag", name)) => Self::Tag(name.to_owned()),
            Some((_, encoding)) => Self::Csv(encoding.to_owned()),
            None => Self::Csv(text.to_owned()),
        }
    }
}

/// The text fields of a form, as they arrive. The last of a name counts.
#[derive(Debug, Clone, Default)]
pub struct Form {
    fields: Vec<(String, String)>,
}

impl Form {
    /// Whether a field of this name is read; others are passed over.
    #[must_use]
    pub fn has(name: &str) -> bool {
        KNOWN.contains(&name)
    }

    /// Takes one field.
    pub fn set(&mut self, name: String, value: String) {
        if Self::has(&name) {
            self.fields.retain(|(known, _)| *known != name);
            self.fields.push((name, value));
        }
    }

    /// The tag whose image files are to be the rows.
    #[must_use]
    pub fn from_tag(&self) -> Option<&str> {
        self.get("from_tag")
    }

    /// Checks all fields.
    ///
    /// # Errors
    /// `Invalid` that names the first field that is wrong; `Unprocessable` for a limit that the engine can't measure.
    pub fn read(&self, measures: Measures) -> Result<NewTask> {
        let limits = Limits {
            pitch: self.int("pos_pitch", 0, 180)?.unwrap_or(0),
            yaw: self.int("pos_yaw", 0, 180)?.unwrap_or(0),
            roll: self.int("pos_rol", 0, 180)?.unwrap_or(0),
            width: self.int("width", 0, SIDE)?.unwrap_or(0),
            height: self.int("height", 0, SIDE)?.unwrap_or(0),
            blur: self.int("blur_degree", 0, 100)?.unwrap_or(0),
        };
        let thread_num = self.int("thread_num", 1, 64)?.unwrap_or(THREADS);
        let mode = Mode::of(self.int("mode", 0, 1)?.unwrap_or(0));
        let group = group_name(self.get("group_name"))?;
        check_measures(&limits, measures)?;
        Ok(NewTask { group, limits, thread_num, mode })
    }

    /// The field of this name; an empty one counts as absent.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<&str> {
        let value = self.fields.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str());
        value.filter(|value| !value.trim().is_empty())
    }

    fn int(&self, name: &'static str, from: i64, to: i64) -> Result<Option<i64>> {
        let Some(text) = self.get(name) else {
            return Ok(None);
        };
        let number = whole(text).filter(|number| (from..=to).contains(number));
        let message =
            || (format!("must be a whole number from {from} to {to}"), format!("必须是 {from} 到 {to} 之间的整数"));
        number.map(Some).ok_or_else(|| Error::invalid(name, message()))
    }
}

/// The fields that are read.
const KNOWN: [&str; 10] = [
    "group_name",
    "pos_pitch",
    "pos_yaw",
    "pos_rol",
    "width",
    "height",
    "blur_degree",
    "thread_num",
    "mode",
    "from_tag",
];

/// Digits, perhaps with a sign in front and room around.
#[must_use]
pub fn whole(text: &str) -> Option<i64> {
    let text = text.trim();
    let digits = text.strip_prefix('-').unwrap_or(text);
    let is_whole = !digits.is_empty() && digits.bytes().all(|b| b.is_ascii_digit());
    text.parse().ok().filter(|_| is_whole)
}

/// A group's name.
///
/// # Errors
/// `Invalid` when it is missing, too long, or can't stand in an address.
pub fn group_name(given: Option<&str>) -> Result<String> {
    let Some(name) = given.filter(|name| !name.is_empty()) else {
        return Err(Error::invalid("group_name", ("is missing", "缺少")));
    };
    let fits = name.chars().count() <= GROUP && !name.chars().any(char::is_control) && name != "." && name != "..";
    let message = (
        "must have 1 to 64 characters, none of them a control character, and not be . or ..",
        "必须是 1 到 64 个字符，不能含控制字符，也不能是 . 或 ..",
    );
    fits.then(|| name.to_owned()).ok_or_else(|| Error::invalid("group_name", message))
}

/// A limit that nobody can check would let no face in, or every one.
fn check_measures(limits: &Limits, measures: Measures) -> Result<()> {
    let poses = [("pos_pitch", limits.pitch), ("pos_yaw", limits.yaw), ("pos_rol", limits.roll)];
    let no_pose = poses.into_iter().find(|(_, limit)| *limit > 0 && !measures.pose);
    let no_blur = (limits.blur > 0 && !measures.blur).then_some(("blur_degree", limits.blur));
    let Some((field, _)) = no_pose.or(no_blur) else {
        return Ok(());
    };
    let name = measures.engine;
    let en = format!(
        "{field}: the engine {name} can't measure this. Leave the field out or 0, or configure faces.engine = \"yunet\" \
         with faces.model = \"….onnx\"."
    );
    let zh = format!(
        "{field}: 当前人脸引擎 {name} 无法测量该项。请去掉该字段或设为 0，或者配置 faces.engine = \"yunet\" 和 faces.model = \"….onnx\""
    );
    Err(Error::Unprocessable((en, zh).into()))
}

#[cfg(test)]
mod tests {
    use super::*;

    const ALL: Measures = Measures { engine: "all", pose: true, blur: true };

    fn read(fields: &[(&str, &str)]) -> Result<NewTask> {
        let mut form = Form::default();
        form.set("group_name".to_owned(), "g".to_owned());
        for (name, value) in fields {
            form.set((*name).to_owned(), (*value).to_owned());
        }
        form.read(ALL)
    }

    #[test]
    fn fields_have_the_defaults_of_the_document() {
        let task = read(&[("unknown", "x"), ("width", ""), ("mode", " ")]).unwrap();
        assert_eq!(task, NewTask { group: "g".into(), limits: Limits::default(), thread_num: 10, mode: Mode::Skip });
    }

    #[test]
    fn a_refusal_names_the_field() {
        for (field, bad) in [
            ("pos_pitch", "-1"),
            ("pos_yaw", "181"),
            ("pos_rol", "1.5"),
            ("width", "-1"),
            ("height", "99999999999999999999"),
            ("blur_degree", "101"),
            ("thread_num", "0"),
            ("thread_num", "65"),
            ("mode", "2"),
            ("mode", "+1"),
            ("width", "٣"),
            ("group_name", ""),
            ("group_name", ".."),
            ("group_name", "a\nb"),
            ("group_name", &"字".repeat(65)),
        ] {
            let error = read(&[(field, bad)]).unwrap_err().to_string();
            assert!(error.starts_with(&format!("{field}: ")), "{field}={bad}: {error}");
        }
        assert_eq!(read(&[("group_name", &"字".repeat(64))]).unwrap().group, "字".repeat(64));
    }

    #[test]
    fn the_ends_of_the_ranges_are_let_in() {
        for (field, good) in [("pos_yaw", "180"), ("blur_degree", "100"), ("thread_num", "64"), ("mode", "1")] {
            assert!(read(&[(field, good)]).is_ok(), "{field}={good}");
        }
    }

    #[test]
    fn a_limit_that_nobody_can_measure_says_what_to_configure() {
        let mut form = Form::default();
        form.set("group_name".into(), "g".into());
        form.set("pos_rol".into(), "20".into());
        let blind = Measures { engine: "seetaface", pose: false, blur: true };
        let error = form.read(blind).unwrap_err();
        assert_eq!(error.status(), 422);
        assert!(error.to_string().contains("pos_rol") && error.to_string().contains("faces.engine"), "{error}");
        form.set("pos_rol".into(), "0".into());
        assert!(form.read(blind).is_ok());
    }
}

//! Reading JSON bodies member by member: every refusal names the member and what is allowed.
//!
//! Ids may be JSON numbers or strings of digits (contract §0), which is why this isn't derived. What
//! always holds: no more than the route's limit is kept in memory, and deep nesting is refused.

mod large;

use std::ops::RangeInclusive;

use rocket::data::Data;
use serde_json::{Map, Value};

pub use self::large::{Large, Room, element, large};

use super::receive::{Body, BodyHead};
use crate::platform::error::{Error, Message, Result};
use crate::platform::ids::{ALLOWED, Id};

/// Room for the first bytes, and for more of them at a time.
const SMALL_PIECE: usize = 8 * 1024;
const PIECE: usize = 256 * 1024;

/// Reads a whole body of at most `limit` bytes, and keeps it in memory as long as its room is held.
///
/// # Errors
/// `TooLarge`, before more than the limit is kept; `Incomplete` when the body breaks off;
/// `Unavailable` when no room for a large one comes free.
pub async fn whole(data: Data<'_>, head: BodyHead, limit: u64) -> Result<(Vec<u8>, Room)> {
    let announced = head.length;
    let mut body = Body::open(data, head, limit)?;
    let mut pieces = Vec::new();
    let (mut piece, mut count) = (Vec::with_capacity(SMALL_PIECE), 0);
    let mut room = Room::default();
    // A body of known length ends where it is full.
    while announced.is_none_or(|length| count < length) {
        if piece.len() == piece.capacity() {
            // Not one buffer that grows: a body that is refused in the end has been copied never.
            pieces.push(std::mem::replace(&mut piece, Vec::with_capacity(PIECE)));
        }
        match body.read(&mut piece).await? {
            0 => break,
            more => count += more as u64,
        }
        room.fit(count, announced.unwrap_or(limit)).await?;
    }
    if pieces.is_empty() {
        return Ok((piece, room));
    }
    pieces.push(piece);
    let mut bytes = Vec::with_capacity(pieces.iter().map(Vec::len).sum());
    // Each piece goes as soon as it is copied.
    for piece in pieces {
        bytes.extend_from_slice(&piece);
    }
    Ok((bytes, room))
}

/// Reads a whole body that is small: `limit` is at most 1 MiB.
///
/// # Errors
/// As [`whole`].
pub async fn bytes(data: Data<'_>, head: BodyHead, limit: u64) -> Result<Vec<u8>> {
    Ok(whole(data, head, limit).await?.0)
}

/// Reads a small JSON object of at most `limit` bytes.
///
/// # Errors
/// As [`bytes()`] and [`text`]; `Invalid` when it isn't a JSON object.
pub async fn object(data: Data<'_>, head: BodyHead, limit: u64) -> Result<Map<String, Value>> {
    serde_json::from_str(text(&bytes(data, head, limit).await?)?).map_err(|error| not_json(&error))
}

/// A body as text: UTF-8 (RFC 8259 §8.1), with or without a mark in front.
///
/// # Errors
/// `Invalid` that says what the bytes are, as far as that can be seen.
pub fn text(body: &[u8]) -> Result<&str> {
    let body = body.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(body);
    let is_wide = matches!(body, [0xFF, 0xFE, ..] | [0xFE, 0xFF, ..] | [0, _, ..] | [_, 0, ..]);
    let message = if is_wide {
        ("must be UTF-8; this is UTF-16 or UTF-32", "必须是 UTF-8，而收到的是 UTF-16 或 UTF-32")
    } else if body.starts_with(b"--") {
        ("is a form (multipart/form-data); send the JSON itself", "是表单（multipart/form-data），请直接提交 JSON")
    } else if let Ok(text) = std::str::from_utf8(body) {
        return Ok(text);
    } else {
        ("must be UTF-8", "必须是 UTF-8")
    };
    Err(Error::invalid("body", message))
}

fn not_json(error: &serde_json::Error) -> Error {
    if error.is_data() {
        return Error::invalid("body", ("must be a JSON object", "必须是 JSON 对象"));
    }
    Error::invalid("body", (format!("is not valid JSON: {error}"), format!("不是有效的 JSON：{error}")))
}

/// A body that is kept as it was sent, but for a mark in front.
///
/// # Errors
/// As [`text`].
pub fn unmarked(mut body: Vec<u8>) -> Result<Vec<u8>> {
    let mark = body.len() - text(&body)?.len();
    body.drain(..mark);
    Ok(body)
}

/// The members of an object, and where it stands in the body.
#[derive(Debug, Clone, Copy)]
pub struct Fields<'a> {
    members: &'a Map<String, Value>,
    /// `Some(("img_info", 3))` for the fourth object of that list.
    place: Option<(&'static str, usize)>,
}

impl<'a> Fields<'a> {
    /// The members of the body itself.
    #[must_use]
    pub fn of(members: &'a Map<String, Value>) -> Self {
        Self { members, place: None }
    }

    /// The members of the object at `index` of a list of the body.
    ///
    /// # Errors
    /// `Invalid` when it is no object.
    pub fn at(value: &'a Value, list: &'static str, index: usize) -> Result<Self> {
        let place = Some((list, index));
        let Some(members) = value.as_object() else {
            return Err(refused(list, place, ("must be a JSON object", "必须是 JSON 对象")));
        };
        Ok(Self { members, place })
    }

    /// The member, unless it is missing or `null`.
    #[must_use]
    pub fn get(&self, field: &str) -> Option<&'a Value> {
        self.members.get(field).filter(|value| !value.is_null())
    }

    /// Whether the member is there at all, be it `null`.
    #[must_use]
    pub fn has(&self, field: &str) -> bool {
        self.members.contains_key(field)
    }

    /// Whether there are no members but these.
    ///
    /// # Errors
    /// `Invalid` that names the first other one.
    pub fn only(&self, known: &[&'static str]) -> Result<()> {
        let Some(other) = self.members.keys().find(|name| !known.contains(&name.as_str())) else {
            return Ok(());
        };
        let (name, known): (String, _) = (other.chars().take(100).collect(), known.join(", "));
        let en = format!("has an unknown member, {name}; there are {known}");
        Err(Error::invalid("body", (en, format!("含有未知成员 {name}；可用成员：{known}"))))
    }

    /// A refusal of `field`, with the place of its object.
    pub fn refuse(&self, field: &'static str, message: impl Into<Message>) -> Error {
        refused(field, self.place, message)
    }

    fn need<T>(&self, field: &'static str, value: Option<T>) -> Result<T> {
        value.ok_or_else(|| self.refuse(field, ("is missing", "缺少")))
    }

    /// An id: a number or a string of digits.
    ///
    /// # Errors
    /// `Invalid` when it is missing or none.
    pub fn id(&self, field: &'static str) -> Result<Id> {
        self.need(field, self.opt_id(field)?)
    }

    /// An id that may be missing.
    ///
    /// # Errors
    /// `Invalid` when it is none.
    pub fn opt_id(&self, field: &'static str) -> Result<Option<Id>> {
        self.get(field).map(|value| id(value).ok_or_else(|| self.refuse(field, ALLOWED))).transpose()
    }

    /// A whole number within `range`.
    ///
    /// # Errors
    /// `Invalid` when it is missing or none.
    pub fn int(&self, field: &'static str, range: RangeInclusive<i64>) -> Result<i64> {
        self.need(field, self.opt_int(field, range)?)
    }

    /// A whole number that may be missing.
    ///
    /// # Errors
    /// `Invalid` when it is none or outside of `range`.
    pub fn opt_int(&self, field: &'static str, range: RangeInclusive<i64>) -> Result<Option<i64>> {
        let Some(value) = self.get(field) else {
            return Ok(None);
        };
        let number = value.as_i64().filter(|number| range.contains(number));
        let (from, to) = (range.start(), range.end());
        let message =
            || (format!("must be a whole number from {from} to {to}"), format!("必须是 {from} 到 {to} 之间的整数"));
        number.map(Some).ok_or_else(|| self.refuse(field, message()))
    }

    /// `true` or `false`; `false` when missing.
    ///
    /// # Errors
    /// `Invalid` when it is neither.
    pub fn flag(&self, field: &'static str) -> Result<bool> {
        let message = || self.refuse(field, ("must be true or false", "必须是 true 或 false"));
        self.get(field).map_or(Ok(false), |value| value.as_bool().ok_or_else(message))
    }

    /// A text of 1 to `most` bytes.
    ///
    /// # Errors
    /// `Invalid` when it is missing or none.
    pub fn text(&self, field: &'static str, most: usize) -> Result<&'a str> {
        self.need(field, self.opt_text(field, most)?)
    }

    /// A text of 1 to `most` bytes that may be missing.
    ///
    /// # Errors
    /// `Invalid` when it is none.
    pub fn opt_text(&self, field: &'static str, most: usize) -> Result<Option<&'a str>> {
        let Some(value) = self.get(field) else {
            return Ok(None);
        };
        let text = value.as_str().filter(|text| (1..=most).contains(&text.len()));
        let message = || {
            (format!("must be a text of 1 to {most} bytes of UTF-8"), format!("必须是 1 到 {most} 字节的 UTF-8 文本"))
        };
        text.map(Some).ok_or_else(|| self.refuse(field, message()))
    }

    /// A list of objects; none when it is missing.
    ///
    /// # Errors
    /// `Invalid` when it is no list of objects.
    pub fn objects(&self, field: &'static str) -> Result<Vec<Fields<'a>>> {
        let Some(value) = self.get(field) else {
            return Ok(Vec::new());
        };
        let list = value.as_array().ok_or_else(|| self.refuse(field, ("must be a list", "必须是数组")))?;
        list.iter().enumerate().map(|(index, value)| Fields::at(value, field, index)).collect()
    }
}

fn refused(field: &'static str, place: Option<(&'static str, usize)>, message: impl Into<Message>) -> Error {
    let message = message.into();
    match place {
        None => Error::invalid(field, message),
        Some((list, index)) => {
            let Message { en, zh } = message;
            Error::invalid(field, (format!("{en} ({list}[{index}])"), format!("{zh}（{list}[{index}]）")))
        }
    }
}

/// A JSON number, exact whatever its size, or a string of digits.
#[must_use]
pub fn id(value: &Value) -> Option<Id> {
    match value {
        Value::Number(number) => number.as_i64().filter(|id| *id > 0).map(Id),
        Value::String(text) if !text.starts_with('"') => Id::parse(text),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn ids_are_numbers_or_digits() {
        assert_eq!(id(&json!(2_018_062_267_186_412_222_i64)), Some(Id(2_018_062_267_186_412_222)));
        assert_eq!(id(&json!("2018062267186412222")), Some(Id(2_018_062_267_186_412_222)));
        let bad = [
            json!(0),
            json!(-1),
            json!(1.0),
            json!(1e18),
            json!(9_223_372_036_854_775_808_u64),
            json!("9223372036854775808"),
            json!("\"7\""),
            json!(" 7"),
            json!(""),
            json!(null),
            json!([7]),
            json!(true),
        ];
        for bad in bad {
            assert_eq!(id(&bad), None, "{bad}");
        }
    }

    #[test]
    fn a_body_is_utf8_with_or_without_a_mark() {
        assert_eq!(text("\u{feff}{\"名\":1}".as_bytes()).unwrap(), "{\"名\":1}");
        assert_eq!(text(b"").unwrap(), "");
        for (bytes, said) in [
            (&b"\xff\xfe{\0}\0"[..], "UTF-16"),
            (b"\xfe\xff\0{\0}", "UTF-16"),
            (b"{\0}\0", "UTF-16"),
            (b"\0\0\xfe\xff\0\0\0{", "UTF-32"),
            (b"{\"\xc3\xfb\":1}", "UTF-8"),
            (b"--XB\r\nContent-Disposition: form-data", "form"),
        ] {
            let error = text(bytes).unwrap_err().to_string();
            assert!(error.contains(said), "{bytes:?}: {error}");
        }
    }

    #[test]
    fn unknown_members_are_named() {
        let body = json!({"quota": 1, "keepdays": 3});
        let error = Fields::of(body.as_object().unwrap()).only(&["quota", "keep_days"]).unwrap_err().to_string();
        assert!(error.contains("keepdays") && error.contains("keep_days"), "{error}");
        assert!(Fields::of(body.as_object().unwrap()).only(&["quota", "keepdays"]).is_ok());
    }

    #[test]
    fn a_refusal_names_member_and_place() {
        let body = json!({"list": [{"n": 1}, {"n": "x"}], "empty": [], "text": ""});
        let members = body.as_object().unwrap();
        let fields = Fields::of(members);
        let objects = fields.objects("list").unwrap();
        assert_eq!(objects[0].int("n", 1..=2).unwrap(), 1);
        let error = objects[1].int("n", 1..=2).unwrap_err().to_string();
        assert!(error.contains("n:") && error.contains("list[1]") && error.contains("1 to 2"), "{error}");
        assert!(fields.objects("empty").unwrap().is_empty() && fields.objects("text").is_err());
        assert!(fields.text("text", 9).is_err() && fields.opt_text("none", 9).unwrap().is_none());
        assert!(!fields.flag("none").unwrap() && fields.flag("text").is_err());
    }
}

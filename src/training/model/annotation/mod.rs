//! Annotation documents (contract §2.5): `{"objects":[{"class", "bbox":[x, y, w, h]}], …}`.
//!
//! A document is kept as it was sent, to the last digit, except that the class of each object is
//! replaced by `{"no": <class_no>, "as": "name"|"id"}`: numbers of classes stay the same in copies of
//! a task, so a copy need not touch its documents. What always holds: a document that was checked has
//! boxes within its picture only, and classes that its task has.

use std::fmt;

use serde::de::{self, Deserialize, Deserializer, MapAccess, Visitor};
use serde_json::value::RawValue;

use super::LabelClass;
use crate::platform::error::Error;
use crate::platform::ids::Id;

/// Largest document in bytes, as it is sent.
pub const MAX_BYTES: u64 = 16 << 20;

/// Documents up to this many bytes stand in the database, larger ones are blobs.
pub const MAX_INLINE: usize = 512 << 10;

/// Deepest nesting of a document.
const MAX_DEPTH: usize = 100;

/// What a sum of two fractions may be off by, in pixels.
const SLACK: f64 = 1e-6;

/// The 24 hex digits by which clients know an image's document: seconds of its registration, then its
/// id, as `MongoDB` writes its own. `create_time` in UTC milliseconds.
#[must_use]
pub fn mongo_id(create_time: i64, img_id: Id) -> String {
    format!("{:08x}{:016x}", create_time / 1000, img_id.0)
}

/// The picture that a document describes, and the classes that it may name.
#[derive(Debug, Clone, Copy)]
pub struct Frame<'a> {
    /// Pixels as displayed.
    pub width: i64,
    pub height: i64,
    pub classes: &'a [LabelClass],
}

/// A checked document as it is kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Checked {
    pub doc: String,
    /// `class_no` of the largest box, of equal ones the first.
    pub top_class: Option<i64>,
    /// Each `class_no` once: `",1,7,"`, or `""`.
    pub classes: String,
}

/// One object of a kept document.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Object {
    pub class_no: i64,
    /// `[x, y, width, height]` in pixels as displayed, from the top left.
    pub bbox: [f64; 4],
}

/// The members of an object as they were written, in their order.
struct Members<'a>(Vec<(String, &'a RawValue)>);

impl<'de: 'a, 'a> Deserialize<'de> for Members<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Read;
        impl<'de> Visitor<'de> for Read {
            type Value = Vec<(String, &'de RawValue)>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a JSON object")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
                let mut members = Vec::new();
                while let Some(member) = map.next_entry()? {
                    members.push(member);
                }
                Ok(members)
            }
        }
        deserializer.deserialize_map(Read).map(Members)
    }
}

/// The class of a kept object.
#[derive(serde::Deserialize)]
struct Kept {
    no: i64,
    #[serde(rename = "as")]
    written: Written,
}

/// How a client names a class; it gets it back in the same way.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Deserialize)]
#[serde(rename_all = "lowercase")]
enum Written {
    Name,
    Id,
}

/// Checks a document as it was sent.
///
/// # Errors
/// `Invalid` that names what is wrong: no JSON, no such class, a box outside of the picture.
pub fn check(sent: &[u8], frame: Frame<'_>) -> Result<Checked, Error> {
    let text = std::str::from_utf8(sent).map_err(|_| invalid("must be UTF-8", "必须是 UTF-8"))?;
    check_depth(text)?;
    let mut numbers: Vec<i64> = Vec::new();
    let mut top: Option<(f64, i64)> = None;
    let doc = rewrite(text, |index, members| {
        let bbox = check_box(members.only("bbox", index)?, index, frame)?;
        let class = members.only("class", index)?;
        let (class_no, written) = find_class(class, frame.classes).ok_or_else(|| no_class(class, index))?;
        if !numbers.contains(&class_no) {
            numbers.push(class_no);
        }
        let area = bbox[2] * bbox[3];
        if top.is_none_or(|(largest, _)| area > largest) {
            top = Some((area, class_no));
        }
        let word = if written == Written::Name { "name" } else { "id" };
        Ok(format!("{{\"no\":{class_no},\"as\":\"{word}\"}}"))
    })?;
    let classes =
        numbers.iter().fold(String::new(), |list, no| format!("{}{no},", if list.is_empty() { "," } else { &list }));
    Ok(Checked { doc, top_class: top.map(|(_, no)| no), classes })
}

/// A kept document as it is given back: each object names its class as it was sent.
///
/// # Errors
/// `Internal` when it isn't one that [`check`] made.
pub fn render(kept: &str, classes: &[LabelClass]) -> Result<String, Error> {
    render_as(kept, classes, None)
}

/// The same where each object gives the name of its class, for readers that don't know our ids.
///
/// # Errors
/// As [`render`].
pub fn render_by_name(kept: &str, classes: &[LabelClass]) -> Result<String, Error> {
    render_as(kept, classes, Some(Written::Name))
}

fn render_as(kept: &str, classes: &[LabelClass], always: Option<Written>) -> Result<String, Error> {
    rewrite(kept, |index, members| {
        let Kept { no, written } = parse(members.only("class", index)?.get()).map_err(Error::internal)?;
        let class = classes.iter().find(|class| class.class_no == no);
        let class =
            class.ok_or_else(|| Error::internal(format!("an annotation names class_no {no}, which is gone")))?;
        match always.unwrap_or(written) {
            Written::Name => serde_json::to_string(&class.name).map_err(Error::internal),
            Written::Id => Ok(class.id.to_string()),
        }
    })
}

/// The objects of a kept document, in their order.
///
/// # Errors
/// `Internal` when it isn't one that [`check`] made.
pub fn objects(kept: &str) -> Result<Vec<Object>, Error> {
    #[derive(serde::Deserialize)]
    struct Doc {
        objects: Vec<Item>,
    }
    #[derive(serde::Deserialize)]
    struct Item {
        class: Kept,
        bbox: [f64; 4],
    }
    let doc: Doc = parse(kept).map_err(Error::internal)?;
    Ok(doc.objects.into_iter().map(|item| Object { class_no: item.class.no, bbox: item.bbox }).collect())
}

impl<'a> Members<'a> {
    /// The one member of that name.
    fn only(&self, name: &str, index: usize) -> Result<&'a RawValue, Error> {
        let mut found = self.0.iter().filter(|(known, _)| known == name);
        match (found.next(), found.next()) {
            (Some((_, value)), None) => Ok(value),
            _ => Err(invalid(
                &format!("objects[{index}] must have one member {name}"),
                &format!("objects[{index}] 必须有且只有一个 {name}"),
            )),
        }
    }
}

/// Copies a document with another `class` in each object.
fn rewrite(text: &str, mut class: impl FnMut(usize, &Members<'_>) -> Result<String, Error>) -> Result<String, Error> {
    let doc: Members<'_> = parse(text).map_err(|error| not_json(&error))?;
    let shape = || invalid("must have one member objects, a list of objects", "必须有且只有一个 objects 数组");
    if doc.0.iter().filter(|(name, _)| name == "objects").count() != 1 {
        return Err(shape());
    }
    let mut out = String::with_capacity(text.len() + 64);
    out.push('{');
    for (name, value) in &doc.0 {
        push_name(&mut out, name)?;
        if name != "objects" {
            out.push_str(value.get());
            continue;
        }
        let objects: Vec<Members<'_>> = parse(value.get()).map_err(|_| shape())?;
        out.push('[');
        for (index, members) in objects.iter().enumerate() {
            let class = class(index, members)?;
            out.push_str(if index > 0 { ",{" } else { "{" });
            for (name, value) in &members.0 {
                push_name(&mut out, name)?;
                out.push_str(if name == "class" { &class } else { value.get() });
            }
            out.push('}');
        }
        out.push(']');
    }
    out.push('}');
    Ok(out)
}

fn push_name(out: &mut String, name: &str) -> Result<(), Error> {
    if !out.ends_with('{') {
        out.push(',');
    }
    out.push_str(&serde_json::to_string(name).map_err(Error::internal)?);
    out.push(':');
    Ok(())
}

/// The class that a client means by its name, or by its id as a number or digits.
fn find_class(value: &RawValue, classes: &[LabelClass]) -> Option<(i64, Written)> {
    let by_id = |id: i64| classes.iter().find(|class| class.id == id).map(|class| (class.class_no, Written::Id));
    if let Ok(name) = parse::<String>(value.get()) {
        let by_name = classes.iter().find(|class| class.name == name);
        return by_name.map(|class| (class.class_no, Written::Name)).or_else(|| by_id(Id::parse(&name)?.0));
    }
    by_id(parse(value.get()).ok()?)
}

fn check_box(value: &RawValue, index: usize, frame: Frame<'_>) -> Result<[f64; 4], Error> {
    let bbox: [f64; 4] = parse(value.get()).map_err(|_| {
        invalid(
            &format!("objects[{index}].bbox must be four numbers [x, y, width, height]"),
            &format!("objects[{index}].bbox 必须是四个数 [x, y, w, h]"),
        )
    })?;
    let [x, y, width, height] = bbox;
    let is_within = |from: f64, length: f64, side: i64| {
        from >= 0.0 && length > 0.0 && i32::try_from(side).is_ok_and(|side| from + length <= f64::from(side) + SLACK)
    };
    if is_within(x, width, frame.width) && is_within(y, height, frame.height) {
        return Ok(bbox);
    }
    let (across, down) = (frame.width, frame.height);
    Err(invalid(
        &format!(
            "objects[{index}].bbox must lie within the picture of {across}×{down} pixels, and have a width and height above 0"
        ),
        &format!("objects[{index}].bbox 必须位于 {across}×{down} 像素的图像之内，且宽高大于 0"),
    ))
}

/// Counts brackets outside of strings: readers of all kinds are to get through.
fn check_depth(text: &str) -> Result<(), Error> {
    let (mut depth, mut in_string, mut escaped) = (0_usize, false, false);
    for byte in text.bytes() {
        match byte {
            _ if escaped => escaped = false,
            b'\\' if in_string => escaped = true,
            b'"' => in_string = !in_string,
            b'{' | b'[' if !in_string => depth += 1,
            b'}' | b']' if !in_string => depth = depth.saturating_sub(1),
            _ => {}
        }
        if depth > MAX_DEPTH {
            return Err(invalid("is nested more than 100 levels deep", "嵌套超过 100 层"));
        }
    }
    Ok(())
}

fn parse<'a, T: de::Deserialize<'a>>(text: &'a str) -> serde_json::Result<T> {
    serde_json::from_str(text)
}

fn not_json(error: &serde_json::Error) -> Error {
    invalid(&format!("is not a JSON object: {error}"), &format!("不是有效的 JSON 对象：{error}"))
}

fn no_class(value: &RawValue, index: usize) -> Error {
    let named: String = value.get().chars().take(80).collect();
    invalid(
        &format!("objects[{index}].class is {named}, which is no label class of this task"),
        &format!("objects[{index}].class 为 {named}，不是该任务的标签类"),
    )
}

fn invalid(en: &str, zh: &str) -> Error {
    Error::invalid("annotation", (en.to_owned(), zh.to_owned()))
}

#[cfg(test)]
mod tests;

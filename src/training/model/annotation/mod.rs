//! Annotation documents (contract §2.5, §4.1): `{"objects":[{"class", "bbox":[x, y, w, h], …}], …}`.
//!
//! A document is kept as it was sent, to the last digit, except that the class of each object is
//! replaced by `{"no": <class_no>, "as": "name"|"id"}`: numbers of classes stay the same in copies of
//! a task, so a copy need not touch its documents; and that coordinates which lie outside of the picture
//! by a rounding are cut to it. What always holds: a document that was checked has boxes and rings within
//! its picture only, and classes that its task has.

mod boxes;
mod members;
mod rle;

use std::fmt;

use serde::de::{self, Deserialize, Deserializer, MapAccess, Visitor};
use serde_json::value::RawValue;

use self::members::Place;
use super::LabelClass;
use crate::platform::error::Error;
use crate::platform::ids::Id;

pub use self::boxes::Size;
pub use self::members::{Keypoints, Segmentation};

/// Largest document in bytes, as it is sent.
pub const MAX_BYTES: u64 = 16 << 20;

/// Documents up to this many bytes stand in the database, larger ones are blobs.
pub const MAX_INLINE: usize = 512 << 10;

/// Deepest nesting of a document.
const MAX_DEPTH: usize = 100;

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
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Object {
    pub class_no: i64,
    /// `[x, y, width, height]` in pixels as displayed, from the top left.
    pub bbox: [f64; 4],
    /// `None` where it is but the box.
    pub segmentation: Option<Segmentation>,
    pub keypoints: Option<Keypoints>,
    pub iscrowd: bool,
    /// A number from 0 to 1, as it was written.
    pub score: Option<String>,
    /// A JSON object, as it was written.
    pub attributes: Option<String>,
}

impl Object {
    /// Whether it says more than where it is and of which class.
    #[must_use]
    pub fn is_more_than_a_box(&self) -> bool {
        let has_text = self.score.is_some() || self.attributes.is_some();
        self.segmentation.is_some() || self.keypoints.is_some() || self.iscrowd || has_text
    }
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
    let size = Size::of(frame.width, frame.height);
    let mut numbers: Vec<i64> = Vec::new();
    let mut top: Option<(f64, i64)> = None;
    let doc = rewrite(text, |index, members| {
        let class = members.only("class", index)?;
        let (class_no, written) = find_class(class, frame.classes).ok_or_else(|| no_class(class, index))?;
        let (object, mut changed) = Place { members, index, size }.read(class_no)?;
        if !numbers.contains(&class_no) {
            numbers.push(class_no);
        }
        let area = object.bbox[2] * object.bbox[3];
        if top.is_none_or(|(largest, _)| area > largest) {
            top = Some((area, class_no));
        }
        let word = if written == Written::Name { "name" } else { "id" };
        changed.push(("class", format!("{{\"no\":{class_no},\"as\":\"{word}\"}}")));
        Ok(changed)
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
        let text = match always.unwrap_or(written) {
            Written::Name => serde_json::to_string(&class.name).map_err(Error::internal)?,
            Written::Id => class.id.to_string(),
        };
        Ok(vec![("class", text)])
    })
}

/// The objects of a kept document of a picture of this size, in their order, cut to it.
///
/// Documents of older servers hold what is refused today: of such an object only the box is given.
///
/// # Errors
/// `Internal` when it isn't one that [`check`] made.
pub fn objects(kept: &str, size: Size) -> Result<Vec<Object>, Error> {
    #[derive(serde::Deserialize)]
    struct Doc<'a> {
        #[serde(borrow)]
        objects: Vec<Members<'a>>,
    }
    let doc: Doc<'_> = parse(kept).map_err(Error::internal)?;
    let object = |(index, members): (usize, &Members<'_>)| {
        let Kept { no, .. } = parse(members.only("class", index)?.get()).map_err(Error::internal)?;
        if let Ok((object, _)) = (Place { members, index, size }).read(no) {
            return Ok(object);
        }
        let bbox = parse(members.only("bbox", index)?.get()).map_err(Error::internal)?;
        Ok(Object { class_no: no, bbox: boxes::cut(bbox, size), ..Object::default() })
    };
    doc.objects.iter().enumerate().map(object).collect()
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

/// Copies a document with other texts of the members that `change` names.
fn rewrite(
    text: &str,
    mut change: impl FnMut(usize, &Members<'_>) -> Result<Vec<(&'static str, String)>, Error>,
) -> Result<String, Error> {
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
            let changed = change(index, members)?;
            out.push_str(if index > 0 { ",{" } else { "{" });
            for (name, value) in &members.0 {
                push_name(&mut out, name)?;
                let other = changed.iter().find(|(changed, _)| changed == name);
                out.push_str(other.map_or(value.get(), |(_, text)| text));
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

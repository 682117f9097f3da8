//! What requests of this family carry, read member by member.

use serde_json::value::RawValue;
use serde_json::{Map, Value};

use crate::collect::model::{Filter, Name};
use crate::platform::error::{Error, Result};
use crate::platform::ids::{self, Id};
use crate::platform::web::json::{self, Fields, Large};
use crate::platform::web::query::media;
use crate::training::model::{
    Code, Fault, ImageType, MAX_IMAGES, MAX_NAME, MAX_SIDE, NewClass, NewImage, NewTask, State, is_color,
};
use crate::training::service::too_many;

/// Most bytes of a small body.
pub const SMALL: u64 = 1 << 20;

/// Most bytes of a registration: 10,000 images with the longest names, every character escaped.
pub const REGISTRATION: u64 = 40 << 20;

/// Most bytes of a list of ids.
pub const IDS: u64 = 16 << 20;

/// Most ids in such a list: more than 16 MiB of 19 digits each.
const MAX_IDS: usize = 1_000_000;

/// Longest tag as it is sent: its letters may be taken apart (NFD), which makes more bytes of them.
const MAX_TAG: usize = 4 * MAX_NAME;

/// `POST /training/tasks`
pub fn new_task(body: &Map<String, Value>) -> Result<NewTask> {
    let fields = Fields::of(body);
    Ok(NewTask {
        id: fields.opt_id("task_id")?,
        name: fields.text("task_name", MAX_NAME)?.to_owned(),
        task_type: fields.int("task_type", 1..=3)?,
        classes: fields.objects("lab_class_list")?.iter().map(class).collect::<Result<_>>()?,
    })
}

/// A label class with name and colour.
pub fn new_class(body: &Map<String, Value>) -> Result<NewClass> {
    class(&Fields::of(body))
}

fn class(fields: &Fields<'_>) -> Result<NewClass> {
    let name = fields.text("name", MAX_NAME)?.to_owned();
    Ok(NewClass { name, color: color(fields)?.ok_or_else(|| fields.refuse("color", ("is missing", "缺少")))? })
}

fn color(fields: &Fields<'_>) -> Result<Option<String>> {
    let Some(value) = fields.get("color") else {
        return Ok(None);
    };
    let color = value.as_str().filter(|color| is_color(color)).map(str::to_owned);
    color
        .map(Some)
        .ok_or_else(|| fields.refuse("color", ("must be a colour such as #22aaff", "必须是颜色，例如 #22aaff")))
}

/// `PUT …/classes/{id}`: name, colour, or both.
pub fn class_change(body: &Map<String, Value>) -> Result<(Option<String>, Option<String>)> {
    let fields = Fields::of(body);
    let name = fields.opt_text("name", MAX_NAME)?.map(str::to_owned);
    let color = color(&fields)?;
    if name.is_none() && color.is_none() {
        return Err(Error::invalid(
            "name",
            ("is missing: give name, color or both", "缺少：请提供 name、color 或两者"),
        ));
    }
    Ok((name, color))
}

/// `POST /training/files/files` as JSON.
pub fn registration(body: &[u8]) -> std::result::Result<(Id, Vec<NewImage>), Fault> {
    let (task, elements) = listed(body, "img_info", MAX_IMAGES)?;
    let read = |(index, raw): (usize, &&RawValue)| {
        let value = json::element(raw, "img_info", index)?;
        image(&Fields::at(&value, "img_info", index)?)
    };
    Ok((task, elements.iter().enumerate().map(read).collect::<std::result::Result<_, _>>()?))
}

/// The task and the list of a body that may be large.
fn listed<'a>(body: &'a [u8], list: &'static str, most: usize) -> std::result::Result<(Id, Vec<&'a RawValue>), Fault> {
    let large = Large::parse(body, &["task_id"], list)?;
    let task = Fields::of(&large.members).id("task_id")?;
    let elements = large.elements(list, most)?;
    if elements.len() > most { Err(too_many(most)) } else { Ok((task, elements)) }
}

fn image(fields: &Fields<'_>) -> std::result::Result<NewImage, Fault> {
    Ok(NewImage {
        name: fields.text("img_name", MAX_NAME)?.to_owned(),
        kind: image_type(fields)?,
        size: fields.int("img_size", 1..=i64::MAX)?,
        width: fields.int("width", 1..=MAX_SIDE)?,
        height: fields.int("height", 1..=MAX_SIDE)?,
        create_oper: fields.id("create_oper")?,
        group: fields.opt_text("group", MAX_NAME)?.map(str::to_owned),
        sha256: None,
        source_file: None,
    })
}

/// A number that is no type is well-formed: 1004.
fn image_type(fields: &Fields<'_>) -> std::result::Result<ImageType, Fault> {
    let number = fields.int("img_type", i64::MIN..=i64::MAX)?;
    ImageType::of(number).ok_or_else(|| {
        let known = ("must be 1 (png), 2 (jpeg) or 3 (bmp)", "必须是 1（png）、2（jpeg）或 3（bmp）");
        Fault::broken(Code::ImageType, &fields.refuse("img_type", known))
    })
}

/// `{"task_id", "img_id_list"}` of delete and restore.
pub fn image_list(body: &[u8]) -> std::result::Result<(Id, Vec<Id>), Fault> {
    let (task, elements) = listed(body, "img_id_list", MAX_IDS)?;
    let id = |(index, raw): (usize, &&RawValue)| {
        json::id(&json::element(raw, "img_id_list", index)?).ok_or_else(|| Error::invalid("img_id_list", ids::ALLOWED))
    };
    Ok((task, elements.iter().enumerate().map(id).collect::<Result<_>>()?))
}

/// `POST …/import`: the tag, and which of its files.
pub fn import(body: &Map<String, Value>) -> Result<(Name, Filter)> {
    let fields = Fields::of(body);
    let tag = Name::new(fields.text("tag", MAX_TAG)?).map_err(|error| error.of("tag"))?;
    let q = fields.opt_text("q", MAX_NAME)?.map(str::to_owned);
    let types = ("must be a type such as image/png, or its first half", "必须是 MIME 类型（如 image/png）或其前半部分");
    let media = match fields.opt_text("type", MAX_NAME)? {
        None => None,
        Some(text) => Some(media(text).ok_or_else(|| fields.refuse("type", types))?),
    };
    Ok((tag, Filter { q, media, ..Filter::default() }))
}

/// `PUT …/state`
pub fn state(body: &Map<String, Value>) -> Result<State> {
    let fields = Fields::of(body);
    let number = fields.int("state", 1..=5)?;
    State::of(number).ok_or_else(|| fields.refuse("state", ("must be 1 to 5", "必须是 1 到 5")))
}

/// `PUT …/group`: `null` takes it away.
pub fn group(body: &Map<String, Value>) -> Result<Option<String>> {
    let fields = Fields::of(body);
    if !fields.has("group") {
        return Err(fields.refuse("group", ("is missing", "缺少")));
    }
    Ok(fields.opt_text("group", MAX_NAME)?.map(str::to_owned))
}

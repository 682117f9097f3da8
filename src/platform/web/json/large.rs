//! Large JSON objects: a list of many elements, beside a few small members.
//!
//! A tree of values takes up to forty times the memory of its text, so none is made of the whole. What
//! always holds: the text is checked to its end, only one element at a time becomes a value, and bodies
//! of more than 1 MiB take turns: together they have [`ROOM`].

use std::fmt;

use rocket::data::Data;
use serde::de::{DeserializeSeed, Deserializer, IgnoredAny, MapAccess, SeqAccess, Visitor};
use serde_json::value::RawValue;
use serde_json::{Map, Value};
use tokio::sync::{Semaphore, SemaphorePermit};
use tokio::task::spawn_blocking;
use tokio::time::timeout;

use super::{not_json, refused, text, whole};
use crate::platform::error::{Error, Result};
use crate::platform::gate::{PATIENCE, busy};
use crate::platform::web::receive::BodyHead;

/// Bodies up to this many bytes need no room.
const FREE: u64 = 1 << 20;

/// What all larger bodies have together, in MiB: two of the largest that any route takes.
const ROOM: u32 = 96;

/// Longest text of one element or member, in bytes: ten times what an honest one has.
const LONGEST: usize = 64 << 10;

static ROOMS: Semaphore = Semaphore::const_new(ROOM as usize);

/// How many bodies may wait for theirs, each with its first MiB in memory.
static QUEUE: Semaphore = Semaphore::const_new(32);

/// The room of one body in memory; it is free again when this is dropped.
#[derive(Debug, Default)]
pub struct Room(Option<SemaphorePermit<'static>>);

impl Room {
    /// Takes room for all of a body as soon as more than [`FREE`] bytes of it are there: whoever only
    /// announces a large one keeps nobody waiting.
    pub(super) async fn fit(&mut self, arrived: u64, whole: u64) -> Result<()> {
        if arrived <= FREE || self.0.is_some() {
            return Ok(());
        }
        let mib = u32::try_from(whole.div_ceil(1 << 20)).unwrap_or(ROOM).min(ROOM);
        let _place = QUEUE.try_acquire().map_err(|_| busy())?;
        let permit = timeout(PATIENCE, ROOMS.acquire_many(mib)).await.map_err(|_| busy())?;
        self.0 = Some(permit.map_err(Error::internal)?);
        Ok(())
    }
}

/// Reads a body of at most `limit` bytes and hands it to `read`, on a thread that may take its time.
///
/// # Errors
/// As [`whole`], and what `read` says.
pub async fn large<T, E>(
    data: Data<'_>,
    head: BodyHead,
    limit: u64,
    read: impl FnOnce(&[u8]) -> Result<T, E> + Send + 'static,
) -> Result<T, E>
where
    T: Send + 'static,
    E: From<Error> + Send + 'static,
{
    let (body, room) = whole(data, head, limit).await?;
    let reading = spawn_blocking(move || {
        let done = read(&body);
        drop((body, room));
        done
    });
    reading.await.map_err(Error::internal)?
}

/// An object with one list that may be long.
#[derive(Debug)]
pub struct Large<'a> {
    /// The small members that were asked for.
    pub members: Map<String, Value>,
    list: Option<&'a RawValue>,
}

impl<'a> Large<'a> {
    /// Reads the members `small`, and where the list stands; others are passed over.
    ///
    /// # Errors
    /// `Invalid` when it isn't a JSON object, or one of the small members is large.
    pub fn parse(body: &'a [u8], small: &[&'static str], list: &'static str) -> Result<Self> {
        let mut reader = serde_json::Deserializer::from_str(text(body)?);
        let read = Wanted { small, list }.deserialize(&mut reader).and_then(|found| reader.end().map(|()| found));
        let mut large = Self { members: Map::new(), list: None };
        for (name, raw) in read.map_err(|error| not_json(&error))? {
            if name == list {
                large.list = Some(raw);
            } else {
                large.members.insert(name.to_owned(), value(raw, name, None)?);
            }
        }
        Ok(large)
    }

    /// The elements of the list as they were written, at most `most` of them and one more.
    ///
    /// # Errors
    /// `Invalid` when it is missing, empty, or no list.
    pub fn elements(&self, list: &'static str, most: usize) -> Result<Vec<&'a RawValue>> {
        let raw = self.list.filter(|raw| raw.get() != "null");
        let raw = raw.ok_or_else(|| refused(list, None, ("is missing", "缺少")))?;
        let elements = serde_json::Deserializer::from_str(raw.get()).deserialize_seq(Elements { most });
        let elements = elements.ok().filter(|elements| !elements.is_empty());
        elements.ok_or_else(|| refused(list, None, ("must be a list that is not empty", "必须是非空数组")))
    }
}

/// One element of the list, as a value.
///
/// # Errors
/// `Invalid` when it is large, or nested too deeply.
pub fn element(raw: &RawValue, list: &'static str, index: usize) -> Result<Value> {
    value(raw, list, Some((list, index)))
}

fn value(raw: &RawValue, field: &'static str, place: Option<(&'static str, usize)>) -> Result<Value> {
    if raw.get().len() > LONGEST {
        return Err(refused(field, place, ("must have at most 65536 bytes", "不能超过 65536 字节")));
    }
    serde_json::from_str(raw.get()).map_err(|error| not_json(&error))
}

/// The members of an object that are asked for, as they were written. Of two with one name the last counts.
struct Wanted<'w> {
    small: &'w [&'static str],
    list: &'static str,
}

impl<'de> DeserializeSeed<'de> for Wanted<'_> {
    type Value = Vec<(&'static str, &'de RawValue)>;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Self::Value, D::Error> {
        deserializer.deserialize_map(self)
    }
}

impl<'de> Visitor<'de> for Wanted<'_> {
    type Value = Vec<(&'static str, &'de RawValue)>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a JSON object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
        let mut found: Self::Value = Vec::new();
        while let Some(name) = map.next_key::<String>()? {
            match self.small.iter().chain([&self.list]).find(|wanted| **wanted == name) {
                None => drop(map.next_value::<IgnoredAny>()?),
                Some(wanted) => {
                    found.retain(|(known, _)| known != wanted);
                    found.push((wanted, map.next_value()?));
                }
            }
        }
        Ok(found)
    }
}

/// Elements as they were written; what comes behind one too many is only checked.
struct Elements {
    most: usize,
}

impl<'de> Visitor<'de> for Elements {
    type Value = Vec<&'de RawValue>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a list")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Self::Value, A::Error> {
        let mut elements = Vec::new();
        while elements.len() <= self.most
            && let Some(element) = seq.next_element()?
        {
            elements.push(element);
        }
        while seq.next_element::<IgnoredAny>()?.is_some() {}
        Ok(elements)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn elements(text: &str) -> Result<Vec<String>> {
        let large = Large::parse(text.as_bytes(), &["id"], "list")?;
        Ok(large.elements("list", 2)?.iter().map(|raw| raw.get().to_owned()).collect())
    }

    #[test]
    fn a_list_is_cut_behind_one_too_many() {
        assert_eq!(elements(r#"{"x":[{}],"list":[1, {"a":[2]}],"id":7}"#).unwrap(), ["1", r#"{"a":[2]}"#]);
        assert_eq!(elements(r#"{"list":[1,2,3,4,5]}"#).unwrap(), ["1", "2", "3"]);
        assert_eq!(elements(r#"{"list":[1],"list":[2]}"#).unwrap(), ["2"], "the last counts");
        assert_eq!(elements(r#"{"\u006cist":[1]}"#).unwrap(), ["1"]);
    }

    #[test]
    fn what_is_wrong_is_said() {
        for (text, said) in [
            ("[]", "JSON object"),
            (r#"{"list":[1]"#, "not valid JSON"),
            (r#"{"list":[1,]}"#, "not valid JSON"),
            (r#"{"list":[1]} x"#, "not valid JSON"),
            (r#"{"list":null}"#, "missing"),
            ("{}", "missing"),
            (r#"{"list":[]}"#, "not empty"),
            (r#"{"list":{"a":1}}"#, "not empty"),
        ] {
            let error = elements(text).unwrap_err().to_string();
            assert!(error.contains(said), "{text}: {error}");
        }
    }

    #[test]
    fn small_members_are_small() {
        let large = Large::parse(br#"{"id":"7","list":[[1]],"other":[]}"#, &["id"], "list").unwrap();
        assert_eq!(Value::Object(large.members), serde_json::json!({"id": "7"}));
        let long = format!(r#"{{"id":[{}0],"list":[1]}}"#, "0,".repeat(LONGEST));
        assert!(Large::parse(long.as_bytes(), &["id"], "list").unwrap_err().to_string().contains("id: "));
        let long = format!(r#"{{"list":[1,"{}"]}}"#, "x".repeat(LONGEST));
        let large = Large::parse(long.as_bytes(), &["id"], "list").unwrap();
        let error = element(large.elements("list", 9).unwrap()[1], "list", 1).unwrap_err().to_string();
        assert!(error.contains("list[1]"), "{error}");
    }
}

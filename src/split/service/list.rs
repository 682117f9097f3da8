//! The images of one set (seed 001 §2), whole or a page at a time.
//!
//! A set of a million images is sent while it is read, a page by key at a time, so the first byte doesn't wait for the
//! last. Its length isn't known then, so a fault shows in another way: the JSON is cut off before its end. A set that
//! fits in one page has a length. What always holds: all that is sent is of one split; when another one comes in
//! between, the rest isn't sent.

use std::io;

use futures_util::future::{BoxFuture, FutureExt};
use serde::Serialize;

use super::Split;
use crate::collect::model::cursor::Cursor;
use crate::platform::blobs::{Segment, SegmentBody, Segments};
use crate::platform::error::Error;
use crate::platform::ids::Id;
use crate::platform::paging::{check_limit, cut};
use crate::split::store;
use crate::split::store::list::Listed;
use crate::training::model::{self, Code, Fault, Result, Set};

/// Images that are read at a time.
const PAGE: u32 = 2048;

/// What `img_info_list` has of an image.
#[derive(Debug, Serialize)]
struct ImgInfo<'a> {
    img_name: &'a str,
    img_id: Id,
    state: i64,
    order_id: i64,
}

/// A list that is ready to be sent.
pub struct Listing {
    pub body: SegmentBody,
    /// Bytes, where that is known before it is read.
    pub length: Option<u64>,
}

impl Split {
    /// The set that a number on the wire stands for.
    ///
    /// # Errors
    /// 1013.
    pub fn set_of(&self, code: i64) -> Result<Set> {
        let codes = self.inner.training.set_codes();
        Set::of_code(code, codes).ok_or_else(|| {
            let known = Set::ALL.map(|set| format!("{} {}", set.code(codes), set.name())).join(", ");
            let en = format!("There is no set {code}; the sets are {known}.");
            Fault::new(Code::UnknownSet, (en, format!("没有集合 {code}；集合编号为 {known}")))
        })
    }

    /// All images of a set. `head` is a JSON object up to the opening bracket of the list.
    ///
    /// # Errors
    /// 1002; 1012 when the set is empty.
    pub async fn list(&self, task: Id, set: Set, head: Vec<u8>) -> Result<Listing> {
        let task = self.inner.training.find_task(task).await?;
        let first = store::list::page(&self.inner.db, task.id, set.stored(), 0, PAGE).await?;
        if first.is_empty() {
            return Err(self.empty(task.id, set));
        }
        let is_whole = first.len() < PAGE as usize;
        let mut text = head;
        let after = write(&mut text, &first, true)?;
        let blobs = self.inner.collect.blobs().clone();
        if is_whole {
            text.extend_from_slice(b"]}");
            let length = Some(text.len() as u64);
            return Ok(Listing { body: SegmentBody::fixed(blobs, vec![Segment::Bytes(text)]), length });
        }
        let rest = Rest { split: self.clone(), task, set, first: Some(text), after, is_done: false };
        Ok(Listing { body: SegmentBody::new(blobs, rest), length: None })
    }

    /// A page of a set, and where the next begins. `head` as for [`Self::list`].
    ///
    /// # Errors
    /// 1001 for a limit or cursor that isn't one; 1002; 1012 when nothing is there.
    pub async fn list_page(
        &self,
        task: Id,
        set: Set,
        cursor: Option<&str>,
        limit: u32,
        head: Vec<u8>,
    ) -> Result<Vec<u8>> {
        check_limit(limit)?;
        let after = Cursor::key(cursor)?.unwrap_or(0);
        let task = self.inner.training.find_task(task).await?;
        let mut images = store::list::page(&self.inner.db, task.id, set.stored(), after, limit + 1).await?;
        if images.is_empty() {
            return Err(self.empty(task.id, set));
        }
        let is_more = cut(&mut images, limit);
        let mut text = head;
        let key = write(&mut text, &images, true)?;
        let next = is_more.then(|| Cursor::Number { key, tie: 0 }.encode());
        text.extend_from_slice(format!("],\"next\":{}}}", serde_json::json!(next)).as_bytes());
        Ok(text)
    }

    /// Seed 001's own sentence.
    fn empty(&self, task: Id, set: Set) -> Fault {
        let code = set.code(self.inner.training.set_codes());
        let text = format!("获取 任务id为 {task}，属于集合 {code}，的图像的相关数据 失败");
        Fault::new(Code::EmptySet, (text.clone(), text))
    }
}

/// Appends images; the last one's `order_id`.
fn write(text: &mut Vec<u8>, images: &[Listed], is_first: bool) -> Result<i64, Error> {
    for (at, image) in images.iter().enumerate() {
        if at > 0 || !is_first {
            text.push(b',');
        }
        let info = ImgInfo { img_name: &image.name, img_id: image.id, state: image.state, order_id: image.order_id };
        serde_json::to_writer(&mut *text, &info).map_err(Error::internal)?;
    }
    Ok(images.last().map_or(0, |image| image.order_id))
}

/// The pages behind the first.
struct Rest {
    split: Split,
    task: model::Task,
    set: Set,
    first: Option<Vec<u8>>,
    after: i64,
    is_done: bool,
}

impl Segments for Rest {
    fn next(&mut self) -> BoxFuture<'_, io::Result<Vec<Segment>>> {
        async move {
            if let Some(first) = self.first.take() {
                return Ok(vec![Segment::Bytes(first)]);
            }
            if self.is_done {
                return Ok(Vec::new());
            }
            let text = self.page().await.inspect_err(|error| {
                tracing::warn!(task = %self.task.id, %error, "the list of a set is broken off");
            })?;
            Ok(vec![Segment::Bytes(text)])
        }
        .boxed()
    }
}

impl Rest {
    async fn page(&mut self) -> io::Result<Vec<u8>> {
        let images = store::list::page(&self.split.inner.db, self.task.id, self.set.stored(), self.after, PAGE).await;
        let images = images.map_err(io::Error::other)?;
        let now = self.split.inner.training.find_task(self.task.id).await.map_err(io::Error::other)?;
        if now.split != self.task.split {
            return Err(io::Error::other("the task was split again"));
        }
        let mut text = Vec::new();
        if !images.is_empty() {
            self.after = write(&mut text, &images, false).map_err(io::Error::other)?;
        }
        if images.len() < PAGE as usize {
            self.is_done = true;
            text.extend_from_slice(b"]}");
        }
        Ok(text)
    }
}

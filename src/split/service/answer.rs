//! The answer to a split: three lists of ids, made while they are sent.
//!
//! A million ids are 22 MB of JSON, but no more than a piece of it is in memory at a time. Its length is known from the
//! start, so a fault shows.

use futures_util::future::{BoxFuture, FutureExt};

use super::{Done, Split};
use crate::platform::blobs::{Segment, SegmentBody, Segments};
use crate::training::model::Set;

/// Images that are looked at for one piece.
const PIECE: usize = 16_384;

impl Done {
    /// Ids of the images of a set, in the order of `order_id`.
    pub fn ids_of(&self, set: Set) -> impl Iterator<Item = i64> {
        let of_set = self.ids.iter().zip(&self.sets).filter(move |(_, number)| i64::from(**number) == set.stored());
        of_set.map(|(id, _)| *id)
    }
}

impl Split {
    /// The body of the answer and its length: `head` is a JSON object that was begun and has members, `tail` its end.
    #[must_use]
    pub fn lists(&self, done: Done, head: Vec<u8>, tail: Vec<u8>) -> (SegmentBody, u64) {
        let mut length = (head.len() + tail.len()) as u64;
        for set in Set::ALL {
            let (count, digits) =
                done.ids_of(set).fold((0, 0), |(count, digits), id| (count + 1, digits + digits_of(id)));
            // Each id has two quotes and, but for the first, a comma; then the list is closed.
            length += opening(set).len() as u64 + digits + 2 * count + u64::saturating_sub(count, 1) + 1;
        }
        let pieces = Pieces { head: Some(head), done, tail: Some(tail), list: 0, place: 0, has_begun: false };
        (SegmentBody::new(self.inner.collect.blobs().clone(), pieces), length)
    }
}

fn digits_of(id: i64) -> u64 {
    u64::from(id.checked_ilog10().unwrap_or(0)) + 1
}

fn opening(set: Set) -> String {
    format!(",\"img_ids_set_{}\":[", set.name())
}

struct Pieces {
    head: Option<Vec<u8>>,
    done: Done,
    tail: Option<Vec<u8>>,
    /// The list that is being written, and the image that comes next.
    list: usize,
    place: usize,
    /// Whether an id stands in the list.
    has_begun: bool,
}

impl Segments for Pieces {
    fn next(&mut self) -> BoxFuture<'_, std::io::Result<Vec<Segment>>> {
        let piece = self.head.take().or_else(|| self.ids()).or_else(|| self.tail.take());
        std::future::ready(Ok(piece.map(Segment::Bytes).into_iter().collect())).boxed()
    }
}

impl Pieces {
    /// The next ids; `None` behind the last list.
    fn ids(&mut self) -> Option<Vec<u8>> {
        let set = *Set::ALL.get(self.list)?;
        let mut text = if self.place == 0 { opening(set) } else { String::new() };
        // An empty piece would be taken for the end.
        while text.is_empty() || self.place == 0 {
            let end = (self.place + PIECE).min(self.done.ids.len());
            for place in self.place..end {
                if i64::from(self.done.sets[place]) == set.stored() {
                    text.push_str(if self.has_begun { ",\"" } else { "\"" });
                    text.push_str(&self.done.ids[place].to_string());
                    text.push('"');
                    self.has_begun = true;
                }
            }
            self.place = end;
            if end == self.done.ids.len() {
                text.push(']');
                (self.list, self.place, self.has_begun) = (self.list + 1, 0, false);
                break;
            }
        }
        Some(text.into_bytes())
    }
}

//! Memory for bodies that is used again.
//!
//! Fresh memory costs a page fault for every 4 KiB, a tenth of what receiving a small picture costs.
//! What always holds: at most [`MOST`] rooms of at most [`LARGEST`] bytes wait here.

use std::sync::{Mutex, PoisonError};

use super::incoming::{EARNEST, SPILL};

/// Rooms that are kept: those of the uploads that may be written at the same time.
const MOST: usize = 32;

/// Largest room that is kept, in bytes.
const LARGEST: usize = SPILL;

/// Empty rooms, the last one used on top: it is still in the processor's cache.
#[derive(Debug, Default)]
pub struct Rooms {
    empty: Mutex<Vec<Vec<u8>>>,
}

impl Rooms {
    /// An empty room for at least `size` bytes, if one is there.
    pub fn take(&self, size: usize) -> Option<Vec<u8>> {
        let mut empty = self.empty.lock().unwrap_or_else(PoisonError::into_inner);
        let fits = empty.iter().rposition(|room| room.capacity() >= size)?;
        Some(empty.remove(fits))
    }

    /// Keeps a room that is done with, unless it is too small, too large or one too many.
    pub fn give_back(&self, mut room: Vec<u8>) {
        if room.capacity() <= EARNEST || room.capacity() > LARGEST {
            return;
        }
        room.clear();
        let mut empty = self.empty.lock().unwrap_or_else(PoisonError::into_inner);
        if empty.len() == MOST {
            empty.remove(0);
        }
        empty.push(room);
    }
}

#[cfg(test)]
mod tests {
    use super::{EARNEST, LARGEST, MOST, Rooms};

    #[test]
    fn a_room_is_used_again_and_empty() {
        let rooms = Rooms::default();
        assert!(rooms.take(1).is_none());
        rooms.give_back(vec![7; 100_000]);
        assert!(rooms.take(100_001).is_none());
        let room = rooms.take(90_000).unwrap();
        assert!(room.is_empty() && room.capacity() >= 100_000);
        assert!(rooms.take(1).is_none());
    }

    #[test]
    fn few_rooms_of_fitting_size_are_kept() {
        let rooms = Rooms::default();
        for size in [EARNEST, LARGEST + 1].into_iter().chain([50_000; MOST + 3]) {
            rooms.give_back(vec![0; size]);
        }
        let kept = std::iter::from_fn(|| rooms.take(1)).count();
        assert_eq!(kept, MOST);
    }
}

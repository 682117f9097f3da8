//! Where earlier, complete archives of a tag ended (contract §1.1).
//!
//! `curl -C -` and `wget -c` name no state: whoever has a whole archive asks for what stands behind its end, and from a
//! tag that has grown would get the middle of another archive. Nothing about earlier states is kept. They follow from
//! the rows: each beginning of today's archive was one, and so was each with the files that lie in the trash now, or
//! without those that came back from there. What was purged is forgotten.

use std::collections::{BTreeMap, HashSet};
use std::sync::Arc;

use super::archive::{Archive, STEP};
use super::{Collect, store};
use crate::collect::store::archive::Changed;
use crate::platform::archive::{Shift, Sums};
use crate::platform::error::Result;

/// Most files that came and went, of which earlier states are known.
const MOST_CHANGED: u32 = 100_000;

/// Most stretches of rows that are read for one answer.
const MOST_STRETCHES: usize = 256;

impl Collect {
    /// Whether an earlier state of the archive, complete, had exactly `total` bytes.
    ///
    /// # Errors
    /// When the database doesn't answer.
    pub async fn has_ended_at(&self, archive: &Arc<Archive>, total: u64) -> Result<bool> {
        let changed = store::archive::changed(&self.inner.db, archive.tag, &archive.filter, MOST_CHANGED);
        let shifts = archive
            .shifts
            .get_or_try_init(|| async { Ok::<_, crate::platform::error::Error>(shifts(&changed.await?)) });
        let mut stretches: BTreeMap<i64, Vec<(Sums, Shift)>> = BTreeMap::new();
        for shift in shifts.await? {
            if let Some((place, sums)) = archive.layout.ending(total, *shift)
                && (stretches.len() < MOST_STRETCHES || stretches.contains_key(place))
            {
                stretches.entry(*place).or_default().push((sums, *shift));
            }
        }
        for (place, candidates) in stretches {
            let rows = store::archive::rows(&self.inner.db, &archive.window(), place, STEP).await?;
            for (mut sums, shift) in candidates {
                let has_ended = |sums: &Sums| sums.shifted(shift).is_some_and(|sums| sums.total() == total);
                if has_ended(&sums) {
                    return Ok(true);
                }
                for row in &rows {
                    sums.add(&row.entry);
                    if has_ended(&sums) {
                        return Ok(true);
                    }
                }
            }
        }
        Ok(false)
    }
}

/// What files that came and went make of the sums of today's archive, at each time that it was different: once as if
/// those in the archive had always been there, once as if they had come when they were restored.
fn shifts(changed: &[Changed]) -> HashSet<Shift> {
    let mut found = HashSet::from([Shift::default()]);
    for by_restored in [false, true] {
        let mut shift = Shift::default();
        // Time, the file, and whether it is there from then on.
        let mut events = Vec::new();
        for file in changed {
            let came_at = file.restored_at.filter(|_| by_restored).unwrap_or(file.created_at);
            match file.deleted_at {
                Some(deleted_at) => events.extend([(came_at, file, true), (deleted_at, file, false)]),
                None if by_restored => {
                    shift = shift.with(&file.entry, false);
                    events.push((came_at, file, true));
                }
                None => {}
            }
        }
        events.sort_by_key(|(at, _, _)| *at);
        found.insert(shift);
        for together in events.chunk_by(|(one, _, _), (other, _, _)| one == other) {
            for (_, file, is_there) in together {
                shift = shift.with(&file.entry, *is_there);
            }
            found.insert(shift);
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::platform::archive::Entry;

    fn changed(size: u64, created_at: i64, restored_at: Option<i64>, deleted_at: Option<i64>) -> Changed {
        let entry = Entry { name: "a".into(), size, crc32: 0, modified_at: 0 };
        Changed { entry, created_at, restored_at, deleted_at }
    }

    #[test]
    fn states_are_told_by_what_came_and_went() {
        let (one, two) = (changed(10, 1, None, Some(5)), changed(20, 2, None, Some(6)));
        let back = changed(40, 1, Some(7), None);
        let all = shifts(&[one.clone(), two.clone(), back.clone()]);
        let none = Shift::default();
        for (what, shift) in [
            ("today", none),
            ("the first", none.with(&one.entry, true)),
            ("both", none.with(&one.entry, true).with(&two.entry, true)),
            ("the second", none.with(&two.entry, true)),
            ("before it came back", none.with(&back.entry, false)),
            ("both, before it came back", none.with(&one.entry, true).with(&two.entry, true).with(&back.entry, false)),
        ] {
            assert!(all.contains(&shift), "{what}");
        }
    }
}

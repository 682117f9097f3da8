//! Counters of all rooms against the rows that they count. Each is read in one statement, which sees one moment.

use super::Look;
use crate::collect::service::keeping as collect;
use crate::faces::service::keeping as faces;
use crate::ingest::service::keeping as ingest;
use crate::keeper::model::Kind;
use crate::platform::error::Result;
use crate::training::service::keeping as training;

/// Walks through what one room counts, and mends it where that is wanted.
macro_rules! walk {
    ($look:ident, $kind:expr, $read:path, $mend:path) => {{
        let mut after = None;
        loop {
            let counted = $read(&$look.keeper.db, after).await?;
            for off in counted.off {
                $look.found($kind, off.place.clone(), off.what.clone());
                if $look.manner.repair {
                    $mend(&$look.keeper.db, &off.row).await?;
                    $look.mended(format!("{}: {}: {}: set right", $kind.words(), off.place, off.what)).await?;
                }
            }
            match counted.next {
                None => break,
                next => after = next,
            }
        }
    }};
}

impl Look<'_> {
    /// All counters, and what rows of files repeat of their blobs.
    pub(super) async fn counters(&mut self) -> Result<()> {
        if !self.manner.quick {
            walk!(self, Kind::FileRow, collect::odd_files, collect::mend_file);
        }
        walk!(self, Kind::Counter, collect::counters, collect::mend);
        walk!(self, Kind::Counter, training::counters, training::mend);
        walk!(self, Kind::Counter, faces::counters, faces::mend);
        walk!(self, Kind::Counter, ingest::counters, ingest::mend);
        Ok(())
    }
}

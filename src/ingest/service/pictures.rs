//! The pictures behind rows, for people who look at a log.

use super::Ingest;
use crate::collect::model::File;

impl Ingest {
    /// The file of this server that a `granary:` address names, if it is there and in no trash.
    pub async fn own_file(&self, uri: &str) -> Option<File> {
        self.inner.fetcher.own_file(uri).await
    }
}

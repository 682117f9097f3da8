//! The image files of a tag as the rows of a task.

use std::io::Write;

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};

use super::Ingest;
use super::create::Table;
use crate::collect::model::{Filter, Order};
use crate::ingest::model::Source;
use crate::ingest::model::csv::write_row;
use crate::platform::error::{Error, Result};
use crate::platform::paging::MAX_LIMIT;

/// What is percent-encoded in an address: all but RFC 3986's unreserved characters.
const ENCODED: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');

impl Ingest {
    /// One row for each image file of a tag, in upload order, read a page at a time.
    ///
    /// # Errors
    /// `NotFound` when there is no such tag.
    pub(super) async fn table_of_tag(&self, tag: &str) -> Result<Table> {
        let tag = self.inner.collect.tag(tag).await?;
        let scratch = self.blobs().scratch()?;
        let mut file = scratch.file()?;
        let filter = Filter { media: Some("image".to_owned()), ..Filter::default() };
        let folder = format!("granary:tag/{}/", utf8_percent_encode(&tag.name, ENCODED));
        let (mut rows, mut cursor) = (0, None::<String>);
        loop {
            let page = self.inner.collect.files(&tag, &filter, Order::Oldest, cursor.as_deref(), MAX_LIMIT).await?;
            let mut text = Vec::new();
            for name in page.items.iter().map(|file| file.name.as_str()) {
                let uri = format!("{folder}{}", utf8_percent_encode(name, ENCODED));
                write_row(&mut text, &uri, &tag.name, name, None);
            }
            file.write_all(&text)?;
            rows += i64::try_from(page.items.len()).map_err(Error::internal)?;
            cursor = page.next;
            if cursor.is_none() {
                return Ok(Table { scratch, rows, source: Source::Tag(tag.name) });
            }
        }
    }
}

//! The CSV of a form, for the API and for the page.

use super::service::{Ingest, Intake};
use crate::platform::error::{Error, Result};
use crate::platform::web::multipart::{Part, Parts};

/// Takes the part that holds the CSV, and shows its bytes to `look`. A field that is empty counts as absent; one may hold
/// the rows all the same, as `curl -F 'file=<rows.csv'` sends them.
///
/// # Errors
/// `Invalid` when there is one already; `Unsupported` when it is encoded; whatever the disk says.
pub async fn receive(
    ingest: &Ingest,
    announced: Option<u64>,
    part: &Part,
    parts: &mut Parts<'_>,
    intake: &mut Option<Intake>,
    mut look: impl FnMut(&[u8]),
) -> Result<()> {
    part.check()?;
    let mut next = parts.chunk().await?;
    if next.is_none() && !part.is_file() {
        return Ok(());
    }
    if intake.is_some() {
        return Err(Error::invalid("file", ("is there more than once", "只能提交一个文件")));
    }
    let mut file = ingest.begin(announced).await?;
    while let Some(bytes) = next {
        look(&bytes);
        file.write(&bytes).await?;
        next = parts.chunk().await?;
    }
    *intake = Some(file);
    Ok(())
}

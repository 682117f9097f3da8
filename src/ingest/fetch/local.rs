//! `granary:tag/<tag>/<name>`: a file that this server holds itself.

use std::io::Read;

use super::Refusal;
use crate::collect::model::File;
use crate::collect::service::Collect;
use crate::platform::blobs::BlobKey;
use crate::platform::error::Error;
use crate::platform::names::Name;

/// The living file that `path` (what follows `granary:`) names.
///
/// # Errors
/// When it isn't there, or lies in the trash.
pub async fn find(collect: &Collect, path: &str) -> Result<File, Refusal> {
    let (tag, name) = names(path).ok_or_else(|| {
        Refusal::new(
            "a granary: address is granary:tag/<tag>/<name>, tag and name percent-encoded",
            "granary: 地址应为 granary:tag/<标签>/<文件名>，标签和文件名须百分号编码",
        )
    })?;
    match collect.file_by_name(tag.as_str(), name.as_str()).await {
        Ok(file) if file.deleted_at.is_some() => Err(Refusal::new(
            format!("the file {name} of the tag {tag} lies in the trash"),
            format!("标签 {tag} 中的文件 {name} 在回收站里"),
        )),
        Ok(file) => Ok(file),
        Err(Error::NotFound(_)) => Err(Refusal::new(
            format!("there is no file {name} in the tag {tag}"),
            format!("标签 {tag} 中没有文件 {name}"),
        )),
        Err(error) => Err(unreadable(&error)),
    }
}

/// The bytes of that file, at most `max`.
///
/// # Errors
/// As [`find`], and when it is larger.
pub async fn read(collect: &Collect, path: &str, max: u64) -> Result<Vec<u8>, Refusal> {
    let file = find(collect, path).await?;
    let size = u64::try_from(file.size).unwrap_or_default();
    if size > max {
        return Err(Refusal::too_large(Some(size), max));
    }
    let (blobs, key) = (collect.blobs().clone(), BlobKey::parse(&file.sha256));
    let read = tokio::task::spawn_blocking(move || {
        let mut bytes = Vec::with_capacity(usize::try_from(size).unwrap_or_default());
        let key = key.ok_or(std::io::ErrorKind::NotFound)?;
        blobs.open_blob(&key)?.take(max).read_to_end(&mut bytes)?;
        Ok::<_, std::io::Error>(bytes)
    });
    match read.await {
        Ok(Ok(bytes)) if bytes.len() as u64 == size => Ok(bytes),
        Ok(Ok(bytes)) => Err(unreadable(&format!("{} of {size} bytes are there", bytes.len()))),
        Ok(Err(error)) => Err(unreadable(&error)),
        Err(error) => Err(unreadable(&error)),
    }
}

/// Tag and name, both decoded once.
fn names(path: &str) -> Option<(Name, Name)> {
    let path = path.split_at_checked(4).filter(|(kind, _)| kind.eq_ignore_ascii_case("tag/"))?.1;
    let (tag, name) = path.split_once('/')?;
    Some((Name::from_percent_encoded(tag).ok()?, Name::from_percent_encoded(name).ok()?))
}

/// The reason is for this server's log; the row says that it is this server's fault.
fn unreadable(error: &dyn std::fmt::Display) -> Refusal {
    tracing::error!(%error, "a file of this server can't be read for an ingest task");
    Refusal::new("this server can't read the file", "本服务器的文件读取失败")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_names_are_decoded_once() {
        let read = |path| names(path).map(|(tag, name)| (tag.into_string(), name.into_string()));
        assert_eq!(read("tag/a/b.jpg"), Some(("a".to_owned(), "b.jpg".to_owned())));
        assert_eq!(read("TAG/a+b/%62?c#d.jpg"), Some(("a+b".to_owned(), "b?c#d.jpg".to_owned())));
        assert_eq!(read("tag/%E5%9B%BE/a%20%2541.jpg"), Some(("图".to_owned(), "a %41.jpg".to_owned())));
        for path in
            ["", "tag", "tag/a", "tag/a/", "tag//b", "tag/a/b/c", "tag/a/..", "tag/a/b%2Fc", "tag/a/%ff", "x/a/b"]
        {
            assert_eq!(read(path), None, "{path}");
        }
    }
}

//! Fetching the picture of a row: from the web, from the row itself (`data:`), or from this server (`granary:`).
//!
//! What always holds: no connection goes to an address that `address::Guard` hasn't let in; a row never takes more
//! than `ingest.max_image` bytes; no host has more than `ingest.per_host` connections from here, over all tasks; and
//! no credentials from a URI come back in a message.

mod address;
mod coding;
mod connect;
mod data;
mod hosts;
mod http;
mod local;
#[cfg(test)]
mod tests;

pub use data::decode as decode_data;

use std::borrow::Cow;
use std::fmt;
use std::sync::Arc;

use crate::collect::model::File;
use crate::collect::service::Collect;
use crate::platform::config;
use crate::platform::error::Message;
use http::Http;

/// Fetches pictures; cheap to clone.
#[derive(Clone)]
pub struct Fetcher {
    inner: Arc<Inner>,
}

struct Inner {
    http: Arc<Http>,
    collect: Collect,
    /// `ingest.max_image` in bytes.
    max: u64,
}

/// What a URI led to.
pub struct Fetched {
    pub bytes: Arc<Vec<u8>>,
}

/// Why a URI can't be fetched: the message of code 101 (contract §3).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refusal(pub Message);

impl Refusal {
    fn new(en: impl Into<Cow<'static, str>>, zh: impl Into<Cow<'static, str>>) -> Self {
        Self(Message { en: en.into(), zh: zh.into() })
    }

    /// `size` in bytes, where it is known.
    fn too_large(size: Option<u64>, max: u64) -> Self {
        match size {
            Some(size) => Self::new(
                format!("the picture is too large: {size} bytes, at most {max} are allowed (ingest.max_image)"),
                format!("图片太大：{size} 字节，上限 {max} 字节（ingest.max_image）"),
            ),
            None => Self::new(
                format!("the picture is too large: more than {max} bytes (ingest.max_image)"),
                format!("图片太大：超过上限 {max} 字节（ingest.max_image）"),
            ),
        }
    }

    /// The address carries a name or a password: it would stand in logs for everyone to read.
    fn credentials() -> Self {
        Self::new(
            format!("a uri with a user name or a password isn't fetched; {UPLOAD}"),
            format!("uri 中不能带用户名或密码；{UPLOAD_ZH}"),
        )
    }
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0.zh)
    }
}

impl std::error::Error for Refusal {}

impl Fetcher {
    /// Fetches within the limits of `config`; `granary:` addresses from `collect`.
    #[must_use]
    pub fn new(config: &config::Ingest, collect: Collect) -> Self {
        let http = Arc::new(Http::new(config, connect::system_lookup()));
        Self { inner: Arc::new(Inner { http, collect, max: config.max_image.as_u64() }) }
    }

    /// The picture behind `uri`: `http`, `https`, `data:` or `granary:tag/<tag>/<name>`. All tries together within
    /// `ingest.timeout`, which doesn't count the wait for one of the host's connections. A `data:` URI's memory becomes
    /// its picture's.
    ///
    /// # Errors
    /// The message of code 101.
    pub async fn fetch(&self, uri: impl Into<String>) -> Result<Fetched, Refusal> {
        let whole: String = uri.into();
        let uri = whole.trim_ascii();
        let scheme = uri.split_once(':').map(|(scheme, _)| scheme.to_ascii_lowercase());
        let Inner { http, collect, max } = &*self.inner;
        let bytes = match scheme.as_deref() {
            _ if uri.is_empty() => return Err(Refusal::new("the uri is empty", "uri 为空")),
            _ if is_path(uri) => return Err(a_path()),
            Some("http" | "https") => http.get(uri).await?,
            Some("data") if uri.len() < whole.len() => decode(uri.to_owned(), *max).await?,
            Some("data") => decode(whole, *max).await?,
            Some("granary") => local::read(collect, &uri["granary:".len()..], *max).await?,
            Some(scheme) if is_scheme(scheme) => return Err(no_such_scheme(scheme)),
            _ => return Err(no_scheme()),
        };
        Ok(Fetched { bytes: Arc::new(bytes) })
    }
}

impl Fetcher {
    /// The file of this server that a `granary:` address names, if it is there and in no trash.
    pub async fn own_file(&self, uri: &str) -> Option<File> {
        let (scheme, path) = uri.trim_ascii().split_once(':')?;
        let is_own = scheme.eq_ignore_ascii_case("granary");
        if is_own { local::find(&self.inner.collect, path).await.ok() } else { None }
    }
}

const ALLOWED: &str = "http, https, data and granary are allowed";
const ALLOWED_ZH: &str = "只允许 http、https、data 和 granary";

/// What to do with pictures that can't be fetched from where they are.
const UPLOAD: &str = "upload the picture to a tag and name it as granary:tag/<tag>/<name>";
const UPLOAD_ZH: &str = "请先把图片上传到标签，再写成 granary:tag/<标签>/<文件名>";

/// A file of the machine that the table was written on: `C:\\a.jpg`, `\\\\server\\share`, `/home/a.jpg`, `./a.jpg`.
fn is_path(uri: &str) -> bool {
    let bytes = uri.as_bytes();
    let is_drive = matches!(bytes, [letter, b':', ..] if letter.is_ascii_alphabetic());
    let is_share = uri.starts_with("\\\\");
    let is_rooted = uri.starts_with('/') && !uri.starts_with("//") || uri.starts_with("./") || uri.starts_with("../");
    is_drive || is_share || is_rooted
}

fn a_path() -> Refusal {
    Refusal::new(
        format!("the uri has no scheme: it is a path, and files of other machines can't be read; {ALLOWED}; {UPLOAD}"),
        format!("uri 没有协议：这是文件路径，服务器无法读取其他机器上的文件；{ALLOWED_ZH}；{UPLOAD_ZH}"),
    )
}

fn no_such_scheme(scheme: &str) -> Refusal {
    let (more, more_zh) =
        if scheme == "file" { (format!("; {UPLOAD}"), format!("；{UPLOAD_ZH}")) } else { Default::default() };
    Refusal::new(
        format!("the scheme {scheme} isn't supported: {ALLOWED}{more}"),
        format!("不支持的协议 {scheme}：{ALLOWED_ZH}{more_zh}"),
    )
}

fn no_scheme() -> Refusal {
    Refusal::new(format!("the uri has no scheme: {ALLOWED}"), format!("uri 没有协议：{ALLOWED_ZH}"))
}

/// RFC 3986 §3.1, and short enough to be shown.
fn is_scheme(text: &str) -> bool {
    let plain = text.bytes().all(|b| b.is_ascii_alphanumeric() || b"+-.".contains(&b));
    plain && text.starts_with(|c: char| c.is_ascii_alphabetic()) && text.len() <= 32
}

async fn decode(uri: String, max: u64) -> Result<Vec<u8>, Refusal> {
    if uri.len() < data::LONG {
        return data::decode(uri, max);
    }
    let decoded = tokio::task::spawn_blocking(move || data::decode(uri, max)).await;
    decoded.unwrap_or_else(|_| Err(Refusal::new("the data: URI can't be decoded", "data: URI 解码失败")))
}

//! Fetching the picture of a row: from the web, from the row itself (`data:`), or from this server (`granary:`).
//!
//! What always holds: no connection goes to an address that `address::Guard` hasn't let in; a row never takes more
//! than `ingest.max_image` bytes; no host has more than `ingest.per_host` connections from here, over all tasks; and
//! no credentials from a URI come back in a message.

mod address;
mod connect;
mod data;
mod hosts;
mod http;
mod local;
#[cfg(test)]
mod tests;

pub use data::decode as decode_data;

use std::fmt;
use std::sync::Arc;

use crate::collect::model::File;
use crate::collect::service::Collect;
use crate::platform::config;
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

/// Why a URI can't be fetched: the Chinese message of code 101 (contract §3).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refusal(pub String);

impl Refusal {
    fn new(message: &str) -> Self {
        Self(message.to_owned())
    }

    /// `size` in bytes, where it is known.
    fn too_large(size: Option<u64>, max: u64) -> Self {
        Self(match size {
            Some(size) => format!("图片太大：{size} 字节，上限 {max} 字节（ingest.max_image）"),
            None => format!("图片太大：超过上限 {max} 字节（ingest.max_image）"),
        })
    }
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
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
            _ if uri.is_empty() => return Err(Refusal::new("uri 为空")),
            Some("http" | "https") => http.get(uri).await?,
            Some("data") if uri.len() < whole.len() => decode(uri.to_owned(), *max).await?,
            Some("data") => decode(whole, *max).await?,
            Some("granary") => local::read(collect, &uri["granary:".len()..], *max).await?,
            Some(scheme) if is_scheme(scheme) => return Err(Refusal(format!("不支持的协议 {scheme}：{ALLOWED}"))),
            _ => return Err(Refusal(format!("uri 没有协议：{ALLOWED}"))),
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

const ALLOWED: &str = "只允许 http、https、data 和 granary";

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
    decoded.unwrap_or_else(|_| Err(Refusal::new("data: URI 解码失败")))
}

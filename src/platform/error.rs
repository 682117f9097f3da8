//! The one error of every use case, free of any transport.
//!
//! Services return [`Error`]; each wire family renders it in its own shape (problem+json, a page,
//! …), so a rule says once what went wrong. What always holds: the text of [`Error::Internal`] is for
//! the log alone and is never sent.

use std::borrow::Cow;
use std::{fmt, io};

use crate::platform::web::format::size;
use crate::platform::web::lang::Lang;

/// A sentence in both languages; figures and names stand in both.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Message {
    pub en: Cow<'static, str>,
    pub zh: Cow<'static, str>,
}

impl Message {
    /// The sentence in `lang`.
    #[must_use]
    pub fn text(&self, lang: Lang) -> &str {
        match lang {
            Lang::En => &self.en,
            Lang::Zh => &self.zh,
        }
    }
}

impl<E: Into<Cow<'static, str>>, Z: Into<Cow<'static, str>>> From<(E, Z)> for Message {
    fn from((en, zh): (E, Z)) -> Self {
        Self { en: en.into(), zh: zh.into() }
    }
}

impl fmt::Display for Message {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.en)
    }
}

/// What a request may ask for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Thing {
    Tag,
    File,
    Task,
    Image,
    Page,
    Blob,
    Group,
    Face,
    User,
    Session,
    Token,
}

impl Thing {
    fn name(self, lang: Lang) -> &'static str {
        match (self, lang) {
            (Self::Tag, Lang::En) => "tag",
            (Self::Tag, Lang::Zh) => "标签",
            (Self::File, Lang::En) => "file",
            (Self::File, Lang::Zh) => "文件",
            (Self::Task, Lang::En) => "task",
            (Self::Task, Lang::Zh) => "任务",
            (Self::Image, Lang::En) => "image",
            (Self::Image, Lang::Zh) => "图像",
            (Self::Page, Lang::En) => "page",
            (Self::Page, Lang::Zh) => "页面",
            (Self::Blob, Lang::En) => "content",
            (Self::Blob, Lang::Zh) => "内容",
            (Self::Group, Lang::En) => "face group",
            (Self::Group, Lang::Zh) => "人脸库",
            (Self::Face, Lang::En) => "face",
            (Self::Face, Lang::Zh) => "人脸",
            (Self::User, Lang::En) => "user",
            (Self::User, Lang::Zh) => "用户",
            (Self::Session, Lang::En) => "session",
            (Self::Session, Lang::Zh) => "会话",
            (Self::Token, Lang::En) => "token",
            (Self::Token, Lang::Zh) => "令牌",
        }
    }
}

/// Why a request was refused or could not be done. Nothing was changed when one is returned.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// A field, parameter or body is malformed (400).
    #[error("{field}: {message}")]
    Invalid { field: &'static str, message: Message },
    /// Well-formed, but against a rule, such as a digest that does not fit (422).
    #[error("{0}")]
    Unprocessable(Message),
    /// There is no such thing (404).
    #[error("{0:?} not found")]
    NotFound(Thing),
    /// It lies in the trash (410).
    #[error("{0:?} is in the trash")]
    Gone(Thing),
    /// The state of things does not allow it (409).
    #[error("{0}")]
    Conflict(Message),
    /// What the request presumes is not so, maybe no longer (412).
    #[error("{0}")]
    PreconditionFailed(Message),
    /// Larger than allowed (413). `limit` in bytes.
    #[error("larger than the limit of {limit} bytes")]
    TooLarge { limit: u64 },
    /// A body of a type that is not understood here (415).
    #[error("{0}")]
    Unsupported(Message),
    /// A body in a coding that is not decoded here (415).
    #[error("{0}")]
    Encoded(Message),
    /// `Expect` of something that can't be met (417).
    #[error("{0}")]
    Unexpected(Message),
    /// A transfer coding that isn't done here (501).
    #[error("{0}")]
    NotDone(Message),
    /// A range that lies past the end (416). `size` in bytes.
    #[error("the range lies beyond {size} bytes")]
    Range { size: u64 },
    /// Nobody known asks (401).
    #[error("{0}")]
    Unauthorized(Message),
    /// The door is shut (403).
    #[error("{0}")]
    Forbidden(Message),
    /// Tried too often (429); how many seconds to wait.
    #[error("tried too often, wait {seconds} s")]
    TooOften { seconds: u64 },
    /// The client went away or sent less than it announced (400).
    #[error("{0}")]
    Incomplete(Message),
    /// Too busy at the moment; the same request may pass later (503).
    #[error("{0}")]
    Unavailable(Message),
    /// The disk is full, or below `storage.min_free` (507).
    #[error("{0}")]
    Full(Message),
    /// A quota doesn't allow that many bytes more (507).
    #[error("{0}")]
    OverQuota(Box<OverQuota>),
    /// Nothing, or too little, arrived in time (408).
    #[error("{0}")]
    TooSlow(Message),
    /// Something that is not the client's fault (500).
    #[error("internal error: {0}")]
    Internal(#[source] Box<dyn std::error::Error + Send + Sync>),
}

/// A quota that is used up, with its figures in bytes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OverQuota {
    /// Whose quota it is; `None`: that of all tags together.
    pub tag: Option<String>,
    pub used: i64,
    /// What was to be added.
    pub wanted: i64,
    pub allowed: i64,
}

impl OverQuota {
    fn text(&self, lang: Lang) -> String {
        let Self { tag, used, wanted, allowed } = self;
        let [used, wanted, allowed] = [used, wanted, allowed].map(|bytes| bytes_said(*bytes, lang));
        match (lang, tag) {
            (Lang::En, Some(tag)) => format!(
                "The quota of the tag “{tag}” is {allowed}; {used} are used and {wanted} more are wanted. \
                 Nothing was changed."
            ),
            (Lang::En, None) => format!(
                "The quota of this server is {allowed}; {used} are used and {wanted} more are wanted. \
                 Nothing was changed."
            ),
            (Lang::Zh, Some(tag)) => {
                format!("标签“{tag}”的配额为 {allowed}，已用 {used}，还需 {wanted}，未作任何更改")
            }
            (Lang::Zh, None) => {
                format!("服务器的总配额为 {allowed}，已用 {used}，还需 {wanted}，未作任何更改")
            }
        }
    }
}

/// A number of bytes in the units that people use, and exactly: `5.00 GB (5000000000 bytes)`; small ones in bytes alone.
fn bytes_said(bytes: i64, lang: Lang) -> String {
    let (unit, open, close) = match lang {
        Lang::En => ("bytes", " (", ")"),
        Lang::Zh => ("字节", "（", "）"),
    };
    if bytes < 1000 { format!("{bytes} {unit}") } else { format!("{}{open}{bytes} {unit}{close}", size(bytes)) }
}

impl fmt::Display for OverQuota {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text(Lang::En))
    }
}

/// What every fallible use case returns.
pub type Result<T, E = Error> = std::result::Result<T, E>;

impl Error {
    /// A malformed `field`, said in both languages.
    pub fn invalid(field: &'static str, message: impl Into<Message>) -> Self {
        Self::Invalid { field, message: message.into() }
    }

    /// A body with another SHA-256 (hex) than the announced one.
    #[must_use]
    pub fn digest_mismatch(arrived: impl fmt::Display) -> Self {
        let en =
            format!("The bytes that arrived have the SHA-256 {arrived}, not the announced one. Nothing was stored.");
        let zh = format!("收到的内容的 SHA-256 为 {arrived}，与声明的不符，未保存任何内容");
        Self::Unprocessable((en, zh).into())
    }

    /// Wraps a fault that is not the client's.
    pub fn internal(source: impl Into<Box<dyn std::error::Error + Send + Sync>>) -> Self {
        Self::Internal(source.into())
    }

    /// The HTTP status that fits, in every family.
    #[must_use]
    pub fn status(&self) -> u16 {
        match self {
            Self::Invalid { .. } | Self::Incomplete(_) => 400,
            Self::Unauthorized(_) => 401,
            Self::Forbidden(_) => 403,
            Self::NotFound(_) => 404,
            Self::TooSlow(_) => 408,
            Self::Conflict(_) => 409,
            Self::Gone(_) => 410,
            Self::PreconditionFailed(_) => 412,
            Self::TooLarge { .. } => 413,
            Self::Unsupported(_) | Self::Encoded(_) => 415,
            Self::Unexpected(_) => 417,
            Self::NotDone(_) => 501,
            Self::Range { .. } => 416,
            Self::Unprocessable(_) => 422,
            Self::TooOften { .. } => 429,
            Self::Unavailable(_) => 503,
            Self::Full(_) | Self::OverQuota(_) => 507,
            Self::Internal(_) => 500,
        }
    }

    /// What a person is told: what was wrong, and what is allowed.
    #[must_use]
    pub fn text(&self, lang: Lang) -> String {
        let zh = lang == Lang::Zh;
        match self {
            Self::Invalid { field, message } => format!("{field}: {}", message.text(lang)),
            Self::Unprocessable(message)
            | Self::Conflict(message)
            | Self::PreconditionFailed(message)
            | Self::Unsupported(message)
            | Self::Encoded(message)
            | Self::Unexpected(message)
            | Self::NotDone(message)
            | Self::Unauthorized(message)
            | Self::Forbidden(message)
            | Self::Incomplete(message)
            | Self::Unavailable(message)
            | Self::TooSlow(message)
            | Self::Full(message) => message.text(lang).to_owned(),
            Self::OverQuota(over) => over.text(lang),
            Self::NotFound(thing) if zh => format!("没有这个{}", thing.name(lang)),
            Self::NotFound(thing) => format!("There is no such {}.", thing.name(lang)),
            Self::Gone(thing) if zh => format!("该{}在回收站中，恢复后才能使用", thing.name(lang)),
            Self::Gone(thing) => format!("This {} is in the trash; restore it to use it again.", thing.name(lang)),
            Self::TooOften { seconds } if zh => format!("尝试次数过多，请在 {seconds} 秒后重试"),
            Self::TooOften { seconds } => format!("Too many tries; wait {seconds} seconds."),
            Self::TooLarge { limit } => {
                let limit = bytes_said(i64::try_from(*limit).unwrap_or(i64::MAX), lang);
                if zh { format!("超过了 {limit} 的上限") } else { format!("Larger than the limit of {limit}.") }
            }
            Self::Range { size } if zh => format!("请求的范围超出了 {size} 字节的内容"),
            Self::Range { size } => {
                format!("The range lies beyond the {size} bytes that are there.")
            }
            Self::Internal(_) if zh => "服务器内部错误，已记入日志".to_owned(),
            Self::Internal(_) => "Something went wrong in the server; the log has the details.".to_owned(),
        }
    }
}

impl From<io::Error> for Error {
    fn from(error: io::Error) -> Self {
        match error.kind() {
            io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded | io::ErrorKind::FileTooLarge => disk_full(),
            io::ErrorKind::ReadOnlyFilesystem => {
                tracing::error!(%error, "the disk takes no writes");
                Self::Unavailable(("The disk takes no writes; nothing was stored.", "磁盘只读，未保存任何内容").into())
            }
            _ => Self::internal(error),
        }
    }
}

fn disk_full() -> Error {
    Error::Full(("The disk is full; nothing was stored.", "磁盘已满，未保存任何内容").into())
}

impl From<sqlx::Error> for Error {
    fn from(error: sqlx::Error) -> Self {
        match &error {
            // SQLITE_FULL: the disk, not the statement, is at fault.
            sqlx::Error::Database(e) if e.code().as_deref() == Some("13") => disk_full(),
            sqlx::Error::PoolTimedOut => {
                Self::Unavailable(("The database is busy; try again.", "数据库繁忙，请稍后重试").into())
            }
            // The server of the database went away, or isn't there yet.
            sqlx::Error::Io(_) | sqlx::Error::Tls(_) | sqlx::Error::PoolClosed | sqlx::Error::WorkerCrashed => {
                tracing::error!(%error, "the database doesn't answer");
                Self::Unavailable(("The database doesn't answer; try again.", "数据库无响应，请稍后重试").into())
            }
            _ => Self::internal(error),
        }
    }
}

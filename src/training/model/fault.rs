//! Why a request of `/training` was refused, by the codes of contract §2.6.

use serde_json::{Map, Value};

use crate::platform::error::{Error, Message, Thing};
use crate::platform::web::lang::Lang;

/// A rule of this family that a request broke; see [`Code::number`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Code {
    Malformed,
    NoTask,
    NotHere,
    ImageType,
    Exists,
    NameTwice,
    Counts,
    TrainingCount,
    VerifyingCount,
    TestingCount,
    EmptySet,
    UnknownSet,
    NotAsRegistered,
    TooLarge,
    WrongState,
    Changed,
}

impl Code {
    /// The number on the wire.
    #[must_use]
    pub fn number(self) -> u16 {
        match self {
            Self::Malformed => 1001,
            Self::NoTask => 1002,
            Self::NotHere => 1003,
            Self::ImageType => 1004,
            Self::Exists => 1005,
            Self::NameTwice => 1006,
            Self::Counts => 1007,
            Self::TrainingCount => 1009,
            Self::VerifyingCount => 1010,
            Self::TestingCount => 1011,
            Self::EmptySet => 1012,
            Self::UnknownSet => 1013,
            Self::NotAsRegistered => 1014,
            Self::TooLarge => 1015,
            Self::WrongState => 1016,
            Self::Changed => 1017,
        }
    }

    /// Whether its text is a document's own, which front ends compare: it is Chinese whatever the reader's language.
    /// (Pages tell it in the reader's.)
    #[must_use]
    pub fn is_documents_own(self) -> bool {
        matches!(self, Self::TrainingCount | Self::EmptySet)
    }

    /// The HTTP status that goes with it.
    #[must_use]
    pub fn status(self) -> u16 {
        match self {
            Self::Malformed => 400,
            Self::NoTask | Self::NotHere | Self::EmptySet => 404,
            Self::Exists | Self::WrongState => 409,
            Self::Changed => 412,
            Self::TooLarge => 413,
            Self::ImageType
            | Self::NameTwice
            | Self::Counts
            | Self::TrainingCount
            | Self::VerifyingCount
            | Self::TestingCount
            | Self::UnknownSet
            | Self::NotAsRegistered => 422,
        }
    }
}

/// Why a request was refused or could not be done. Nothing was changed when one is returned.
#[derive(Debug, thiserror::Error)]
pub enum Fault {
    /// A rule of this family.
    #[error("{message}")]
    Rule {
        code: Code,
        message: Message,
        /// Further members of the answer, such as `nearest`.
        members: Map<String, Value>,
    },
    /// What the request presumes of an annotation isn't so; what stands there instead, where something does.
    #[error("{message}")]
    Changed { message: Message, standing: Option<Box<Standing>> },
    /// Anything that may happen anywhere.
    #[error(transparent)]
    Other(#[from] Error),
}

/// The annotation of an image as it is given back.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Standing {
    /// 24 hex digits.
    pub mongo_id: String,
    /// The JSON document as it was sent.
    pub annotation: String,
    /// Strong, in its quotes.
    pub etag: String,
}

/// What every use case of this family returns.
pub type Result<T, E = Fault> = std::result::Result<T, E>;

impl Fault {
    /// A broken rule, said in both languages.
    pub fn new(code: Code, message: impl Into<Message>) -> Self {
        Self::Rule { code, message: message.into(), members: Map::new() }
    }

    /// A broken rule, said as `error` says it: with the field and its place.
    #[must_use]
    pub fn broken(code: Code, error: &Error) -> Self {
        Self::new(code, (error.text(Lang::En), error.text(Lang::Zh)))
    }

    /// The same with one more member in the answer.
    #[must_use]
    pub fn with(mut self, name: &str, value: Value) -> Self {
        if let Self::Rule { members, .. } = &mut self {
            members.insert(name.to_owned(), value);
        }
        self
    }

    /// A malformed `field`.
    pub fn invalid(field: &'static str, message: impl Into<Message>) -> Self {
        Self::Other(Error::invalid(field, message))
    }

    /// There is no such task, or it was deleted.
    #[must_use]
    pub fn no_task(id: impl std::fmt::Display) -> Self {
        Self::new(Code::NoTask, (format!("There is no task {id}."), format!("任务 {id} 不存在")))
    }

    /// There is no such image here, or it was deleted.
    #[must_use]
    pub fn no_image(id: impl std::fmt::Display) -> Self {
        Self::new(Code::NotHere, (format!("There is no image {id} here."), format!("此处没有图像 {id}")))
    }

    /// The number of the rule, where it is one.
    #[must_use]
    pub fn code(&self) -> Option<Code> {
        match self {
            Self::Rule { code, .. } => Some(*code),
            Self::Changed { .. } => Some(Code::Changed),
            Self::Other(_) => None,
        }
    }

    /// What a person is told.
    #[must_use]
    pub fn text(&self, lang: Lang) -> String {
        match self {
            Self::Rule { message, .. } | Self::Changed { message, .. } => message.text(lang).to_owned(),
            Self::Other(error) => error.text(lang),
        }
    }
}

/// For pages, which show the house's own errors.
impl From<Fault> for Error {
    fn from(fault: Fault) -> Self {
        let (code, message) = match fault {
            Fault::Other(error) => return error,
            Fault::Changed { message, .. } => return Self::PreconditionFailed(message),
            Fault::Rule { code, message, .. } => (code, message),
        };
        match code.status() {
            404 if code == Code::NoTask => Self::NotFound(Thing::Task),
            404 => Self::NotFound(Thing::Image),
            409 => Self::Conflict(message),
            _ => Self::Unprocessable(message),
        }
    }
}

//! What has just been done, carried over a redirect in the cookie `notice`. Read strictly: a cookie that isn't exactly of
//! this form shows nothing, so nobody's text can be put before a reader.

use std::fmt;

use crate::platform::web::lang::Lang;
use crate::platform::web::page::Notice;

use super::words;

/// A thing done that the next page tells about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum News {
    FaceDeleted,
    /// A group is gone, with so many faces.
    GroupDeleted {
        faces: i64,
    },
}

impl News {
    /// Reads the cookie; `None` for anything that [`News`] didn't write.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        match text.strip_prefix("face.")? {
            "deleted" => Some(Self::FaceDeleted),
            rest => {
                let digits = rest.strip_prefix("group.").filter(|text| text.bytes().all(|b| b.is_ascii_digit()))?;
                Some(Self::GroupDeleted { faces: digits.parse().ok()? })
            }
        }
    }

    /// The line that a reader sees.
    #[must_use]
    pub fn told(self, lang: Lang) -> Notice {
        let text = match (self, lang) {
            (Self::FaceDeleted, Lang::En) => "The face is deleted.".to_owned(),
            (Self::FaceDeleted, Lang::Zh) => "已删除该人脸。".to_owned(),
            (Self::GroupDeleted { faces }, Lang::En) => {
                format!("The group is deleted, with {}.", words::faces(faces, lang))
            }
            (Self::GroupDeleted { faces }, Lang::Zh) => format!("已删除人脸库，含 {}。", words::faces(faces, lang)),
        };
        Notice { text, undo: None, link: None, bad: false }
    }
}

impl fmt::Display for News {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::FaceDeleted => f.write_str("face.deleted"),
            Self::GroupDeleted { faces } => write!(f, "face.group.{faces}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn news_come_back_as_they_were_and_nothing_else_does() {
        for news in [News::FaceDeleted, News::GroupDeleted { faces: 1234 }] {
            assert_eq!(News::parse(&news.to_string()), Some(news));
            assert!(!news.told(Lang::Zh).text.is_empty() && !news.told(Lang::En).text.is_empty());
        }
        for text in ["", "face.", "face.group.", "face.group.-1", "face.group.1.x", "face.deleted.now", "deleted"] {
            assert_eq!(News::parse(text), None, "{text:?}");
        }
    }
}

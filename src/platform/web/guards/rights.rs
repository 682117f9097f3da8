//! What somebody may do, and what a door asks for. Pure.
//!
//! Rights are ordered: who may administer may write, who may write may read and upload. The right to upload to a
//! tag is for devices: it reads nothing.

use std::fmt;

use super::who::{Kind, Who};
use crate::platform::error::{Error, Message};

/// What a person is; each role is the right of the same name.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Role {
    Read,
    Write,
    Admin,
}

impl Role {
    /// Every role, the least first.
    pub const ALL: [Self; 3] = [Self::Read, Self::Write, Self::Admin];

    /// The word in the database, on the command line and in forms.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::Read => "read",
            Self::Write => "write",
            Self::Admin => "admin",
        }
    }

    /// Reads the word.
    #[must_use]
    pub fn parse(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|role| role.word() == word)
    }
}

/// One right that somebody has.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Grant {
    /// Everything that a role may do.
    As(Role),
    /// To upload to this tag (NFC).
    Tag(String),
    /// To upload to every tag whose name begins so (NFC).
    Tags(String),
}

impl Grant {
    /// Reads a scope: `read`, `write`, `admin`, `upload:<tag>`, or `upload:<prefix>*`. No tag has a `\` in its name, so
    /// `\*` at the end is a tag whose name ends in a star.
    #[must_use]
    pub fn parse(scope: &str) -> Option<Self> {
        let Some(tags) = scope.strip_prefix("upload:") else {
            return Role::parse(scope).map(Self::As);
        };
        let (name, is_prefix) = match (tags.strip_suffix("\\*"), tags.strip_suffix('*')) {
            (Some(name), _) => (format!("{name}*"), false),
            (None, Some(prefix)) => (prefix.to_owned(), true),
            (None, None) => (tags.to_owned(), false),
        };
        if is_prefix && name.is_empty() {
            return Some(Self::Tags(name));
        }
        let name = crate::platform::names::Name::new(&name).ok()?.into_string();
        Some(if is_prefix { Self::Tags(name) } else { Self::Tag(name) })
    }

    /// Whether this right is enough.
    #[must_use]
    pub fn allows(&self, need: &Need<'_>) -> bool {
        match (self, need) {
            (Self::As(role), Need::Role(needed)) => role >= needed,
            (Self::As(role), Need::Upload(_)) => *role >= Role::Write,
            (Self::Tag(name), Need::Upload(tag)) => name == tag,
            (Self::Tags(prefix), Need::Upload(tag)) => tag.starts_with(prefix.as_str()),
            (Self::Tag(_) | Self::Tags(_), Need::Role(_)) | (_, Need::Person) => false,
        }
    }

    /// Whether somebody of this role may hand this right on.
    #[must_use]
    pub fn is_within(&self, role: Role) -> bool {
        match self {
            Self::As(own) => *own <= role,
            Self::Tag(_) | Self::Tags(_) => role >= Role::Write,
        }
    }
}

impl fmt::Display for Grant {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::As(role) => f.write_str(role.word()),
            Self::Tag(name) => match name.strip_suffix('*') {
                Some(rest) => write!(f, "upload:{rest}\\*"),
                None => write!(f, "upload:{name}"),
            },
            Self::Tags(prefix) => write!(f, "upload:{prefix}*"),
        }
    }
}

/// What a door asks for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Need<'a> {
    Role(Role),
    /// To put files into this tag.
    Upload(&'a str),
    /// To be a person who has signed in, whatever the role.
    Person,
}

impl Need<'_> {
    /// What to tell somebody who has another right than this: a person their role, a token its scope.
    #[must_use]
    pub fn refused_to(&self, who: &Who) -> Error {
        match (who.role(), self) {
            (Some(role), Self::Role(needed)) => Error::Forbidden(of_role(&who.name, role, needed.word())),
            (Some(role), Self::Upload(_)) => Error::Forbidden(of_role(&who.name, role, Role::Write.word())),
            (_, Self::Person) if who.kind == Kind::Link => {
                let message =
                    ("This is for people who signed in, not for upload links.", "仅限已登录的用户，上传链接不可用");
                Error::Forbidden(message.into())
            }
            _ => self.refused(),
        }
    }

    /// What to tell those who have another scope than this.
    #[must_use]
    pub fn refused(&self) -> Error {
        let message: Message = match self {
            Self::Role(Role::Read) => ("This needs the scope read.", "需要 read（读取）权限").into(),
            Self::Role(Role::Write) => ("This needs the scope write.", "需要 write（写入）权限").into(),
            Self::Role(Role::Admin) => ("This needs the scope admin.", "需要 admin（管理）权限").into(),
            Self::Upload(tag) => (
                format!("This needs the scope upload:{tag}, or write."),
                format!("需要 upload:{tag} 或 write（写入）权限"),
            )
                .into(),
            Self::Person => {
                ("This is for people who signed in, not for tokens.", "仅限已登录的用户，令牌不可用").into()
            }
        };
        Error::Forbidden(message)
    }
}

/// What to tell a person whose role isn't enough.
fn of_role(name: &str, role: Role, needed: &str) -> Message {
    let (en, zh) = match role {
        Role::Read => ("you may look and download, but not change anything", "只能查看和下载，不能更改"),
        Role::Write => ("you may not look after accounts", "不能管理账号"),
        Role::Admin => ("you may do everything", "可执行所有操作"),
    };
    let role = role.word();
    (
        format!("You are signed in as {name} with the role {role}: {en}. This needs the role {needed}."),
        format!("你以 {name} 的身份登录，角色为 {role}：{zh}。此操作需要角色 {needed}"),
    )
        .into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn scopes_read_back_as_they_are_written() {
        for scope in
            ["read", "write", "admin", "upload:digital", "upload:dig*", "upload:*", "upload:图*", "upload:a\\*"]
        {
            assert_eq!(Grant::parse(scope).unwrap().to_string(), scope);
        }
        for bad in ["", "Read", "upload", "upload:", "upload:a/b", "upload:..", "upload:a\\b", "root", "write "] {
            assert_eq!(Grant::parse(bad), None, "{bad:?}");
        }
    }

    #[test]
    fn rights_are_ordered_and_uploading_reads_nothing() {
        let may = |scope: &str, need: Need<'_>| Grant::parse(scope).unwrap().allows(&need);
        for (place, scope) in ["read", "write", "admin"].into_iter().enumerate() {
            for (needed, role) in Role::ALL.into_iter().enumerate() {
                assert_eq!(may(scope, Need::Role(role)), needed <= place, "{scope} {role:?}");
            }
            assert_eq!(may(scope, Need::Upload("a")), scope != "read");
            assert!(!may(scope, Need::Person));
        }
        for (scope, tag, fits) in [
            ("upload:a", "a", true),
            ("upload:a", "ab", false),
            ("upload:a*", "ab", true),
            ("upload:a*", "ba", false),
            ("upload:a\\*", "ab", false),
            ("upload:a\\*", "a*", true),
            ("upload:*", "图", true),
        ] {
            assert_eq!(may(scope, Need::Upload(tag)), fits, "{scope} {tag}");
            assert!(Role::ALL.iter().all(|role| !may(scope, Need::Role(*role))));
        }
    }

    #[test]
    fn nobody_hands_on_more_than_they_have() {
        let within = |scope: &str, role| Grant::parse(scope).unwrap().is_within(role);
        assert!(within("read", Role::Read) && within("write", Role::Write) && within("admin", Role::Admin));
        assert!(!within("write", Role::Read) && !within("admin", Role::Write));
        assert!(within("upload:a", Role::Write) && !within("upload:a", Role::Read));
    }
}

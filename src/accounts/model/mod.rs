//! Users, their sessions, tokens and what was done. Pure: rules and plain values.

pub mod gathered;
pub mod throttle;

use crate::platform::error::{Error, Result};
use crate::platform::ids::Id;
use crate::platform::names::Name;
use crate::platform::web::guards::{Grant, Role};

/// Shortest password, in characters.
pub const SHORTEST_PASSWORD: usize = 10;

/// Longest password, in bytes: hashing more is work for nobody's good.
pub const LONGEST_PASSWORD: usize = 1024;

/// How long a session lasts, in milliseconds.
pub const SESSION_MS: i64 = 30 * DAY_MS;

/// A day in milliseconds.
pub const DAY_MS: i64 = 24 * 3600 * 1000;

/// Longest life of a token that ends at all, in days.
pub const MOST_DAYS: u32 = 3650;

/// Most scopes of one token.
pub const MOST_SCOPES: usize = 32;

/// Somebody with a name and a password.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct User {
    pub id: Id,
    pub name: String,
    pub role: Role,
    /// UTC milliseconds.
    pub created_at: i64,
    /// Since when they can't come in.
    pub disabled_at: Option<i64>,
}

/// A browser in which somebody has signed in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Session {
    pub id: Id,
    pub created_at: i64,
    pub expires_at: i64,
    pub last_used_at: i64,
    /// Where it was begun.
    pub address: String,
    /// What the browser called itself then.
    pub agent: String,
}

/// What a token is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TokenKind {
    Token,
    /// It is carried by an upload link.
    Link,
}

impl TokenKind {
    /// The word in the database.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::Token => "token",
            Self::Link => "link",
        }
    }

    /// Reads the word.
    #[must_use]
    pub fn parse(word: &str) -> Option<Self> {
        [Self::Token, Self::Link].into_iter().find(|kind| kind.word() == word)
    }
}

/// A token, without what makes it one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Token {
    pub id: Id,
    pub kind: TokenKind,
    pub name: String,
    pub grants: Vec<Grant>,
    /// The name of whom it belongs to; none for one from the command line.
    pub owner: Option<String>,
    pub created_at: i64,
    pub expires_at: Option<i64>,
    pub revoked_at: Option<i64>,
    pub last_used_at: Option<i64>,
}

impl Token {
    /// Whether it still opens anything, as far as its own dates go.
    #[must_use]
    pub fn is_alive(&self, now: i64) -> bool {
        self.revoked_at.is_none() && self.expires_at.is_none_or(|end| now < end)
    }
}

/// A token to be made.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewToken {
    pub kind: TokenKind,
    pub name: Name,
    pub grants: Vec<Grant>,
    /// Days until it expires; `None`: never.
    pub days: Option<u32>,
}

impl NewToken {
    /// Checks what somebody of `role` wants; `None`: the keeper of this machine, who may do anything.
    ///
    /// # Errors
    /// `Invalid` names the field; `Forbidden` for more than one has oneself.
    pub fn check(&self, role: Option<Role>) -> Result<()> {
        if self.grants.is_empty() || self.grants.len() > MOST_SCOPES {
            return Err(Error::invalid("scope", SCOPES));
        }
        if self.days.is_some_and(|days| !(1..=MOST_DAYS).contains(&days)) {
            return Err(Error::invalid("days", ("must be a whole number from 1 to 3650", "必须是 1 到 3650 的整数")));
        }
        let is_within = role.is_none_or(|role| self.grants.iter().all(|grant| grant.is_within(role)));
        if is_within {
            return Ok(());
        }
        let message = ("A token can't do more than you can yourself.", "令牌的权限不能超过你自己的权限");
        Err(Error::Forbidden(message.into()))
    }
}

/// What a scope must be, said to whoever sent something else.
pub const SCOPES: (&str, &str) = (
    "must be read, write, admin, upload:<tag> or upload:<prefix>* (1 to 32 of them)",
    "必须是 read、write、admin、upload:<标签> 或 upload:<前缀>*（1 到 32 个）",
);

/// Reads a scope.
///
/// # Errors
/// `Invalid` says what is allowed.
pub fn scope(text: &str) -> Result<Grant> {
    Grant::parse(text).ok_or_else(|| Error::invalid("scope", SCOPES))
}

/// Checks a new password.
///
/// # Errors
/// `Invalid` says how long it must be.
pub fn check_password(password: &str) -> Result<()> {
    if password.chars().count() >= SHORTEST_PASSWORD && password.len() <= LONGEST_PASSWORD {
        return Ok(());
    }
    Err(Error::invalid("password", ("must have at least 10 characters", "至少需要 10 个字符")))
}

/// What was done, once or several times within a minute.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Entry {
    /// `open`, `user`, `token`, `link`, `nobody`, `command`.
    pub kind: &'static str,
    /// The name of whoever it was.
    pub who: String,
    pub who_id: Option<Id>,
    /// From where; empty for a command.
    pub address: String,
    /// Method and route, or the command.
    pub action: String,
    pub path: String,
    pub status: u16,
    /// Whether it was refused for lack of rights.
    pub is_refused: bool,
}

/// A line of the log.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Line {
    pub id: Id,
    /// UTC milliseconds.
    pub at: i64,
    pub kind: String,
    pub who: String,
    pub address: String,
    pub action: String,
    pub path: String,
    pub status: i64,
    pub is_refused: bool,
    pub times: i64,
}

/// Which lines are meant.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct LineFilter {
    /// A part of name, address, action or path.
    pub q: Option<String>,
    /// What was refused alone.
    pub is_refused: bool,
    /// Those behind this line: its time and id.
    pub after: Option<(i64, i64)>,
}

/// Cuts a text to so many bytes, between characters.
#[must_use]
pub fn cut(text: &str, most: usize) -> String {
    let mut end = text.len().min(most);
    while !text.is_char_boundary(end) {
        end -= 1;
    }
    text[..end].to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_is_checked_against_whoever_makes_it() {
        let wanted = |scope: &str, days| NewToken {
            kind: TokenKind::Token,
            name: Name::new("phone").unwrap(),
            grants: Grant::parse(scope).into_iter().collect(),
            days,
        };
        assert!(wanted("admin", None).check(None).is_ok());
        assert!(wanted("upload:a", Some(1)).check(Some(Role::Write)).is_ok());
        assert!(matches!(wanted("admin", None).check(Some(Role::Write)), Err(Error::Forbidden(_))));
        assert!(matches!(wanted("upload:a", None).check(Some(Role::Read)), Err(Error::Forbidden(_))));
        for (scope, days) in [("nonsense", None), ("read", Some(0)), ("read", Some(3651))] {
            assert!(matches!(wanted(scope, days).check(None), Err(Error::Invalid { .. })), "{scope} {days:?}");
        }
    }

    #[test]
    fn passwords_have_a_length() {
        assert!(check_password("corn flour").is_ok() && check_password("麦麦麦麦麦麦麦麦麦麦").is_ok());
        for bad in ["", "short", &"x".repeat(1025)] {
            assert!(check_password(bad).is_err(), "{bad}");
        }
    }
}

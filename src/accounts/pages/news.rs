//! What has just been done, carried over a redirect in the cookie `notice`. Read strictly: anything else shows nothing.

use std::fmt;

use crate::platform::web::lang::Lang;
use crate::platform::web::page::Notice;

/// A thing done that the next page tells about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum News {
    SignedOut,
    PasswordChanged,
    SessionEnded,
    TokenRevoked,
}

impl News {
    const ALL: [Self; 4] = [Self::SignedOut, Self::PasswordChanged, Self::SessionEnded, Self::TokenRevoked];

    fn word(self) -> &'static str {
        match self {
            Self::SignedOut => "account.out",
            Self::PasswordChanged => "account.password",
            Self::SessionEnded => "account.session",
            Self::TokenRevoked => "account.token",
        }
    }

    /// Reads the cookie; `None` for anything that [`News`] didn't write.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|news| news.word() == text)
    }

    /// The line that a reader sees.
    #[must_use]
    pub fn told(self, lang: Lang) -> Notice {
        let text = match (self, lang) {
            (Self::SignedOut, Lang::En) => "You have signed out.",
            (Self::SignedOut, Lang::Zh) => "已退出登录。",
            (Self::PasswordChanged, Lang::En) => "The password is changed; all other sessions have ended.",
            (Self::PasswordChanged, Lang::Zh) => "密码已修改，其他会话均已结束。",
            (Self::SessionEnded, Lang::En) => "The session has ended.",
            (Self::SessionEnded, Lang::Zh) => "会话已结束。",
            (Self::TokenRevoked, Lang::En) => "The token is revoked; it opens nothing any more.",
            (Self::TokenRevoked, Lang::Zh) => "令牌已吊销，立即失效。",
        };
        Notice { text: text.to_owned(), undo: None, link: None, bad: false }
    }
}

impl fmt::Display for News {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.word())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn news_come_back_as_they_were_and_nothing_else_does() {
        for news in News::ALL {
            assert_eq!(News::parse(&news.to_string()), Some(news));
        }
        for text in ["", "account.", "account.token.x", "token"] {
            assert_eq!(News::parse(text), None, "{text:?}");
        }
    }
}

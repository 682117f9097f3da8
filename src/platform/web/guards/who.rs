//! Who somebody is, once the door has let them in.

use std::net::IpAddr;

use super::rights::{Grant, Need, Role};
use crate::platform::ids::Id;

/// How one has shown who one is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Kind {
    /// There are no accounts: everybody may do everything.
    Open,
    /// A person who has signed in.
    User,
    Token,
    /// Whoever was given an upload link.
    Link,
}

impl Kind {
    /// The word in the audit log.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::Open => "open",
            Self::User => "user",
            Self::Token => "token",
            Self::Link => "link",
        }
    }
}

/// Somebody who asks for something.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Who {
    pub kind: Kind,
    /// Of the user, token or link; none where the doors are open.
    pub id: Option<Id>,
    /// The user's or the token's; empty where the doors are open.
    pub name: String,
    /// Where the request comes from.
    pub address: Option<IpAddr>,
    /// Everything that is allowed must be allowed by one of these.
    pub grants: Vec<Grant>,
    /// The role of the person behind a token, which bounds it; none for what belongs to nobody.
    pub bound: Option<Role>,
    /// The session by which a person is known.
    pub session: Option<Id>,
}

impl Who {
    /// Anybody, where there are no accounts.
    #[must_use]
    pub fn anybody(address: Option<IpAddr>) -> Self {
        let grants = vec![Grant::As(Role::Admin)];
        Self { kind: Kind::Open, id: None, name: String::new(), address, grants, bound: None, session: None }
    }

    /// Whether they may pass a door that asks for this.
    #[must_use]
    pub fn may(&self, need: &Need<'_>) -> bool {
        if *need == Need::Person {
            return matches!(self.kind, Kind::Open | Kind::User);
        }
        let is_within = self.bound.is_none_or(|role| Grant::As(role).allows(need));
        is_within && self.grants.iter().any(|grant| grant.allows(need))
    }

    /// The role of a person.
    #[must_use]
    pub fn role(&self) -> Option<Role> {
        match (self.kind, self.grants.first()) {
            (Kind::User, Some(Grant::As(role))) => Some(*role),
            _ => None,
        }
    }
}

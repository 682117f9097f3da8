//! Tokens: made, listed, revoked.

use super::secrets::{PREFIX, fresh, hash};
use super::{Accounts, store};
use crate::accounts::model::{DAY_MS, NewToken, Token};
use crate::platform::config::Secret;
use crate::platform::error::{Error, Result, Thing};
use crate::platform::ids::Id;
use crate::platform::web::guards::Role;

/// Most tokens of one list.
const MOST: u32 = 1000;

/// A token that has just been made: the one time that it is seen.
#[derive(Debug, Clone)]
pub struct Made {
    pub token: Token,
    pub secret: Secret,
}

impl Accounts {
    /// Makes a token, for a person (by id, name and role) or for the keeper of the machine.
    ///
    /// # Errors
    /// As [`NewToken::check`].
    pub async fn make_token(&self, wanted: NewToken, owner: Option<(Id, String, Role)>) -> Result<Made> {
        wanted.check(owner.as_ref().map(|(_, _, role)| *role))?;
        let (secret, now) = (fresh(PREFIX)?, self.inner.clock.now_ms());
        let (owner_id, owner) = owner.map_or((None, None), |(id, name, _)| (Some(id), Some(name)));
        let token = Token {
            id: Id(self.inner.ids.draw(1).await?),
            kind: wanted.kind,
            name: wanted.name.into_string(),
            grants: wanted.grants,
            owner,
            created_at: now,
            expires_at: wanted.days.map(|days| now + i64::from(days) * DAY_MS),
            revoked_at: None,
            last_used_at: None,
        };
        let mut tx = self.inner.db.begin().await?;
        store::tokens::insert(&mut tx, &hash(&secret), &token, owner_id).await?;
        tx.commit().await?;
        Ok(Made { token, secret })
    }

    /// The tokens of a user, or all; the newest first.
    pub async fn tokens(&self, owner: Option<Id>) -> Result<Vec<Token>> {
        store::tokens::list(&self.inner.db, owner, MOST).await
    }

    /// Revokes a token of this owner, or of anybody.
    ///
    /// # Errors
    /// `NotFound` when there is no such living token.
    pub async fn revoke_token(&self, id: Id, owner: Option<Id>) -> Result<()> {
        let mut tx = self.inner.db.begin().await?;
        if !store::tokens::revoke(&mut tx, id, owner, self.inner.clock.now_ms()).await? {
            return Err(Error::NotFound(Thing::Token));
        }
        tx.commit().await
    }

    /// UTC milliseconds, as this room has it.
    #[must_use]
    pub fn now(&self) -> i64 {
        self.inner.clock.now_ms()
    }
}

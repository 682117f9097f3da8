//! Whom credentials stand for, by the state of things right now.

use std::net::IpAddr;
use std::sync::PoisonError;
use std::sync::atomic::Ordering;

use tokio::time::Instant;

use super::secrets::{PREFIX, hash};
use super::{Accounts, BELIEVED, Used, store};
use crate::accounts::model::TokenKind;
use crate::platform::config::Secret;
use crate::platform::error::Result;
use crate::platform::ids::Id;
use crate::platform::web::guards::{Credentials, Grant, Kind, Who};

/// A use is written down when the last one is so old.
const MINUTE_MS: i64 = 60_000;

impl Accounts {
    /// Whether the doors are shut, because there is an account.
    ///
    /// # Errors
    /// When the database doesn't answer.
    pub async fn are_shut(&self) -> Result<bool> {
        if self.inner.exist.load(Ordering::Acquire) {
            return Ok(true);
        }
        let mut asked = self.inner.asked.lock().await;
        if asked.is_none_or(|at| at.elapsed() >= BELIEVED) {
            let exist = store::users::exist(&self.inner.db).await?;
            self.inner.exist.fetch_or(exist, Ordering::AcqRel);
            *asked = Some(Instant::now());
        }
        Ok(self.inner.exist.load(Ordering::Acquire))
    }

    /// Who shows this.
    ///
    /// # Errors
    /// When the database doesn't answer.
    pub async fn who(&self, shown: &Credentials, address: Option<IpAddr>) -> Result<Option<Who>> {
        if !self.are_shut().await? {
            return Ok(Some(Who::anybody(address)));
        }
        if let Some(token) = &shown.token {
            return self.token(token, address).await;
        }
        if let Some(link) = &shown.link
            && let Some(who) = self.token(link, address).await?
        {
            return Ok(Some(who));
        }
        match &shown.session {
            Some(session) => self.session(session, address).await,
            None => Ok(None),
        }
    }

    async fn session(&self, secret: &Secret, address: Option<IpAddr>) -> Result<Option<Who>> {
        let now = self.inner.clock.now_ms();
        let Some((session, user)) = store::sessions::find(&self.inner.db, &hash(secret), now).await? else {
            return Ok(None);
        };
        self.note(Used::Session, session.id, Some(session.last_used_at), now);
        Ok(Some(Who {
            kind: Kind::User,
            id: Some(user.id),
            name: user.name,
            address,
            grants: vec![Grant::As(user.role)],
            bound: None,
            session: Some(session.id),
        }))
    }

    async fn token(&self, secret: &Secret, address: Option<IpAddr>) -> Result<Option<Who>> {
        if !secret.0.starts_with(PREFIX) {
            return Ok(None);
        }
        let now = self.inner.clock.now_ms();
        let Some((token, bound)) = store::tokens::find(&self.inner.db, &hash(secret), now).await? else {
            return Ok(None);
        };
        self.note(Used::Token, token.id, token.last_used_at, now);
        let kind = if token.kind == TokenKind::Link { Kind::Link } else { Kind::Token };
        let (id, name, grants) = (Some(token.id), token.name, token.grants);
        Ok(Some(Who { kind, id, name, address, grants, bound, session: None }))
    }

    /// Notes a use, at most once a minute; it is written beside the request.
    fn note(&self, what: Used, id: Id, last: Option<i64>, now: i64) {
        if last.is_some_and(|last| now - last < MINUTE_MS) {
            return;
        }
        let mut used = self.inner.used.lock().unwrap_or_else(PoisonError::into_inner);
        if used.insert((what, id), now).is_some() {
            return;
        }
        let accounts = self.clone();
        tokio::spawn(async move {
            if let Err(error) = accounts.write_use(what, id, now).await {
                tracing::warn!(%error, "the last use of a token or session was not noted");
            }
            accounts.inner.used.lock().unwrap_or_else(PoisonError::into_inner).remove(&(what, id));
        });
    }

    async fn write_use(&self, what: Used, id: Id, now: i64) -> Result<()> {
        let mut tx = self.inner.db.begin().await?;
        match what {
            Used::Session => store::sessions::used(&mut tx, id, now).await?,
            Used::Token => store::tokens::used(&mut tx, id, now).await?,
        }
        tx.commit().await
    }
}

//! Signing in and out.

use std::net::IpAddr;
use std::sync::{Mutex, MutexGuard, PoisonError};

use super::secrets::{fresh, hash};
use super::{Accounts, store};
use crate::accounts::model::throttle::Throttle;
use crate::accounts::model::{LONGEST_PASSWORD, SESSION_MS, Session, User, check_password, cut};
use crate::platform::config::Secret;
use crate::platform::error::{Error, Result, Thing};
use crate::platform::ids::Id;
use crate::platform::names::fold;
use crate::platform::web::guards::Who;

/// Somebody tries to come in.
#[derive(Debug, Clone)]
pub struct Attempt {
    pub name: String,
    pub password: Secret,
    pub address: Option<IpAddr>,
    /// What the browser calls itself.
    pub agent: String,
}

/// Somebody came in.
#[derive(Debug, Clone)]
pub struct SignedIn {
    pub user: User,
    /// The cookie's value.
    pub secret: Secret,
}

fn lock(throttle: &Mutex<Throttle<String>>) -> MutexGuard<'_, Throttle<String>> {
    throttle.lock().unwrap_or_else(PoisonError::into_inner)
}

/// What counts as one address: of version 6, what one household has.
fn household(address: Option<IpAddr>) -> String {
    match address.map(|address| address.to_canonical()) {
        Some(IpAddr::V6(address)) => format!("{:x?}", &address.segments()[..4]),
        Some(address) => address.to_string(),
        None => String::new(),
    }
}

impl Accounts {
    /// Signs somebody in. A name that isn't there, a wrong password and a disabled user are one and the same.
    ///
    /// # Errors
    /// `TooOften` when it must be waited; `Unauthorized` when it was wrong; `Unavailable` when too many sign in.
    pub async fn sign_in(&self, attempt: Attempt) -> Result<SignedIn> {
        let keys = (cut(&fold(&attempt.name), 1024), household(attempt.address));
        self.count_attempt(&keys)?;
        let done = self.try_to_sign_in(attempt).await;
        match &done {
            Ok(_) => {
                lock(&self.inner.names).forget(&keys.0);
                lock(&self.inner.addresses).forgive(&keys.1);
            }
            Err(Error::Unauthorized(_)) => {}
            // Nobody looked at the password.
            Err(_) => {
                lock(&self.inner.names).forgive(&keys.0);
                lock(&self.inner.addresses).forgive(&keys.1);
            }
        }
        done
    }

    async fn try_to_sign_in(&self, attempt: Attempt) -> Result<SignedIn> {
        let found = store::users::find(&self.inner.db, &attempt.name).await?;
        let known = found.filter(|(user, _)| user.disabled_at.is_none());
        let phc = known.as_ref().map(|(_, phc)| phc.clone());
        // A longer one is nobody's; it isn't hashed, whoever's name it came with.
        let fits =
            attempt.password.0.len() <= LONGEST_PASSWORD && self.inner.passwords.verify(attempt.password, phc).await?;
        let (user, phc) = known.filter(|_| fits).ok_or_else(wrong)?;
        let secret = self.begin_session(&user, &phc, attempt.address, &attempt.agent).await?;
        Ok(SignedIn { user, secret })
    }

    fn count_attempt(&self, keys: &(String, String)) -> Result<()> {
        let now = self.inner.clock.now_ms();
        let (mut names, mut addresses) = (lock(&self.inner.names), lock(&self.inner.addresses));
        if let Some(seconds) = names.wait(&keys.0, now).max(addresses.wait(&keys.1, now)) {
            return Err(Error::TooOften { seconds });
        }
        names.count(keys.0.clone(), now);
        addresses.count(keys.1.clone(), now);
        Ok(())
    }

    async fn begin_session(&self, user: &User, phc: &str, address: Option<IpAddr>, agent: &str) -> Result<Secret> {
        let secret = fresh("")?;
        let now = self.inner.clock.now_ms();
        let session = Session {
            id: Id(self.inner.ids.draw(1).await?),
            created_at: now,
            expires_at: now + SESSION_MS,
            last_used_at: now,
            address: address.map(|address| address.to_string()).unwrap_or_default(),
            agent: cut(agent, 500),
        };
        let mut tx = self.inner.db.begin().await?;
        // The password may have been changed, or the user disabled, while it was looked at.
        if !store::users::lock_with(&mut tx, user.id, phc).await? {
            return Err(wrong());
        }
        store::sessions::insert(&mut tx, user.id, &hash(&secret), &session).await?;
        tx.commit().await?;
        Ok(secret)
    }

    /// Ends one of the user's sessions.
    ///
    /// # Errors
    /// `NotFound` when it has ended already, or is somebody else's.
    pub async fn end_session(&self, user: Id, session: Id) -> Result<()> {
        let mut tx = self.inner.db.begin().await?;
        if !store::sessions::end(&mut tx, user, session).await? {
            return Err(Error::NotFound(Thing::Session));
        }
        tx.commit().await
    }

    /// The living sessions of a user, the newest first.
    pub async fn sessions(&self, user: Id) -> Result<Vec<Session>> {
        store::sessions::list(&self.inner.db, user, self.inner.clock.now_ms()).await
    }

    /// Changes somebody's own password and ends all their other sessions. The old one is asked for under the same brake as
    /// at the door.
    ///
    /// # Errors
    /// `Invalid` names the field; `TooOften`; `Unavailable`.
    pub async fn change_password(&self, who: &Who, old: Secret, new: Secret) -> Result<()> {
        let (name, keep) = (who.name.as_str(), who.session);
        check_password(&new.0)?;
        let keys = (fold(name), household(who.address));
        self.count_attempt(&keys)?;
        let (user, phc) = store::users::find(&self.inner.db, name).await?.ok_or(Error::NotFound(Thing::User))?;
        let fits = old.0.len() <= LONGEST_PASSWORD && self.inner.passwords.verify(old, Some(phc.clone())).await?;
        if !fits {
            return Err(Error::invalid("old", ("isn’t your password", "不是你的密码")));
        }
        lock(&self.inner.names).forget(&keys.0);
        lock(&self.inner.addresses).forgive(&keys.1);
        let hash = self.inner.passwords.hash(new).await?;
        let mut tx = self.inner.db.begin().await?;
        if !store::users::lock_with(&mut tx, user.id, &phc).await? {
            return Err(Error::invalid("old", ("isn’t your password", "不是你的密码")));
        }
        store::users::set_password(&mut tx, user.id, &hash).await?;
        store::sessions::end_others(&mut tx, user.id, keep).await?;
        tx.commit().await
    }
}

fn wrong() -> Error {
    Error::Unauthorized(("Name or password is wrong.", "用户名或密码错误").into())
}

//! Users, as the keeper of the machine makes them on its command line.

use std::sync::atomic::Ordering;

use super::{Accounts, store};
use crate::accounts::model::{User, check_password};
use crate::platform::config::Secret;
use crate::platform::db::Db;
use crate::platform::error::{Error, Result, Thing};
use crate::platform::ids::Id;
use crate::platform::names::Name;
use crate::platform::web::guards::Role;

/// How many users may come in, and how many are disabled.
///
/// # Errors
/// When the database doesn't answer.
pub async fn count_users(db: &Db) -> Result<(usize, usize)> {
    let users = store::users::list(db).await?;
    let disabled = users.iter().filter(|user| user.disabled_at.is_some()).count();
    Ok((users.len() - disabled, disabled))
}

impl Accounts {
    /// Adds a user; the first one is an admin, later ones may write, where no role is given.
    ///
    /// # Errors
    /// `Conflict` when the name is taken, `Invalid` for a password that is too short.
    pub async fn add_user(&self, name: &Name, role: Option<Role>, password: Secret) -> Result<User> {
        check_password(&password.0)?;
        let hash = self.inner.passwords.hash(password).await?;
        let (id, now) = (Id(self.inner.ids.draw(1).await?), self.inner.clock.now_ms());
        let mut tx = self.inner.db.begin().await?;
        let is_first = store::users::count(&mut tx).await? == 0;
        if store::users::is_taken(&mut tx, name.as_str()).await? {
            return Err(Error::Conflict(("There is a user of that name already.", "该用户名已存在").into()));
        }
        let role = role.unwrap_or(if is_first { Role::Admin } else { Role::Write });
        store::users::insert(&mut tx, id, name.as_str(), role, &hash, now).await?;
        tx.commit().await?;
        self.inner.exist.store(true, Ordering::Release);
        Ok(User { id, name: name.as_str().to_owned(), role, created_at: now, disabled_at: None })
    }

    /// All users by name.
    pub async fn users(&self) -> Result<Vec<User>> {
        store::users::list(&self.inner.db).await
    }

    /// The user of that name.
    ///
    /// # Errors
    /// `NotFound`.
    pub async fn user(&self, name: &str) -> Result<User> {
        let found = store::users::find(&self.inner.db, name).await?;
        found.map(|(user, _)| user).ok_or(Error::NotFound(Thing::User))
    }

    /// Sets a password without asking for the old one, and ends all sessions of the user.
    ///
    /// # Errors
    /// `NotFound`, or `Invalid` for a password that is too short.
    pub async fn set_password(&self, name: &str, password: Secret) -> Result<()> {
        check_password(&password.0)?;
        let user = self.user(name).await?;
        let hash = self.inner.passwords.hash(password).await?;
        let mut tx = self.inner.db.begin().await?;
        store::users::set_password(&mut tx, user.id, &hash).await?;
        store::sessions::end_others(&mut tx, user.id, None).await?;
        tx.commit().await
    }

    /// Shuts the doors to a user, sessions and tokens included; or opens them again.
    ///
    /// # Errors
    /// `NotFound`.
    pub async fn set_disabled(&self, name: &str, is_disabled: bool) -> Result<()> {
        let user = self.user(name).await?;
        let since = is_disabled.then(|| self.inner.clock.now_ms());
        let mut tx = self.inner.db.begin().await?;
        store::users::set_disabled(&mut tx, user.id, since).await?;
        if is_disabled {
            store::sessions::end_others(&mut tx, user.id, None).await?;
        }
        tx.commit().await
    }
}

//! Hashing passwords: argon2id, a few at a time, with a queue that has an end.

use std::sync::Arc;

use argon2::password_hash::phc::PasswordHash;
use argon2::password_hash::{PasswordHasher, PasswordVerifier};
use argon2::{Algorithm, Argon2, Params, Version};
use tokio::sync::Semaphore;

use super::secrets::random;
use crate::platform::config::Secret;
use crate::platform::error::{Error, Result};

/// Hashed at the same time: each takes 19 MiB.
const RUNNING: usize = 2;

/// Waiting for their turn at most.
const WAITING: usize = 16;

/// The pool.
pub struct Passwords {
    running: Arc<Semaphore>,
    /// One permit for each that runs or waits.
    places: Arc<Semaphore>,
}

impl Default for Passwords {
    fn default() -> Self {
        Self { running: Arc::new(Semaphore::new(RUNNING)), places: Arc::new(Semaphore::new(RUNNING + WAITING)) }
    }
}

/// What is verified for a name that isn't there: the same work as for one that is.
const NOBODY: &str =
    "$argon2id$v=19$m=19456,t=2,p=1$bm9ib2R5LWhhcy1uby1zYWx0$bm9ib2R5IGhhcyB0aGlzIHBhc3N3b3JkISEhISEhISE";

fn argon2() -> Argon2<'static> {
    Argon2::new(Algorithm::Argon2id, Version::V0x13, Params::DEFAULT)
}

impl Passwords {
    /// The PHC string of a new password.
    ///
    /// # Errors
    /// `Unavailable` when too many wait.
    pub async fn hash(&self, password: Secret) -> Result<String> {
        let salt: [u8; 16] = random()?;
        self.run(move || {
            let hash = argon2().hash_password_with_salt(password.0.as_bytes(), &salt);
            hash.map(|hash| hash.to_string()).map_err(|error| Error::internal(error.to_string()))
        })
        .await?
    }

    /// Whether the password is that of the PHC string; without one, never, after the same work.
    ///
    /// # Errors
    /// `Unavailable` when too many wait.
    pub async fn verify(&self, password: Secret, known: Option<String>) -> Result<bool> {
        self.run(move || {
            let text = known.as_deref().unwrap_or(NOBODY);
            let hash = PasswordHash::new(text).map_err(|error| Error::internal(error.to_string()))?;
            let fits = argon2().verify_password(password.0.as_bytes(), &hash).is_ok();
            Ok(fits && known.is_some())
        })
        .await?
    }

    async fn run<T: Send + 'static>(&self, work: impl FnOnce() -> T + Send + 'static) -> Result<T> {
        let busy = || Error::Unavailable(("Too many sign in at once; try again.", "登录人数过多，请稍后重试").into());
        let place = self.places.clone().try_acquire_owned().map_err(|_| busy())?;
        let turn = self.running.clone().acquire_owned().await.map_err(|_| busy())?;
        let done = tokio::task::spawn_blocking(move || {
            let done = work();
            drop((turn, place));
            done
        });
        done.await.map_err(Error::internal)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn secret(text: &str) -> Secret {
        Secret(text.to_owned())
    }

    #[tokio::test]
    async fn a_password_is_known_again_and_nobody_has_one() {
        let passwords = Passwords::default();
        let hash = passwords.hash(secret("corn flour")).await.unwrap();
        assert!(hash.starts_with("$argon2id$v=19$m=19456,t=2,p=1$"), "{hash}");
        assert!(passwords.verify(secret("corn flour"), Some(hash.clone())).await.unwrap());
        assert!(!passwords.verify(secret("corn flower"), Some(hash)).await.unwrap());
        assert!(!passwords.verify(secret("corn flour"), None).await.unwrap());
    }

    #[tokio::test]
    async fn the_queue_has_an_end() {
        let passwords = Passwords::default();
        let all = passwords.places.clone().try_acquire_many_owned(18).unwrap();
        assert!(matches!(passwords.hash(secret("x")).await, Err(Error::Unavailable(_))));
        drop(all);
        assert!(passwords.hash(secret("x")).await.is_ok());
    }
}

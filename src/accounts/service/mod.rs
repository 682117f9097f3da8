//! The use cases of accounts: who may come in, and what was done.
//!
//! What always holds: a secret leaves this room once, when it is made; a revoked token, an ended session and a disabled
//! user are refused from the next request on, because each request asks the database.

mod audit;
mod known;
mod passwords;
mod secrets;
mod sessions;
mod tokens;
mod users;

use std::collections::HashMap;
use std::sync::atomic::AtomicBool;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use tokio::sync::Mutex as AsyncMutex;
use tokio::time::Instant;

use super::model::gathered::Gathered;
use super::model::throttle::{Rule, Throttle};
use super::store;
use crate::platform::clock::Clock;
use crate::platform::config::Config;
use crate::platform::db::Db;
use crate::platform::error::Result;
use crate::platform::ids::{Id, Ids};

pub use sessions::{Attempt, SignedIn};
pub use tokens::Made;
pub use users::count_users;

use passwords::Passwords;

/// How long "there are no accounts" is believed.
const BELIEVED: Duration = Duration::from_secs(1);

/// Failed attempts on one name.
const BY_NAME: Rule = Rule { free: 5, longest: 300 };

/// Failed attempts from one address: behind it may be a whole office.
const BY_ADDRESS: Rule = Rule { free: 20, longest: 900 };

/// Accounts; cheap to clone.
#[derive(Clone)]
pub struct Accounts {
    inner: Arc<Inner>,
}

struct Inner {
    db: Db,
    ids: Ids,
    clock: Clock,
    /// Once there is an account there always is one: they are disabled, never removed.
    exist: AtomicBool,
    /// When it was last asked whether there are any.
    asked: AsyncMutex<Option<Instant>>,
    passwords: Passwords,
    names: Mutex<Throttle<String>>,
    addresses: Mutex<Throttle<String>>,
    gathered: Mutex<Gathered>,
    /// What was used since it was last written down, and when: sessions and tokens.
    used: Mutex<HashMap<(Used, Id), i64>>,
}

/// What is used.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
enum Used {
    Session,
    Token,
}

impl Accounts {
    /// Over the pool.
    #[must_use]
    pub fn new(db: Db, ids: Ids, clock: Clock) -> Self {
        Self {
            inner: Arc::new(Inner {
                db,
                ids,
                clock,
                exist: AtomicBool::new(false),
                asked: AsyncMutex::default(),
                passwords: Passwords::default(),
                names: Mutex::new(Throttle::new(BY_NAME)),
                addresses: Mutex::new(Throttle::new(BY_ADDRESS)),
                gathered: Mutex::default(),
                used: Mutex::default(),
            }),
        }
    }
}

/// Whether a server may start where `config` says.
///
/// # Errors
/// One line that names both ways, when others can reach it, there is no account, and nobody wrote that it is to be open.
/// `Internal` when the database doesn't answer.
pub async fn check_start(db: &Db, config: &Config) -> Result<std::result::Result<(), String>> {
    if !config.is_reachable() || config.auth.open || store::users::exist(db).await? {
        return Ok(Ok(()));
    }
    Ok(Err(format!(
        "address {} can be reached by others and there are no accounts: add one with `granary user add NAME`, or let \
         everyone in with auth.open = true (ROCKET_AUTH='{{open=true}}'); or bind to 127.0.0.1",
        config.address()
    )))
}

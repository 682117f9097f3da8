//! A transaction that another's lock upset is tried again.
//!
//! What always holds: whoever tries again begins anew, for the database took back what was written until then.

use std::time::Duration;

use crate::platform::db::may_pass;
use crate::platform::error::{Error, Result};

/// How often a transaction is tried.
const TRIES: u32 = 5;

/// Runs a whole transaction, again after a while as long as others stand in its way: they held a lock for too long,
/// waited for this one in a circle, or wrote the same row first.
///
/// # Errors
/// Those of the last try.
pub(super) async fn take<T, F: Future<Output = Result<T>>>(mut transaction: impl FnMut() -> F) -> Result<T> {
    let mut tries = 1;
    loop {
        match transaction().await {
            Err(error) if tries < TRIES && is_passing(&error) => {
                tracing::debug!(%error, tries, "a transaction is tried again");
                tokio::time::sleep(Duration::from_millis(10 << tries)).await;
                tries += 1;
            }
            done => return done,
        }
    }
}

/// Whether the database took the transaction back for the sake of another one. A database that is away has been
/// waited for already.
fn is_passing(error: &Error) -> bool {
    let Error::Internal(source) = error else {
        return false;
    };
    match source.downcast_ref::<sqlx::Error>() {
        Some(sqlx::Error::Database(cause)) => cause.is_unique_violation() || may_pass(error),
        _ => false,
    }
}

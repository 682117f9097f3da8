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

#[cfg(test)]
mod tests {
    use std::cell::Cell;
    use std::fmt;

    use sqlx::error::{DatabaseError, ErrorKind};

    use super::*;
    use crate::platform::error::Thing;

    #[derive(Debug)]
    struct Fault(&'static str);

    impl fmt::Display for Fault {
        fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            f.write_str(self.0)
        }
    }

    impl std::error::Error for Fault {}

    impl DatabaseError for Fault {
        fn message(&self) -> &str {
            self.0
        }

        fn code(&self) -> Option<std::borrow::Cow<'_, str>> {
            Some(self.0.into())
        }

        fn as_error(&self) -> &(dyn std::error::Error + Send + Sync + 'static) {
            self
        }

        fn as_error_mut(&mut self) -> &mut (dyn std::error::Error + Send + Sync + 'static) {
            self
        }

        fn into_error(self: Box<Self>) -> Box<dyn std::error::Error + Send + Sync + 'static> {
            self
        }

        fn kind(&self) -> ErrorKind {
            ErrorKind::Other
        }
    }

    /// How often it was tried, of which the first `faults` times fail; and whether it passed in the end.
    async fn tries(faults: u32, fault: impl Fn() -> Error) -> (u32, bool) {
        let (done, fault) = (Cell::new(0), &fault);
        let passed = take(|| {
            done.set(done.get() + 1);
            let is_fault = done.get() <= faults;
            async move { if is_fault { Err(fault()) } else { Ok(()) } }
        });
        let passed = passed.await.is_ok();
        (done.get(), passed)
    }

    #[tokio::test]
    async fn only_what_another_upset_is_tried_again() {
        let database = |code| move || Error::from(sqlx::Error::Database(Box::new(Fault(code))));
        // SQLITE_BUSY_SNAPSHOT, and SQLITE_CONSTRAINT.
        assert_eq!(tries(2, database("517")).await, (3, true));
        assert_eq!(tries(TRIES, database("517")).await, (TRIES, false));
        assert_eq!(tries(1, database("19")).await, (1, false));
        assert_eq!(tries(1, || Error::NotFound(Thing::File)).await, (1, false));
        assert_eq!(tries(1, || sqlx::Error::PoolTimedOut.into()).await, (1, false), "it has waited already");
    }
}

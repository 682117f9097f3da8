//! What a fault of the database means for whoever wrote.

use sqlx::mysql::MySqlDatabaseError;

use crate::platform::error::Error;

/// Whether the same transaction may pass when it is tried again later: the database is away, going down, full of
/// clients, or others hold a lock. Else it refuses what it was given, and will again.
#[must_use]
pub fn may_pass(error: &Error) -> bool {
    let source = match error {
        Error::Unavailable(_) => return true,
        Error::Internal(source) => source.downcast_ref::<sqlx::Error>(),
        _ => None,
    };
    match source {
        Some(sqlx::Error::Database(error)) => match error.try_downcast_ref::<MySqlDatabaseError>() {
            // Too many clients, shutdown, a query or connection that somebody ended, read-only for a change of
            // servers, a lock that took too long, a deadlock, a version that is older than the one read.
            Some(error) => matches!(error.number(), 1040 | 1053 | 1317 | 1836 | 1927 | 1205 | 1213 | 1020),
            // SQLITE_BUSY and SQLITE_LOCKED, with whatever extends them.
            None => {
                error.code().and_then(|code| code.parse::<u32>().ok()).is_some_and(|code| matches!(code & 0xff, 5 | 6))
            }
        },
        // Whatever else says that the database is away is `Unavailable` by now.
        Some(sqlx::Error::Protocol(_)) => true,
        _ => false,
    }
}

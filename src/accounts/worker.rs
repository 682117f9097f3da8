//! Background work: what was gathered is written down every minute, what is old is removed every hour.

use std::time::Duration;

use rocket::fairing::AdHoc;

use super::service::Accounts;

const MINUTE: Duration = Duration::from_secs(60);

/// Starts it with the server. The last of what was gathered is written by [`super::finish`].
#[must_use]
pub fn stage() -> AdHoc {
    AdHoc::on_liftoff("accounts' chores", |rocket| {
        Box::pin(async move {
            let Some(accounts) = rocket.state::<Accounts>().cloned() else {
                return;
            };
            let shutdown = rocket.shutdown();
            tokio::spawn(async move {
                tokio::select! {
                    () = run(accounts) => {}
                    () = shutdown => {}
                }
            });
        })
    })
}

async fn run(accounts: Accounts) {
    for minute in 0_u32.. {
        if minute % 60 == 1 {
            warn(accounts.tidy().await);
        }
        tokio::time::sleep(MINUTE).await;
        warn(accounts.write_gathered().await);
    }
}

fn warn(done: crate::platform::error::Result<()>) {
    if let Err(error) = done {
        tracing::warn!(%error, "the audit log could not be brought up to date; it is tried again");
    }
}

//! Who may come in: users, sessions, tokens and their scopes; and the log of what they did (design §6).
//!
//! As long as there is no user, the doors are open. The platform's guards ask this room who it is, through the trait that
//! it puts into Rocket's state; no other room knows of it.

mod gate;
pub mod model;
pub mod pages;
pub mod service;
pub mod store;
mod worker;

use std::sync::Arc;

use rocket::fairing::AdHoc;

use crate::platform::clock::Clock;
use crate::platform::db::Db;
use crate::platform::ids::Ids;
use crate::platform::web::guards::Gate;
use service::Accounts;

pub use service::check_start;

/// Everything this room adds to the server.
#[must_use]
pub fn stage() -> AdHoc {
    AdHoc::try_on_ignite("accounts", |rocket| async {
        let state = (rocket.state::<Db>(), rocket.state::<Ids>(), rocket.state::<Clock>());
        let (Some(db), Some(ids), Some(clock)) = state else {
            tracing::error!("the platform must be ignited before the rooms");
            return Err(rocket);
        };
        let accounts = Accounts::new(db.clone(), ids.clone(), clock.clone());
        let rocket = rocket.manage(Gate(Arc::new(accounts.clone())));
        let rocket = rocket.attach(gate::Audit(accounts.clone())).attach(worker::stage());
        Ok(rocket.manage(accounts).mount("/", pages::routes()))
    })
}

/// What is still to be written when the server has ended.
pub async fn finish(accounts: &Accounts) {
    if let Err(error) = accounts.write_gathered().await {
        tracing::warn!(%error, "the last lines of the audit log were not written");
    }
}

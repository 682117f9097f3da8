//! A server of its own for each test.

use std::sync::atomic::Ordering;

use granary::accounts::model::{NewToken, TokenKind, User};
use granary::accounts::service::{Accounts, Attempt, Made};
use granary::platform::blobs::Blobs;
use granary::platform::clock::Clock;
use granary::platform::config::{self, Config, Secret};
use granary::platform::names::Name;
use granary::platform::web::guards::{Grant, Role};
use rocket::local::blocking::Client;
use rocket::{Build, Rocket};
use tempfile::TempDir;

/// 2023-11-14 22:13:20 UTC.
pub const START: i64 = 1_700_000_000_000;

/// Of every user of a test.
pub const PASSWORD: &str = "corn and barley";

pub struct World {
    pub client: Client,
    pub clock: Clock,
    pub folder: TempDir,
}

impl World {
    pub fn new() -> Self {
        Self::made(Client::tracked)
    }

    /// One whose client forgets the cookies that it is given.
    pub fn forgetful() -> Self {
        Self::made(Client::untracked)
    }

    fn made(client: fn(Rocket<Build>) -> Result<Client, rocket::Error>) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let figment = config::defaults()
            .merge(("data_dir", folder.path()))
            .merge(("durability", "relaxed"))
            .merge(("log_level", "off"))
            .merge(("storage.min_free", 0))
            .merge(("cors.allow_origins", ["https://label.example.org"]));
        let figment = config::with_database(figment);
        let config = Config::extract(&figment).unwrap();
        let blobs = Blobs::open(folder.path(), false).unwrap();
        let clock = Clock::fixed(START);
        let client = client(granary::build(figment, config, blobs, clock.clone())).unwrap();
        Self { client, clock, folder }
    }

    /// Moves the clock on.
    pub fn later(&self, ms: i64) {
        if let Clock::Fixed(now) = &self.clock {
            now.fetch_add(ms, Ordering::SeqCst);
        }
    }

    pub fn accounts(&self) -> &Accounts {
        self.client.rocket().state::<Accounts>().unwrap()
    }

    /// Waits for what the room of accounts does, on a runtime beside the server's.
    pub fn wait<T>(work: impl Future<Output = T>) -> T {
        tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(work)
    }

    /// Adds a user with the password [`PASSWORD`].
    pub fn user(&self, name: &str, role: Role) -> User {
        let (name, password) = (Name::new(name).unwrap(), Secret(PASSWORD.to_owned()));
        Self::wait(self.accounts().add_user(&name, Some(role), password)).unwrap()
    }

    /// A token of nobody's with this scope.
    pub fn token(&self, scope: &str, days: Option<u32>) -> Made {
        let wanted = NewToken {
            kind: TokenKind::Token,
            name: Name::new("test").unwrap(),
            grants: vec![Grant::parse(scope).unwrap()],
            days,
        };
        Self::wait(self.accounts().make_token(wanted, None)).unwrap()
    }

    /// The cookie of a new session.
    pub fn session(&self, name: &str) -> String {
        let password = Secret(PASSWORD.to_owned());
        let attempt = Attempt { name: name.to_owned(), password, address: None, agent: "test".to_owned() };
        Self::wait(self.accounts().sign_in(attempt)).unwrap().secret.0
    }
}

//! What is known about each host while rows come from it: its connections, and since when it is ill.
//!
//! What always holds: connections in use and idle ones together are at most `ingest.per_host`. A [`Visit`] is the
//! right to one connection; idle ones beyond what is left of the host's share are closed before a new one is opened.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::time::Instant;

use super::connect::{Connection, Origin};

/// A connection that nobody used for so long is closed.
const IDLE: Duration = Duration::from_secs(15);

/// A host that nobody asked for so long is forgotten, however ill it was.
const FORGET: Duration = Duration::from_secs(60);

/// The hosts, by name.
pub struct Hosts {
    per_host: usize,
    by_name: Mutex<HashMap<String, Arc<Host>>>,
}

struct Host {
    permits: Arc<Semaphore>,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    /// The newest last.
    idle: Vec<Idle>,
    /// The first of the failures since the last proper answer, and the last of them.
    ill: Option<(Instant, Instant)>,
}

struct Idle {
    origin: Origin,
    connection: Connection,
    since: Instant,
}

/// The right to one connection to a host.
pub struct Visit {
    host: Arc<Host>,
    permit: OwnedSemaphorePermit,
}

impl Hosts {
    /// `per_host`: most connections to one host.
    pub fn new(per_host: usize) -> Self {
        Self { per_host: per_host.min(Semaphore::MAX_PERMITS), by_name: Mutex::default() }
    }

    /// Waits for one of the host's connections.
    pub async fn enter(&self, name: &str) -> Visit {
        loop {
            let host = self.host(name);
            // The semaphore is never closed; should it be, the host is a new one.
            if let Ok(permit) = host.permits.clone().acquire_owned().await {
                return Visit { host, permit };
            }
            lock(&self.by_name).remove(name);
        }
    }

    fn host(&self, name: &str) -> Arc<Host> {
        let mut by_name = lock(&self.by_name);
        if let Some(host) = by_name.get(name) {
            return host.clone();
        }
        let permits = Arc::new(Semaphore::new(self.per_host));
        let host = Arc::new(Host { permits, state: Mutex::default() });
        by_name.insert(name.to_owned(), host.clone());
        host
    }

    /// Closes what is idle for too long and forgets hosts that nobody uses.
    pub fn sweep(&self, now: Instant) {
        lock(&self.by_name).retain(|_, host| {
            let mut state = lock(&host.state);
            state.idle.retain(|idle| now.saturating_duration_since(idle.since) < IDLE && idle.connection.is_open());
            let is_ill = state.ill.is_some_and(|(_, last)| now.saturating_duration_since(last) < FORGET);
            Arc::strong_count(host) > 1 || is_ill || !state.idle.is_empty()
        });
    }

    /// Hosts that are known at the moment.
    #[cfg(test)]
    pub fn count(&self) -> usize {
        lock(&self.by_name).len()
    }
}

impl Visit {
    /// An open connection that was used before, if there is one.
    pub fn reuse(&self, origin: &Origin) -> Option<Connection> {
        let mut state = lock(&self.host.state);
        while let Some(at) = state.idle.iter().rposition(|idle| idle.origin == *origin) {
            let idle = state.idle.remove(at);
            if idle.connection.is_open() {
                return Some(idle.connection);
            }
        }
        // A new one will be opened: those of the host's other ports make room.
        let room = self.host.permits.available_permits();
        let excess = state.idle.len().saturating_sub(room);
        state.idle.drain(..excess);
        None
    }

    /// Keeps a connection for the next row.
    pub fn keep(&self, origin: &Origin, connection: Connection) {
        let idle = Idle { origin: origin.clone(), connection, since: Instant::now() };
        lock(&self.host.state).idle.push(idle);
    }

    /// The host failed in a way that may pass. Whether it has been so for longer than `patience`: then there is no
    /// point in waiting for it row by row.
    pub fn failed(&self, patience: Duration) -> bool {
        let now = Instant::now();
        let mut state = lock(&self.host.state);
        let since = state.ill.map_or(now, |(since, _)| since);
        state.ill = Some((since, now));
        now - since > patience
    }

    /// The host answered.
    pub fn answered(&self) {
        lock(&self.host.state).ill = None;
    }

    /// Gives the right back. The same as dropping it, said aloud.
    pub fn leave(self) {
        drop(self.permit);
    }
}

/// What is inside is whole after each step, so a panic elsewhere doesn't spoil it.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

//! A lock for each key, made when it is wanted and gone when nobody holds it.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use tokio::sync::OwnedMutexGuard;

/// Locks by name.
#[derive(Default)]
pub struct Locks {
    held: Mutex<HashMap<String, Arc<tokio::sync::Mutex<()>>>>,
}

impl Locks {
    /// Waits until nobody else holds `key`.
    pub async fn hold(&self, key: &str) -> OwnedMutexGuard<()> {
        let lock = {
            let mut held = self.held.lock().unwrap_or_else(PoisonError::into_inner);
            // Those that nobody holds or waits for are known to this map alone.
            held.retain(|_, lock| Arc::strong_count(lock) > 1);
            held.entry(key.to_owned()).or_default().clone()
        };
        lock.lock_owned().await
    }
}

//! What rooms tell about themselves on the page that describes this server. The page stands in a room below them, so each
//! leaves its part here when it is ignited.

use std::sync::{Mutex, PoisonError};

use crate::platform::error::Message;

/// A list of facts under a heading.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Part {
    pub title: Message,
    /// Names and values.
    pub rows: Vec<(Message, Message)>,
}

/// Tells a part as it is when somebody asks. It must not block.
type Told = Box<dyn Fn() -> Part + Send + Sync>;

/// Managed by Rocket: all parts, in the order in which the rooms were ignited.
#[derive(Default)]
pub struct Parts(Mutex<Vec<Told>>);

impl Parts {
    /// Adds a part.
    pub fn tell(&self, part: Part) {
        self.tell_live(move || part.clone());
    }

    /// Adds a part that changes while the server runs.
    pub fn tell_live(&self, part: impl Fn() -> Part + Send + Sync + 'static) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).push(Box::new(part));
    }

    /// All that was told.
    #[must_use]
    pub fn all(&self) -> Vec<Part> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).iter().map(|told| told()).collect()
    }
}

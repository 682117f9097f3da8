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

/// Managed by Rocket: all parts, in the order in which the rooms were ignited.
#[derive(Debug, Default)]
pub struct Parts(Mutex<Vec<Part>>);

impl Parts {
    /// Adds a part.
    pub fn tell(&self, part: Part) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).push(part);
    }

    /// All that was told.
    #[must_use]
    pub fn all(&self) -> Vec<Part> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

//! What a request is about, by the name that people know it by: a handler says it, for the log of what was done.

use std::convert::Infallible;
use std::sync::{Arc, OnceLock};

use rocket::Request;
use rocket::request::{FromRequest, Outcome};

/// The name of what a request makes or changes, where its path doesn't name it.
#[derive(Debug, Clone, Default)]
pub struct Subject(Arc<OnceLock<String>>);

impl Subject {
    /// That of a request.
    #[must_use]
    pub fn of<'r>(request: &'r Request<'_>) -> &'r Self {
        request.local_cache(Self::default)
    }

    /// Says the name; the first one counts.
    pub fn is(&self, name: &str) {
        let _ = self.0.set(name.to_owned());
    }

    /// The name, if a handler has said one.
    #[must_use]
    pub fn name(&self) -> Option<&str> {
        self.0.get().map(String::as_str)
    }
}

#[rocket::async_trait]
impl<'r> FromRequest<'r> for Subject {
    type Error = Infallible;

    async fn from_request(request: &'r Request<'_>) -> Outcome<Self, Infallible> {
        Outcome::Success(Self::of(request).clone())
    }
}

//! All SQL of accounts. Nothing secret is stored: of tokens and sessions their SHA-256, of passwords argon2id.

pub mod audit;
pub mod sessions;
pub mod tokens;
pub mod users;

use crate::platform::error::{Error, Result};
use crate::platform::web::guards::Role;

/// A column that was written by [`Role::word`].
fn role(word: &str) -> Result<Role> {
    Role::parse(word).ok_or_else(|| Error::internal(format!("{word:?} is no role")))
}

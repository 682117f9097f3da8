//! What makes a token a token: 256 bits that nobody can guess, and how they are looked up again.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use ring::digest::{SHA256, digest};
use ring::rand::{SecureRandom, SystemRandom};

use crate::platform::config::Secret;
use crate::platform::error::{Error, Result};

/// What tokens begin with, so that people and scanners know them for what they are.
pub const PREFIX: &str = "granary_";

/// 256 random bits in 43 characters, behind `prefix`.
///
/// # Errors
/// When the system has no randomness.
pub fn fresh(prefix: &str) -> Result<Secret> {
    let bytes: [u8; 32] = random()?;
    Ok(Secret(format!("{prefix}{}", URL_SAFE_NO_PAD.encode(bytes))))
}

/// Random bytes of the system.
///
/// # Errors
/// When it has none.
pub fn random<const N: usize>() -> Result<[u8; N]> {
    let mut bytes = [0; N];
    SystemRandom::new().fill(&mut bytes).map_err(|_| Error::internal("the system has no randomness"))?;
    Ok(bytes)
}

/// What is stored in its place. 256 random bits need no salt and no slow hash; and because the database compares hashes,
/// how long a comparison takes tells nothing about a secret.
#[must_use]
pub fn hash(secret: &Secret) -> Vec<u8> {
    digest(&SHA256, secret.0.as_bytes()).as_ref().to_vec()
}

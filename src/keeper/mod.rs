//! Looking after the store: what is whole, what is left over, what to take to a safe place. Above all rooms: it asks each
//! what it needs ([`crate::platform::keeping`]) and knows no row of theirs.

pub mod model;
pub mod service;
pub mod store;
mod worker;

pub use worker::stage;

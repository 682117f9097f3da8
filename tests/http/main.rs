//! What goes over the wire, through Rocket's local client: no port, a clock that stands still.
//!
//! The binary's tests talk to the real server; here stand the things that need a fixed time, or every
//! mounted route at once.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "tests")]

mod accounts;
mod doors;
mod files;
mod ingest_pages;
mod ingest_refusals;
mod queries;
mod quotas;
mod requests;
mod rights;
mod sending;
mod training_pages;
mod training_refusals;
mod world;

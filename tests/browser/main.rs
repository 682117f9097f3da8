//! Journeys in a real Chromium: what a collector does all day, by mouse, by keyboard alone, on a
//! phone's width, and without JavaScript (ui.md).
//!
//! Each test has a server, a driver and a browser profile of its own. No page may log an error or
//! break its own content policy; that is checked at the end of every journey.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::missing_panics_doc,
    clippy::must_use_candidate,
    clippy::indexing_slicing,
    clippy::doc_markdown,
    reason = "a test says what is wrong by panicking"
)]

#[path = "../support/mod.rs"]
mod support;

mod access;
mod browser;
mod checkers;
mod collecting;
mod doors;
mod first_visit;
mod groups;
mod ingest;
mod keyboard;
mod preferences;
mod roles;
mod sending;
mod steady;
mod training;
mod unescaped;
mod widths;
mod without_script;
mod words;

//! The house's rules, read off the source: which room may know which, which file may use what, and
//! that nothing grows past what one can read in a sitting (design §1).
//!
//! Each rule is a function over a [`Source`], so that it is tried on a made-up offender as well:
//! a guard that never barks guards nothing.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test says what is wrong by panicking"
)]

mod arrows;
mod migrations;
mod sizes;
mod source;

use source::Source;

/// Fails with every finding, one a line.
#[track_caller]
fn assert_none(findings: &[String]) {
    assert!(findings.is_empty(), "\n{}", findings.join("\n"));
}

/// A made-up source file.
fn example(path: &str, text: &str) -> Source {
    Source::new(path, text)
}

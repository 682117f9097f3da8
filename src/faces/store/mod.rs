//! All SQL of face groups.
//!
//! What always holds: whoever changes a group's faces locks the group's row first, so that its count is exact, also
//! under several tasks and several servers; lists go by key.

pub mod blobs;
pub mod faces;
pub mod groups;
pub mod keeping;

/// Rows that one statement takes.
const ROWS: usize = 256;

//! All SQL of training tasks.
//!
//! What always holds: a statement names the living (`is_del = 0`, `deleted_at IS NULL`) or says why it
//! doesn't; whoever changes a task has its row locked first; and everything that came from outside is
//! bound.

pub mod annotations;
pub mod blobs;
pub mod classes;
pub mod export;
pub mod folders;
pub mod images;
pub mod keeping;
pub mod parts;
pub mod tasks;

/// Rows of one statement, at most.
const ROWS: usize = 512;

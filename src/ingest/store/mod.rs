//! All SQL of face ingest tasks.
//!
//! What always holds: a task in state 5 is seen by nobody but those who remove its rows; whatever a run writes is
//! fenced by its epoch; and everything that came from outside is bound.

pub mod keeping;
pub mod log;
pub mod purge;
pub mod runs;
pub mod tasks;

/// Rows of one statement, at most.
const ROWS: usize = 512;

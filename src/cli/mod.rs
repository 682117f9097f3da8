//! Commands beside the server. Each is a family of its own; all say what is wrong in one line.

pub mod keeper;

//! Face groups, and the engines that find faces behind one trait.

pub mod engine;
pub mod model;

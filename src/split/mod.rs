//! Seed 001: images are shuffled into training, verifying and testing sets that people can trust.

pub mod model;

//! Seed 003: tasks that fetch pictures, find the face in each, and put it into a group.

pub mod fetch;

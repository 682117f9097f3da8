//! What every room stands on. The platform knows no room: arrows point here, never from here.

pub mod archive;
pub mod blobs;
pub mod clock;
pub mod config;
pub mod db;
pub mod error;
pub mod gate;
pub mod ids;
pub mod keeping;
pub mod names;
pub mod paging;
pub mod pictures;
pub mod process;
pub mod server;
pub mod telemetry;
pub mod web;

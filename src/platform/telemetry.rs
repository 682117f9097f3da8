//! The log: one line an event on standard error, with Rocket's own lines among ours.
//!
//! What always holds: no level, whoever asks for it, brings a request's headers or the fields of a form into the log: tokens
//! and passwords stand in them.

use std::io::IsTerminal;

use rocket::config::LogLevel;
use tracing_subscriber::filter::filter_fn;
use tracing_subscriber::layer::SubscriberExt;
use tracing_subscriber::util::SubscriberInitExt;
use tracing_subscriber::{EnvFilter, fmt, registry};

/// Where Rocket tells headers and fields of forms, below the level of information.
const TELLTALES: [&str; 3] = ["rocket::server", "rocket::form", "hyper"];

/// Starts the log at Rocket's `log_level`; `RUST_LOG` overrides it in detail.
pub fn init(level: LogLevel) {
    let default = match level {
        LogLevel::Off => "off",
        LogLevel::Critical => "error,rocket=off,_=off",
        // Rocket tells each 404 as an error; the answer itself tells it well enough.
        LogLevel::Normal => "info,rocket=error,rocket::server=off,rocket::launch=off,_=off,sqlx=warn",
        LogLevel::Debug => "debug",
    };
    let filter = EnvFilter::try_from_default_env().unwrap_or_else(|_| EnvFilter::new(default));
    let secrets = filter_fn(|event| {
        let is_telltale = TELLTALES.iter().any(|target| event.target().starts_with(target));
        !is_telltale || *event.level() <= tracing::Level::INFO
    });
    let lines = fmt::layer().with_ansi(std::io::stderr().is_terminal()).with_writer(std::io::stderr);
    // A second start in one process (a test) keeps the first log.
    let _ = registry().with(filter).with(secrets).with(lines).try_init();
}

//! The log: one line an event on standard error, with Rocket's own lines among ours.

use std::io::IsTerminal;

use rocket::config::LogLevel;
use tracing_subscriber::EnvFilter;

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
    // A second start in one process (a test) keeps the first log.
    let _ = tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_ansi(std::io::stderr().is_terminal())
        .with_writer(std::io::stderr)
        .try_init();
}

//! The log: one line an event on standard error, with Rocket's own lines among ours.
//!
//! What always holds: no level, whoever asks for it, brings a request's headers or the fields of a form into the log: tokens
//! and passwords stand in them.

use std::io::IsTerminal;

use rocket::config::LogLevel;
use tracing_subscriber::filter::{Targets, filter_fn};
use tracing_subscriber::layer::SubscriberExt;
use tracing_subscriber::util::SubscriberInitExt;
use tracing_subscriber::{fmt, registry};

/// Where Rocket tells headers and fields of forms, below the level of information.
const TELLTALES: [&str; 3] = ["rocket::server", "rocket::form", "hyper"];

/// Starts the log at Rocket's `log_level`; `RUST_LOG` overrides it in detail: levels by target, `warn,granary=debug`.
pub fn init(level: LogLevel) {
    let asked = std::env::var("RUST_LOG").ok().and_then(|asked| asked_for(&asked));
    let filter = asked.unwrap_or_else(|| levels(level));
    let secrets = filter_fn(|event| {
        let is_telltale = TELLTALES.iter().any(|target| event.target().starts_with(target));
        !is_telltale || *event.level() <= tracing::Level::INFO
    });
    let lines = fmt::layer().with_ansi(std::io::stderr().is_terminal()).with_writer(std::io::stderr);
    // A second start in one process (a test) keeps the first log.
    let _ = registry().with(filter).with(secrets).with(lines).try_init();
}

/// What `RUST_LOG` says; none where it says nothing, or nothing that is understood.
fn asked_for(text: &str) -> Option<Targets> {
    // An empty part would stand for every target at the finest level.
    let parts: Vec<_> = text.split(',').map(str::trim).filter(|part| !part.is_empty()).collect();
    if parts.is_empty() { None } else { parts.join(",").parse().ok() }
}

fn levels(level: LogLevel) -> Targets {
    let text = match level {
        LogLevel::Off => "off",
        LogLevel::Critical => "error,rocket=off,_=off",
        // Rocket tells each 404 as an error; the answer itself tells it well enough.
        LogLevel::Normal => "info,rocket=error,rocket::server=off,rocket::launch=off,_=off,sqlx=warn",
        LogLevel::Debug => "debug",
    };
    text.parse().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use tracing::Level;

    use super::*;

    #[test]
    fn each_level_says_what_is_told() {
        for (level, quiet, told) in [
            (LogLevel::Off, Some(Level::ERROR), None),
            (LogLevel::Critical, Some(Level::WARN), Some(Level::ERROR)),
            (LogLevel::Normal, Some(Level::DEBUG), Some(Level::INFO)),
            (LogLevel::Debug, Some(Level::TRACE), Some(Level::DEBUG)),
        ] {
            let levels = levels(level);
            assert!(quiet.is_none_or(|quiet| !levels.would_enable("granary::collect", &quiet)), "{level:?}");
            assert!(told.is_none_or(|told| levels.would_enable("granary::collect", &told)), "{level:?}");
        }
        let normal = levels(LogLevel::Normal);
        let told = |target, level| normal.would_enable(target, &level);
        assert!(told("rocket::data", Level::ERROR) && !told("rocket::data", Level::WARN));
        assert!(!told("rocket::server::_", Level::ERROR) && !told("_", Level::ERROR));
        assert!(told("sqlx::query", Level::WARN) && !told("sqlx::query", Level::INFO));
    }

    #[test]
    fn a_variable_overrides_it_by_target() {
        for nothing in ["", " ", ",", "granary=loud"] {
            assert_eq!(asked_for(nothing), None, "{nothing:?}");
        }
        let asked = asked_for("warn, granary=debug,").unwrap();
        assert!(asked.would_enable("granary::split", &Level::DEBUG) && !asked.would_enable("hyper", &Level::INFO));
    }
}

//! Configuration: Rocket's own layers (built-in defaults, `Rocket.toml`, `ROCKET_…`) and our keys in
//! them (design §11).
//!
//! What always holds: a [`Config`] has been checked; a wrong value or an unknown key under one of our
//! tables is one line that names the key.

mod ingest;

use std::net::IpAddr;
use std::path::PathBuf;
use std::time::Duration;

use rocket::data::ByteUnit;
use rocket::figment::providers::{Env, Format, Serialized, Toml};
use rocket::figment::value::{Map, Value};
use rocket::figment::{Figment, Profile};
use serde::{Deserialize, Deserializer};

pub use ingest::{EngineName, Faces, Ingest, OnRestart, Secret};

/// What the rooms need to know.
#[derive(Debug, Clone, Deserialize)]
pub struct Config {
    /// Everything on disk lies below it.
    pub data_dir: PathBuf,
    pub durability: Durability,
    pub upload: Upload,
    pub storage: Storage,
    pub trash: Trash,
    pub cors: Cors,
    pub auth: Auth,
    pub training: Training,
    pub ingest: Ingest,
    pub faces: Faces,
    pub scrub: Scrub,
    pub address: IpAddr,
    pub port: u16,
}

/// Whether a success answer waits for the disk (design §4).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Durability {
    Full,
    Relaxed,
}

impl Durability {
    /// The word in the configuration.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Full => "full",
            Self::Relaxed => "relaxed",
        }
    }
}

/// `upload.…`
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Upload {
    /// Largest body in bytes.
    #[serde(default = "max_size")]
    pub max_size: ByteUnit,
    /// Longest silence within any body.
    #[serde(default = "idle_timeout", deserialize_with = "wait")]
    pub idle_timeout: Duration,
    /// Longest time that any body may take.
    #[serde(default = "total_timeout", deserialize_with = "wait")]
    pub total_timeout: Duration,
}

/// `storage.…`
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Storage {
    /// Below this many free bytes uploads answer 507.
    #[serde(default = "min_free")]
    pub min_free: ByteUnit,
    /// Most bytes of all living files together; unset: no bound.
    #[serde(default)]
    pub quota: Option<ByteUnit>,
}

/// `trash.…`
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Trash {
    /// How long a file stays restorable.
    #[serde(default = "keep", deserialize_with = "duration")]
    pub keep: Duration,
}

/// `scrub.…`
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Scrub {
    /// How many bytes a second are read to see whether they are what they should be; 0: none.
    #[serde(default = "scrub_rate")]
    pub rate: ByteUnit,
}

/// `cors.…`
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Cors {
    /// Origins of front ends that live elsewhere, such as `https://label.example.org`.
    #[serde(default, deserialize_with = "origins")]
    pub allow_origins: Vec<String>,
}

/// `auth.…`
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Auth {
    /// Lets everyone in on an address that others can reach.
    #[serde(default)]
    pub open: bool,
}

/// `training.…`
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Training {
    /// Which numbers stand for the sets on the wire.
    #[serde(default)]
    pub set_codes: SetCodes,
}

/// The documents have two dictionaries of sets (contract §2.4).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SetCodes {
    /// Seeds 001 and 002: 0 training, 1 testing, 2 verifying.
    #[default]
    ZeroBased,
    /// Seed 000: 1 training, 2 verifying, 3 testing.
    OneBased,
}

fn max_size() -> ByteUnit {
    ByteUnit::Gibibyte(64)
}

fn idle_timeout() -> Duration {
    Duration::from_mins(1)
}

fn total_timeout() -> Duration {
    Duration::from_hours(24)
}

fn min_free() -> ByteUnit {
    ByteUnit::Gibibyte(1)
}

fn scrub_rate() -> ByteUnit {
    ByteUnit::Mebibyte(8)
}

fn keep() -> Duration {
    Duration::from_secs(30 * 24 * 3600)
}

/// Reads `"30 days"`, `"12h"`, …, or a whole number of days.
fn duration<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Duration, D::Error> {
    #[derive(Deserialize)]
    #[serde(untagged)]
    enum Written {
        Days(u32),
        Text(String),
    }
    let expected = || serde::de::Error::custom("expected a time such as \"30 days\" or \"12 hours\"");
    match Written::deserialize(deserializer).map_err(|_| expected())? {
        Written::Days(days) => Ok(Duration::from_secs(u64::from(days) * 24 * 3600)),
        Written::Text(text) => {
            let span: jiff::Span = text.parse().map_err(|_| expected())?;
            let time = span.to_duration(jiff::SpanRelativeTo::days_are_24_hours()).map_err(|_| expected())?;
            Duration::try_from(time).map_err(|_| expected())
        }
    }
}

/// The same for a time that somebody waits: none at all would shut the door.
fn wait<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Duration, D::Error> {
    let time = duration(deserializer)?;
    if time.is_zero() { Err(serde::de::Error::custom("expected more than no time at all")) } else { Ok(time) }
}

fn origins<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<String>, D::Error> {
    let origins = Vec::<String>::deserialize(deserializer)?;
    for origin in &origins {
        let host = origin.strip_prefix("https://").or_else(|| origin.strip_prefix("http://"));
        if host.is_none_or(|host| host.is_empty() || host.contains(['/', '*', ' '])) {
            let message =
                format!("{origin:?} is not an origin such as \"https://label.example.org\" (no path, no wildcard)");
            return Err(serde::de::Error::custom(message));
        }
    }
    Ok(origins)
}

/// All layers together. Values under keys that are given nowhere come from the defaults.
#[must_use]
pub fn figment() -> Figment {
    let file = Toml::file(Env::var_or("ROCKET_CONFIG", "Rocket.toml")).nested();
    let variables = Env::prefixed("ROCKET_").ignore(&["PROFILE", "CONFIG"]).global();
    with_database(defaults().merge(file).merge(variables))
        .select(Profile::from_env_or("ROCKET_PROFILE", rocket::Config::DEFAULT_PROFILE))
}

/// Rocket's defaults and ours.
#[must_use]
pub fn defaults() -> Figment {
    let empty = Map::<String, Value>::new;
    Figment::from(rocket::Config {
        ident: rocket::config::Ident::try_new("granary").unwrap_or_default(),
        ip_header: None,
        // A form may name some ten thousand files.
        limits: rocket::data::Limits::default().limit("form", ByteUnit::Mebibyte(1)),
        shutdown: rocket::config::Shutdown { grace: 8, mercy: 3, ..Default::default() },
        ..Default::default()
    })
    .merge(Serialized::default("data_dir", "./data"))
    .merge(Serialized::default("durability", "full"))
    .merge(Serialized::default("upload", empty()))
    .merge(Serialized::default("storage", empty()))
    .merge(Serialized::default("trash", empty()))
    .merge(Serialized::default("cors", empty()))
    .merge(Serialized::default("auth", empty()))
    .merge(Serialized::default("training", empty()))
    .merge(Serialized::default("ingest", empty()))
    .merge(Serialized::default("faces", empty()))
    .merge(Serialized::default("scrub", empty()))
}

/// Completes `databases.granary`: SQLite in the data folder unless a URL is given.
#[must_use]
pub fn with_database(figment: Figment) -> Figment {
    let data_dir: PathBuf = figment.extract_inner("data_dir").unwrap_or_else(|_| PathBuf::from("./data"));
    // Of a URL's own signs these two mean something to SQLite's driver.
    let path = data_dir.join("granary.db").display().to_string().replace('%', "%25").replace('?', "%3F");
    let url = format!("sqlite:{path}");
    let durable = figment.extract_inner::<Durability>("durability").map_or(true, |level| level == Durability::Full);
    figment
        .join(Serialized::default("databases.granary.url", url))
        .merge(Serialized::default("databases.granary.durable", durable))
}

impl Config {
    /// Checks everything that can be checked before the server starts.
    ///
    /// # Errors
    /// One line that names the key and what is allowed.
    pub fn extract(figment: &Figment) -> Result<Self, String> {
        let line = |error: rocket::figment::Error| {
            error.into_iter().map(|error| error.to_string()).collect::<Vec<_>>().join("; ")
        };
        figment.extract::<rocket::Config>().map_err(line)?;
        let config: Self = figment.extract().map_err(line)?;
        check_databases(figment)?;
        Ok(config)
    }

    /// Where the server listens.
    #[must_use]
    pub fn address(&self) -> IpAddr {
        self.address
    }

    /// Whether others than its own machine can reach the server.
    #[must_use]
    pub fn is_reachable(&self) -> bool {
        !self.address.is_loopback()
    }

    /// Whether only its own machine is meant to reach the server.
    #[must_use]
    pub fn is_private(&self) -> bool {
        self.address.is_loopback() && !self.auth.open
    }
}

/// Only `url` may be given under `databases.granary`.
fn check_databases(figment: &Figment) -> Result<(), String> {
    let databases: Map<String, Map<String, Value>> = figment
        .extract_inner("databases")
        .map_err(|_| "databases must be a table such as {granary={url=\"mysql://…\"}}".to_owned())?;
    for (name, table) in &databases {
        if name != "granary" {
            return Err(format!("unknown key databases.{name}: only databases.granary is used"));
        }
        if let Some(key) = table.keys().find(|key| !matches!(key.as_str(), "url" | "durable")) {
            return Err(format!("unknown key databases.granary.{key}: only url is used"));
        }
        let url = table.get("url").and_then(Value::as_str).unwrap_or_default();
        if !["sqlite:", "mysql:", "mariadb:"].iter().any(|scheme| url.starts_with(scheme)) {
            return Err("databases.granary.url must begin with sqlite: or mysql:".to_owned());
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn extract(key: &str, toml: &str) -> Result<Config, String> {
        let given = Toml::string(&format!("{key} = {toml}"));
        Config::extract(&with_database(defaults().merge(given)))
    }

    #[test]
    fn the_defaults_are_those_of_the_design() {
        let config = extract("port", "8000").unwrap();
        assert_eq!(config.upload.max_size.as_u64(), 64 << 30);
        assert_eq!(config.storage.min_free.as_u64(), 1 << 30);
        assert_eq!(config.trash.keep, Duration::from_secs(2_592_000));
        assert_eq!(config.durability, Durability::Full);
    }

    #[test]
    fn a_wrong_value_names_its_key() {
        for (key, toml) in [
            ("port", "\"eighty\""),
            ("durability", "\"maybe\""),
            ("upload", "{ max_size = \"much\" }"),
            ("upload", "{ max_sise = 1 }"),
            ("upload", "{ idle_timeout = \"0 seconds\" }"),
            ("storage", "{ quota = \"some\" }"),
            ("trash", "{ keep = \"soon\" }"),
            ("cors", "{ allow_origins = [\"*\"] }"),
            ("training", "{ set_codes = \"two_based\" }"),
            ("ingest", "{ ca_file = \"/nowhere/ca.pem\" }"),
            ("ingest", "{ ca_file = \"Cargo.toml\" }"),
            ("databases", "{ granary = { url = \"postgres://x\" } }"),
            ("databases", "{ granary = { pool = 3 } }"),
        ] {
            let message = extract(key, toml).expect_err(toml);
            assert!(message.contains(key), "{key} = {toml}: {message}");
            assert!(!message.contains('\n'), "{message}");
        }
    }

    #[test]
    fn sizes_and_times_are_written_as_people_write_them() {
        assert_eq!(extract("upload", "{ max_size = \"5 GiB\" }").unwrap().upload.max_size.as_u64(), 5 << 30);
        assert_eq!(extract("trash", "{ keep = \"12 hours\" }").unwrap().trash.keep, Duration::from_secs(43_200));
        assert_eq!(extract("trash", "{ keep = 7 }").unwrap().trash.keep, Duration::from_secs(604_800));
    }
}

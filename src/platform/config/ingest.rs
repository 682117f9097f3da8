//! `ingest.…` and `faces.…`: where face pictures may come from, and what looks at them.

use std::net::IpAddr;
use std::path::PathBuf;
use std::time::Duration;

use ipnet::IpNet;
use rocket::data::ByteUnit;
use rocket::figment::value::Map;
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject;
use serde::{Deserialize, Deserializer};

/// `ingest.…`
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Ingest {
    /// What happens at the start to tasks that were running at the end.
    #[serde(default)]
    pub on_restart: OnRestart,
    /// Networks beyond the public internet that pictures may be fetched from.
    #[serde(default, deserialize_with = "networks")]
    pub allow_networks: Vec<IpNet>,
    /// Largest picture in bytes.
    #[serde(default = "max_image")]
    pub max_image: ByteUnit,
    /// How long a row may take to fetch, all tries together.
    #[serde(default = "timeout", deserialize_with = "super::duration")]
    pub timeout: Duration,
    /// Most connections to one host, over all tasks.
    #[serde(default = "per_host", deserialize_with = "connections")]
    pub per_host: usize,
    /// The certificates in `ingest.ca_file` (PEM): `https` sources may be signed by them, beside those that the system
    /// trusts.
    #[serde(default, rename = "ca_file", deserialize_with = "certificates")]
    pub authorities: Vec<CertificateDer<'static>>,
}

/// See contract §3.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum OnRestart {
    /// They go on by themselves.
    #[default]
    Resume,
    /// They come back as stopped: seed 003's older rule.
    Stop,
}

/// `faces.…`
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Faces {
    #[serde(default)]
    pub engine: EngineName,
    /// `yunet`: its `.onnx` file.
    pub model: Option<PathBuf>,
    /// `compreface`, `insightface`: base URL of the server.
    pub url: Option<String>,
    /// `compreface`, `insightface`: keys by what they open.
    #[serde(default)]
    pub keys: Map<String, Secret>,
}

/// What finds the faces.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum EngineName {
    #[default]
    Seetaface,
    Yunet,
    Compreface,
    Insightface,
    /// Takes every picture for one face, without opening it: to measure all that is around an engine.
    Null,
}

/// A key that no log shows.
#[derive(Clone, Deserialize)]
pub struct Secret(pub String);

impl std::fmt::Debug for Secret {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("…")
    }
}

fn max_image() -> ByteUnit {
    ByteUnit::Mebibyte(20)
}

fn timeout() -> Duration {
    Duration::from_secs(30)
}

fn per_host() -> usize {
    32
}

fn connections<'de, D: Deserializer<'de>>(deserializer: D) -> Result<usize, D::Error> {
    match usize::deserialize(deserializer)? {
        0 => Err(serde::de::Error::custom("expected at least 1 connection")),
        count => Ok(count),
    }
}

/// Reads `"10.0.0.0/8"`, and `"192.168.1.7"` as a network of one.
fn networks<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<IpNet>, D::Error> {
    let read = |text: &String| {
        let network = text.parse::<IpNet>().or_else(|_| text.parse::<IpAddr>().map(IpNet::from));
        network.map_err(|_| serde::de::Error::custom(format!("{text:?} is not a network such as \"10.0.0.0/8\"")))
    };
    Vec::<String>::deserialize(deserializer)?.iter().map(read).collect()
}

/// Reads the PEM file of that name.
fn certificates<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<CertificateDer<'static>>, D::Error> {
    let path = PathBuf::deserialize(deserializer)?;
    let refused = |why: &dyn std::fmt::Display| {
        serde::de::Error::custom(format!("{} is no PEM file of certificates: {why}", path.display()))
    };
    let read = CertificateDer::pem_file_iter(&path).and_then(Iterator::collect::<Result<Vec<_>, _>>);
    match read {
        Ok(found) if found.is_empty() => Err(refused(&"there is none in it")),
        Ok(found) => Ok(found),
        Err(error) => Err(refused(&error)),
    }
}

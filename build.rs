//! Puts the model of the built-in face engine where the compiler finds it.
//!
//! The model is a file within the package `rustface`, and no copy of it stands here: Cargo is asked where the package lies. What
//! always holds: only the very bytes that were reviewed ([`SHA256`]) are built in.

use std::error::Error;
use std::path::{Path, PathBuf};
use std::process::Command;

use sha2::{Digest, Sha256};

/// Of `model/seeta_fd_frontal_v1.0.bin` in rustface 0.1.7.
const SHA256: &str = "c4619d066ed35e84d9a8e842860b0dff567aba0cbb139881075538761db3ff5d";

fn main() -> Result<(), Box<dyn Error>> {
    println!("cargo::rerun-if-changed=build.rs");
    println!("cargo::rerun-if-changed=Cargo.lock");
    let file = package("rustface")?.join("model/seeta_fd_frontal_v1.0.bin");
    let model = std::fs::read(&file).map_err(|error| format!("{}: {error}", file.display()))?;
    let found = format!("{:x}", Sha256::digest(&model));
    if found != SHA256 {
        return Err(format!("{} is not the model that was reviewed: its SHA-256 is {found}", file.display()).into());
    }
    let out = PathBuf::from(variable("OUT_DIR")?);
    std::fs::write(out.join("seetaface.bin"), model)?;
    Ok(())
}

/// The folder that a package among the dependencies lies in.
fn package(name: &str) -> Result<PathBuf, Box<dyn Error>> {
    let mut cargo = Command::new(variable("CARGO")?);
    cargo.args(["metadata", "--offline", "--format-version", "1", "--filter-platform", &variable("TARGET")?]);
    let output = cargo.current_dir(variable("CARGO_MANIFEST_DIR")?).output()?;
    if !output.status.success() {
        return Err(format!("cargo metadata: {}", String::from_utf8_lossy(&output.stderr)).into());
    }
    let metadata: serde_json::Value = serde_json::from_slice(&output.stdout)?;
    let packages = metadata["packages"].as_array().map(Vec::as_slice).unwrap_or_default();
    let manifest = packages.iter().find(|package| package["name"] == name).and_then(|it| it["manifest_path"].as_str());
    let folder = manifest.and_then(|manifest| Path::new(manifest).parent());
    Ok(folder.ok_or_else(|| format!("{name} is not among the dependencies"))?.to_owned())
}

fn variable(name: &str) -> Result<String, Box<dyn Error>> {
    std::env::var(name).map_err(|_| format!("Cargo didn't set {name}").into())
}

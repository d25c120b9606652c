//! The licences and the bans of deny.toml, checked over `cargo metadata` without the network.

use std::path::Path;
use std::process::Command;

use anyhow::{Context as _, bail};
use serde_json::Value;

use crate::complaint::Complaints;

/// Licences that the product may carry; deny.toml lists the same.
const ALLOWED: [&str; 12] = [
    "0BSD",
    "Apache-2.0",
    "Apache-2.0 WITH LLVM-exception",
    "BSD-2-Clause",
    "BSD-3-Clause",
    "BSL-1.0",
    "CC0-1.0",
    "ISC",
    "MIT",
    "Unicode-3.0",
    "Unlicense",
    "Zlib",
];

/// Crates that must not come in, with the reason.
const BANNED: [(&str, &str); 6] = [
    ("openssl-sys", "one TLS stack: rustls"),
    ("native-tls", "one TLS stack: rustls"),
    ("serde_yaml", "one YAML reader: crates/yaml"),
    ("serde_yml", "unsound and abandoned"),
    ("serde_yaml_ng", "built on an abandoned C translation"),
    ("unsafe-libyaml", "abandoned"),
];

/// Complains about packages whose licence or name is not allowed.
pub(crate) fn check(root: &Path, complaints: &mut Complaints) -> anyhow::Result<()> {
    let output = Command::new(env!("CARGO"))
        .args(["metadata", "--format-version", "1", "--locked"])
        .current_dir(root)
        .output()
        .context("run cargo metadata")?;
    if !output.status.success() {
        bail!("cargo metadata: {}", String::from_utf8_lossy(&output.stderr).trim());
    }
    let metadata: Value = serde_json::from_slice(&output.stdout).context("read cargo metadata")?;
    let packages = metadata["packages"].as_array().context("cargo metadata lists no packages")?;
    for package in packages {
        let name = package["name"].as_str().unwrap_or_default();
        let licence = package["license"].as_str().unwrap_or_default();
        if !is_allowed(licence) {
            complaints.about(name, &format!("licence `{licence}` is not on the list"));
        }
        if let Some((_, reason)) = BANNED.iter().find(|(banned, _)| *banned == name) {
            complaints.about(name, reason);
        }
    }
    Ok(())
}

/// Whether one alternative of an SPDX expression is made of allowed licences only.
fn is_allowed(expression: &str) -> bool {
    let flat = expression.replace(['(', ')'], " ").replace('/', " OR ");
    let mut clauses = flat.split(" AND ");
    clauses.all(|clause| clause.split(" OR ").any(|licence| ALLOWED.contains(&licence.trim())))
}

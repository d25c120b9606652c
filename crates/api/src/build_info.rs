//! What the program is, as several endpoints tell it.

use serde::Serialize;

/// What the program is.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct BuildInfo {
    /// The version that clients compare with Prometheus'.
    pub version: String,
    /// The commit it was built from.
    pub revision: String,
    /// The branch it was built from.
    pub branch: String,
    /// Who built it.
    pub build_user: String,
    /// When it was built.
    pub build_date: String,
    /// Upstream names the Go version here; ours names the program.
    pub go_version: String,
}

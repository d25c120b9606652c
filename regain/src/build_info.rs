//! What this program is, in the words its clients expect.

use regain_api::BuildInfo;
use regain_metrics::{LabelPair, Registry};

/// The version of Prometheus whose behaviour the server has. Clients such as Grafana read it to
/// learn what they may ask, so it stands where Prometheus' own version stands.
pub(crate) const PROMETHEUS_VERSION: &str = "3.14.0";
/// The version of Alertmanager whose behaviour the receiver of alerts has.
pub(crate) const ALERTMANAGER_VERSION: &str = "0.34.0";
/// The version of `node_exporter` whose behaviour the exporter has.
pub(crate) const NODE_EXPORTER_VERSION: &str = "1.12.1";

/// The version of this program itself.
pub(crate) const OWN_VERSION: &str = env!("CARGO_PKG_VERSION");
const REVISION: &str = env!("REGAIN_REVISION");
const BRANCH: &str = env!("REGAIN_BRANCH");

/// The program that stands where the originals name their Go version.
fn runtime() -> String {
    format!("regain{OWN_VERSION}")
}

/// What `status/buildinfo` answers.
pub(crate) fn of_server() -> BuildInfo {
    with_version(PROMETHEUS_VERSION)
}

/// What the receiver of alerts answers about itself.
pub(crate) fn of_alertmanager() -> BuildInfo {
    with_version(ALERTMANAGER_VERSION)
}

fn with_version(version: &str) -> BuildInfo {
    BuildInfo {
        version: version.to_owned(),
        revision: REVISION.to_owned(),
        branch: BRANCH.to_owned(),
        build_user: String::new(),
        build_date: String::new(),
        go_version: runtime(),
    }
}

/// What `--version` prints for the part `name`.
pub(crate) fn version_text(name: &str) -> String {
    let version = match name {
        "prometheus" | "promtool" => PROMETHEUS_VERSION,
        "alertmanager" => ALERTMANAGER_VERSION,
        "node_exporter" => NODE_EXPORTER_VERSION,
        _ => OWN_VERSION,
    };
    format!(
        "{name}, version {version} (branch: {BRANCH}, revision: {REVISION})\n  \
         build user:       \n  build date:       \n  go version:       {}\n  \
         platform:         {}/{}",
        runtime(),
        std::env::consts::OS,
        go_arch(),
    )
}

/// Version and commit, as log lines and pages show them.
pub(crate) fn version_info(version: &str) -> String {
    format!("(version={version}, branch={BRANCH}, revision={REVISION})")
}

/// What the program was built with and for, as log lines show it.
pub(crate) fn context() -> String {
    let (os, arch) = (std::env::consts::OS, go_arch());
    format!("(go={}, platform={os}/{arch}, user=, date=, tags=unknown)", runtime())
}

/// The processor as Go names it.
fn go_arch() -> &'static str {
    match std::env::consts::ARCH {
        "x86_64" => "amd64",
        "aarch64" => "arm64",
        other => other,
    }
}

/// Adds `<program>_build_info` to `registry`.
pub(crate) fn register(registry: &Registry, program: &str, version: &'static str) {
    let labels = vec![
        LabelPair::new("branch", BRANCH),
        LabelPair::new("goarch", go_arch()),
        LabelPair::new("goos", std::env::consts::OS),
        LabelPair::new("goversion", runtime()),
        LabelPair::new("revision", REVISION),
        LabelPair::new("tags", "unknown"),
        LabelPair::new("version", version),
    ];
    let name = format!("{program}_build_info");
    let help = format!(
        "A metric with a constant '1' value labeled by version, revision, branch, goversion from \
         which {program} was built, and the goos and goarch for the build."
    );
    registry.info(name, help, labels);
}

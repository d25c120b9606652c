//! The programs that are run: ours, and the real ones that it stands beside.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use anyhow::Context as _;

/// Where Debian's Alertmanager looks for its templates.
const ALERTMANAGER_TEMPLATE: &str = "/usr/share/prometheus/alertmanager/default.tmpl";
/// Puts the unpacked templates where they are looked for, in a mount namespace, and becomes the program.
const WITH_TEMPLATES: &str = r#"
mount -t tmpfs tmpfs /usr/share && cp -r "$TEMPLATES" /usr/share/prometheus && unset TEMPLATES || exit 1
exec "$0" "$@"
"#;

/// A program.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Program {
    /// This project: `$REGAIN`, or the one that was built beside the running test or benchmark.
    Regain,
    /// `$PROMETHEUS`, or Debian's.
    Prometheus,
    /// `$VICTORIAMETRICS`, or Debian's.
    VictoriaMetrics,
    /// This project's exporter of the host, the same file.
    RegainNode,
    /// `$NODE_EXPORTER`, or Debian's.
    NodeExporter,
    /// This project's receiver of alerts, the same file.
    RegainAlertmanager,
    /// `$ALERTMANAGER`, or Debian's.
    Alertmanager,
}

impl Program {
    /// The servers that can be compared, ours first.
    pub const SERVERS: [Self; 3] = [Self::Regain, Self::Prometheus, Self::VictoriaMetrics];

    /// The name that people know it by.
    pub fn name(self) -> &'static str {
        match self {
            Self::Regain => "Regain",
            Self::RegainNode => "Regain's exporter",
            Self::Prometheus => "Prometheus",
            Self::VictoriaMetrics => "VictoriaMetrics",
            Self::NodeExporter => "node_exporter",
            Self::RegainAlertmanager => "Regain's Alertmanager",
            Self::Alertmanager => "Alertmanager",
        }
    }

    fn variable(self) -> &'static str {
        match self {
            Self::Regain | Self::RegainNode | Self::RegainAlertmanager => "REGAIN",
            Self::Prometheus => "PROMETHEUS",
            Self::VictoriaMetrics => "VICTORIAMETRICS",
            Self::NodeExporter => "NODE_EXPORTER",
            Self::Alertmanager => "ALERTMANAGER",
        }
    }

    /// The program's file, or nothing where there is none. A variable that is set but empty means to do
    /// without the program; one that names no file is an error.
    pub fn find(self) -> anyhow::Result<Option<PathBuf>> {
        let variable = self.variable();
        if let Some(named) = variable_of(variable) {
            let path = PathBuf::from(&named);
            anyhow::ensure!(named.is_empty() || path.is_file(), "${variable}: no file {named:?}");
            return Ok((!named.is_empty()).then_some(path));
        }
        let path = match self {
            Self::Regain | Self::RegainNode | Self::RegainAlertmanager => built_beside_us()?,
            Self::Prometheus => debian("prometheus"),
            Self::VictoriaMetrics => debian("victoria-metrics"),
            Self::NodeExporter => debian("prometheus-node-exporter"),
            Self::Alertmanager => debian("prometheus-alertmanager"),
        };
        // Debian's reads templates at a fixed place, which is there once the package is installed.
        let starts = self != Self::Alertmanager || Path::new(ALERTMANAGER_TEMPLATE).exists();
        if !starts && !can_mount() {
            return Ok(None);
        }
        Ok(path.is_file().then_some(path))
    }

    /// What starts the program.
    pub fn command(self) -> anyhow::Result<Command> {
        let program = self.need()?;
        if self != Self::Alertmanager || program != debian("prometheus-alertmanager") {
            return Ok(Command::new(program));
        }
        if Path::new(ALERTMANAGER_TEMPLATE).exists() {
            return Ok(Command::new(program));
        }
        let mut command = Command::new("unshare");
        command.args(["--map-root-user", "--mount", "--", "sh", "-c", WITH_TEMPLATES]);
        command.arg(program).env("TEMPLATES", workspace("target/peers/usr/share/prometheus"));
        Ok(command)
    }

    /// The program's file; where there is none, the error says how to get it.
    pub fn need(self) -> anyhow::Result<PathBuf> {
        let hint = match self {
            Self::Regain | Self::RegainNode | Self::RegainAlertmanager => {
                "run `cargo build --package regain` first, or set $REGAIN".to_owned()
            }
            peer => format!("run `make peers` first, or set ${}", peer.variable()),
        };
        self.find()?.with_context(|| format!("no {} at hand; {hint}", self.name()))
    }

    /// The version that the program prints; nothing where it prints none, as one that was built from its
    /// source without its release's settings.
    pub fn version(self) -> anyhow::Result<Option<String>> {
        let mut command = Command::new(self.need()?);
        command.arg(if self == Self::VictoriaMetrics { "-version" } else { "--version" });
        let output = command.output()?;
        let text = [output.stdout, output.stderr].concat();
        Ok(version_in(&String::from_utf8_lossy(&text)).map(str::to_owned))
    }

    /// The name with the version.
    pub fn title(self) -> anyhow::Result<String> {
        let version = self.version()?;
        Ok(format!("{} {}", self.name(), version.as_deref().unwrap_or("(of no version)")))
    }
}

/// The value of an environment variable, where it is set.
#[expect(
    clippy::disallowed_methods,
    reason = "tests and benchmarks are set up by their environment"
)]
pub fn variable_of(name: &str) -> Option<String> {
    std::env::var(name).ok()
}

/// A path below the workspace's root.
pub fn workspace(path: &str) -> PathBuf {
    let here = Path::new(env!("CARGO_MANIFEST_DIR"));
    here.parent().expect("the crate lies in the workspace").join(path)
}

/// Whether this process may make mounts of its own.
fn can_mount() -> bool {
    let mut command = Command::new("unshare");
    command.args(["--map-root-user", "--mount", "true"]).stderr(Stdio::null());
    command.status().is_ok_and(|status| status.success())
}

fn debian(name: &str) -> PathBuf {
    workspace("target/peers/usr/bin").join(name)
}

/// Cargo puts tests into `deps`, one below the programs of the same profile.
fn built_beside_us() -> anyhow::Result<PathBuf> {
    let ours = std::env::current_exe()?;
    let dir = ours.parent().context("the running program lies in a directory")?;
    let dir = if dir.ends_with("deps") { dir.parent().unwrap_or(dir) } else { dir };
    Ok(dir.join("regain"))
}

/// The first three numbers with points between them; only the first line is about the program itself.
fn version_in(text: &str) -> Option<&str> {
    let line = text.lines().next()?;
    line.split(|c: char| !c.is_ascii_digit() && c != '.')
        .map(|word| word.trim_matches('.'))
        .find(|word| word.split('.').filter(|part| !part.is_empty()).count() == 3)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_are_found_in_what_the_programs_print() {
        let prometheus = "prometheus, version 2.42.0+ds (branch: debian/sid, revision: 2.42.0)";
        assert_eq!(version_in(prometheus), Some("2.42.0"));
        let victoria = "victoria-metrics-20260814-091407-tags-v1.150.0-0-g12a3";
        assert_eq!(version_in(victoria), Some("1.150.0"));
        let source = "prometheus, version  (branch: , revision: unknown)\n  go version: go1.26.8";
        assert_eq!(version_in(source), None);
    }
}

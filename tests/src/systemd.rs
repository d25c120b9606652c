//! A real systemd that needs no boot: the manager of a user, with units of our own.
//!
//! It runs in a mount namespace with an empty `/run`, because it looks there whether the host was booted
//! with systemd, and in control groups of its own, because it takes over whatever is in those it starts in.

use std::fs;
use std::io;
use std::os::unix::net::UnixDatagram;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use anyhow::Context as _;

use crate::process::{wait_for, write_file};

const PROGRAM: &str = "/usr/lib/systemd/systemd";
const CONTROL_GROUPS: &str = "/sys/fs/cgroup";
const START_LIMIT: Duration = Duration::from_mins(1);
const STOP_LIMIT: Duration = Duration::from_mins(1);
/// Moves the shell into its own groups and namespace, and becomes the manager.
const SCRIPT: &str = r#"
for hierarchy in $HIERARCHIES; do
    mkdir -p "$hierarchy/$GROUP" && echo $$ > "$hierarchy/$GROUP/cgroup.procs"
done 2>/dev/null
mount -t tmpfs tmpfs /run && mkdir -p /run/systemd/system || exit 1
unset HIERARCHIES GROUP
exec "$0" --user
"#;

/// A manager that runs. It stops its units when it is dropped.
#[derive(Debug)]
pub struct UserManager {
    child: Child,
    runtime: PathBuf,
    groups: Vec<PathBuf>,
}

impl UserManager {
    /// Whether this host can have one: the programs are there, and this process may make a namespace.
    pub fn is_possible() -> bool {
        let works = |program: &str, arguments: &[&str]| {
            let quiet = Command::new(program).args(arguments).stderr(Stdio::null()).status();
            quiet.is_ok_and(|status| status.success())
        };
        Path::new(PROGRAM).exists() && works("unshare", &["--mount", "true"])
    }

    /// Starts a manager in a directory, whose path has to be short, with these units: name and text.
    pub fn start(dir: &Path, units: &[(&str, &str)]) -> anyhow::Result<Self> {
        let (config, runtime) = (dir.join("config"), dir.join("run"));
        let unit_dir = config.join("systemd/user");
        fs::create_dir_all(&unit_dir)?;
        fs::create_dir_all(&runtime)?;
        for (name, text) in units {
            write_file(&unit_dir.join(name), text)?;
        }
        let ready = UnixDatagram::bind(dir.join("ready"))?;
        ready.set_read_timeout(Some(START_LIMIT))?;
        let hierarchies = hierarchies();
        let group = format!("regain-tests-{}-{}", std::process::id(), dir_name(dir));
        let child = Command::new("unshare")
            .args(["--mount", "--", "sh", "-c", SCRIPT, PROGRAM])
            .env_clear()
            .env("PATH", "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin")
            .env("HOME", dir)
            .env("XDG_RUNTIME_DIR", &runtime)
            .env("XDG_CONFIG_HOME", &config)
            .env("NOTIFY_SOCKET", dir.join("ready"))
            .env("HIERARCHIES", hierarchies.join(" "))
            .env("GROUP", &group)
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(fs::File::create(dir.join("log"))?)
            .spawn()
            .context("start unshare")?;
        let groups = hierarchies.iter().map(|path| Path::new(path).join(&group)).collect();
        let manager = Self { child, runtime, groups };
        let mut message = [0; 4096];
        loop {
            let length = ready.recv(&mut message).with_context(|| {
                let log = fs::read_to_string(dir.join("log")).unwrap_or_default();
                format!("systemd did not get ready:\n{log}")
            })?;
            if String::from_utf8_lossy(&message[..length]).lines().any(|line| line == "READY=1") {
                return Ok(manager);
            }
        }
    }

    /// The manager's own socket, without a bus in between.
    pub fn socket(&self) -> PathBuf {
        self.runtime.join("systemd/private")
    }

    /// The directory that `XDG_RUNTIME_DIR` names for whoever uses `systemctl --user`.
    pub fn runtime_dir(&self) -> &Path {
        &self.runtime
    }

    /// Runs `systemctl --user` and gives what it prints.
    pub fn systemctl(&self, arguments: &[&str]) -> anyhow::Result<String> {
        let output = Command::new("systemctl")
            .arg("--user")
            .args(arguments)
            .env("XDG_RUNTIME_DIR", &self.runtime)
            .output()
            .context("run systemctl")?;
        Ok(String::from_utf8_lossy(&output.stdout).trim_end().to_owned())
    }

    fn stop(&mut self) -> anyhow::Result<()> {
        // A manager that is killed would leave its units running.
        Command::new("kill").arg(self.child.id().to_string()).status()?;
        wait_for("systemd to stop", STOP_LIMIT, || Ok(self.child.try_wait()?.map(drop)))
    }
}

impl Drop for UserManager {
    fn drop(&mut self) {
        if self.stop().is_err() {
            self.child.kill().ok();
            self.child.wait().ok();
        }
        for group in &self.groups {
            remove_groups(group).ok();
        }
    }
}

/// The roots of the control groups: one, or with the older layout one for each controller.
fn hierarchies() -> Vec<String> {
    let root = Path::new(CONTROL_GROUPS);
    let has_processes = |path: &Path| path.join("cgroup.procs").exists();
    if has_processes(root) {
        return vec![CONTROL_GROUPS.to_owned()];
    }
    let entries = fs::read_dir(root).into_iter().flatten().flatten().map(|entry| entry.path());
    entries
        .filter(|path| has_processes(path) && !path.is_symlink())
        .map(|path| path.display().to_string())
        .collect()
}

/// Removes an empty group with those below it.
fn remove_groups(group: &Path) -> io::Result<()> {
    for entry in fs::read_dir(group)? {
        let path = entry?.path();
        if path.is_dir() {
            remove_groups(&path)?;
        }
    }
    fs::remove_dir(group)
}

fn dir_name(dir: &Path) -> String {
    let name = dir.file_name().unwrap_or_default().to_string_lossy();
    name.chars().filter(char::is_ascii_alphanumeric).collect()
}

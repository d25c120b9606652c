//! A small house for a real systemd: a mount namespace of its own in which `/run` is empty.
//!
//! The user manager of systemd runs there without having booted anything, and nothing outside sees it. The demo starts
//! itself again inside, so that all programs that it starts find this systemd where systemd usually is.

use std::fs;
use std::os::unix::fs::{PermissionsExt as _, symlink};
use std::os::unix::process::CommandExt as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Duration;

use anyhow::Context as _;
use regain_tests::process::{Running, wait_for, write_file};
use regain_tests::program::variable_of;

/// Is set for the demo that runs inside.
const INSIDE: &str = "REGAIN_DEMO_INSIDE";
const RUNTIME_DIR: &str = "/run/regain-demo";
const START_LIMIT: Duration = Duration::from_secs(20);

/// Goes on inside; returns only there.
pub(crate) fn enter() -> anyhow::Result<()> {
    if variable_of(INSIDE).is_some() {
        return Ok(());
    }
    need("unshare", "apt-get install util-linux")?;
    need("systemd", "apt-get install systemd")?;
    let program = std::env::current_exe()?;
    let mut command = Command::new("unshare");
    if !is_root() {
        // Who is not root is it in a user namespace of their own.
        command.arg("--map-root-user");
    }
    command.args(["--mount", "--"]).arg(program).args(std::env::args_os().skip(1)).env(INSIDE, "1");
    // Comes back only when it failed.
    Err(command.exec()).context("start `unshare`")
}

fn is_root() -> bool {
    fs::metadata("/proc/self").is_ok_and(|own| std::os::unix::fs::MetadataExt::uid(&own) == 0)
}

/// Complains where a program is missing, with the command that installs it on Debian.
pub(crate) fn need(program: &str, install: &str) -> anyhow::Result<()> {
    let path = variable_of("PATH").unwrap_or_default();
    let found = path.split(':').any(|dir| Path::new(dir).join(program).is_file());
    anyhow::ensure!(found, "the demo needs `{program}`: {install}");
    Ok(())
}

/// A systemd that runs, with one unit in it.
#[derive(Debug)]
pub(crate) struct House {
    _systemd: Running,
    unit: &'static str,
}

impl House {
    /// Starts systemd with the unit `unit`, whose file has this text; files go below `dir`.
    pub(crate) fn build(dir: &Path, unit: &'static str, text: &str) -> anyhow::Result<Self> {
        let mounted = Command::new("mount").args(["-t", "tmpfs", "tmpfs", "/run"]).status();
        let mounted = mounted.context("start `mount`")?;
        anyhow::ensure!(
            mounted.success(),
            "this system allows no private /run to this user; run the demo as root"
        );
        let units = dir.join("config/systemd/user");
        fs::create_dir_all(&units)?;
        write_file(&units.join(unit), text)?;
        // What `sd_booted` looks for.
        fs::create_dir_all("/run/systemd/system")?;
        fs::create_dir_all(RUNTIME_DIR)?;
        fs::set_permissions(RUNTIME_DIR, fs::Permissions::from_mode(0o700))?;
        let log = fs::File::create(dir.join("systemd.log"))?;
        let mut command = Command::new("systemd");
        command.args(["--user", "--log-target=console"]).env("HOME", dir);
        command.env("XDG_CONFIG_HOME", dir.join("config")).env("XDG_RUNTIME_DIR", RUNTIME_DIR);
        command.stdin(Stdio::null()).stdout(log.try_clone()?).stderr(log);
        let mut systemd = Running::new(command.spawn().context("start `systemd --user`")?);
        let socket = PathBuf::from(RUNTIME_DIR).join("systemd/private");
        wait_for("systemd's own socket", START_LIMIT, || {
            let log = || fs::read_to_string(dir.join("systemd.log")).unwrap_or_default();
            anyhow::ensure!(!systemd.has_ended()?, "systemd ended at once:\n{}", log());
            Ok(socket.exists().then_some(()))
        })?;
        symlink(&socket, "/run/systemd/private")?;
        Ok(Self { _systemd: systemd, unit })
    }

    /// Runs `systemctl` and returns what it prints.
    fn control(arguments: &[&str]) -> anyhow::Result<String> {
        let mut command = Command::new("systemctl");
        command.arg("--user").args(arguments).env("XDG_RUNTIME_DIR", RUNTIME_DIR);
        let output = command.output().context("start `systemctl`")?;
        Ok(String::from_utf8_lossy(&output.stdout).trim().to_owned())
    }

    /// Starts the unit and waits until it is active.
    pub(crate) fn start_unit(&self) -> anyhow::Result<()> {
        Self::control(&["reset-failed", self.unit])?;
        Self::control(&["start", self.unit])?;
        wait_for("the unit to be active", START_LIMIT, || Ok(self.is_active()?.then_some(())))
    }

    /// Whether the unit is active.
    pub(crate) fn is_active(&self) -> anyhow::Result<bool> {
        Ok(Self::control(&["is-active", self.unit])? == "active")
    }

    /// Kills the unit's processes; nothing but somebody's help brings them back.
    pub(crate) fn kill_unit(&self) -> anyhow::Result<()> {
        Self::control(&["kill", "--signal=KILL", self.unit])?;
        wait_for("the unit to be dead", START_LIMIT, || Ok((!self.is_active()?).then_some(())))
    }
}

//! A small house for a real systemd: a mount namespace of its own in which `/run` is empty.
//!
//! The user manager of systemd runs there without having booted anything, and nothing outside sees it. The demo starts
//! itself again inside, so that all programs that it starts find this systemd where systemd usually is.

use std::fs;
use std::os::unix::fs::symlink;
use std::os::unix::process::CommandExt as _;
use std::path::Path;
use std::process::Command;
use std::time::Duration;

use anyhow::Context as _;
use regain_tests::process::wait_for;
use regain_tests::program::variable_of;
use regain_tests::systemd::UserManager;

/// Is set for the demo that runs inside.
const INSIDE: &str = "REGAIN_DEMO_INSIDE";
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
    systemd: UserManager,
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
        let systemd = UserManager::start(dir, &[(unit, text)])?;
        // What `sd_booted` looks for, and where systemd is found without a bus.
        fs::create_dir_all("/run/systemd/system")?;
        symlink(systemd.socket(), "/run/systemd/private")?;
        Ok(Self { systemd, unit })
    }

    /// Starts the unit and waits until it is active.
    pub(crate) fn start_unit(&self) -> anyhow::Result<()> {
        self.systemd.systemctl(&["reset-failed", self.unit])?;
        self.systemd.systemctl(&["start", self.unit])?;
        wait_for("the unit to be active", START_LIMIT, || Ok(self.is_active()?.then_some(())))
    }

    /// Whether the unit is active.
    pub(crate) fn is_active(&self) -> anyhow::Result<bool> {
        Ok(self.systemd.systemctl(&["is-active", self.unit])? == "active")
    }

    /// Kills the unit's processes; nothing but somebody's help brings them back.
    pub(crate) fn kill_unit(&self) -> anyhow::Result<()> {
        self.systemd.systemctl(&["kill", "--signal=KILL", self.unit])?;
        wait_for("the unit to be dead", START_LIMIT, || Ok((!self.is_active()?).then_some(())))
    }
}

//! A build while it runs: what its steps can see and do.

use std::collections::BTreeMap;
use std::fmt;
use std::os::unix::process::CommandExt as _;
use std::process::{Child, Command, Stdio};
use std::sync::{Arc, Condvar, Mutex, PoisonError};
use std::thread;
use std::time::Duration;

use super::job::BuildResult;
use super::state::Shared;

/// How often a running command is looked after.
const LOOK: Duration = Duration::from_millis(5);

/// A running build, as its steps see it.
pub struct Run {
    /// The full name of the job.
    pub job: String,
    /// The number of the build.
    pub number: u32,
    /// Its parameters.
    pub parameters: BTreeMap<String, String>,
    pub(crate) stop: Arc<Stop>,
    pub(crate) shared: Arc<Shared>,
}

impl fmt::Debug for Run {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} #{}", self.job, self.number)
    }
}

impl Run {
    /// Writes text into the log.
    pub fn log(&self, text: &str) {
        self.shared.change(|state| state.log(&self.job, self.number, text));
    }

    /// Whether somebody wants the build to stop.
    pub fn is_stopped(&self) -> bool {
        *self.stop.wanted.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Waits until somebody wants the build to stop.
    pub fn wait_for_stop(&self) {
        let mut wanted = self.stop.wanted.lock().unwrap_or_else(PoisonError::into_inner);
        while !*wanted {
            wanted = self.stop.changed.wait(wanted).unwrap_or_else(PoisonError::into_inner);
        }
    }
}

/// Tells a build to stop.
#[derive(Debug, Default)]
pub(crate) struct Stop {
    wanted: Mutex<bool>,
    changed: Condvar,
}

impl Stop {
    pub(crate) fn want(&self) {
        *self.wanted.lock().unwrap_or_else(PoisonError::into_inner) = true;
        self.changed.notify_all();
    }
}

/// Runs a program until it ends or the build is stopped.
pub(crate) fn run_command(run: &Run, argv: &[String]) -> BuildResult {
    let Some((program, arguments)) = argv.split_first() else {
        return BuildResult::NotBuilt;
    };
    let started = Command::new(program)
        .args(arguments)
        .envs(&run.parameters)
        .env("JOB_NAME", &run.job)
        .env("BUILD_NUMBER", run.number.to_string())
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .process_group(0)
        .spawn();
    let mut child = match started {
        Ok(child) => child,
        Err(error) => {
            run.log(&format!("{program}: {error}\n"));
            return BuildResult::Failure;
        }
    };
    let (out, err) = (child.stdout.take(), child.stderr.take());
    let ended = thread::scope(|scope| {
        scope.spawn(|| out.map(|stream| copy(run, stream)));
        scope.spawn(|| err.map(|stream| copy(run, stream)));
        wait(run, &mut child)
    });
    if ended { BuildResult::Success } else { BuildResult::Failure }
}

/// Whether the program ended well.
fn wait(run: &Run, child: &mut Child) -> bool {
    loop {
        match child.try_wait() {
            Ok(Some(status)) => return status.success(),
            Ok(None) if run.is_stopped() => {
                // With its children, which would keep the log open. They may have ended by themselves.
                let group = format!("-{}", child.id());
                Command::new("kill").args(["-KILL", "--", &group]).status().ok();
                return child.wait().is_ok_and(|status| status.success());
            }
            Ok(None) => thread::park_timeout(LOOK),
            Err(error) => {
                run.log(&format!("{error}\n"));
                return false;
            }
        }
    }
}

fn copy(run: &Run, mut stream: impl std::io::Read) {
    let mut bytes = [0; 4096];
    while let Ok(length @ 1..) = stream.by_ref().read(&mut bytes) {
        run.log(&String::from_utf8_lossy(&bytes[..length]));
    }
}

//! Starts the program, reads what it says, and ends it.

use std::ffi::OsStr;
use std::io::{BufRead as _, BufReader};
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Output, Stdio};
use std::sync::mpsc::{Receiver, RecvTimeoutError, channel};
use std::time::Duration;

use rustix::process::{Pid, Signal, kill_process};
use tempfile::TempDir;

/// The program under test.
pub(crate) const REGAIN: &str = env!("CARGO_BIN_EXE_regain");

/// How long a line that must come may take; only a program that hangs takes that long.
const PATIENCE: Duration = Duration::from_mins(1);

/// Runs the program to its end.
pub(crate) fn run<S: AsRef<OsStr>>(arguments: &[S]) -> Output {
    Command::new(REGAIN).args(arguments).output().unwrap()
}

/// The text of a stream.
pub(crate) fn text(bytes: &[u8]) -> String {
    String::from_utf8(bytes.to_vec()).unwrap()
}

/// The program under the names of the originals, in a directory of the test's own.
pub(crate) struct Names(TempDir);

impl Names {
    pub(crate) fn new() -> Self {
        let dir = tempfile::tempdir().unwrap();
        for name in ["prometheus", "promtool", "node_exporter"] {
            symlink(REGAIN, dir.path().join(name)).unwrap();
        }
        Self(dir)
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }
}

/// A program of the originals, from the environment; says so where there is none.
pub(crate) fn original(variable: &str) -> Option<PathBuf> {
    let found = std::env::var_os(variable).map(PathBuf::from);
    if found.is_none() {
        println!("skipped: ${variable} names no program to compare with");
    }
    found
}

/// A running program.
pub(crate) struct Program {
    child: Child,
    /// The lines of the log.
    lines: Receiver<String>,
    /// The lines of the standard output.
    printed: Receiver<String>,
    seen: Vec<String>,
}

impl Program {
    /// Starts the program in the directory `dir`.
    pub(crate) fn start<S: AsRef<OsStr>>(arguments: &[S], dir: &Path) -> Self {
        let mut command = Command::new(REGAIN);
        Self::spawn(command.args(arguments).current_dir(dir).stdin(Stdio::null()))
    }

    /// Starts the program in the way that `command` does.
    pub(crate) fn spawn(command: &mut Command) -> Self {
        let mut child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        let lines = lines_of(child.stderr.take().unwrap());
        let printed = lines_of(child.stdout.take().unwrap());
        Self { child, lines, printed, seen: Vec::new() }
    }

    /// Waits for a line of the log that contains all of `parts`, and gives it.
    pub(crate) fn line_with(&mut self, parts: &[&str]) -> String {
        loop {
            match self.lines.recv_timeout(PATIENCE) {
                Ok(line) => {
                    self.seen.push(line.clone());
                    if parts.iter().all(|part| line.contains(part)) {
                        return line;
                    }
                }
                Err(RecvTimeoutError::Timeout) => {
                    panic!("no line with {parts:?} in {:#?}", self.seen)
                }
                Err(RecvTimeoutError::Disconnected) => {
                    panic!("ended without a line with {parts:?}: {:#?}", self.seen)
                }
            }
        }
    }

    /// Waits until the program says where it listens, and gives the address.
    pub(crate) fn address(&mut self) -> String {
        let line = self.line_with(&["msg=\"Listening on\""]);
        line.rsplit_once("address=").unwrap().1.to_owned()
    }

    /// Sends a signal.
    pub(crate) fn signal(&self, signal: Signal) {
        kill_process(Pid::from_child(&self.child), signal).unwrap();
    }

    /// Waits for the end; gives how it ended, all lines of the log and what was printed.
    pub(crate) fn wait(mut self) -> (ExitStatus, Vec<String>, String) {
        let status = self.child.wait().unwrap();
        let mut seen = std::mem::take(&mut self.seen);
        seen.extend(self.lines.iter());
        let printed = self.printed.iter().map(|line| line + "\n").collect();
        (status, seen, printed)
    }

    /// Waits for the lines that `up` prints once it runs.
    pub(crate) fn banner(&mut self) -> Vec<String> {
        let mut banner = Vec::new();
        while banner.last().is_none_or(|line: &String| line != "Ctrl-C ends it.") {
            let line = self.printed.recv_timeout(PATIENCE).unwrap_or_else(|error| {
                let log: Vec<String> = self.lines.try_iter().collect();
                panic!("{error}: only {banner:#?} and the log {log:#?}")
            });
            banner.push(line);
        }
        banner
    }

    /// Asks for the end and waits for it.
    pub(crate) fn stop(self) -> (ExitStatus, Vec<String>, String) {
        self.signal(Signal::TERM);
        self.wait()
    }
}

/// Reads lines as they come.
fn lines_of(stream: impl std::io::Read + Send + 'static) -> Receiver<String> {
    let (sender, lines) = channel();
    std::thread::spawn(move || {
        for line in BufReader::new(stream).lines().map_while(Result::ok) {
            if sender.send(line).is_err() {
                return;
            }
        }
    });
    lines
}

impl Drop for Program {
    fn drop(&mut self) {
        if self.child.try_wait().ok().flatten().is_none() {
            self.child.kill().ok();
            self.child.wait().ok();
        }
    }
}

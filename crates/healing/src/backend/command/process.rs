//! Processes: how one is started, found again and ended.

use std::fmt;
use std::io;
use std::process::{ExitStatus, Stdio};

use std::os::unix::process::ExitStatusExt as _;

use rustix::process::{Pid, Signal, kill_process_group};
use tokio::process::{Child, Command};

use crate::order::{CommandAction, Order, Outcome, Value, ValueError};

/// Says why a command cannot be written.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub(super) enum CommandError {
    #[error("argument {index}: {source}")]
    Argument { index: usize, source: ValueError },
    #[error(
        "argument {index}: the value of label {label:?} begins with a dash, as an option would"
    )]
    Dash { index: usize, label: String },
}

/// Makes a command ready to start.
pub(super) fn command(order: &Order, action: &CommandAction) -> Result<Command, CommandError> {
    let mut command = Command::new(&action.program);
    for (index, argument) in action.arguments.iter().enumerate() {
        let text = argument
            .resolve(&order.labels)
            .map_err(|source| CommandError::Argument { index, source })?;
        if let Value::Label(value) = argument
            && text.starts_with('-')
        {
            return Err(CommandError::Dash { index, label: value.label.clone() });
        }
        command.arg(text);
    }
    command
        .env_clear()
        .env("PATH", CommandAction::PATH)
        .env("REGAIN_EXECUTION_ID", order.id.as_str())
        .env("REGAIN_REMEDIATION", &*order.remediation)
        .current_dir(&action.cwd)
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .process_group(0);
    for (name, value) in &order.labels {
        command.env(variable(name), value);
    }
    for (name, value) in &action.env {
        command.env(name, value.expose());
    }
    Ok(command)
}

/// Returns the name of the variable that carries a label: other letters than those of a name become `_`.
fn variable(label: &str) -> String {
    let letter = |letter: char| if letter.is_ascii_alphanumeric() { letter } else { '_' };
    format!("REGAIN_LABEL_{}", label.chars().map(letter).collect::<String>())
}

/// Says how a program ended.
pub(super) fn end_of(status: io::Result<ExitStatus>) -> Outcome {
    match status {
        Ok(status) if status.success() => Outcome::Succeeded,
        Ok(status) => Outcome::failed(match (status.code(), status.signal()) {
            (Some(code), _) => format!("it exited with status {code}"),
            (None, Some(signal)) => format!("it was killed by signal {signal}"),
            (None, None) => "it ended without a status".to_owned(),
        }),
        Err(error) => Outcome::failed(format!("it cannot be waited for: {error}")),
    }
}

/// Is the process group of a program: the number of its first process, and when that started, because
/// numbers are used again.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Group {
    leader: Pid,
    /// In ticks since the start of the host.
    started: u64,
}

impl Group {
    /// Returns the group of a child that was not waited for yet.
    pub(super) fn of(child: &Child) -> Option<Self> {
        let leader = Pid::from_raw(i32::try_from(child.id()?).ok()?)?;
        Some(Self { leader, started: start_time(leader)? })
    }

    /// Reads what is written by `Display`.
    pub(super) fn parse(text: &str) -> Option<Self> {
        let (leader, started) = text.split_once(' ')?;
        let leader = leader.parse().ok().filter(|&number| number > 1)?;
        Some(Self { leader: Pid::from_raw(leader)?, started: started.parse().ok()? })
    }

    /// Names it for a reader.
    pub(super) fn title(self) -> String {
        format!("process {}", self.leader.as_raw_nonzero())
    }

    /// Says whether the first process of the group still runs.
    pub(super) fn is_alive(self) -> bool {
        start_time(self.leader) == Some(self.started)
    }

    pub(super) fn ask_to_end(self) {
        self.signal(Signal::TERM);
    }

    pub(super) fn kill(self) {
        self.signal(Signal::KILL);
    }

    fn signal(self, signal: Signal) {
        match kill_process_group(self.leader, signal) {
            // Nobody is left.
            Ok(()) | Err(rustix::io::Errno::SRCH) => {}
            Err(error) => tracing::warn!(%error, group = %self, "a command cannot be signalled"),
        }
    }
}

impl fmt::Display for Group {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.leader.as_raw_nonzero(), self.started)
    }
}

/// Reads when a process started; nothing where there is none, or where it is dead and not waited for.
fn start_time(process: Pid) -> Option<u64> {
    let stat = std::fs::read_to_string(format!("/proc/{}/stat", process.as_raw_nonzero())).ok()?;
    // The name in parentheses may hold blanks; the fields behind it are counted from 3.
    let fields: Vec<&str> = stat.rsplit_once(") ")?.1.split(' ').collect();
    let (state, started) = (fields.first()?, fields.get(19)?);
    if *state == "Z" { None } else { started.parse().ok() }
}

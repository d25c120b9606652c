//! Programs on this host, started without a shell and at most once for each id.
//!
//! Before a program starts, a mark with the id as its name is made and synced. A mark that is there means
//! that the program may have been started; it never starts twice. The mark also gets the program's process and, at
//! its end, the result, so that a restart of this process finds out what became of it as far as that can be known.
//!
//! A program runs in a process group of its own, which is asked to end at the step's deadline and killed
//! after a grace. Only the end of its output is kept.

mod mark;
mod output;
mod process;

use std::path::PathBuf;
use std::sync::{Arc, Mutex, OnceLock, PoisonError};
use std::time::Duration;

use hashbrown::HashMap;
use regain_storage::fs::Fs;
use tokio::process::Child;
use tokio::time::sleep;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use self::mark::{Mark, Marks};
use self::output::Output;
use self::process::{Group, command, end_of};
use crate::order::{
    Cancelled, CommandAction, ExecutionId, Found, Handle, Order, Outcome, Progress, Triggered,
};

/// Is how many ended programs are remembered with their output.
const REMEMBERED_MAX: usize = 256;

/// Starts programs and watches them.
#[derive(Debug)]
pub(super) struct Commands {
    marks: Arc<Marks>,
    tasks: TaskTracker,
    runs: Mutex<HashMap<ExecutionId, Arc<Run>>>,
}

/// Is a program that this process started.
#[derive(Debug, Default)]
struct Run {
    output: Output,
    outcome: OnceLock<Outcome>,
    cancel: CancellationToken,
    ended: CancellationToken,
}

impl Commands {
    pub(super) fn new(fs: Arc<dyn Fs>, directory: PathBuf, tasks: TaskTracker) -> Self {
        Self { marks: Arc::new(Marks::new(fs, directory)), tasks, runs: Mutex::default() }
    }

    pub(super) async fn trigger(&self, order: &Order, action: &CommandAction) -> Triggered {
        let mut command = match command(order, action) {
            Ok(command) => command,
            Err(error) => return Triggered::refused(error.to_string()),
        };
        match self.marks.make(&order.id, order.intended_at) {
            Ok(true) => {}
            Ok(false) => return Triggered::unknown("it was started before under the same id"),
            Err(error) => return Triggered::refused_for_now(format!("no mark can be made: {error}")),
        }
        let child = match command.spawn() {
            Ok(child) => child,
            Err(error) => {
                let why = format!("{}: {error}", action.program.display());
                return match self.marks.remove(&order.id) {
                    Ok(()) => Triggered::refused(why),
                    Err(left) => Triggered::unknown(format!("{why}, and its mark stays: {left}")),
                };
            }
        };
        let run = Arc::new(Run::default());
        let group = Group::of(&child);
        if let Some(error) = group.and_then(|group| self.marks.started(&order.id, group).err()) {
            // The program runs all the same; after a restart nobody will know of it.
            tracing::warn!(%error, id = %order.id, "the process of a command was not recorded");
        }
        self.remember(&order.id, &run);
        let watch = Watch {
            id: order.id.clone(),
            marks: Arc::clone(&self.marks),
            run,
            deadline: order.deadline,
            grace: action.grace,
        };
        self.tasks.spawn(watch.until_end(child, group));
        Triggered::Started(Handle(group.map_or_else(String::new, |group| group.to_string())))
    }

    pub(super) fn lookup(&self, order: &Order) -> Found {
        let handle = Handle(String::new());
        if let Some(run) = self.run(&order.id) {
            return match run.outcome.get() {
                Some(outcome) => Found::Done(handle, outcome.clone()),
                None => Found::Running(handle),
            };
        }
        match self.marks.read(&order.id) {
            Ok(None) => Found::Nothing,
            Ok(Some(Mark { outcome: Some(outcome), .. })) => Found::Done(handle, outcome),
            Ok(Some(Mark { group: Some(group), .. })) if group.is_alive() => Found::Running(handle),
            Ok(Some(_)) => Found::unknown(
                "it was started, and whoever was to see its end was restarted before that",
            ),
            Err(error) => Found::unknown(format!("its mark cannot be read: {error}")),
        }
    }

    pub(super) fn poll(&self, order: &Order) -> Progress {
        match self.lookup(order) {
            Found::Running(_) => {
                let note = self.group(&order.id).map_or_else(String::new, |group| group.to_string());
                Progress::Running { handle: Handle(note.clone()), note }
            }
            Found::Done(_, outcome) => Progress::Done(outcome),
            Found::Unknown { why } => Progress::Lost { why },
            Found::Nothing => Progress::Lost { why: "it has no mark".to_owned() },
        }
    }

    pub(super) async fn cancel(&self, order: &Order, action: &CommandAction) -> Cancelled {
        if let Some(run) = self.run(&order.id) {
            if let Some(outcome) = run.outcome.get() {
                return Cancelled::Ended(outcome.clone());
            }
            run.cancel.cancel();
            run.ended.cancelled().await;
            return Cancelled::Stopped;
        }
        // A program of an earlier life of this process.
        match self.group(&order.id).filter(Group::is_alive) {
            Some(group) => {
                group.ask_to_end();
                sleep(action.grace).await;
                group.kill();
                Cancelled::Stopped
            }
            None => match self.lookup(order) {
                Found::Done(_, outcome) => Cancelled::Ended(outcome),
                Found::Nothing => Cancelled::Stopped,
                Found::Running(_) => Cancelled::Unknown { why: "it still runs".to_owned() },
                Found::Unknown { why } => Cancelled::Unknown { why },
            },
        }
    }

    pub(super) fn log(&self, order: &Order) -> Option<String> {
        self.run(&order.id).map(|run| run.output.tail())
    }

    fn run(&self, id: &ExecutionId) -> Option<Arc<Run>> {
        self.runs.lock().unwrap_or_else(PoisonError::into_inner).get(id).map(Arc::clone)
    }

    fn group(&self, id: &ExecutionId) -> Option<Group> {
        self.marks.read(id).ok()??.group
    }

    /// Keeps a run; forgets ended ones when there are many. Their marks stay.
    fn remember(&self, id: &ExecutionId, run: &Arc<Run>) {
        let mut runs = self.runs.lock().unwrap_or_else(PoisonError::into_inner);
        if runs.len() >= REMEMBERED_MAX {
            runs.retain(|_, run| run.outcome.get().is_none());
        }
        runs.insert(id.clone(), Arc::clone(run));
    }
}

/// Sees a program to its end.
struct Watch {
    id: ExecutionId,
    marks: Arc<Marks>,
    run: Arc<Run>,
    deadline: Duration,
    grace: Duration,
}

impl Watch {
    async fn until_end(self, mut child: Child, group: Option<Group>) {
        let reading = self.run.output.read(child.stdout.take(), child.stderr.take());
        let ending = async {
            tokio::select! {
                status = child.wait() => end_of(status),
                () = sleep(self.deadline) => {
                    self.end(&mut child, group).await;
                    Outcome::failed(format!("it was killed after {:?}", self.deadline))
                }
                () = self.run.cancel.cancelled() => {
                    self.end(&mut child, group).await;
                    Outcome::failed("it was cancelled")
                }
            }
        };
        let outcome = output::during(ending, reading).await;
        if let Err(error) = self.marks.ended(&self.id, &outcome) {
            tracing::warn!(%error, id = %self.id, "the end of a command was not recorded");
        }
        self.run.outcome.get_or_init(|| outcome);
        self.run.ended.cancel();
    }

    async fn end(&self, child: &mut Child, group: Option<Group>) {
        let Some(group) = group else { return };
        group.ask_to_end();
        if tokio::time::timeout(self.grace, child.wait()).await.is_err() {
            tracing::debug!(id = %self.id, "a command did not end when it was asked to");
        }
        // Also what the program itself left behind.
        group.kill();
        if let Err(error) = child.wait().await {
            tracing::warn!(%error, id = %self.id, "a killed command cannot be waited for");
        }
    }
}

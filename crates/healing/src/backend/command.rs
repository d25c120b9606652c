//! Programs on this host, started without a shell and at most once for each id.
//!
//! A mark that is there means that the program may have been started; it never starts twice. The mark also
//! gets the program's process and, at its end, the result, so that after a restart of this process it is known
//! what became of the program, as far as that can be known.
//!
//! A program runs in a process group of its own, which is asked to end at the step's deadline and killed
//! after a grace. Only the end of its output is kept.

mod output;
mod process;

use std::sync::{Arc, Mutex, OnceLock, PoisonError};
use std::time::Duration;

use hashbrown::HashMap;
use tokio::process::Child;
use tokio::time::sleep;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use self::output::Output;
use self::process::{Group, command, end_of};
use super::mark::{Mark, Marks};
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
    pub(super) fn new(marks: Arc<Marks>, tasks: TaskTracker) -> Self {
        Self { marks, tasks, runs: Mutex::default() }
    }

    /// Starts the program; needs a runtime that watches it.
    pub(super) fn trigger(&self, order: &Order, action: &CommandAction) -> Triggered {
        let mut command = match command(order, action) {
            Ok(command) => command,
            Err(error) => return Triggered::refused(error.to_string()),
        };
        if let Err(answer) = self.marks.make_for(order) {
            return answer;
        }
        let child = match command.spawn() {
            Ok(child) => child,
            Err(error) => {
                self.marks.take_back(&order.id);
                return Triggered::refused(format!("{}: {error}", action.program.display()));
            }
        };
        let run = Arc::new(Run::default());
        let group = Group::of(&child);
        let handle = group.map_or_else(String::new, |group| group.to_string());
        self.marks.started(&order.id, &handle);
        self.remember(&order.id, &run);
        let watch = Watch {
            id: order.id.clone(),
            marks: Arc::clone(&self.marks),
            run,
            deadline: order.deadline,
            grace: action.grace,
        };
        self.tasks.spawn(watch.until_end(child, group));
        Triggered::Started(Handle(handle))
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
            Ok(Some(mark)) if group_of(&mark).is_some_and(Group::is_alive) => {
                Found::Running(handle)
            }
            Ok(Some(_)) => Found::unknown(
                "it was started, and whoever was to see its end was restarted before that",
            ),
            Err(error) => Found::unknown(format!("its mark cannot be read: {error}")),
        }
    }

    pub(super) fn poll(&self, order: &Order) -> Progress {
        match self.lookup(order) {
            Found::Running(_) => {
                let group = self.group(&order.id);
                let handle = group.map_or_else(String::new, |group| group.to_string());
                let note = group.map_or_else(String::new, Group::title);
                Progress::Running { handle: Handle(handle), note }
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
        match self.group(&order.id).filter(|group| group.is_alive()) {
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
        group_of(&self.marks.read(id).ok()??)
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

fn group_of(mark: &Mark) -> Option<Group> {
    Group::parse(mark.started.as_deref()?)
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
        self.marks.ended(&self.id, &outcome);
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

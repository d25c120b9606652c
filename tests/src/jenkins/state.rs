//! Jobs, queue and builds, and how one becomes the other.

use std::collections::BTreeMap;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::{Duration, Instant, UNIX_EPOCH};

use super::Jenkins;
use super::fault::{Fault, Logged, Trouble};
use super::job::{Build, BuildResult, Job};
use super::login::{Sessions, User};
use super::run::{Run, Stop};

/// How long an item is remembered after it left the queue.
const MEMORY: Duration = Duration::from_mins(5);
/// How long to wait for something that never comes.
const PATIENCE: Duration = Duration::from_mins(2);

/// What all connections and builds share.
#[derive(Debug)]
pub(crate) struct Shared {
    pub(crate) users: Vec<User>,
    pub(crate) anonymous_reads: bool,
    pub(crate) crumbs: bool,
    pub(crate) prefix: String,
    pub(crate) root_url: Option<String>,
    pub(crate) quiet_period: Duration,
    state: Mutex<State>,
    changed: Condvar,
}

#[derive(Debug)]
pub(crate) struct State {
    pub(crate) jobs: BTreeMap<String, Project>,
    pub(crate) items: Vec<Item>,
    pub(crate) executors: usize,
    pub(crate) quieting: bool,
    pub(crate) starting: bool,
    pub(crate) sessions: Sessions,
    pub(crate) faults: Vec<Fault>,
    pub(crate) requests: Vec<Logged>,
    last_item: u64,
    /// How far the clock was moved.
    moved: Duration,
    pub(crate) stopping: bool,
}

/// A job with what became of it.
#[derive(Debug)]
pub(crate) struct Project {
    pub(crate) job: Job,
    pub(crate) disabled: bool,
    pub(crate) runs: Vec<Record>,
}

/// An item of the queue.
#[derive(Clone, Debug)]
pub(crate) struct Item {
    pub(crate) id: u64,
    pub(crate) job: String,
    pub(crate) parameters: Vec<(String, String)>,
    pub(crate) causes: Vec<Cause>,
    pub(crate) since: Duration,
    pub(crate) due: Duration,
    pub(crate) left: Option<Left>,
}

/// When an item left the queue, and for which build; for none where it was cancelled.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Left {
    pub(crate) at: Duration,
    pub(crate) build: Option<u32>,
}

/// Who or what asked for a build.
#[derive(Clone, Debug)]
pub(crate) enum Cause {
    User(String),
    Remote { address: String, note: Option<String> },
}

/// A build.
#[derive(Debug)]
pub(crate) struct Record {
    pub(crate) number: u32,
    pub(crate) item: Item,
    pub(crate) started: Duration,
    pub(crate) ended: Option<(Duration, BuildResult)>,
    pub(crate) console: String,
    pub(crate) stop: Arc<Stop>,
    stopped: bool,
}

/// What is to be built.
#[derive(Clone, Debug)]
pub(crate) struct Wish {
    pub(crate) job: String,
    pub(crate) parameters: Vec<(String, String)>,
    pub(crate) cause: Cause,
    pub(crate) quiet_period: Duration,
}

impl Cause {
    /// The cause in the words of the API.
    pub(crate) fn text(&self) -> String {
        match self {
            Self::User(name) => format!("Started by user {name}"),
            Self::Remote { address, note: None } => format!("Started by remote host {address}"),
            Self::Remote { address, note: Some(note) } => {
                format!("Started by remote host {address} with note: {note}")
            }
        }
    }
}

impl Record {
    pub(crate) fn is_running(&self) -> bool {
        self.ended.is_none()
    }
}

impl Shared {
    pub(crate) fn new(setup: Jenkins) -> Self {
        let project = |job| Project { job, disabled: false, runs: Vec::new() };
        let jobs = setup.jobs.into_iter().map(|(name, job)| (name, project(job))).collect();
        let state = State {
            jobs,
            items: Vec::new(),
            executors: setup.executors,
            quieting: false,
            starting: false,
            sessions: Sessions::new(),
            faults: Vec::new(),
            requests: Vec::new(),
            last_item: 0,
            moved: Duration::ZERO,
            stopping: false,
        };
        Self {
            users: setup.users,
            anonymous_reads: setup.anonymous_reads,
            crumbs: setup.crumbs,
            prefix: setup.prefix,
            root_url: setup.root_url,
            quiet_period: setup.quiet_period,
            state: Mutex::new(state),
            changed: Condvar::new(),
        }
    }

    pub(crate) fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Changes the state, starts what may start now, and wakes whoever waits for a change.
    pub(crate) fn change<T>(self: &Arc<Self>, change: impl FnOnce(&mut State) -> T) -> T {
        let mut state = self.state();
        let made = change(&mut state);
        self.go_on(&mut state);
        made
    }

    fn go_on(self: &Arc<Self>, state: &mut State) {
        state.forget();
        while let Some(run) = state.next_run(self) {
            let steps = Arc::clone(&state.jobs[&run.job].job.steps);
            thread::spawn(move || {
                let result = steps(&run);
                let mut state = run.shared.state();
                state.end(&run.job, run.number, result);
                run.shared.go_on(&mut state);
            });
        }
        self.changed.notify_all();
    }

    /// Waits until `found` finds something.
    pub(crate) fn wait_for<T>(&self, mut found: impl FnMut(&State) -> Option<T>) -> T {
        let until = Instant::now() + PATIENCE;
        let mut state = self.state();
        loop {
            if let Some(found) = found(&state) {
                return found;
            }
            let left = until.saturating_duration_since(Instant::now());
            assert!(!left.is_zero(), "what was waited for never came");
            let waited = self.changed.wait_timeout(state, left);
            state = waited.unwrap_or_else(PoisonError::into_inner).0;
        }
    }

    /// Lets items out of their quiet period, until the server stops.
    pub(crate) fn keep_time(self: &Arc<Self>) {
        loop {
            let state = self.state();
            if state.stopping {
                return;
            }
            let now = state.now();
            let due = state.items.iter().filter(|item| item.left.is_none()).map(|item| item.due);
            let next = due.filter(|&due| due > now).min();
            let pause = next.map_or(PATIENCE, |due| due.saturating_sub(now));
            let waited = self.changed.wait_timeout(state, pause);
            let (state, timeout) = waited.unwrap_or_else(PoisonError::into_inner);
            drop(state);
            if timeout.timed_out() {
                self.change(|_| ());
            }
        }
    }

    /// Blocks until the server stops.
    pub(crate) fn wait_for_stop(&self) {
        let mut state = self.state();
        while !state.stopping {
            state = self.changed.wait(state).unwrap_or_else(PoisonError::into_inner);
        }
    }

    /// Ends everything that waits, and every build.
    pub(crate) fn stop(&self) {
        let mut state = self.state();
        state.stopping = true;
        for run in state.jobs.values().flat_map(|project| &project.runs) {
            run.stop.want();
        }
        self.changed.notify_all();
    }
}

impl State {
    /// The time since 1970.
    pub(crate) fn now(&self) -> Duration {
        // A clock before 1970 shows as 1970.
        UNIX_EPOCH.elapsed().unwrap_or_default() + self.moved
    }

    pub(crate) fn advance(&mut self, by: Duration) {
        self.moved += by;
    }

    pub(crate) fn set_disabled(&mut self, job: &str, disabled: bool) {
        if let Some(project) = self.jobs.get_mut(job) {
            project.disabled = disabled;
        }
    }

    /// Puts a build into the queue. Gives the item's number, and whether it was there before.
    pub(crate) fn enqueue(&mut self, wish: Wish) -> (u64, bool) {
        let Wish { job, parameters, cause, quiet_period } = wish;
        let same = |item: &&mut Item| {
            item.left.is_none() && item.job == job && item.parameters == parameters
        };
        if let Some(item) = self.items.iter_mut().find(same) {
            item.causes.push(cause);
            return (item.id, true);
        }
        self.last_item += 1;
        let (id, since) = (self.last_item, self.now());
        let (causes, due) = (vec![cause], since + quiet_period);
        self.items.push(Item { id, job, parameters, causes, since, due, left: None });
        (id, false)
    }

    /// Takes an item out of the queue; false where it is not there any more.
    pub(crate) fn cancel(&mut self, id: u64) -> bool {
        let now = self.now();
        let waiting = |item: &&mut Item| item.id == id && item.left.is_none();
        let Some(item) = self.items.iter_mut().find(waiting) else { return false };
        item.left = Some(Left { at: now, build: None });
        true
    }

    pub(crate) fn waiting(&self) -> Vec<u64> {
        self.items.iter().filter(|item| item.left.is_none()).map(|item| item.id).collect()
    }

    /// The build that an item waits for, because its job is built one at a time.
    pub(crate) fn blocked_by(&self, item: &Item) -> Option<u32> {
        let project = self.jobs.get(&item.job)?;
        let running = project.runs.iter().find(|run| run.is_running());
        running.filter(|_| !project.job.concurrent).map(|run| run.number)
    }

    pub(crate) fn running(&self) -> impl Iterator<Item = (&String, &Record)> {
        let runs = |(name, project)| {
            let project: &Project = project;
            project.runs.iter().filter(|run| run.is_running()).map(move |run| (name, run))
        };
        self.jobs.iter().flat_map(runs)
    }

    /// Moves the next item that may be built from the queue to an executor.
    fn next_run(&mut self, shared: &Arc<Shared>) -> Option<Run> {
        if self.quieting || self.stopping || self.running().count() >= self.executors {
            return None;
        }
        let now = self.now();
        let ready =
            |item: &Item| item.left.is_none() && item.due <= now && self.blocked_by(item).is_none();
        let index = self.items.iter().position(ready)?;
        let item = &mut self.items[index];
        let project = self.jobs.get_mut(&item.job)?;
        let number = project.runs.last().map_or(1, |run| run.number + 1);
        item.left = Some(Left { at: now, build: Some(number) });
        let stop = Arc::new(Stop::default());
        let causes: Vec<String> = item.causes.iter().map(Cause::text).collect();
        let console = format!("{}\n", causes.join("\n"));
        let run = Run {
            job: item.job.clone(),
            number,
            parameters: item.parameters.iter().cloned().collect(),
            stop: Arc::clone(&stop),
            shared: Arc::clone(shared),
        };
        let item = item.clone();
        let started = now;
        project.runs.push(Record {
            number,
            item,
            started,
            ended: None,
            console,
            stop,
            stopped: false,
        });
        Some(run)
    }

    pub(crate) fn record(&mut self, job: &str, number: u32) -> Option<&mut Record> {
        self.jobs.get_mut(job)?.runs.iter_mut().find(|run| run.number == number)
    }

    pub(crate) fn log(&mut self, job: &str, number: u32, text: &str) {
        if let Some(run) = self.record(job, number) {
            run.console.push_str(text);
        }
    }

    /// Ends a build, unless it was killed before.
    pub(crate) fn end(&mut self, job: &str, number: u32, result: BuildResult) {
        let now = self.now();
        if let Some(run) = self.record(job, number)
            && run.is_running()
        {
            let result = if run.stopped { BuildResult::Aborted } else { result };
            run.console.extend(["Finished: ", result.as_str(), "\n"]);
            run.ended = Some((now, result));
        }
    }

    /// Asks a build to stop, or ends it.
    pub(crate) fn stop_build(&mut self, job: &str, number: u32, kill: bool) {
        if let Some(run) = self.record(job, number) {
            run.stopped = true;
            run.stop.want();
            if kill {
                self.end(job, number, BuildResult::Aborted);
            }
        }
    }

    /// Forgets the items that left the queue long ago.
    fn forget(&mut self) {
        let now = self.now();
        self.items.retain(|item| item.left.is_none_or(|left| left.at + MEMORY > now));
    }

    pub(crate) fn restart(&mut self, keeps_queue: bool) {
        self.items.retain(|item| keeps_queue && item.left.is_none());
        if !keeps_queue {
            // The number of the last item is kept beside the queue and lost with it.
            self.last_item = 0;
        }
        self.sessions = Sessions::new();
        let running: Vec<(String, u32)> =
            self.running().map(|(job, run)| (job.clone(), run.number)).collect();
        for (job, number) in running {
            self.stop_build(&job, number, true);
        }
    }

    pub(crate) fn builds(&self, job: &str) -> Vec<Build> {
        let runs = self.jobs.get(job).map_or(&[][..], |project| &project.runs);
        let build = |run: &Record| Build {
            number: run.number,
            queue_id: run.item.id,
            parameters: run.item.parameters.iter().cloned().collect(),
            causes: run.item.causes.iter().map(Cause::text).collect(),
            result: run.ended.map(|(_, result)| result),
            console: run.console.clone(),
        };
        runs.iter().map(build).collect()
    }

    /// The trouble that is meant for a request, which it meets once.
    pub(crate) fn trouble(&mut self, method: &str, target: &str) -> Option<Trouble> {
        let meant = |fault: &Fault| fault.method == method && target.contains(&fault.target);
        let index = self.faults.iter().position(meant)?;
        Some(self.faults.remove(index).trouble)
    }
}

//! The whole of alerting behind one handle: alerts go in, notifications come out, and everything can be asked.
//!
//! One task owns all state ([`core`]). Whoever wants something hands it a function to run there, and has the answer
//! once what it changed is durable. All requests that wait at one moment share one write to the journal. Notifying
//! takes time and happens in tasks of its own, which report back.

mod core;
mod files;
mod options;
mod owner;
mod views;

use std::sync::Arc;

use arc_swap::ArcSwap;
use jiff::Timestamp;
use regain_metrics::Registry;
use regain_storage::fs::Fs;
use tokio::sync::{mpsc, oneshot, watch};
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use self::core::Core;
use self::owner::{Owner, Request};
use crate::clock::{Clock, Sequence};
use crate::journal::JournalError;
use crate::metrics::Metrics;
use crate::silences::{Silence, SilenceDraft, SilenceError, SilenceFilter, SilenceState};
use crate::store::PostedAlert;

pub use self::core::Verdict;
pub use self::options::{Options, Plan, RenderRouteLabels};
pub use self::views::{AlertFilter, AlertState, AlertView, GroupView, fulfils};

pub use self::files::OpenError;

/// How many requests may wait for the owner; whoever comes then waits to wait.
const REQUESTS_MAX: usize = 1024;

/// Where alerting lives and what it is given from outside.
#[derive(Clone, Debug)]
pub struct Surroundings {
    /// The directory of the state: upstream's `--storage.path`.
    pub dir: std::path::PathBuf,
    /// The file system that the directory is in.
    pub fs: Arc<dyn Fs>,
    /// The wall clock.
    pub clock: Clock,
    /// What chance is made of; another number for each process.
    pub seed: u64,
    /// Where to count.
    pub registry: Registry,
}

/// Alerting; a clone is another handle to the same.
#[derive(Clone, Debug)]
pub struct Alerting {
    requests: mpsc::Sender<Request>,
    plan: Arc<ArcSwap<Plan>>,
    changes: watch::Receiver<u64>,
    clock: Clock,
    started_at: Timestamp,
    stop: CancellationToken,
    tasks: TaskTracker,
}

/// Alerting has been shut down.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("alerting is shut down")]
pub struct Closed;

/// Why a silence was not made, changed or ended.
#[derive(Debug, thiserror::Error)]
pub enum SilenceFailure {
    /// It must not be.
    #[error(transparent)]
    Refused(#[from] SilenceError),
    /// It may be in force, but it is not durable.
    #[error("failed to store the silence: {0}")]
    NotStored(Arc<JournalError>),
    /// See [`Closed`].
    #[error(transparent)]
    Closed(#[from] Closed),
}

impl Alerting {
    /// Reads the state back and starts, with the first configuration. Runs in a tokio runtime.
    pub fn open(around: Surroundings, options: Options, plan: Plan) -> Result<Self, OpenError> {
        let now = around.clock.now();
        let metrics = Metrics::new(&around.registry);
        let jitter = Arc::new(Sequence::new(around.seed));
        let files = files::Files::open(around.fs, &around.dir)?;
        let plan = Arc::new(plan);
        let core =
            Core::open(files, options, Arc::clone(&plan), metrics, Arc::clone(&jitter), now)?;
        let (requests, inbox) = mpsc::channel(REQUESTS_MAX);
        let (changed, changes) = watch::channel(0);
        let (stop, tasks) = (CancellationToken::new(), TaskTracker::new());
        let plan = Arc::new(ArcSwap::new(plan));
        let owner =
            Owner::new(core, inbox, requests.downgrade(), around.clock.clone(), changed, jitter);
        tasks.spawn(owner.run(stop.clone()));
        tasks.close();
        Ok(Self { requests, plan, changes, clock: around.clock, started_at: now, stop, tasks })
    }

    /// Goes on with another configuration. In force when this returns.
    pub async fn apply(&self, plan: Plan) -> Result<(), Closed> {
        let plan = Arc::new(plan);
        let new = Arc::clone(&plan);
        self.ask(move |core, now| core.apply(new, now)).await?;
        self.plan.store(plan);
        Ok(())
    }

    /// Takes alerts in; the verdicts are in their order.
    pub async fn put(&self, alerts: Vec<PostedAlert>) -> Result<Vec<Verdict>, Closed> {
        self.ask(move |core, now| core.put(alerts, now)).await
    }

    /// The alerts that have not ended and pass the filter, by fingerprint.
    pub async fn alerts(&self, filter: AlertFilter) -> Result<Vec<AlertView>, Closed> {
        self.ask(move |core, now| core.alerts(&filter, now)).await
    }

    /// The groups with their alerts that pass the filter, in upstream's order.
    pub async fn groups(&self, filter: AlertFilter) -> Result<Vec<GroupView>, Closed> {
        let groups = self.ask(move |core, now| core.groups(&filter, now)).await?;
        let plan = self.plan.load();
        // Templates run here and not in the owner's time.
        let render = |mut group: GroupView| {
            if !group.route_labels.is_empty() {
                group.route_labels =
                    (plan.route_labels)(&group.notification(&plan, self.clock.now()));
            }
            group
        };
        Ok(groups.into_iter().map(render).collect())
    }

    /// All alerts, those that have just resolved included, with all that suppresses them.
    pub async fn active(&self) -> Result<Vec<AlertView>, Closed> {
        self.ask(Core::active).await
    }

    /// Makes a silence, or changes one; gives the id of the silence that applies now.
    pub async fn set_silence(&self, draft: SilenceDraft) -> Result<Arc<str>, SilenceFailure> {
        self.change(move |core, now| core.set_silence(draft, now)).await
    }

    /// Ends a silence.
    pub async fn expire_silence(&self, id: &str) -> Result<(), SilenceFailure> {
        let id = id.to_owned();
        self.change(move |core, now| core.expire_silence(&id, now)).await
    }

    /// The silence with this id, and its state.
    pub async fn silence(&self, id: &str) -> Result<Option<(Arc<Silence>, SilenceState)>, Closed> {
        let id = id.to_owned();
        let with_state = |silence: Arc<Silence>, now| {
            let state = silence.state(now);
            (silence, state)
        };
        self.ask(move |core, now| core.silence(&id).map(|silence| with_state(silence, now))).await
    }

    /// The silences that pass the filter, in upstream's order.
    pub async fn silences(
        &self,
        filter: SilenceFilter,
    ) -> Result<Vec<(Arc<Silence>, SilenceState)>, Closed> {
        self.ask(move |core, now| core.silences(&filter, now)).await
    }

    /// The configuration in force, with the receivers.
    pub fn plan(&self) -> Arc<Plan> {
        self.plan.load_full()
    }

    /// When this process started alerting.
    pub const fn started_at(&self) -> Timestamp {
        self.started_at
    }

    /// The present time, as alerting sees it.
    pub fn now(&self) -> Timestamp {
        self.clock.now()
    }

    /// Changes its value whenever an alert, a silence, a group or the configuration has changed.
    pub fn changes(&self) -> watch::Receiver<u64> {
        self.changes.clone()
    }

    /// Stops: no flush starts any more, those under way have a while to end, then everything is written down.
    pub async fn shutdown(&self) {
        self.stop.cancel();
        self.tasks.wait().await;
    }

    /// Runs a function where the state is.
    async fn ask<T: Send + 'static>(
        &self,
        question: impl FnOnce(&mut Core, Timestamp) -> T + Send + 'static,
    ) -> Result<T, Closed> {
        let (reply, answer) = oneshot::channel();
        self.send(Request::new(question, |answered, _| drop(reply.send(answered)))).await?;
        answer.await.map_err(|_| Closed)
    }

    /// Runs a function that changes what must be durable before it is acknowledged.
    async fn change<T: Send + 'static>(
        &self,
        change: impl FnOnce(&mut Core, Timestamp) -> Result<T, SilenceError> + Send + 'static,
    ) -> Result<T, SilenceFailure> {
        let (reply, answer) = oneshot::channel();
        let acknowledge = |changed: Result<T, SilenceError>,
                           stored: &Result<(), Arc<JournalError>>| {
            let outcome = match (changed, stored) {
                (Err(refused), _) => Err(SilenceFailure::Refused(refused)),
                (Ok(_), Err(error)) => Err(SilenceFailure::NotStored(Arc::clone(error))),
                (Ok(changed), Ok(())) => Ok(changed),
            };
            drop(reply.send(outcome));
        };
        self.send(Request::new(change, acknowledge)).await?;
        answer.await.map_err(|_| Closed)?
    }

    async fn send(&self, request: Request) -> Result<(), Closed> {
        self.requests.send(request).await.map_err(|_| Closed)
    }
}

#[cfg(test)]
mod tests;

//! The task of a group: one evaluation in each of its slots.

use std::sync::Arc;
use std::time::Duration;

use arc_swap::ArcSwap;
use tokio::task::{JoinError, JoinHandle, spawn_blocking};
use tokio::time::{Instant, sleep, sleep_until};
use tokio_util::sync::CancellationToken;

use crate::group::Group;
use crate::manager::Shared;
use crate::running::Running;
use crate::settings::RuleGroup;
use crate::slot::{Due, Grid};
use crate::view::GroupView;

/// The series of a group that is gone end after so many of its intervals: until then another rule may have them.
const RETIRE_INTERVALS: u32 = 2;

/// Leads to the task of a group.
#[derive(Debug)]
pub(crate) struct GroupTask {
    settings: Arc<RuleGroup>,
    view: Arc<ArcSwap<GroupView>>,
    stop: CancellationToken,
    task: JoinHandle<Option<Group>>,
}

/// Is what the task itself has.
#[derive(Debug)]
struct Evaluator {
    shared: Arc<Shared>,
    settings: Arc<RuleGroup>,
    view: Arc<ArcSwap<GroupView>>,
    running: Arc<Running>,
    /// Is cancelled when the group is to stop, and when everything is.
    stop: CancellationToken,
}

impl GroupTask {
    pub(crate) fn start(group: Group, shared: Arc<Shared>) -> Self {
        let settings = Arc::clone(&group.settings);
        let view = Arc::new(ArcSwap::from_pointee(group.view()));
        let stop = shared.stop.child_token();
        let tasks = shared.tasks.clone();
        let evaluator = Evaluator {
            shared,
            settings: Arc::clone(&settings),
            view: Arc::clone(&view),
            running: Arc::new(Running::new()),
            stop: stop.clone(),
        };
        // The first slot is the next one from now on, however busy the runtime is.
        let begin = evaluator.now();
        let task = tasks.spawn(evaluator.run(group, begin));
        Self { settings, view, stop, task }
    }

    pub(crate) fn settings(&self) -> &RuleGroup {
        &self.settings
    }

    pub(crate) fn view(&self) -> Arc<ArcSwap<GroupView>> {
        Arc::clone(&self.view)
    }

    /// Ends the task after the rule that is being evaluated, and hands out the group. There is none where an evaluation
    /// broke down.
    pub(crate) async fn stop(self) -> Option<Group> {
        self.stop.cancel();
        self.task.await.unwrap_or_else(|error| {
            report_broken(&self.settings, &error);
            None
        })
    }

    /// Lets the series of a group that is gone end in time.
    pub(crate) fn retire(group: Group, shared: Arc<Shared>) {
        group.forget(&shared);
        let tasks = shared.tasks.clone();
        let at = shared.options.clock.now();
        let due = Instant::now() + group.settings.interval * RETIRE_INTERVALS;
        tasks.spawn(async move {
            tokio::select! {
                () = shared.stop.cancelled() => return,
                () = sleep_until(due) => {}
            }
            let settings = Arc::clone(&group.settings);
            let ended = spawn_blocking(move || group.end_all(at, &shared)).await;
            if let Err(error) = ended {
                report_broken(&settings, &error);
            }
        });
    }
}

impl Evaluator {
    /// Evaluates from the first slot after `begin` until the stop, and returns the group.
    async fn run(self, mut group: Group, begin: Duration) -> Option<Group> {
        let grid = Grid::new(&self.settings);
        let mut done = grid.at_or_before(begin);
        let mut evaluations = 0_u32;
        if !self.store_is_whole().await {
            return Some(group);
        }
        loop {
            let wait = grid.after(done).saturating_sub(self.now());
            tokio::select! {
                biased;
                () = self.stop.cancelled() => break,
                () = sleep(wait) => {}
            }
            let (slot, missed) = match grid.due(done, self.now()) {
                Due::ResetTo(slot) => {
                    done = slot;
                    continue;
                }
                // What passed before the first evaluation was nobody's.
                Due::Now { slot, missed } => (slot, if evaluations == 0 { 0 } else { missed }),
            };
            if missed > 0 {
                group.note_missed(missed);
            }
            group = self.evaluate(group, slot).await?;
            done = slot;
            evaluations = evaluations.saturating_add(1);
            // Recording rules that alerts depend on have their results by the second evaluation.
            if evaluations == 2 && group.is_unrestored() {
                group = self
                    .work(group, |group, shared, _| {
                        group.restore_from_series(shared.options.clock.now(), shared);
                    })
                    .await?;
            }
        }
        // A former state is not overwritten by a process that did not get so far as to look at it.
        if evaluations > 0 && !group.is_unrestored() {
            group = self.work(group, |group, shared, _| group.save_final(shared)).await?;
        }
        Some(group)
    }

    /// Waits until the store has read its log: what is missing until then would start and resolve alerts. False when the
    /// group is to stop before.
    async fn store_is_whole(&self) -> bool {
        let gate = self.shared.options.store.gate();
        let whole = async {
            if !gate.pass().await {
                std::future::pending::<()>().await;
            }
        };
        tokio::select! {
            biased;
            () = self.stop.cancelled() => false,
            () = whole => true,
        }
    }

    async fn evaluate(&self, group: Group, slot: Duration) -> Option<Group> {
        let work = self.work(group, move |group, shared, running| {
            group.evaluate(slot, shared, running);
        });
        let mut work = std::pin::pin!(work);
        let mut started = self.running.started();
        let timeout = self.shared.options.query_timeout;
        let mut deadline = Instant::now() + timeout;
        let mut is_stopping = false;
        let group = loop {
            tokio::select! {
                biased;
                group = &mut work => break group,
                () = self.stop.cancelled(), if !is_stopping => {
                    is_stopping = true;
                    if self.shared.stop.is_cancelled() {
                        self.running.cancel();
                    } else {
                        self.running.stop();
                    }
                }
                changed = started.changed() => {
                    debug_assert!(changed.is_ok(), "the sender is this task's");
                    deadline = Instant::now() + timeout;
                }
                () = sleep_until(deadline) => {
                    self.running.time_out();
                    deadline = Instant::now() + timeout;
                }
            }
        };
        if let Some(group) = &group {
            self.view.store(Arc::new(group.view()));
        }
        group
    }

    /// Does work that may take long. Where it breaks down, the group starts anew without state.
    async fn work(
        &self,
        mut group: Group,
        work: impl FnOnce(&mut Group, &Shared, &Arc<Running>) + Send + 'static,
    ) -> Option<Group> {
        let (shared, running) = (Arc::clone(&self.shared), Arc::clone(&self.running));
        let done = spawn_blocking(move || {
            work(&mut group, &shared, &running);
            group
        });
        match done.await {
            Ok(group) => Some(group),
            Err(error) => {
                report_broken(&self.settings, &error);
                let settings = RuleGroup::clone(&self.settings);
                Some(Group::new(settings, &self.shared, false))
            }
        }
    }

    fn now(&self) -> Duration {
        self.shared.options.clock.now()
    }
}

fn report_broken(settings: &RuleGroup, error: &JoinError) {
    let (file, group) = (&*settings.file, &*settings.name);
    tracing::error!(file, group, %error, "the state of a rule group is lost");
}

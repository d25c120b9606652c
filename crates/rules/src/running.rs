//! The query that an evaluation is waiting for, seen from outside: it can be given up or timed out.

use std::sync::{Arc, Mutex, MutexGuard};

use regain_storage::Ctx;
use tokio::sync::watch;

/// Follows the queries of one group's evaluations.
#[derive(Debug)]
pub(crate) struct Running {
    state: Mutex<State>,
    /// Counts queries, so that each has its own deadline.
    started: watch::Sender<u64>,
}

#[derive(Debug, Default)]
struct State {
    query: Option<Arc<Ctx>>,
    is_stopped: bool,
    is_canceled: bool,
}

impl Running {
    pub(crate) fn new() -> Self {
        Self { state: Mutex::default(), started: watch::Sender::new(0) }
    }

    /// Hears of each query that starts.
    pub(crate) fn started(&self) -> watch::Receiver<u64> {
        self.started.subscribe()
    }

    /// Notes that a query starts.
    pub(crate) fn begin(&self, query: &Arc<Ctx>) {
        let mut state = self.state();
        if state.is_canceled {
            query.cancel.cancel();
        }
        state.query = Some(Arc::clone(query));
        drop(state);
        self.started.send_modify(|count| *count += 1);
    }

    /// Notes that the query has ended.
    pub(crate) fn end(&self) {
        self.state().query = None;
    }

    /// Asks the evaluation to end after the rule that is being evaluated.
    pub(crate) fn stop(&self) {
        self.state().is_stopped = true;
    }

    /// Gives up the evaluation, and the query that runs.
    pub(crate) fn cancel(&self) {
        let mut state = self.state();
        state.is_stopped = true;
        state.is_canceled = true;
        if let Some(query) = &state.query {
            query.cancel.cancel();
        }
    }

    /// Ends the query that runs because its time is up.
    pub(crate) fn time_out(&self) {
        if let Some(query) = &self.state().query {
            query.cancel.time_out();
        }
    }

    pub(crate) fn is_stopped(&self) -> bool {
        self.state().is_stopped
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().expect("no holder of this lock panics")
    }
}

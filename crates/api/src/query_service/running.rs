//! The queries that wait for a place or run: what they hold, and the way to end one.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard};
use std::time::Instant;

use regain_model::Timestamp;
use regain_storage::Ctx;

use super::origin::Origin;
use super::question::When;

/// All queries that have begun and not ended.
#[derive(Clone, Debug, Default)]
pub(crate) struct RunningQueries(Arc<Mutex<State>>);

#[derive(Debug, Default)]
struct State {
    last_id: u64,
    queries: BTreeMap<u64, Arc<RunningQuery>>,
}

/// A query that waits or runs.
#[derive(Debug)]
pub(crate) struct RunningQuery {
    pub(crate) id: u64,
    pub(crate) text: String,
    pub(crate) when: When,
    pub(crate) origin: Origin,
    pub(crate) since: Timestamp,
    pub(crate) started: Instant,
    pub(crate) ctx: Arc<Ctx>,
    has_place: AtomicBool,
}

impl RunningQuery {
    /// Whether the query has a place among those that run at once.
    pub(crate) fn has_place(&self) -> bool {
        // Ordering: it is only shown.
        self.has_place.load(Ordering::Relaxed)
    }
}

/// Lists a query for as long as it lives.
#[derive(Debug)]
pub(crate) struct Listed {
    pub(crate) query: Arc<RunningQuery>,
    all: RunningQueries,
}

impl Listed {
    /// Notes that the query has its place.
    pub(crate) fn has_begun(&self) {
        // Ordering: it is only shown.
        self.query.has_place.store(true, Ordering::Relaxed);
    }
}

impl Drop for Listed {
    fn drop(&mut self) {
        self.all.state().queries.remove(&self.query.id);
    }
}

impl RunningQueries {
    /// Lists a query that begins now.
    pub(crate) fn begin(
        &self,
        (text, when, origin): (String, When, Origin),
        since: Timestamp,
        ctx: &Arc<Ctx>,
    ) -> Listed {
        let (started, ctx, has_place) = (Instant::now(), Arc::clone(ctx), AtomicBool::new(false));
        let mut state = self.state();
        state.last_id += 1;
        let id = state.last_id;
        let query = RunningQuery { id, text, when, origin, since, started, ctx, has_place };
        let query = Arc::new(query);
        state.queries.insert(id, Arc::clone(&query));
        Listed { query, all: self.clone() }
    }

    /// All queries, the one that holds the most bytes first; of those that hold the same, the oldest.
    pub(crate) fn heaviest_first(&self) -> Vec<Arc<RunningQuery>> {
        let queries = self.state().queries.values().cloned().collect::<Vec<_>>();
        let mut weighed: Vec<_> =
            queries.into_iter().map(|query| (query.ctx.bytes.held(), query)).collect();
        weighed.sort_by_key(|(bytes, _)| std::cmp::Reverse(*bytes));
        weighed.into_iter().map(|(_, query)| query).collect()
    }

    /// Ends a query, and says whether there is one with this id.
    pub(crate) fn kill(&self, id: u64) -> Option<Arc<RunningQuery>> {
        let query = self.state().queries.get(&id).cloned()?;
        query.ctx.cancel.kill();
        Some(query)
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.0.lock().expect("no holder of this lock panics")
    }
}

//! A store that records what it is asked to do and fails on demand.

use std::sync::{Arc, Mutex, MutexGuard};

use regain_model::{Labels, Timestamp};
use regain_storage::{
    Appendable, Appender, Committed, Error, LaneKey, Result, SeriesRef, Trouble, Value, Verdict,
};

#[derive(Clone, Debug, PartialEq)]
pub(super) enum Event {
    Open(LaneKey),
    Row(i64, usize),
    /// The time and the start of a sample that is in no row.
    Single(i64, i64),
    Commit,
    Rollback,
}

#[derive(Clone, Debug, Default)]
pub(super) struct FakeStore(Arc<Mutex<State>>);

#[derive(Debug, Default)]
struct State {
    events: Vec<Event>,
    /// References below this are forgotten.
    oldest: u64,
    next: u64,
    committed: u64,
    refuse_all: bool,
    fail_commits: bool,
    panic_once: bool,
}

impl FakeStore {
    fn state(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap()
    }

    pub(super) fn panic_once(&self) {
        self.state().panic_once = true;
    }

    pub(super) fn events(&self) -> Vec<Event> {
        self.state().events.clone()
    }

    pub(super) fn rows(&self) -> Vec<(i64, usize)> {
        let row = |event| match event {
            Event::Row(time_ms, len) => Some((time_ms, len)),
            _ => None,
        };
        self.events().into_iter().filter_map(row).collect()
    }

    pub(super) fn lanes(&self) -> Vec<LaneKey> {
        let lane = |event| match event {
            Event::Open(key) => Some(key),
            _ => None,
        };
        self.events().into_iter().filter_map(lane).collect()
    }

    pub(super) fn committed(&self) -> u64 {
        self.state().committed
    }

    pub(super) fn forget_series(&self) {
        let mut state = self.state();
        state.oldest = state.next;
    }

    pub(super) fn refuse_all_series(&self) {
        self.state().refuse_all = true;
    }

    pub(super) fn fail_commits(&self) {
        self.state().fail_commits = true;
    }
}

impl Appendable for FakeStore {
    fn appender(&self, key: &LaneKey) -> Result<Box<dyn Appender>> {
        self.state().events.push(Event::Open(key.clone()));
        Ok(Box::new(FakeAppender { store: self.clone(), staged: 0 }))
    }
}

struct FakeAppender {
    store: FakeStore,
    staged: u64,
}

impl Appender for FakeAppender {
    fn series(&mut self, _labels: &Labels) -> Result<SeriesRef> {
        let mut state = self.store.state();
        state.next += 1;
        Ok(SeriesRef(state.next - 1))
    }

    fn stage(&mut self, series: SeriesRef, _time: Timestamp, _value: f64) -> Verdict {
        let state = self.store.state();
        if state.refuse_all || series.0 < state.oldest {
            return Verdict::UnknownSeries;
        }
        self.staged += 1;
        Verdict::Accepted
    }

    fn stage_value(
        &mut self,
        series: SeriesRef,
        time: Timestamp,
        start: Timestamp,
        _value: Value,
    ) -> Verdict {
        self.store.state().events.push(Event::Single(time.0, start.0));
        self.stage(series, time, 0.0)
    }

    fn stage_row(
        &mut self,
        time: Timestamp,
        series: &[SeriesRef],
        values: &[f64],
        refused: &mut Vec<(usize, Verdict)>,
    ) {
        let panics = std::mem::take(&mut self.store.state().panic_once);
        assert!(!panics, "the store was told to panic");
        self.store.state().events.push(Event::Row(time.0, series.len()));
        for (index, (&series, &value)) in series.iter().zip(values).enumerate() {
            match self.stage(series, time, value) {
                Verdict::Accepted => {}
                verdict => refused.push((index, verdict)),
            }
        }
    }

    fn commit(&mut self) -> Result<Committed> {
        let mut state = self.store.state();
        if state.fail_commits {
            return Err(Error::ReadOnly(Trouble::DiskFull));
        }
        state.events.push(Event::Commit);
        state.committed += self.staged;
        let committed = Committed { samples: self.staged, series_created: 0 };
        self.staged = 0;
        Ok(committed)
    }

    fn rollback(&mut self) {
        self.store.state().events.push(Event::Rollback);
        self.staged = 0;
    }
}

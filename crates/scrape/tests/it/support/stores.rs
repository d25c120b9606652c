//! Stores that misbehave.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

use regain_model::{Labels, Timestamp};
use regain_storage::memory::MemoryStore;
use regain_storage::{
    Appendable, Appender, Committed, Error, Gate, LaneKey, Result, SeriesRef, Trouble, Value,
    Verdict,
};

/// Says how a store misbehaves.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Fault {
    /// Panics over series with this name.
    PanicOver(&'static str),
    /// Cannot open a series with this name.
    FailOver(&'static str),
    /// Cannot open lanes.
    NoLanes,
    /// Does nothing wrong but to forget when told so.
    Forgetful,
}

/// Keeps samples in memory and misbehaves in one way.
#[derive(Clone, Debug)]
pub(crate) struct FaultyStore {
    pub(crate) store: MemoryStore,
    fault: Fault,
    /// Goes into references, so that older ones are refused.
    generation: Arc<AtomicU64>,
}

impl FaultyStore {
    pub(crate) fn new(fault: Fault) -> Self {
        Self { store: MemoryStore::new(), fault, generation: Arc::default() }
    }

    /// Makes all references unknown.
    pub(crate) fn forget(&self) {
        self.generation.fetch_add(1, Ordering::SeqCst);
    }
}

impl Appendable for FaultyStore {
    fn appender(&self, key: &LaneKey) -> Result<Box<dyn Appender>> {
        if self.fault == Fault::NoLanes {
            return Err(Error::ReadOnly(Trouble::DiskFull));
        }
        Ok(Box::new(FaultyAppender { faulty: self.clone(), appender: self.store.appender(key)? }))
    }
}

/// Keeps samples in memory once its gate is open.
#[derive(Debug, Default)]
pub(crate) struct GatedStore {
    pub(crate) store: MemoryStore,
    pub(crate) gate: Gate,
    /// Is set once somebody may pass.
    pub(crate) is_whole: AtomicBool,
}

impl Appendable for GatedStore {
    fn appender(&self, key: &LaneKey) -> Result<Box<dyn Appender>> {
        if self.is_whole.load(Ordering::SeqCst) {
            self.store.appender(key)
        } else {
            Err(Error::Replaying)
        }
    }

    fn gate(&self) -> Gate {
        self.gate.clone()
    }
}

struct FaultyAppender {
    faulty: FaultyStore,
    appender: Box<dyn Appender>,
}

impl FaultyAppender {
    fn known(&self, series: SeriesRef) -> Option<SeriesRef> {
        let generation = self.faulty.generation.load(Ordering::SeqCst);
        (series.0 >> 32 == generation).then_some(SeriesRef(series.0 & 0xffff_ffff))
    }
}

impl Appender for FaultyAppender {
    fn series(&mut self, labels: &Labels) -> Result<SeriesRef> {
        match self.faulty.fault {
            Fault::PanicOver(name) => panic_over(labels, name),
            Fault::FailOver(name) if labels.metric_name() == name => {
                return Err(Error::ReadOnly(Trouble::DiskFull));
            }
            _ => {}
        }
        let generation = self.faulty.generation.load(Ordering::SeqCst);
        let series = self.appender.series(labels)?;
        Ok(SeriesRef(generation << 32 | series.0))
    }

    fn stage(&mut self, series: SeriesRef, time: Timestamp, value: f64) -> Verdict {
        match self.known(series) {
            Some(series) => self.appender.stage(series, time, value),
            None => Verdict::UnknownSeries,
        }
    }

    fn stage_value(
        &mut self,
        series: SeriesRef,
        time: Timestamp,
        start: Timestamp,
        value: Value,
    ) -> Verdict {
        match self.known(series) {
            Some(series) => self.appender.stage_value(series, time, start, value),
            None => Verdict::UnknownSeries,
        }
    }

    fn stage_row(
        &mut self,
        time: Timestamp,
        series: &[SeriesRef],
        values: &[f64],
        refused: &mut Vec<(usize, Verdict)>,
    ) {
        for (index, (&series, &value)) in series.iter().zip(values).enumerate() {
            match self.stage(series, time, value) {
                Verdict::Accepted => {}
                verdict => refused.push((index, verdict)),
            }
        }
    }

    fn commit(&mut self) -> Result<Committed> {
        self.appender.commit()
    }

    fn rollback(&mut self) {
        self.appender.rollback();
    }
}

fn panic_over(labels: &Labels, name: &str) {
    assert_ne!(labels.metric_name(), name, "as the test wants");
}

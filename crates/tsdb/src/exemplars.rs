//! Exemplars: one ring for all series.
//!
//! An exemplar is in the write-ahead log before it is in the ring, as a sample is before it is visible; the ring keeps the
//! last ones up to a number and forgets the one that came first. Before files of the log go, the ring is logged again
//! (`docs/formats/wal.md`). Every exemplar has a number, so that what is in the log twice is one exemplar.
//!
//! **Invariant.** From before its record is written until it is in the ring, a batch holds its [`Turn`]; whoever waits
//! for [`Exemplars::logged`] to return sees everything that earlier files of the log hold.

mod log;
mod replay;
mod ring;

use std::sync::{RwLock, RwLockReadGuard, RwLockWriteGuard};

use regain_model::{Exemplar, Labels, Matcher, SeriesKey, Span};
use regain_storage::{ExemplarVerdict, SeriesExemplars};

pub(crate) use log::{Logged, LoggedSeries, is_record, put};
pub(crate) use replay::{Read, ReplayedExemplars};
use ring::Ring;

pub use ring::ExemplarStats;

/// The payload of a record with a part of the ring is about this long at most.
const RECORD_BYTES: usize = 1 << 20;

/// An exemplar on its way from its writer to the ring.
#[derive(Debug)]
pub(crate) struct Staged {
    /// The id of its series.
    pub(crate) series: u32,
    pub(crate) key: SeriesKey,
    pub(crate) exemplar: Exemplar,
}

/// The time from before the exemplars of a batch are logged until they are in the ring.
#[derive(Debug)]
pub(crate) struct Turn<'a> {
    /// The number of the first of them.
    pub(crate) first: u64,
    _held: RwLockReadGuard<'a, ()>,
}

/// The exemplars of a store.
#[derive(Debug)]
pub(crate) struct Exemplars {
    ring: RwLock<Ring>,
    turns: RwLock<()>,
}

impl Exemplars {
    /// None yet, and room for `max`.
    pub(crate) fn new(max: usize) -> Self {
        Self { ring: RwLock::new(Ring::new(max)), turns: RwLock::default() }
    }

    /// What the log is read into.
    pub(crate) fn replay(&self) -> ReplayedExemplars {
        let max = self.stats().max;
        ReplayedExemplars::new(usize::try_from(max).unwrap_or(usize::MAX))
    }

    /// Whether any are kept.
    pub(crate) fn are_kept(&self) -> bool {
        self.ring().are_kept()
    }

    /// What becomes of an exemplar that comes now.
    pub(crate) fn judge(&self, key: SeriesKey, exemplar: &Exemplar) -> ExemplarVerdict {
        self.ring().judge(key, exemplar)
    }

    /// The turn of a batch with so many exemplars; many batches have theirs at once.
    pub(crate) fn turn(&self, count: usize) -> Turn<'_> {
        let held = self.turns.read().expect("no holder of this lock panics");
        Turn { first: self.ring_mut().number(count), _held: held }
    }

    /// Takes in what was logged. `labels_of` gives the labels of a series by its id.
    pub(crate) fn add(
        &self,
        turn: &Turn<'_>,
        staged: Vec<Staged>,
        labels_of: impl Fn(u32) -> Option<Labels>,
    ) {
        let mut ring = self.ring_mut();
        for (number, Staged { series, key, exemplar }) in (turn.first..).zip(staged) {
            ring.add(key, number, exemplar, || labels_of(series));
        }
    }

    /// Records that bring back the ring as it is, and everything that was logged before this was called.
    pub(crate) fn logged(&self) -> Vec<Vec<u8>> {
        // Whoever has logged exemplars already brings them into the ring first.
        let turns = self.turns.write().expect("no holder of this lock panics");
        let ring = self.ring();
        drop(turns);
        log::records(&ring, RECORD_BYTES)
    }

    /// Keeps so many from now on.
    pub(crate) fn resize(&self, max: usize) {
        self.ring_mut().resize(max);
    }

    /// Takes an exemplar that is older than the newest of its series, if it is older by less than this.
    pub(crate) fn set_late_max(&self, late_max_ms: i64) {
        self.ring_mut().set_late_max(late_max_ms);
    }

    /// The exemplars in a span of the series that one of the selectors selects, sorted by labels.
    pub(crate) fn select(&self, span: Span, selectors: &[Vec<Matcher>]) -> Vec<SeriesExemplars> {
        self.ring().select(span, selectors)
    }

    pub(crate) fn stats(&self) -> ExemplarStats {
        self.ring().stats()
    }

    fn ring(&self) -> RwLockReadGuard<'_, Ring> {
        self.ring.read().expect("no holder of this lock panics")
    }

    fn ring_mut(&self) -> RwLockWriteGuard<'_, Ring> {
        self.ring.write().expect("no holder of this lock panics")
    }
}

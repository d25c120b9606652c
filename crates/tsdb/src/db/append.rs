//! The writer of a lane.
//!
//! A batch holds its lane's turn from the first sample to the commit, so a lane's rows come from one
//! batch after another. Verdicts are given in `stage.rs`, what a commit does stands in `commit.rs`.

mod commit;
mod late;
mod link;
mod stage;

use std::sync::Arc;
use std::sync::atomic::Ordering;

use regain_model::{Labels, SeriesKey, Timestamp};
use regain_storage::{Appender, Committed, Error, Result, SeriesRef, Value, Verdict, quieted};

use self::late::Late;
use super::staged::Staged;
use super::{Counters, Inner};
use crate::index::{Place, Refused, Series};
use crate::lane::row::Sample;
use crate::lane::{Lane, Writer};

/// One lane's writer.
#[derive(Debug)]
pub(super) struct LaneAppender {
    db: Arc<Inner>,
    lane: Arc<Lane>,
    /// The lane's writer side, while a batch is under way.
    writer: Option<Box<Writer>>,
    staged: Staged,
    late: Late,
    created: u64,
    record: Vec<u8>,
}

/// A series of a lane, found or created.
struct Opened {
    id: u32,
    slot: u32,
    /// Whether the lane has not written it before.
    is_new: bool,
    /// Its places in other lanes.
    others: Vec<Place>,
    /// A time that no sealed sample of it exceeds, where there are such samples.
    sealed_max: Option<i64>,
}

impl LaneAppender {
    pub(super) fn new(db: Arc<Inner>, lane: Arc<Lane>) -> Self {
        let (staged, late) = (Staged::default(), Late::default());
        Self { db, lane, writer: None, staged, late, created: 0, record: Vec::new() }
    }

    fn begin(&mut self) {
        if self.writer.is_none() {
            let mut writer = self.lane.take_turn();
            self.lane.take_mail(&mut writer);
            self.writer = Some(writer);
        }
    }

    fn end(&mut self) {
        self.staged.clear();
        self.late.clear();
        if let Some(writer) = self.writer.take() {
            self.lane.give_back(writer);
        }
    }

    fn writer(&self) -> &Writer {
        self.writer.as_ref().expect("a batch is under way")
    }

    fn writer_mut(&mut self) -> &mut Writer {
        self.writer.as_mut().expect("a batch is under way")
    }

    fn open_series(&mut self, labels: &Labels) -> Result<SeriesRef> {
        let key = SeriesKey::of_labels(self.db.seed, labels);
        let known = match self.db.index().find(key, labels) {
            Some(Ok(id)) => self.writer().by_series.get(&id).copied(),
            _ => None,
        };
        if let Some(slot) = known {
            return Ok(self.writer().reference(slot));
        }
        let opened = self.open_slot(key, labels)?;
        if opened.is_new {
            if let Some(sealed_max) = opened.sealed_max {
                self.writer_mut().add_unproven(opened.slot, sealed_max);
            }
            if !opened.others.is_empty() {
                let newest = self.db.share(opened.id, &opened.others);
                self.writer_mut().shared.insert(opened.slot, newest);
            }
        }
        Ok(self.writer().reference(opened.slot))
    }

    /// Finds or creates a series and gives it a slot, in one step: a series without samples and
    /// without a slot may leave at any time.
    fn open_slot(&mut self, key: SeriesKey, labels: &Labels) -> Result<Opened> {
        let writer = self.writer.as_mut().expect("a batch is under way");
        let mut index = self.db.index_mut();
        let before = index.series.next_id();
        let found = index.find_or_create(key, labels);
        let is_created = index.series.next_id() > before;
        let id = found.map_err(|refused| match refused {
            Refused::Collision(key) => {
                Counters::add(&self.db.counters.key_collisions, 1);
                Error::KeyCollision { key, labels: labels.to_string() }
            }
            Refused::Full => Error::InvalidLabels { labels: labels.to_string() },
        })?;
        let (slot, is_new) = writer.slot_for(id);
        let mut others = Vec::new();
        if is_new {
            others = index.add_place(id, Place { lane: self.lane.id, slot });
        }
        let sealed = index.series.get(id).filter(|series| series.segments > 0);
        let sealed_max = sealed.map(Series::sealed_max_ms);
        drop(index);
        self.created += u64::from(is_created);
        Counters::add(&self.db.counters.series_created, u64::from(is_created));
        Ok(Opened { id, slot, is_new, others, sealed_max })
    }
}

impl Appender for LaneAppender {
    fn series(&mut self, labels: &Labels) -> Result<SeriesRef> {
        self.db.check_open()?;
        if labels.is_empty() {
            return Err(Error::InvalidLabels { labels: labels.to_string() });
        }
        let waiting = self.writer.is_none();
        self.begin();
        let reference = self.open_series(labels);
        if waiting {
            // Nothing is staged: others may have their turn.
            self.end();
        }
        reference
    }

    fn stage(&mut self, series: SeriesRef, time: Timestamp, value: f64) -> Verdict {
        self.begin();
        if let Some(verdict) = self.refusal(time.0, 1) {
            return verdict;
        }
        self.stage_one(
            series,
            Sample { time: time.0, start: 0, value: Value::Float(quieted(value)) },
        )
    }

    fn stage_value(
        &mut self,
        series: SeriesRef,
        time: Timestamp,
        start: Timestamp,
        value: Value,
    ) -> Verdict {
        self.begin();
        if let Some(verdict) = self.refusal(time.0, 1).or_else(|| self.too_many_buckets(&value)) {
            return verdict;
        }
        self.stage_one(series, Sample { time: time.0, start: start.0, value: value.settled() })
    }

    fn stage_row(
        &mut self,
        time: Timestamp,
        series: &[SeriesRef],
        values: &[f64],
        refused: &mut Vec<(usize, Verdict)>,
    ) {
        self.begin();
        if let Some(verdict) = self.refusal(time.0, series.len() as u64) {
            refused.extend((0..series.len()).map(|index| (index, verdict)));
        } else if self.is_plain(time.0) {
            self.stage_plain(time.0, series, values, refused);
        } else {
            for (index, (&series, &value)) in series.iter().zip(values).enumerate() {
                let value = Value::Float(quieted(value));
                let sample = Sample { time: time.0, start: 0, value };
                match self.stage_at(series, sample, true) {
                    Verdict::Accepted => {}
                    verdict => refused.push((index, verdict)),
                }
            }
        }
    }

    fn commit(&mut self) -> Result<Committed> {
        let series_created = std::mem::take(&mut self.created);
        let samples = if self.staged.is_empty() { Ok(0) } else { self.commit_staged() };
        self.end();
        let samples = samples?;
        Counters::add(&self.db.counters.samples_appended, samples);
        Counters::add(&self.db.counters.samples_unsealed, samples);
        Ok(Committed { samples, series_created })
    }

    fn rollback(&mut self) {
        self.end();
    }
}

impl Drop for LaneAppender {
    fn drop(&mut self) {
        self.end();
    }
}

impl Inner {
    /// The time before which a sample is too old.
    fn time_min(&self) -> i64 {
        let past = self.options.past_max_ms;
        if past <= 0 {
            return i64::MIN;
        }
        // Ordering: limits that move slowly.
        let past = past.max(self.late_max_ms.load(Ordering::Relaxed));
        self.newest.load(Ordering::Relaxed).saturating_sub(past)
    }
}

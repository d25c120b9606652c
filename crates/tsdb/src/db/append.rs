//! The writer of a lane.
//!
//! A batch holds its lane's turn from the first sample to the commit, so a lane's rows come from one
//! batch after another. Verdicts are given in `stage.rs`, what a commit does stands in `commit.rs`.

mod commit;
mod exemplars;
mod late;
mod link;
mod stage;

use std::sync::Arc;
use std::sync::atomic::Ordering;

use regain_model::{Exemplar, Labels, SeriesKey, Timestamp};
use regain_storage::{
    Appender, Committed, Error, ExemplarVerdict, Result, SeriesRef, Value, Verdict, quieted,
};

use self::late::Late;
use super::archived::Archived;
use super::staged::Staged;
use super::{Counters, Inner};
use crate::exemplars::Staged as StagedExemplar;
use crate::index::{Place, Refused, Sealed};
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
    exemplars: Vec<StagedExemplar>,
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
        let exemplars = Vec::new();
        Self { db, lane, writer: None, staged, late, exemplars, created: 0, record: Vec::new() }
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
        self.exemplars.clear();
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

    /// The reference of a series; `is_own` says that no limit refuses it.
    fn open_series(&mut self, labels: &Labels, is_own: bool) -> Result<SeriesRef> {
        let key = SeriesKey::of_labels(self.db.seed, labels);
        let known_id = self.db.index().find(key, labels);
        let known = match known_id {
            Some(Ok(id)) => self.writer().by_series.get(&id).copied(),
            _ => None,
        };
        if let Some(slot) = known {
            return Ok(self.writer().reference(slot));
        }
        let archived = match known_id {
            None => self.db.find_archived(key, labels)?.transpose(),
            Some(_) => Ok(None),
        };
        let Some(opened) = self.open_slot((key, labels), archived, is_own)? else {
            return Ok(self.db.admission.reference());
        };
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
    /// without a slot may leave at any time. One that is found in an archive comes back. `None` for a series that a
    /// limit refuses.
    fn open_slot(
        &mut self,
        (key, labels): (SeriesKey, &Labels),
        archived: std::result::Result<Option<Archived>, Refused>,
        is_own: bool,
    ) -> Result<Option<Opened>> {
        let writer = self.writer.as_mut().expect("a batch is under way");
        let mut index = self.db.index_mut();
        let known = index.find(key, labels);
        let is_created = known.is_none();
        if is_created && !is_own && !self.db.admission.admits(&index, key, labels) {
            return Ok(None);
        }
        let found = known.unwrap_or_else(|| match archived? {
            None => index.create(key, labels),
            Some(series) => {
                let id = series.id();
                index.restore((id, key), labels, series.sealed()).map(|()| id)
            }
        });
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
        let sealed = index.series.get(id).map(|series| series.sealed);
        let sealed_max = sealed.filter(|sealed| sealed.is_some()).map(Sealed::max_ms);
        drop(index);
        self.created += u64::from(is_created);
        Counters::add(&self.db.counters.series_created, u64::from(is_created));
        Ok(Some(Opened { id, slot, is_new, others, sealed_max }))
    }

    fn series_of(&mut self, labels: &Labels, is_own: bool) -> Result<SeriesRef> {
        self.db.check_open()?;
        if labels.is_empty() {
            return Err(Error::InvalidLabels { labels: labels.to_string() });
        }
        let waiting = self.writer.is_none();
        self.begin();
        let reference = self.open_series(labels, is_own);
        if waiting {
            // Nothing is staged: others may have their turn.
            self.end();
        }
        reference
    }
}

impl Appender for LaneAppender {
    fn series(&mut self, labels: &Labels) -> Result<SeriesRef> {
        self.series_of(labels, false)
    }

    fn own_series(&mut self, labels: &Labels) -> Result<SeriesRef> {
        self.series_of(labels, true)
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

    fn stage_zero(&mut self, series: SeriesRef, start: Timestamp, time: Timestamp, like: &Value) {
        self.begin();
        if start < time && self.db.takes_zero(start.0, time.0) {
            self.stage_if_newest(series, Sample { time: start.0, start: 0, value: like.zero() });
        }
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

    fn keeps_exemplars(&self) -> bool {
        self.db.exemplars.are_kept()
    }

    fn stage_exemplar(&mut self, series: SeriesRef, exemplar: Exemplar) -> ExemplarVerdict {
        self.begin();
        self.add_exemplar(series, exemplar)
    }

    fn commit(&mut self) -> Result<Committed> {
        let series_created = std::mem::take(&mut self.created);
        let is_empty = self.staged.is_empty() && self.exemplars.is_empty();
        let samples = if is_empty { Ok(0) } else { self.commit_staged() };
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
    /// Whether the zero that a sample at `time` counts from may be as old as `start`, which has nothing to do with how late
    /// other samples may be.
    fn takes_zero(&self, start: i64, time: i64) -> bool {
        // Ordering: limits that move slowly.
        let newest = self.newest.load(Ordering::Relaxed).max(time);
        let past = self.options.past_max_ms;
        let is_full = self.is_full.load(Ordering::Relaxed);
        let is_in_blocks = start <= self.blocks_end.load(Ordering::Relaxed);
        !is_full && !is_in_blocks && (past <= 0 || start >= newest.saturating_sub(past))
    }

    /// The time before which a sample is too old.
    fn time_min(&self) -> i64 {
        // Ordering: limits that move slowly.
        let (past_max, blocks_end) =
            (self.options.past_max_ms, self.blocks_end.load(Ordering::Relaxed));
        if past_max <= 0 && blocks_end == i64::MIN {
            return i64::MIN;
        }
        let late = self.late_max_ms.load(Ordering::Relaxed);
        let before_newest = |time| self.newest.load(Ordering::Relaxed).saturating_sub(time);
        let oldest = if past_max > 0 { before_newest(past_max.max(late)) } else { i64::MIN };
        let behind_blocks = blocks_end.saturating_add(1);
        oldest.max(if late > 0 { behind_blocks.min(before_newest(late)) } else { behind_blocks })
    }
}

//! The requests of one sender.

mod lanes;
mod series;

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use regain_model::{Labels, Timestamp};
use regain_protowire::Reader;
use regain_storage::{Appendable, Verdict};

use super::AHEAD_MS_MAX;
use super::cache::{Cache, EntryId};
use super::error::{Refusal, WriteError};
use super::row::Row;
use super::v1::{self, Sample};
use lanes::Lanes;
use series::Series;

/// What became of an accepted request.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Outcome {
    /// Samples that became visible.
    pub samples: u64,
    /// Series that did not exist before.
    pub series_created: u64,
    /// Series that were skipped because their labels are invalid.
    pub invalid_series: u64,
    /// Samples that were skipped because one of the same series before them in the request is as new. What
    /// a request says of itself does not make it fail, as it does not upstream.
    pub samples_skipped: u64,
    /// Exemplars that were skipped.
    pub exemplars_skipped: u64,
    /// Native histograms that were skipped, because the store keeps floats only.
    pub histograms_skipped: u64,
    /// Metadata entries, which upstream's receiver of this protocol ignores too.
    pub metadata_skipped: u64,
}

/// The memory that all senders of a receiver take together.
#[derive(Clone, Debug, Default)]
pub(super) struct Usage(Arc<AtomicUsize>);

impl Usage {
    pub(super) fn bytes(&self) -> usize {
        // Ordering: a limit that is kept a request late is kept.
        self.0.load(Ordering::Relaxed)
    }

    fn change(&self, from: usize, to: usize) {
        // Ordering: only the sum matters.
        self.0.fetch_add(to, Ordering::Relaxed);
        self.0.fetch_sub(from, Ordering::Relaxed);
    }
}

/// One sender: what is known about its series, and the lanes they are appended in.
pub(super) struct Sender {
    cache: Cache,
    lanes: Lanes,
    row: Row,
    samples: Vec<Sample>,
    refused: Vec<(usize, Verdict)>,
    requests: u64,
    usage: Usage,
    /// What this sender has added to `usage`.
    counted_bytes: usize,
}

impl Sender {
    pub(super) fn new(name: &str, usage: Usage) -> Self {
        Self {
            cache: Cache::default(),
            lanes: Lanes::new(name),
            row: Row::default(),
            samples: Vec::new(),
            refused: Vec::new(),
            requests: 0,
            usage,
            counted_bytes: 0,
        }
    }

    /// Forgets all series and closes all lanes.
    pub(super) fn forget(&mut self) {
        self.cache = Cache::default();
        self.lanes.close();
        self.count_bytes();
    }

    fn count_bytes(&mut self) {
        let bytes = self.cache.size_bytes() + self.lanes.size_bytes();
        self.usage.change(self.counted_bytes, bytes);
        self.counted_bytes = bytes;
    }

    /// Appends all samples of a request or none.
    pub(super) fn write(
        &mut self,
        store: &dyn Appendable,
        body: &[u8],
        now: Timestamp,
    ) -> Result<Outcome, WriteError> {
        let time_ms_max = now.saturating_add(AHEAD_MS_MAX).as_millis();
        let staged = self.stage_request(store, body, time_ms_max);
        self.count_bytes();
        match staged {
            Ok(mut outcome) => {
                let committed = self.lanes.commit()?;
                outcome.samples = committed.samples;
                outcome.series_created = committed.series_created;
                Ok(outcome)
            }
            Err(error) => {
                self.lanes.rollback();
                Err(error)
            }
        }
    }

    fn stage_request(
        &mut self,
        store: &dyn Appendable,
        body: &[u8],
        time_ms_max: i64,
    ) -> Result<Outcome, WriteError> {
        self.requests += 1;
        let id = self.requests;
        let mut request = Request { id, outcome: Outcome::default(), previous: None, time_ms_max };
        // Rows of a request that failed are gone.
        self.row.start(0, 0);
        let mut reader = Reader::new(body);
        while let Some(field) = reader.next_field()? {
            match field.number {
                v1::REQUEST_SERIES => self.stage_series(store, field.bytes()?, &mut request)?,
                v1::REQUEST_METADATA => {
                    field.bytes()?;
                    request.outcome.metadata_skipped += 1;
                }
                _ => {}
            }
        }
        self.flush()?;
        Ok(request.outcome)
    }

    fn stage_series(
        &mut self,
        store: &dyn Appendable,
        message: &[u8],
        request: &mut Request,
    ) -> Result<(), WriteError> {
        let predicted = self.cache.predict(request.previous, message);
        let (labels, rest) = match predicted {
            Some(id) => message.split_at(self.cache.raw(id).len()),
            None => v1::split_labels(message)?,
        };
        let found = v1::decode_rest(rest, &mut self.samples)?;
        if found.stray_labels > 0 {
            return self.stage_series(store, &v1::labels_first(message)?, request);
        }
        let known = match predicted {
            Some(id) => Some(id),
            // A series without samples leaves no trace in the store.
            None if self.samples.is_empty() => None,
            None => self.look_up(store, labels)?,
        };
        let valid = known.is_some() || self.samples.is_empty() && Series::decode(labels)?.is_some();
        if !valid {
            request.outcome.invalid_series += 1;
            return Ok(());
        }
        request.outcome.exemplars_skipped += found.exemplars;
        request.outcome.histograms_skipped += found.histograms;
        let Some(entry) = known else { return Ok(()) };
        if predicted.is_none() {
            self.cache.link(request.previous, entry);
        }
        request.previous = Some(entry);
        for index in 0..self.samples.len() {
            self.stage_sample(entry, self.samples[index], request)?;
        }
        Ok(())
    }

    /// The series with these labels; `None` where no series may have them.
    fn look_up(
        &mut self,
        store: &dyn Appendable,
        raw: &[u8],
    ) -> Result<Option<EntryId>, WriteError> {
        if let Some(id) = self.cache.find(raw) {
            return Ok(Some(id));
        }
        let Some(series) = Series::decode(raw)? else { return Ok(None) };
        let lane = self.lanes.open(store, &series.labels)?;
        let Some(reference) = self.lanes.series(lane, &series.labels)? else { return Ok(None) };
        Ok(Some(self.cache.insert(raw, lane, reference, series.canonical)))
    }

    #[inline]
    fn stage_sample(
        &mut self,
        id: EntryId,
        sample: Sample,
        request: &mut Request,
    ) -> Result<(), WriteError> {
        let Sample { time_ms, value } = sample;
        if time_ms > request.time_ms_max {
            // Samples that came before have the first word.
            self.flush()?;
            return Err(self.refusal(id, Refusal::TooNew, sample));
        }
        let entry = self.cache.entry_mut(id);
        if entry.request == request.id && time_ms <= entry.time_ms {
            request.outcome.samples_skipped += 1;
            return Ok(());
        }
        (entry.request, entry.time_ms) = (request.id, time_ms);
        let (lane, series, canonical) = (entry.lane, entry.series, entry.canonical);
        let fits = self.row.lane == lane && self.row.time_ms == time_ms;
        if !fits || !canonical {
            self.flush()?;
            self.row.start(lane, time_ms);
        }
        self.row.push(id, series, value);
        if !canonical {
            // Other bytes may stand for the same series, so it gets a row to itself.
            self.flush()?;
        }
        Ok(())
    }

    /// Hands the row to the store.
    fn flush(&mut self) -> Result<(), WriteError> {
        if self.row.is_empty() {
            return Ok(());
        }
        let Row { lane, time_ms, .. } = self.row;
        let mut refused = std::mem::take(&mut self.refused);
        refused.clear();
        let appender = self.lanes.staging(lane);
        appender.stage_row(Timestamp(time_ms), &self.row.series, &self.row.values, &mut refused);
        let answer = refused.iter().try_for_each(|&(at, verdict)| self.answer(at, verdict));
        self.refused = refused;
        self.row.start(lane, time_ms);
        answer
    }

    /// Deals with the sample at `at` of the row, which the store did not accept.
    fn answer(&mut self, at: usize, verdict: Verdict) -> Result<(), WriteError> {
        let (id, value) = (self.row.entries[at], self.row.values[at]);
        let (lane, time_ms) = (self.row.lane, self.row.time_ms);
        let mut verdict = verdict;
        if verdict == Verdict::UnknownSeries {
            let labels = self.labels(id);
            if let Some(reference) = self.lanes.series(lane, &labels)? {
                self.cache.entry_mut(id).series = reference;
                let appender = self.lanes.staging(lane);
                verdict = appender.stage(reference, Timestamp(time_ms), value);
            }
        }
        let reason = match verdict {
            Verdict::Accepted => return Ok(()),
            Verdict::Duplicate => Refusal::Duplicate,
            Verdict::OutOfOrder => Refusal::OutOfOrder,
            Verdict::TooOld => Refusal::TooOld,
            Verdict::TooNew => Refusal::TooNew,
            Verdict::OverLimit => Refusal::OverLimit,
            Verdict::UnknownSeries => Refusal::UnknownSeries,
        };
        Err(self.refusal(id, reason, Sample { time_ms, value }))
    }

    /// The labels of a known series, decoded again.
    fn labels(&self, id: EntryId) -> Labels {
        let series = Series::decode(self.cache.raw(id)).ok().flatten();
        series.map(|series| series.labels).unwrap_or_default()
    }

    fn refusal(&self, id: EntryId, reason: Refusal, sample: Sample) -> WriteError {
        let Sample { time_ms, value } = sample;
        WriteError::Refused { reason, series: self.labels(id).to_string(), time_ms, value }
    }
}

impl Drop for Sender {
    fn drop(&mut self) {
        self.usage.change(self.counted_bytes, 0);
    }
}

/// What holds while one request is staged.
struct Request {
    /// Tells this request from all others of the sender; series remember it.
    id: u64,
    outcome: Outcome,
    previous: Option<EntryId>,
    time_ms_max: i64,
}

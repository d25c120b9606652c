//! From samples of known series to the store, row by row.

use regain_model::{Labels, Timestamp};
use regain_storage::{Appendable, Committed, Error, ExemplarVerdict, SeriesRef, Value, Verdict};

use super::lanes::Lanes;
use super::outcome::Outcome;
use crate::write::cache::{Entry, EntryId};
use crate::write::error::{Fault, Refusal, Refused, WriteError};
use crate::write::exemplar;
use crate::write::histogram::Draft;
use crate::write::metadata::Said;
use crate::write::problem::Problem;
use crate::write::row::Row;

/// What is known about the series of one protocol.
pub(super) trait Book {
    fn entry_mut(&mut self, id: EntryId) -> &mut Entry;

    /// The labels of a known series, put together again.
    fn labels(&self, id: EntryId) -> Labels;
}

/// What holds while one request is staged.
pub(super) struct Request {
    /// Tells this request from all others of the sender; series remember it.
    pub(super) id: u64,
    pub(super) outcome: Outcome,
    /// What it says about metrics.
    pub(super) said: Said,
    /// The series of 2.0 that say something else than before, and what tells that.
    pub(super) spoke: Vec<(EntryId, u64)>,
    pub(super) previous: Option<EntryId>,
    /// Samples after this time are refused.
    pub(super) time_ms_max: i64,
    /// Whether what is right is kept beside what is wrong.
    pub(super) is_partial: bool,
}

impl Request {
    /// Notes that a sample is refused, and fails where that ends the request. A series over a limit never does, not even
    /// in 1.0, which allows to keep the rest: the sender's other series have to go on.
    fn refuse(&mut self, refused: Refused) -> Result<(), WriteError> {
        let is_over_limit = refused.reason == Refusal::OverLimit;
        self.outcome.over_limit += u64::from(is_over_limit);
        if is_over_limit || self.is_partial && refused.reason.fault() == Fault::Request {
            self.outcome.problems.add(|| Problem::Refused(&refused));
            return Ok(());
        }
        Err(WriteError::Refused(Box::new(refused)))
    }

    /// Whether a sample of the series that this request has already had is as new.
    #[inline]
    const fn contradicts(&self, entry: &Entry, time_ms: i64) -> bool {
        entry.request == self.id && time_ms <= entry.time_ms
    }

    /// Whether a sample of the series is the next one. Of samples that contradict each other within a request, the first counts.
    fn advances(&mut self, entry: &mut Entry, time_ms: i64) -> bool {
        if self.contradicts(entry, time_ms) {
            self.outcome.samples_skipped += 1;
            return false;
        }
        (entry.request, entry.time_ms) = (self.id, time_ms);
        true
    }
}

/// A sample that does not go into a row.
struct Single {
    series: EntryId,
    time_ms: i64,
    start_ms: i64,
    value: Value,
}

/// The samples of a request on their way.
#[derive(Default)]
pub(super) struct Staging {
    lanes: Lanes,
    row: Row,
    refused: Vec<(usize, Verdict)>,
    draft: Draft,
    /// Whether a zero is written at the time from which a sample counts.
    make_zeros: bool,
}

impl Staging {
    pub(super) fn new(sender: &str, make_zeros: bool) -> Self {
        Self { lanes: Lanes::new(sender), make_zeros, ..Self::default() }
    }

    /// Closes all lanes, which hold nothing staged between requests.
    pub(super) fn close(&mut self) {
        self.lanes.close();
        self.row.start(0, 0);
    }

    pub(super) const fn size_bytes(&self) -> usize {
        self.lanes.size_bytes()
    }

    /// The lane of a series and its reference there; `None` where the store refuses its labels.
    pub(super) fn open(
        &mut self,
        store: &dyn Appendable,
        labels: &Labels,
    ) -> Result<Option<(u32, SeriesRef)>, Error> {
        let lane = self.lanes.open(store, labels)?;
        Ok(self.lanes.series(lane, labels)?.map(|reference| (lane, reference)))
    }

    pub(super) fn commit(&mut self) -> Result<Committed, Error> {
        self.lanes.commit()
    }

    /// Drops what is staged.
    pub(super) fn rollback(&mut self) {
        self.row.start(0, 0);
        self.lanes.rollback();
    }

    /// Stages a number whose start is not known: the steady path.
    #[inline]
    pub(super) fn stage_float(
        &mut self,
        book: &mut impl Book,
        request: &mut Request,
        id: EntryId,
        (time_ms, value): (i64, f64),
    ) -> Result<(), WriteError> {
        if time_ms > request.time_ms_max {
            return self.refuse(book, request, id, (time_ms, Some(value), Refusal::TooNew));
        }
        if request.contradicts(book.entry_mut(id), time_ms) {
            // The sample before it may be one that the store refuses, and then it contradicts nothing.
            self.flush(book, request)?;
        }
        let entry = book.entry_mut(id);
        if !request.advances(entry, time_ms) {
            return Ok(());
        }
        let (lane, series, canonical) = (entry.lane, entry.series, entry.canonical);
        let fits = self.row.lane == lane && self.row.time_ms == time_ms;
        if !fits || !canonical {
            self.flush(book, request)?;
            self.row.start(lane, time_ms);
        }
        self.row.push(id, series, value);
        if !canonical {
            // Another key may stand for the same series, so it gets a row to itself.
            self.flush(book, request)?;
        }
        Ok(())
    }

    /// Stages a number of which it is known when what it counts started, in milliseconds.
    pub(super) fn stage_started(
        &mut self,
        book: &mut impl Book,
        request: &mut Request,
        id: EntryId,
        (time_ms, start_ms, value): (i64, i64, f64),
    ) -> Result<(), WriteError> {
        if time_ms > request.time_ms_max {
            return self.refuse(book, request, id, (time_ms, Some(value), Refusal::TooNew));
        }
        let value = Value::Float(value);
        self.stage_single(book, request, &Single { series: id, time_ms, start_ms, value })
    }

    /// Decodes and stages a histogram.
    pub(super) fn stage_histogram(
        &mut self,
        book: &mut impl Book,
        request: &mut Request,
        id: EntryId,
        message: &[u8],
    ) -> Result<(), WriteError> {
        self.draft.decode(message)?;
        let (time_ms, start_ms) = (self.draft.time_ms, self.draft.start_ms);
        if time_ms > request.time_ms_max {
            return self.refuse(book, request, id, (time_ms, None, Refusal::TooNew));
        }
        let histogram = match self.draft.finish() {
            Ok(histogram) => histogram,
            Err(invalid) => {
                return self.refuse(
                    book,
                    request,
                    id,
                    (time_ms, None, Refusal::Histogram(invalid)),
                );
            }
        };
        let value = Value::Histogram(histogram.into());
        self.stage_single(book, request, &Single { series: id, time_ms, start_ms, value })
    }

    /// Stages an exemplar and counts it, unless it is out of order: then `false`, and it is the caller's to count.
    pub(super) fn stage_exemplar(
        &mut self,
        book: &mut impl Book,
        request: &mut Request,
        id: EntryId,
        draft: exemplar::Draft<'_>,
    ) -> Result<bool, WriteError> {
        let is_too_new = draft.time_ms > request.time_ms_max;
        let Some(exemplar) = draft.finish().filter(|_| !is_too_new) else {
            request.outcome.exemplars_skipped += 1;
            return Ok(true);
        };
        let Entry { lane, series, .. } = *book.entry_mut(id);
        let appender = self.lanes.staging(lane);
        if !appender.keeps_exemplars() {
            request.outcome.exemplars_skipped += 1;
            return Ok(true);
        }
        let mut verdict = appender.stage_exemplar(series, exemplar.clone());
        if verdict == ExemplarVerdict::UnknownSeries
            && let Some(series) = self.lanes.series(lane, &book.labels(id))?
        {
            book.entry_mut(id).series = series;
            verdict = self.lanes.staging(lane).stage_exemplar(series, exemplar);
        }
        match verdict {
            ExemplarVerdict::Accepted | ExemplarVerdict::Known => request.outcome.exemplars += 1,
            ExemplarVerdict::OutOfOrder => return Ok(false),
            ExemplarVerdict::TooLong
            | ExemplarVerdict::NotKept
            | ExemplarVerdict::UnknownSeries => request.outcome.exemplars_skipped += 1,
        }
        Ok(true)
    }

    fn stage_single(
        &mut self,
        book: &mut impl Book,
        request: &mut Request,
        single: &Single,
    ) -> Result<(), WriteError> {
        let entry = book.entry_mut(single.series);
        // Its sample before this one may still be in the row, or one of another key of the same series.
        if entry.request == request.id || !entry.canonical {
            self.flush(book, request)?;
        }
        let entry = book.entry_mut(single.series);
        if !request.advances(entry, single.time_ms) {
            return Ok(());
        }
        let (lane, series) = (entry.lane, entry.series);
        let verdict = self.stage_in(lane, series, single);
        let is_histogram = matches!(single.value, Value::Histogram(_));
        match self.settle(book, lane, single, verdict)? {
            None if is_histogram => request.outcome.histograms += 1,
            None => request.outcome.samples += 1,
            Some(reason) => {
                let value = match single.value {
                    Value::Float(value) => Some(value),
                    Value::Histogram(_) => None,
                };
                book.entry_mut(single.series).forget_sample(single.time_ms);
                return self.refuse(book, request, single.series, (single.time_ms, value, reason));
            }
        }
        Ok(())
    }

    fn stage_in(&mut self, lane: u32, series: SeriesRef, single: &Single) -> Verdict {
        let (time, start) = (Timestamp(single.time_ms), Timestamp(single.start_ms));
        let appender = self.lanes.staging(lane);
        if self.make_zeros && single.start_ms != 0 && single.time_ms != 0 {
            appender.stage_zero(series, start, time, &single.value);
        }
        appender.stage_value(series, time, start, single.value.clone())
    }

    /// Refuses a sample. Those that came before have the first word.
    #[cold]
    fn refuse(
        &mut self,
        book: &mut impl Book,
        request: &mut Request,
        id: EntryId,
        (time_ms, value, reason): (i64, Option<f64>, Refusal),
    ) -> Result<(), WriteError> {
        self.flush(book, request)?;
        let series = book.labels(id).to_string();
        request.refuse(Refused { reason, series, time_ms, value })
    }

    /// Hands the row to the store.
    pub(super) fn flush(
        &mut self,
        book: &mut impl Book,
        request: &mut Request,
    ) -> Result<(), WriteError> {
        if self.row.is_empty() {
            return Ok(());
        }
        let Row { lane, time_ms, .. } = self.row;
        let mut refused = std::mem::take(&mut self.refused);
        refused.clear();
        let appender = self.lanes.staging(lane);
        appender.stage_row(Timestamp(time_ms), &self.row.series, &self.row.values, &mut refused);
        request.outcome.samples += (self.row.series.len() - refused.len()) as u64;
        let mut each = refused.iter();
        let answer = each.try_for_each(|&(at, verdict)| self.answer(book, request, at, verdict));
        self.refused = refused;
        self.row.start(lane, time_ms);
        answer
    }

    /// Deals with the sample at `at` of the row, which the store did not accept.
    fn answer(
        &mut self,
        book: &mut impl Book,
        request: &mut Request,
        at: usize,
        verdict: Verdict,
    ) -> Result<(), WriteError> {
        let (id, value) = (self.row.entries[at], self.row.values[at]);
        let (lane, time_ms) = (self.row.lane, self.row.time_ms);
        let single = Single { series: id, time_ms, start_ms: 0, value: Value::Float(value) };
        let Some(reason) = self.settle(book, lane, &single, verdict)? else {
            request.outcome.samples += 1;
            return Ok(());
        };
        book.entry_mut(id).forget_sample(time_ms);
        let series = book.labels(id).to_string();
        request.refuse(Refused { reason, series, time_ms, value: Some(value) })
    }

    /// Why a sample is not accepted. One of a series that the store has forgotten is staged again, once.
    fn settle(
        &mut self,
        book: &mut impl Book,
        lane: u32,
        single: &Single,
        mut verdict: Verdict,
    ) -> Result<Option<Refusal>, WriteError> {
        if verdict == Verdict::UnknownSeries {
            let labels = book.labels(single.series);
            if let Some(reference) = self.lanes.series(lane, &labels)? {
                book.entry_mut(single.series).series = reference;
                verdict = self.stage_in(lane, reference, single);
            }
        }
        Ok(match verdict {
            Verdict::Accepted => None,
            Verdict::Duplicate => Some(Refusal::Duplicate),
            Verdict::OutOfOrder => Some(Refusal::OutOfOrder),
            Verdict::TooOld => Some(Refusal::TooOld),
            Verdict::TooNew => Some(Refusal::TooNew),
            Verdict::OverLimit => Some(Refusal::OverLimit),
            Verdict::NoRoom => Some(Refusal::NoRoom),
            Verdict::UnknownSeries => Some(Refusal::UnknownSeries),
        })
    }
}

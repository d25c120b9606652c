//! Where the samples of one rule go: its lane, and the ends of the series that it no longer yields.

use std::cmp::Ordering;

use regain_model::{Labels, STALE_NAN, Timestamp};
use regain_storage::{Appendable, Appender, LaneKey, SeriesRef, Value, Verdict};

use crate::error::RuleError;

/// Writes the samples of one rule.
pub(crate) struct Output {
    lane: LaneKey,
    appender: Option<Box<dyn Appender>>,
    /// The series of the last evaluation that was written, in the order of their labels.
    last: Vec<(Labels, Option<SeriesRef>)>,
}

impl std::fmt::Debug for Output {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Output")
            .field("lane", &self.lane)
            .field("series", &self.last.len())
            .finish_non_exhaustive()
    }
}

/// Counts the samples that the store refused.
#[derive(Debug, Default)]
pub(crate) struct Refused {
    pub(crate) out_of_order: u64,
    pub(crate) too_old: u64,
    pub(crate) duplicate: u64,
    /// The last refusal, whatever it was.
    pub(crate) last: Option<RuleError>,
}

impl Refused {
    fn add(&mut self, error: RuleError) {
        match &error {
            RuleError::Refused(Verdict::OutOfOrder) => self.out_of_order += 1,
            RuleError::Refused(Verdict::TooOld) => self.too_old += 1,
            RuleError::Refused(Verdict::Duplicate) => self.duplicate += 1,
            _ => {}
        }
        self.last = Some(error);
    }
}

impl Output {
    pub(crate) const fn new(lane: LaneKey) -> Self {
        Self { lane, appender: None, last: Vec::new() }
    }

    /// Makes an output that has `series` to end.
    pub(crate) fn ending(lane: LaneKey, mut series: Vec<Labels>) -> Self {
        series.sort_unstable();
        series.dedup();
        let last = series.into_iter().map(|labels| (labels, None)).collect();
        Self { lane, appender: None, last }
    }

    /// Takes over the series of a rule that this one continues, whatever its lane.
    pub(crate) fn continue_from(&mut self, other: Self) {
        if self.lane == other.lane {
            *self = other;
        } else {
            self.last = other.last;
            self.forget_references();
        }
    }

    /// Forgets what an evaluation that broke down has staged.
    pub(crate) fn abandon(&mut self) {
        self.appender = None;
        self.forget_references();
    }

    /// The series that have not ended.
    pub(crate) fn series(&self) -> impl Iterator<Item = &Labels> {
        self.last.iter().map(|(labels, _)| labels)
    }

    /// The series that have not ended.
    pub(crate) fn into_series(self) -> impl Iterator<Item = Labels> {
        self.last.into_iter().map(|(labels, _)| labels)
    }

    /// Writes `series`, which are in the order of their labels, and ends those that were written before and are not
    /// among them. Samples that are refused are left out. Says how many samples have become visible. After an error nothing
    /// has been written.
    pub(crate) fn write(
        &mut self,
        store: &dyn Appendable,
        time: Timestamp,
        series: Vec<(Labels, Value)>,
    ) -> Result<(u64, Refused), RuleError> {
        if series.is_empty() && self.last.is_empty() {
            return Ok((0, Refused::default()));
        }
        let appender = match &mut self.appender {
            Some(appender) => appender,
            none => none.insert(store.appender(&self.lane)?),
        };
        let mut refused = Refused::default();
        let (mut labels, mut refs, mut values) = (Vec::new(), Vec::new(), Vec::new());
        let mut before = self.last.iter().peekable();
        let mut ended = Vec::new();
        for (set, value) in series {
            let mut known = None;
            while let Some(last) = before.next_if(|last| last.0 <= set) {
                match last.0.cmp(&set) {
                    Ordering::Equal => known = last.1,
                    _ => ended.push(last),
                }
            }
            match known.map_or_else(|| appender.series(&set), Ok) {
                Ok(reference) => {
                    labels.push(set);
                    refs.push(reference);
                    values.push(value);
                }
                Err(error) => refused.add(error.into()),
            }
        }
        ended.extend(before);
        let mut verdicts = Vec::new();
        stage_all(&mut **appender, time, (&refs, &values), &mut verdicts);
        let known = labels.into_iter().zip(refs.into_iter().map(Some));
        let mut written: Vec<(Labels, Option<SeriesRef>)> = known.collect();
        for &(at, verdict) in verdicts.iter().rev() {
            match restage(&mut **appender, &written[at].0, time, &values[at], verdict) {
                Ok(reference) => written[at].1 = Some(reference),
                Err(error) => {
                    refused.add(error);
                    let (labels, _) = written.remove(at);
                    ended.extend(self.last.iter().filter(|last| last.0 == labels));
                }
            }
        }
        for (labels, reference) in ended {
            end(&mut **appender, labels, *reference, time);
        }
        match appender.commit() {
            Ok(committed) => {
                self.last = written;
                Ok((committed.samples, refused))
            }
            Err(error) => {
                self.abandon();
                Err(error.into())
            }
        }
    }

    /// References are those of one appender.
    fn forget_references(&mut self) {
        for (_, reference) in &mut self.last {
            *reference = None;
        }
    }
}

/// Stages all values at one time, floats as a row. What is refused is pushed with its place.
fn stage_all(
    appender: &mut dyn Appender,
    time: Timestamp,
    (series, values): (&[SeriesRef], &[Value]),
    refused: &mut Vec<(usize, Verdict)>,
) {
    let float = |value: &Value| match value {
        Value::Float(value) => Some(*value),
        Value::Histogram(_) => None,
    };
    if let Some(floats) = values.iter().map(float).collect::<Option<Vec<f64>>>() {
        appender.stage_row(time, series, &floats, refused);
        return;
    }
    for (at, (&series, value)) in series.iter().zip(values).enumerate() {
        match appender.stage_value(series, time, Timestamp(0), value.clone()) {
            Verdict::Accepted => {}
            verdict => refused.push((at, verdict)),
        }
    }
}

/// Stages a sample again that was refused because its reference was stale.
fn restage(
    appender: &mut dyn Appender,
    labels: &Labels,
    time: Timestamp,
    value: &Value,
    verdict: Verdict,
) -> Result<SeriesRef, RuleError> {
    if verdict != Verdict::UnknownSeries {
        return Err(RuleError::Refused(verdict));
    }
    let reference = appender.series(labels)?;
    match appender.stage_value(reference, time, Timestamp(0), value.clone()) {
        Verdict::Accepted => Ok(reference),
        refusal => Err(RuleError::Refused(refusal)),
    }
}

/// Marks the end of a series. It may go on in another rule: then the mark is refused, and rightly.
fn end(
    appender: &mut dyn Appender,
    labels: &Labels,
    reference: Option<SeriesRef>,
    time: Timestamp,
) {
    let staged = reference.map(|reference| appender.stage(reference, time, STALE_NAN));
    let verdict = match staged {
        Some(verdict) if verdict != Verdict::UnknownSeries => Ok(verdict),
        _ => appender.series(labels).map(|known| appender.stage(known, time, STALE_NAN)),
    };
    match verdict {
        Ok(Verdict::Accepted | Verdict::OutOfOrder | Verdict::TooOld | Verdict::Duplicate) => {}
        Ok(refusal) => {
            let err = RuleError::Refused(refusal);
            tracing::warn!(sample = %labels, %err, "Adding stale sample failed");
        }
        Err(err) => tracing::warn!(sample = %labels, %err, "Adding stale sample failed"),
    }
}

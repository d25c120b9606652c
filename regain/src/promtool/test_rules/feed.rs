//! The input series of a test, which come into the store as time goes on: no rule sees the future.

use std::collections::BTreeMap;
use std::iter::Peekable;
use std::path::Path;
use std::sync::Arc;
use std::vec::IntoIter;

use regain_model::histogram::HistogramProblem;
use regain_model::{Labels, Timestamp};
use regain_promql::test_language::{SeriesValue, parse_series};
use regain_rules::RuleError;
use regain_storage::memory::{MemoryAppender, MemoryStore};
use regain_storage::{Appender as _, SeriesRef, Value, Verdict};
use regain_yaml::{Errors, Mistakes};

use super::file::Test;

/// Why a sample does not come into the store.
#[derive(Debug, thiserror::Error)]
pub(super) enum FeedError {
    #[error(transparent)]
    Store(#[from] RuleError),
    #[error("invalid histogram: {0}")]
    Histogram(#[from] HistogramProblem),
}

/// The samples that are still to come.
#[derive(Debug)]
pub(super) struct Feed {
    store: MemoryStore,
    series: BTreeMap<Labels, Peekable<IntoIter<(Timestamp, Value)>>>,
}

impl Feed {
    /// Reads the input series of a test. Of two that are the same the last one counts.
    pub(super) fn new(path: &Path, test: &Test, store: MemoryStore) -> Result<Self, Errors> {
        let mistakes = Mistakes::new();
        let mut series = BTreeMap::new();
        for input in &test.input {
            match parse_series(input.text.trim()) {
                Ok(text) => {
                    let samples = samples(text.values, test);
                    series.insert(text.labels, samples.into_iter().peekable());
                }
                Err(problem) => mistakes.rule(input.at, problem.to_string()),
            }
        }
        mistakes.finish(path, Some(Self { store, series }))
    }

    /// Adds all samples up to `time`. A series that the store does not take ends.
    pub(super) fn advance(&mut self, time: Timestamp) -> Result<(), FeedError> {
        let mut writer = self.store.writer();
        let mut refused = None;
        for (labels, samples) in &mut self.series {
            if samples.peek().is_none_or(|(next, _)| *next > time) {
                continue;
            }
            let reference = writer.series(labels).map_err(RuleError::Store)?;
            while let Some((at, value)) = samples.next_if(|(next, _)| *next <= time) {
                if let Err(error) = stage(&mut writer, reference, at, value) {
                    *samples = Vec::new().into_iter().peekable();
                    refused = Some(error);
                }
            }
        }
        writer.commit().map_err(RuleError::Store)?;
        refused.map_or(Ok(()), Err)
    }
}

fn stage(
    writer: &mut MemoryAppender,
    series: SeriesRef,
    at: Timestamp,
    value: Value,
) -> Result<(), FeedError> {
    if let Value::Histogram(histogram) = &value {
        histogram.validate()?;
    }
    match writer.stage_value(series, at, Timestamp(0), value) {
        Verdict::Accepted => Ok(()),
        verdict => Err(RuleError::Refused(verdict).into()),
    }
}

/// The values with their times, without what is left out.
fn samples(values: Vec<SeriesValue>, test: &Test) -> Vec<(Timestamp, Value)> {
    let mut time = i64::try_from(test.start.as_millis()).unwrap_or(i64::MAX);
    let timed = values.into_iter().map(|value| {
        let at = Timestamp(time);
        time = time.saturating_add(test.interval_ms);
        (at, value)
    });
    let present = timed.filter_map(|(at, value)| match value {
        SeriesValue::Omitted => None,
        SeriesValue::Float(value) => Some((at, Value::Float(value))),
        SeriesValue::Histogram(written) => {
            Some((at, Value::Histogram(Arc::clone(&written.histogram))))
        }
    });
    present.collect()
}

//! Whether an answer is the expected one.

mod almost;

use std::sync::Arc;

use regain_model::Timestamp;

use super::report::{Level, Mismatch, Shown, TimedValue};
use super::script::{Answer, ExpectedSeries, Outcome, Remarks, Times};
use super::series::{SeriesValue, WrittenHistogram};
use crate::annotations::Annotation;
use crate::value::{QueryResult, Sample, Series, Value};
use almost::almost_equal;

/// Checks what is said with an answer.
pub(super) fn remarks(outcome: &Outcome, result: &QueryResult) -> Result<(), Mismatch> {
    level(&outcome.warnings, &result.warnings, Level::Warning)?;
    level(&outcome.infos, &result.infos, Level::Info)
}

fn level(expected: &Remarks, got: &[Annotation], level: Level) -> Result<(), Mismatch> {
    let messages: Vec<&str> = got.iter().map(Annotation::message).collect();
    let texts = || messages.iter().map(|&message| message.to_owned()).collect();
    if expected.some && messages.is_empty() {
        return Err(Mismatch::MissingRemark { level, expected: None, got: Vec::new() });
    }
    if expected.none && !messages.is_empty() {
        return Err(Mismatch::UnexpectedRemarks { level, got: texts() });
    }
    let said = |fits: &dyn Fn(&str) -> bool| messages.iter().any(|message| fits(message));
    if let Some(wording) = expected.wordings.iter().find(|w| !said(&|message| w.fits(message))) {
        let expected = Some(wording.as_str().to_owned());
        return Err(Mismatch::MissingRemark { level, expected, got: texts() });
    }
    let known = |message: &&&str| !expected.wordings.iter().any(|w| w.fits(message));
    match messages.iter().find(known) {
        Some(&other) if !expected.wordings.is_empty() => {
            Err(Mismatch::UnexpectedRemarks { level, got: vec![other.to_owned()] })
        }
        _ => Ok(()),
    }
}

/// Checks a value.
pub(super) fn answer(expected: &Answer, times: Times, value: &Value) -> Result<(), Mismatch> {
    let other_type = |expected| Mismatch::Type { expected, got: value.type_name() };
    match (value, expected.scalar, &expected.text) {
        (Value::String(got), _, text) => {
            let expected = text.clone().unwrap_or_default();
            if got.value == expected {
                return Ok(());
            }
            Err(Mismatch::Text { expected, got: got.value.clone() })
        }
        (_, _, Some(_)) => Err(other_type("string")),
        (Value::Scalar(got), Some(expected), _) => {
            if almost_equal(got.value, expected) {
                return Ok(());
            }
            Err(Mismatch::Scalar { expected, got: got.value })
        }
        (Value::Scalar(_), None, _) => Err(other_type("vector or matrix")),
        (_, Some(_), _) => Err(other_type("scalar")),
        (Value::Vector(samples), None, _) => vector(expected, samples),
        (Value::Matrix(_), None, _) if expected.ordered => Err(other_type("vector")),
        (Value::Matrix(series), None, _) => matrix(expected, times, series),
    }
}

/// Checks that series are in the order of their labels.
pub(super) fn sorted(series: &[Series]) -> Result<(), Mismatch> {
    if series.is_sorted_by(|a, b| a.labels <= b.labels) { Ok(()) } else { Err(Mismatch::Unsorted) }
}

fn vector(expected: &Answer, samples: &[Sample]) -> Result<(), Mismatch> {
    for (index, sample) in samples.iter().enumerate() {
        let (labels, position) = (&sample.labels, index + 1);
        let value = match &sample.histogram {
            Some(histogram) => Shown::Histogram { histogram: Arc::clone(histogram), hinted: false },
            None => Shown::Float(sample.value),
        };
        let got = TimedValue { time: sample.time, value };
        let Some(series) = expected.series.get(labels) else {
            return Err(Mismatch::UnexpectedSeries { labels: labels.clone(), got: vec![got] });
        };
        if expected.ordered && series.position != position {
            let (labels, expected) = (labels.clone(), series.position);
            return Err(Mismatch::Position { labels, expected, got: position });
        }
        let wanted = points(series, |_| Some(sample.time));
        if !wanted.first().is_some_and(|wanted| almost::same(&wanted.value, &got.value)) {
            let labels = labels.clone();
            return Err(Mismatch::Points { labels, expected: wanted, got: vec![got] });
        }
    }
    all_found(expected, |labels| samples.iter().any(|sample| sample.labels == *labels))
}

fn matrix(expected: &Answer, times: Times, got: &[Series]) -> Result<(), Mismatch> {
    sorted(got)?;
    let time = |index: usize| {
        let (Times::Over(steps) | Times::RangeVector(steps)) = times else { return None };
        let offset = steps.step_ms.checked_mul(i64::try_from(index).ok()?)?;
        let time = steps.start.0.checked_add(offset)?;
        (time <= steps.end.0).then_some(Timestamp(time))
    };
    for series in got {
        let labels = &series.labels;
        let Some(wanted) = expected.series.get(labels) else {
            let (labels, got) = (labels.clone(), values(series));
            return Err(Mismatch::UnexpectedSeries { labels, got });
        };
        if !wanted.values.is_empty() && time(wanted.values.len() - 1).is_none() {
            return Err(Mismatch::TooManyValues { labels: labels.clone() });
        }
        let wanted = points(wanted, time);
        let got = values(series);
        let same = |(wanted, got): (&TimedValue, &TimedValue)| {
            wanted.time == got.time && almost::same(&wanted.value, &got.value)
        };
        if wanted.len() != got.len() || !wanted.iter().zip(&got).all(same) {
            let labels = labels.clone();
            return Err(Mismatch::Points { labels, expected: wanted, got });
        }
    }
    all_found(expected, |labels| got.iter().any(|series| series.labels == *labels))
}

/// The values of an expected series with their times.
fn points(series: &ExpectedSeries, time: impl Fn(usize) -> Option<Timestamp>) -> Vec<TimedValue> {
    let values = series.values.iter().enumerate();
    let points = values.filter_map(|(index, value)| {
        let value = match value {
            SeriesValue::Float(value) => Shown::Float(*value),
            SeriesValue::Histogram(WrittenHistogram { histogram, hinted }) => {
                Shown::Histogram { histogram: Arc::clone(histogram), hinted: *hinted }
            }
            SeriesValue::Omitted => return None,
        };
        Some(TimedValue { time: time(index)?, value })
    });
    points.collect()
}

/// The values of an answered series, in the order of their times.
fn values(series: &Series) -> Vec<TimedValue> {
    let floats = series.points.iter();
    let floats =
        floats.map(|point| TimedValue { time: point.time, value: Shown::Float(point.value) });
    let histograms = series.histograms.iter().map(|point| {
        let histogram = Arc::clone(&point.histogram);
        let value = Shown::Histogram { histogram, hinted: false };
        TimedValue { time: point.time, value }
    });
    let mut values: Vec<TimedValue> = floats.chain(histograms).collect();
    values.sort_by_key(|value| value.time);
    values
}

fn all_found(
    expected: &Answer,
    found: impl Fn(&regain_model::Labels) -> bool,
) -> Result<(), Mismatch> {
    match expected.series.keys().find(|labels| !found(labels)) {
        Some(labels) => Err(Mismatch::MissingSeries { labels: labels.clone() }),
        None => Ok(()),
    }
}

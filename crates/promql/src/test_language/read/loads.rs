//! `load STEP` and the series below it.

use std::collections::BTreeMap;
use std::sync::Arc;

use regain_model::Timestamp;
use regain_storage::Value;

use super::millis;
use super::start_times::{StartTimes, start_times};
use crate::test_language::lines::{Line, Lines};
use crate::test_language::mistake::{Mistake, Problem};
use crate::test_language::script::{Load, LoadedSeries};
use crate::test_language::series::{self, SeriesText, SeriesValue};

/// Reads a load whose first line is `line`.
pub(super) fn load(line: Line<'_>, lines: &mut Lines<'_>) -> Result<Load, Mistake> {
    let mistake = |line: Line<'_>| move |problem| Mistake { line: line.number, problem };
    let (with_native, step_ms) = head(line.text).map_err(mistake(line))?;
    let mut series = BTreeMap::new();
    let mut pending: Option<(Line<'_>, StartTimes)> = None;
    while let Some(line) = lines.continuation() {
        if let Some(starts) = start_times(line.text).map_err(mistake(line))? {
            if let Some((earlier, _)) = pending.replace((line, starts)) {
                return Err(mistake(earlier)(Problem::StartTimesAlone));
            }
            continue;
        }
        let text = series::parse(line.text).map_err(Problem::Series).map_err(mistake(line))?;
        let mut loaded = samples(&text, line.number, step_ms);
        if let Some((at, starts)) = pending.take() {
            if starts.labels != text.labels || starts.offsets.len() != text.values.len() {
                return Err(mistake(at)(Problem::StartTimesAlone));
            }
            loaded.starts = starts.apply_to(&text.values, step_ms);
        }
        series.insert(text.labels, loaded);
    }
    match pending {
        Some((at, _)) => Err(mistake(at)(Problem::StartTimesAlone)),
        None => Ok(Load { with_native, series }),
    }
}

fn head(text: &str) -> Result<(bool, i64), Problem> {
    let (command, step) = text.split_once(char::is_whitespace).ok_or(Problem::LoadSyntax)?;
    let with_native = match command {
        "load" => false,
        "load_with_nhcb" => true,
        _ => return Err(Problem::LoadSyntax),
    };
    Ok((with_native, millis("step", step.trim_start())?))
}

/// The samples of a series that starts at the epoch.
fn samples(text: &SeriesText, line: usize, step_ms: i64) -> LoadedSeries {
    let mut loaded = LoadedSeries { line, ..LoadedSeries::default() };
    let mut time = 0_i64;
    for value in &text.values {
        let value = match value {
            SeriesValue::Omitted => None,
            SeriesValue::Float(value) => Some(Value::Float(*value)),
            SeriesValue::Histogram(written) => {
                Some(Value::Histogram(Arc::clone(&written.histogram)))
            }
        };
        loaded.samples.extend(value.map(|value| (Timestamp(time), value)));
        time = time.saturating_add(step_ms);
    }
    loaded
}

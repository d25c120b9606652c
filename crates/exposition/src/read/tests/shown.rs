//! Any source as lines of text, one for each item.

use super::render_labels;
use crate::read::{Item, LabelRun, Reading, Says, Source};

/// Reads a body to its end; starts and exemplars are shown where there are some.
pub(super) fn shown<'a, S>(mut source: S) -> Vec<String>
where
    S: Source<'a>,
    S::Error: std::fmt::Display,
{
    let mut lines = Vec::new();
    loop {
        match source.next_item() {
            Ok(None) => return lines,
            Ok(Some(Item::Sample(reading))) => lines.push(sample(&mut source, reading)),
            Ok(Some(Item::Metadata(said))) => lines.push(match said.says {
                Says::Help(text) => format!("help {} {text}", said.name),
                Says::Kind(kind) => format!("type {} {kind}", said.name),
                Says::Unit(unit) => format!("unit {} {unit}", said.name),
            }),
            Err(error) => {
                lines.push(format!("error {error}"));
                return lines;
            }
        }
    }
}

/// Shows the sample that was read last.
pub(super) fn sample<'a, S: Source<'a>>(source: &mut S, reading: Reading) -> String {
    let series = source.series().to_vec();
    let mut labels = LabelRun::new();
    if let Err(problem) = source.labels(&series, &mut labels) {
        return format!("labels of {}: {problem}", S::shown(&series));
    }
    let time = |ms: Option<i64>| ms.map(|ms| format!(" @{ms}")).unwrap_or_default();
    let mut parts = vec![render_labels(&labels)];
    parts.push(match (reading.value, source.histogram()) {
        (Some(value), None) => format!(" {value}"),
        (None, Some(Ok(read))) => {
            format!(" {} ({} buckets)", read.histogram.test_notation(), read.buckets)
        }
        (None, Some(Err(problem))) => format!(" invalid: {problem}"),
        (value, histogram) => panic!("{value:?} and {histogram:?}"),
    });
    parts.push(time(reading.timestamp_ms));
    parts.extend(Some(source.start_ms()).filter(|ms| *ms != 0).map(|ms| format!(" since {ms}")));
    source.each_exemplar(|exemplar| {
        let labels = render_labels(&exemplar.labels);
        parts.push(format!(" # {labels} {}{}", exemplar.value, time(exemplar.timestamp_ms)));
    });
    parts.concat()
}

//! What a target writes with.

use regain_model::Timestamp;
use regain_storage::{Appender, Value, Verdict};

use crate::manager::StartTimestamps;
use crate::report::ReportSeries;
use crate::row::{NO_START, Row, Single};

/// Is what a target writes with, from its first scrape on.
pub(super) struct Lane {
    pub(super) appender: Box<dyn Appender>,
    pub(super) report: ReportSeries,
}

impl Lane {
    /// Stages the zeros from which the samples of a row count that say since when they do.
    pub(super) fn stage_zeros(&mut self, at: Timestamp, row: &Row) {
        for &(series, start) in &row.starts {
            self.appender.stage_zero(series, start, at, &Value::Float(0.0));
        }
        for sample in row.singles.iter().filter(|sample| sample.start != NO_START) {
            let Single { series, time, start, value, .. } = sample;
            self.appender.stage_zero(*series, *start, *time, value);
        }
    }

    /// Stages a sample that is in no column.
    pub(super) fn stage_single(&mut self, sample: &Single, starts: StartTimestamps) -> Verdict {
        let start = if starts.are_kept { sample.start } else { NO_START };
        match &sample.value {
            Value::Float(value) if start == NO_START => {
                self.appender.stage(sample.series, sample.time, *value)
            }
            value => self.appender.stage_value(sample.series, sample.time, start, value.clone()),
        }
    }

    /// Stages a sample of a row again, under another reference.
    pub(super) fn stage_again(
        &mut self,
        at: Timestamp,
        row: &mut Row,
        index: usize,
        starts: StartTimestamps,
    ) {
        let verdict = match index.checked_sub(row.entries.len()) {
            None => {
                let (series, values) = (&row.series[index..=index], &row.values[index..=index]);
                let mut refused = Vec::new();
                self.appender.stage_row(at, series, values, &mut refused);
                refused.first().map_or(Verdict::Accepted, |&(_, verdict)| verdict)
            }
            Some(single) => self.stage_single(&row.singles[single], starts),
        };
        if verdict != Verdict::Accepted {
            row.refused.push((index, verdict));
        }
    }
}

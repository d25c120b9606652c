//! The samples of one lane and one span of time, turned from series into rows.

use std::collections::BTreeMap;

use regain_model::Timestamp;
use regain_prometheus_tsdb::Samples;
use regain_storage::{Appender, Result, SeriesRef, Verdict};

/// A row is made of samples that at least one in so many series has; others are kept series by series.
const ROW_SHARE: usize = 32;
/// So many samples that make no row are committed at once.
const STRAY_MAX: usize = 4096;

/// Samples of a lane in no order.
#[derive(Debug, Default)]
pub(super) struct Rows {
    series: Vec<SeriesRef>,
    /// Times, places in `series`, values.
    cells: Vec<(i64, u32, f64)>,
}

/// What the store said.
#[derive(Debug, Default)]
pub(super) struct Answers {
    /// The samples that became visible.
    pub(super) samples: u64,
    /// The samples that did not, by reason.
    pub(super) refused: BTreeMap<&'static str, u64>,
}

impl Answers {
    fn refuse(&mut self, verdict: Verdict) {
        let why = match verdict {
            Verdict::Accepted => return,
            Verdict::Duplicate => "with another value at the same time",
            Verdict::OutOfOrder => "out of order",
            Verdict::TooOld => "too old",
            Verdict::TooNew => "too far in the future",
            Verdict::OverLimit => "over a limit",
            Verdict::UnknownSeries => "of an unknown series",
        };
        *self.refused.entry(why).or_default() += 1;
    }
}

impl Rows {
    /// Adds the floats of a series; says how many there are.
    pub(super) fn add(&mut self, series: SeriesRef, samples: &Samples) -> usize {
        let place = u32::try_from(self.series.len()).expect("a lane has less than 2^32 series");
        let before = self.cells.len();
        let floats = (0..samples.len()).filter(|&at| samples.histogram(at).is_none());
        self.cells.extend(floats.map(|at| (samples.times[at], place, samples.cells[at])));
        self.series.push(series);
        self.cells.len() - before
    }

    /// Hands everything to the lane's writer, by time, and is empty then.
    pub(super) fn append(&mut self, lane: &mut dyn Appender, answers: &mut Answers) -> Result<()> {
        self.cells.sort_unstable_by_key(|&(time, place, _)| (time, place));
        let (mut series, mut values, mut refused) = (Vec::new(), Vec::new(), Vec::new());
        let mut strays = 0;
        for row in self.cells.chunk_by(|a, b| a.0 == b.0) {
            let time = Timestamp(row[0].0);
            let of = |place: u32| self.series[usize::try_from(place).expect("a place is an index")];
            if row.len().saturating_mul(ROW_SHARE) < self.series.len() {
                for &(_, place, value) in row {
                    answers.refuse(lane.stage(of(place), time, value));
                }
                strays += row.len();
                if strays < STRAY_MAX {
                    continue;
                }
            } else {
                if std::mem::take(&mut strays) > 0 {
                    answers.samples += lane.commit()?.samples;
                }
                series.clear();
                values.clear();
                series.extend(row.iter().map(|&(_, place, _)| of(place)));
                values.extend(row.iter().map(|&(.., value)| value));
                lane.stage_row(time, &series, &values, &mut refused);
                refused.drain(..).for_each(|(_, verdict)| answers.refuse(verdict));
            }
            answers.samples += lane.commit()?.samples;
            strays = 0;
        }
        answers.samples += lane.commit()?.samples;
        self.series.clear();
        self.cells.clear();
        Ok(())
    }
}

//! The samples of one lane and one span of time, turned from series into rows.

use std::collections::BTreeMap;
use std::sync::Arc;

use regain_model::{Histogram, Timestamp};
use regain_prometheus_tsdb::Samples;
use regain_storage::{
    Appender, Result, SeriesRef, Value, Verdict, histogram_cell, histogram_index, is_histogram,
};

/// A row is made of samples that at least one in so many series has; others are kept series by series.
const ROW_SHARE: usize = 32;
/// So many samples that make no row are committed at once.
const STRAY_MAX: usize = 4096;

/// Samples of a lane in no order.
#[derive(Debug, Default)]
pub(super) struct Rows {
    series: Vec<SeriesRef>,
    cells: Vec<Cell>,
    histograms: Vec<Arc<Histogram>>,
}

/// One sample.
#[derive(Clone, Copy, Debug)]
struct Cell {
    time: i64,
    /// The place in `series`.
    place: u32,
    /// 0 when it is not known.
    start: i64,
    /// A float, or the place of a histogram.
    value: f64,
}

impl Cell {
    /// Whether it is a float and nothing else.
    const fn is_plain(&self) -> bool {
        self.start == 0 && !is_histogram(self.value)
    }
}

/// What the store said.
#[derive(Debug, Default)]
pub(crate) struct Answers {
    /// The samples that became visible.
    pub(crate) samples: u64,
    /// The samples that did not, by reason.
    pub(crate) refused: BTreeMap<&'static str, u64>,
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
            Verdict::NoRoom => "more than there is room for",
            Verdict::UnknownSeries => "of an unknown series",
        };
        *self.refused.entry(why).or_default() += 1;
    }
}

impl Rows {
    /// Adds the samples of a series. Histograms whose buckets do not fit each other are refused.
    pub(super) fn add(&mut self, series: SeriesRef, samples: &Samples, answers: &mut Answers) {
        let place = u32::try_from(self.series.len()).expect("a lane has less than 2^32 series");
        for (at, (&time, &cell)) in samples.times.iter().zip(&samples.cells).enumerate() {
            let mut value = cell;
            if let Some(histogram) = samples.histogram(at) {
                let Some(histogram) = histogram.to_model() else {
                    *answers.refused.entry("with buckets that do not fit").or_default() += 1;
                    continue;
                };
                let index = u32::try_from(self.histograms.len());
                value = histogram_cell(index.expect("what is read at once fits memory"));
                self.histograms.push(Arc::new(histogram));
            }
            self.cells.push(Cell { time, place, start: samples.starts[at], value });
        }
        self.series.push(series);
    }

    /// Hands everything to the lane's writer, by time, and is empty then.
    pub(super) fn append(&mut self, lane: &mut dyn Appender, answers: &mut Answers) -> Result<()> {
        self.cells.sort_unstable_by_key(|cell| (cell.time, cell.place));
        let (mut series, mut values, mut refused) = (Vec::new(), Vec::new(), Vec::new());
        let mut strays = 0;
        for row in self.cells.chunk_by(|a, b| a.time == b.time) {
            if row.len().saturating_mul(ROW_SHARE) < self.series.len() {
                for cell in row {
                    answers.refuse(self.stage(lane, cell));
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
                let plain = || row.iter().filter(|cell| cell.is_plain());
                series.extend(plain().map(|cell| self.of(cell)));
                values.extend(plain().map(|cell| cell.value));
                lane.stage_row(Timestamp(row[0].time), &series, &values, &mut refused);
                refused.drain(..).for_each(|(_, verdict)| answers.refuse(verdict));
                let others = row.iter().filter(|cell| !cell.is_plain());
                others.for_each(|cell| answers.refuse(self.stage(lane, cell)));
            }
            answers.samples += lane.commit()?.samples;
            strays = 0;
        }
        answers.samples += lane.commit()?.samples;
        self.series.clear();
        self.cells.clear();
        self.histograms.clear();
        Ok(())
    }

    fn of(&self, cell: &Cell) -> SeriesRef {
        self.series[usize::try_from(cell.place).expect("a place is an index")]
    }

    fn stage(&self, lane: &mut dyn Appender, cell: &Cell) -> Verdict {
        let histogram = histogram_index(cell.value).and_then(|index| usize::try_from(index).ok());
        let value = match histogram {
            Some(index) => Value::Histogram(Arc::clone(&self.histograms[index])),
            None => Value::Float(cell.value),
        };
        lane.stage_value(self.of(cell), Timestamp(cell.time), Timestamp(cell.start), value)
    }
}

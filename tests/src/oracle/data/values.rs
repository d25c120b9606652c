//! The values of one series, as the test language writes them.

use super::super::random::Random;
use super::histograms::{Counts, Layout};

/// How the values of a metric go.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Values {
    /// Up, and now and then back to the beginning.
    Counter,
    /// Like a counter, in integers.
    Bucket,
    /// Up and down.
    Gauge,
    /// Anything a float can be.
    Odd,
    /// One or zero.
    Flag,
    /// Native histograms with exponential buckets.
    Exponential,
    /// Native histograms with custom buckets.
    Custom,
    /// Floats and histograms of all kinds.
    Mixed,
}

/// The smallest one is normal: below it, Go's logarithm is wrong on some processors.
const ODD: [&str; 14] = [
    "0",
    "-0",
    "1",
    "-1",
    "NaN",
    "Inf",
    "-Inf",
    "1e300",
    "-1.7e308",
    "2.3e-308",
    "0.1",
    "9007199254740993",
    "-2.5",
    "1e-9",
];
/// Of a hundred values, how many are followed by a gap or a staleness marker.
const GAP_PERCENT: u64 = 4;
const STALE_PERCENT: u64 = 2;
const RESET_PERCENT: u64 = 4;

/// Writes values.
pub(super) struct Writer<'r> {
    random: &'r mut Random,
    integer: bool,
    value: f64,
    /// How much a step adds at most, in the unit of the value.
    pace: i64,
    unit: f64,
    counts: Counts,
}

impl<'r> Writer<'r> {
    pub(super) fn new(random: &'r mut Random, integer: bool) -> Self {
        let unit = random.pick(&[1.0, 1.0, 0.25, 0.1]);
        let (value, pace) = (random.pick(&[0.0, 0.0, 17.0, 1e15]), random.pick(&[1, 10, 1000]));
        let counts = Counts::new(random, Layout::Exponential);
        Self { random, integer, value, pace, unit, counts }
    }

    /// So many values.
    pub(super) fn write(&mut self, values: Values, points: usize) -> Vec<String> {
        if values == Values::Custom {
            self.counts = Counts::new(self.random, Layout::Custom);
        }
        // A sample at every point or at every so many; a series may begin late and end early.
        let every = self.random.pick(&[1, 1, 2, 4]);
        let late = if self.random.percent(20) { points / 3 } else { 0 };
        let end = if self.random.percent(20) { 2 * points / 3 } else { points };
        let constant = self.random.percent(5);
        let (mut text, mut gap) = (Vec::with_capacity(points), 0);
        for at in 0..points {
            if at < late || at >= end || gap > 0 || (at + late) % every != 0 {
                gap -= i64::from(gap > 0);
                text.push("_".to_owned());
            } else if self.random.percent(STALE_PERCENT) {
                text.push("stale".to_owned());
                gap = self.random.between(0, 6);
            } else {
                text.push(self.next(values, constant));
                if self.random.percent(GAP_PERCENT) {
                    gap = self.random.between(1, 12);
                }
            }
        }
        text
    }

    fn next(&mut self, values: Values, constant: bool) -> String {
        let moved =
            if constant { 0.0 } else { self.unit * self.random.between(0, self.pace) as f64 };
        match values {
            Values::Counter | Values::Bucket => {
                if self.random.percent(RESET_PERCENT) {
                    self.value = 0.0;
                }
                self.value += if values == Values::Bucket { moved.floor() } else { moved };
                self.value.to_string()
            }
            Values::Gauge => {
                self.value += if self.random.percent(50) { moved } else { -moved };
                self.value.to_string()
            }
            Values::Odd => self.random.pick(&ODD).to_owned(),
            Values::Flag => u8::from(self.random.percent(90)).to_string(),
            Values::Exponential | Values::Custom => {
                self.counts.step(self.random);
                self.counts.written(self.random, self.integer)
            }
            Values::Mixed => {
                if self.random.percent(10) {
                    let layouts = [Layout::Exponential, Layout::Custom];
                    let layout = self.random.pick(&layouts);
                    self.counts = Counts::new(self.random, layout);
                }
                let floats = if self.random.percent(20) { 80 } else { 20 };
                let kind =
                    if self.random.percent(floats) { Values::Gauge } else { Values::Exponential };
                self.next(kind, constant)
            }
        }
    }
}

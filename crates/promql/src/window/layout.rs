//! The part of extrapolation that depends on times alone.
//!
//! Upstream extrapolates to a border of the window that is closer than 1.1 times the mean distance
//! of the samples, and by half that distance otherwise (`promql/functions.go`, 3.14). The order of
//! the operations is upstream's, because their last bits show.

use super::{Reach, Windows};

/// How the samples lie in one window.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Layout {
    /// The seconds from the first sample to the last.
    pub(crate) sampled: f64,
    /// The seconds to extrapolate at the start.
    pub(crate) to_start: f64,
    /// The seconds to extrapolate at the end.
    pub(crate) to_end: f64,
    /// What the growth is multiplied with when no zero point shortens the start.
    pub(crate) factor: f64,
    /// A first value above so many times the growth puts the zero point surely before what is
    /// extrapolated at the start: a little more than it takes.
    pub(crate) doubtful: f64,
}

/// More than rounding can do in a handful of operations.
const SURE: f64 = 1.0 + 1e-12;

impl Layout {
    pub(crate) fn of(times: &[i64], start: i64, end: i64, divisor: Option<f64>) -> Self {
        let (Some(&first), Some(&last)) = (times.first(), times.last()) else {
            return Self::default();
        };
        let sampled = seconds(first, last);
        let mean = sampled / (times.len() - 1) as f64;
        let threshold = mean * 1.1;
        let limit = |seconds: f64| if seconds >= threshold { mean / 2.0 } else { seconds };
        let to_start = limit(seconds(start, first));
        let to_end = limit(seconds(last, end));
        let doubtful = if sampled > 0.0 { to_start / sampled * SURE } else { f64::INFINITY };
        let mut layout = Self { sampled, to_start, to_end, factor: 1.0, doubtful };
        layout.factor = layout.factor_from(to_start, divisor);
        layout
    }

    /// The factor when the series is known to have started at `inside`, within the window up to
    /// `end`: nothing is extrapolated before that.
    pub(crate) fn factor_since(
        &self,
        times: &[i64],
        (inside, end): (i64, i64),
        divisor: Option<f64>,
    ) -> f64 {
        let Some(&last) = times.last() else { return 1.0 };
        // One sample has no distance to another, by which to extrapolate.
        let to_end = if times.len() > 1 { self.to_end } else { 0.0 };
        debug_assert!(last <= end, "a window ends behind its samples");
        let sampled = seconds(inside, last);
        let whole = Self { sampled, to_end, ..Self::default() };
        whole.factor_from(0.0, divisor)
    }

    /// The factor when the series starts `to_start` seconds before its first sample.
    #[inline]
    pub(crate) fn factor_from(&self, to_start: f64, divisor: Option<f64>) -> f64 {
        let factor = if self.sampled == 0.0 {
            1.0
        } else {
            (self.sampled + to_start + self.to_end) / self.sampled
        };
        match divisor {
            Some(seconds) => factor / seconds,
            None => factor,
        }
    }
}

/// The layouts of all windows with two samples or more.
#[derive(Debug, Default)]
pub(crate) struct Layouts(Vec<Layout>);

impl Layouts {
    /// Finds the layouts; `divisor` is the range in seconds for a rate.
    pub(crate) fn find(
        &mut self,
        times: &[i64],
        windows: &Windows,
        reach: &Reach,
        divisor: Option<f64>,
    ) {
        self.0.clear();
        self.0.extend(windows.iter().enumerate().map(|(k, (low, high))| {
            if high - low < 2 {
                return Layout::default();
            }
            let end = reach.end_of(k);
            Layout::of(&times[low..high], end.saturating_sub(reach.range), end, divisor)
        }));
    }

    #[inline]
    pub(crate) fn iter(&self) -> impl ExactSizeIterator<Item = &Layout> {
        self.0.iter()
    }
}

/// The seconds between two times.
#[inline]
fn seconds(from: i64, to: i64) -> f64 {
    to.saturating_sub(from) as f64 / 1000.0
}

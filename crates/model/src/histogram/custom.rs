//! Custom buckets with different bounds: only the bounds that both have remain.

use std::sync::Arc;

use super::buckets::{Buckets, Growing};
use super::cell::Cell;
use super::{Histogram, HistogramOf};

/// The bounds that both have; both ascend.
pub(super) fn common_bounds(a: &[f64], b: &[f64]) -> Vec<f64> {
    let (mut common, mut at) = (Vec::new(), 0);
    for &bound in a {
        at += b[at..].iter().take_while(|other| **other < bound).count();
        if b.get(at) == Some(&bound) {
            common.push(bound);
        }
    }
    common
}

impl<C: Cell> HistogramOf<C> {
    /// Adds the buckets of `other`, whose bounds are others, `sign` times.
    pub(super) fn combine_custom(&mut self, other: &Histogram, sign: f64) {
        let bounds = common_bounds(self.custom_bounds(), other.custom_bounds());
        let mut cells = vec![C::default(); bounds.len() + 1];
        add_up(&self.positive, self.custom_bounds(), &bounds, |at, cell| {
            cells[at].add(cell.compensated());
        });
        add_up(&other.positive, other.custom_bounds(), &bounds, |at, cell| {
            cells[at].add_value(sign * cell);
        });
        let mut growing = Growing::default();
        for (index, cell) in (0..).zip(cells).filter(|(_, cell)| !cell.is_zero()) {
            growing.push(index, cell);
        }
        self.positive = growing.buckets;
        self.bounds = (!bounds.is_empty()).then(|| Arc::from(bounds));
    }
}

/// Hands each count to `f` with its place among the buckets of `common` bounds.
pub(super) fn add_up<C: Cell>(
    buckets: &Buckets<C>,
    bounds: &[f64],
    common: &[f64],
    mut f: impl FnMut(usize, C),
) {
    let mut at = 0;
    for (index, cell) in buckets.iter() {
        let bound = usize::try_from(index).ok().and_then(|index| bounds.get(index));
        at = match bound {
            Some(&bound) => at + common[at..].iter().take_while(|other| **other < bound).count(),
            None => common.len(),
        };
        f(at, cell);
    }
}

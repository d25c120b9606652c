//! Random numbers from a seed, and the values that a writer may have.

use std::sync::Arc;

use regain_model::{Buckets, Histogram, STALE_NAN};
use regain_storage::Value;

/// A generator (splitmix64).
#[derive(Debug)]
pub(super) struct Random(pub(super) u64);

impl Random {
    pub(super) fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    /// A number below `end`.
    pub(super) fn below(&mut self, end: u64) -> u64 {
        self.next() % end
    }

    /// An index into something with so many items.
    pub(super) fn index(&mut self, items: usize) -> usize {
        usize::try_from(self.below(items as u64)).unwrap()
    }

    /// A time within a range.
    pub(super) fn time(&mut self, range: std::ops::Range<i64>) -> i64 {
        range.start + i64::try_from(self.below(range.start.abs_diff(range.end))).unwrap()
    }

    /// True in so many of a hundred cases.
    pub(super) fn percent(&mut self, cases: u64) -> bool {
        self.below(100) < cases
    }

    /// A value of one of the kinds that are coded differently.
    pub(super) fn value(&mut self) -> Value {
        if self.percent(15) {
            return Value::Histogram(Arc::new(self.histogram()));
        }
        let bits = self.next();
        let value = match self.below(8) {
            0 => STALE_NAN,
            1 => f64::from_bits(bits),
            2 => -0.0,
            3 => (bits >> 40) as f64 / 100.0,
            _ => (bits >> 54) as f64,
        };
        Value::Float(value).settled()
    }

    fn histogram(&mut self) -> Histogram {
        let counts = [self.below(20) as f64, self.below(5) as f64];
        Histogram {
            count: counts.iter().sum(),
            sum: counts[0] * 1.5,
            positive: Buckets::run(1, counts.to_vec()),
            ..Histogram::default()
        }
    }
}

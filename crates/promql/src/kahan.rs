//! Summation as upstream sums: Kahan's with Neumaier's improvement.
//!
//! **Invariant.** No multiplication is fused into an addition anywhere in this crate; the last bit
//! of an answer depends on it (upstream: `util/kahansum`, 3.14).

pub(crate) use regain_model::kahan::inc;

/// A running sum.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Sum {
    pub(crate) sum: f64,
    pub(crate) c: f64,
}

impl Sum {
    #[inline]
    pub(crate) fn add(&mut self, x: f64) {
        (self.sum, self.c) = inc(x, self.sum, self.c);
    }

    /// The sum with its compensation.
    #[inline]
    pub(crate) fn total(self) -> f64 {
        self.sum + self.c
    }
}

/// A running mean: the sum divided by the count until the sum would overflow, from then on a mean
/// that is moved by each value.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Mean {
    value: f64,
    c: f64,
    count: f64,
    incremental: bool,
}

impl Mean {
    /// The mean of one value.
    #[inline]
    pub(crate) const fn of(first: f64) -> Self {
        Self { value: first, c: 0.0, count: 1.0, incremental: false }
    }

    #[inline]
    pub(crate) fn add(&mut self, x: f64) {
        self.count += 1.0;
        if !self.incremental {
            let (sum, c) = inc(x, self.value, self.c);
            if !sum.is_infinite() {
                (self.value, self.c) = (sum, c);
                return;
            }
            self.incremental = true;
            self.value /= self.count - 1.0;
            self.c /= self.count - 1.0;
        }
        let kept = (self.count - 1.0) / self.count;
        (self.value, self.c) = inc(x / self.count, kept * self.value, kept * self.c);
    }

    #[inline]
    pub(crate) fn mean(self) -> f64 {
        if self.incremental {
            self.value + self.c
        } else {
            self.value / self.count + self.c / self.count
        }
    }
}

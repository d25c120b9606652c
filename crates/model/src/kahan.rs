//! Summation as upstream sums: Kahan's with Neumaier's improvement.
//!
//! **Invariant.** No multiplication is fused into an addition; the last bit of an answer depends on
//! it (upstream: `util/kahansum`, 3.14).

/// Adds `x` to `sum` with the compensation `c`; returns both anew.
#[inline]
pub fn inc(x: f64, sum: f64, c: f64) -> (f64, f64) {
    let total = sum + x;
    let lost = if sum.abs() >= x.abs() { (sum - total) + x } else { (x - total) + sum };
    (total, if total.is_infinite() { 0.0 } else { c + lost })
}

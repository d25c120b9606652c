//! The marker that says a series has ended.
//!
//! Prometheus ends a series with one particular NaN. Every other NaN is an ordinary value, so the
//! two are told apart by their bits (upstream: `model/value/value.go`, 3.14).

/// The NaN that marks the end of a series.
pub const STALE_NAN: f64 = f64::from_bits(0x7ff0_0000_0000_0002);

/// The NaN that stands for "not a number" as a value.
pub const NORMAL_NAN: f64 = f64::from_bits(0x7ff8_0000_0000_0001);

/// Whether `value` is the staleness marker.
#[inline]
pub const fn is_stale(value: f64) -> bool {
    value.to_bits() == STALE_NAN.to_bits()
}

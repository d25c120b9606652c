//! Building requests, for tests and benchmarks.
//!
//! Fields lie in the order of their numbers, and zeros are left out, as upstream's encoder writes them.

mod histogram;
mod symbolized;

use regain_protowire::write::{put_double, put_int64, put_message, put_str};

use super::v1;

pub use histogram::{Counts, HistogramSample};
pub use symbolized::{Exemplar, SymbolizedRequest, SymbolizedSeries};

/// A `prometheus.WriteRequest` under construction.
#[derive(Clone, Debug, Default)]
pub struct Request {
    bytes: Vec<u8>,
}

impl Request {
    /// Adds a series with samples, each a time in milliseconds and a value.
    pub fn series(&mut self, labels: &[(&str, &str)], samples: &[(i64, f64)]) {
        self.mixed_series(labels, samples, &[]);
    }

    /// Adds a series with numbers and histograms.
    pub fn mixed_series(
        &mut self,
        labels: &[(&str, &str)],
        samples: &[(i64, f64)],
        histograms: &[HistogramSample<'_>],
    ) {
        put_message(&mut self.bytes, v1::REQUEST_SERIES, |dst| {
            for &(name, value) in labels {
                append_label(dst, name, value);
            }
            for &(time_ms, value) in samples {
                append_sample(dst, time_ms, value);
            }
            for sample in histograms {
                put_message(dst, v1::SERIES_HISTOGRAM, |dst| sample.append(dst));
            }
        });
    }

    /// Forgets the series and keeps the memory.
    pub fn clear(&mut self) {
        self.bytes.clear();
    }

    /// The encoded message, which is not compressed yet.
    pub fn as_bytes(&self) -> &[u8] {
        &self.bytes
    }
}

/// Appends one label to a series.
pub(super) fn append_label(dst: &mut Vec<u8>, name: &str, value: &str) {
    put_message(dst, v1::SERIES_LABEL, |dst| {
        if !name.is_empty() {
            put_str(dst, v1::LABEL_NAME, name);
        }
        if !value.is_empty() {
            put_str(dst, v1::LABEL_VALUE, value);
        }
    });
}

fn append_sample(dst: &mut Vec<u8>, time_ms: i64, value: f64) {
    put_message(dst, v1::SERIES_SAMPLE, |dst| {
        append_nonzero_double(dst, v1::SAMPLE_VALUE, value);
        append_nonzero_int64(dst, v1::SAMPLE_TIME, time_ms);
    });
}

fn append_nonzero_double(dst: &mut Vec<u8>, field: u32, value: f64) {
    if value.to_bits() != 0 {
        put_double(dst, field, value);
    }
}

fn append_nonzero_int64(dst: &mut Vec<u8>, field: u32, value: i64) {
    if value != 0 {
        put_int64(dst, field, value);
    }
}

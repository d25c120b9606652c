//! How far a classic histogram's buckets had to be corrected, gathered over series and steps.

use regain_go_format::{FloatFormat, append_float_with_precision};

use super::kind::general;

/// The extent of the corrections.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Monotonicity {
    pub(crate) time_min: i64,
    pub(crate) time_max: i64,
    pub(crate) bucket_min: f64,
    pub(crate) bucket_max: f64,
    pub(crate) diff_max: f64,
    pub(crate) samples: u64,
}

impl Monotonicity {
    pub(crate) fn merge(&mut self, other: &Self) {
        self.time_min = self.time_min.min(other.time_min);
        self.time_max = self.time_max.max(other.time_max);
        self.bucket_min = self.bucket_min.min(other.bucket_min);
        self.bucket_max = self.bucket_max.max(other.bucket_max);
        self.diff_max = self.diff_max.max(other.diff_max);
        self.samples += other.samples;
    }

    /// The end of the annotation's text, shown only with a position.
    pub(super) fn details(&self) -> String {
        let mut diff = Vec::new();
        append_float_with_precision(&mut diff, self.diff_max, FloatFormat::G, 2);
        let diff = String::from_utf8(diff).expect("a float's text is ASCII");
        format!(
            ", from buckets {} to {}, with a max diff of {diff}, over {} samples from {} to {}",
            general(self.bucket_min),
            general(self.bucket_max),
            self.samples,
            rfc3339_seconds(self.time_min),
            rfc3339_seconds(self.time_max),
        )
    }
}

fn rfc3339_seconds(millis: i64) -> String {
    let time = jiff::Timestamp::from_second(millis / 1000).unwrap_or_default();
    time.to_string()
}

//! Histograms as text: as Prometheus prints them, and as its test language writes them.

use std::fmt;

use regain_go_format::append_float_g;

use super::walk::Bucket;
use super::{Buckets, Histogram, ResetHint};

/// `value` as Go's `%g` writes it.
fn general(value: f64) -> String {
    let mut text = Vec::with_capacity(24);
    append_float_g(&mut text, value);
    String::from_utf8(text).expect("a float's text is ASCII")
}

impl fmt::Display for Bucket {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let open = if self.lower_inclusive { '[' } else { '(' };
        let close = if self.upper_inclusive { ']' } else { ')' };
        let (lower, upper, count) = (general(self.lower), general(self.upper), general(self.count));
        write!(f, "{open}{lower},{upper}{close}:{count}")
    }
}

impl fmt::Display for Histogram {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{{count:{}, sum:{}", general(self.count), general(self.sum))?;
        let negative = self.negative_buckets().rev();
        let zero = (self.zero_count != 0.0).then(|| self.zero_bucket());
        for bucket in negative.chain(zero).chain(self.positive_buckets()) {
            if bucket.count != 0.0 {
                write!(f, ", {bucket}")?;
            }
        }
        f.write_str("}")
    }
}

impl Histogram {
    /// The histogram as the test language writes it: `{{schema:1 count:3 sum:2 buckets:[1 2]}}`.
    pub fn test_notation(&self) -> String {
        let mut parts = Vec::new();
        if self.schema != 0 {
            parts.push(format!("schema:{}", self.schema));
        }
        let numbers = [
            ("count", self.count),
            ("sum", self.sum),
            ("z_bucket", self.zero_count),
            ("z_bucket_w", self.zero_threshold),
        ];
        let told = numbers.into_iter().filter(|(_, value)| *value != 0.0);
        parts.extend(told.map(|(name, value)| format!("{name}:{}", general(value))));
        if self.is_custom() {
            parts.push(format!("custom_values:{}", list(self.custom_bounds().iter().copied())));
        }
        match self.hint {
            ResetHint::Unknown => {}
            ResetHint::Reset => parts.push("counter_reset_hint:reset".to_owned()),
            ResetHint::NotReset => parts.push("counter_reset_hint:not_reset".to_owned()),
            ResetHint::Gauge => parts.push("counter_reset_hint:gauge".to_owned()),
        }
        side(&mut parts, &self.positive, "buckets", "offset");
        side(&mut parts, &self.negative, "n_buckets", "n_offset");
        format!("{{{{{}}}}}", parts.join(" "))
    }
}

/// The most empty buckets that are written for a gap; no histogram has more in one schema's range of
/// numbers that can be measured.
const GAP_MAX: i32 = 1 << 20;

fn side(parts: &mut Vec<String>, buckets: &Buckets, name: &str, offset_name: &str) {
    let mut buckets = buckets.clone();
    buckets.compact();
    let Some((first, _)) = buckets.iter().next() else { return };
    if first != 0 {
        parts.push(format!("{offset_name}:{first}"));
    }
    let (mut dense, mut next) = (Vec::new(), first);
    for (index, count) in buckets.iter() {
        let gap = index.saturating_sub(next).min(GAP_MAX);
        dense.extend((0..gap).map(|_| 0.0));
        dense.push(count);
        next = index + 1;
    }
    parts.push(format!("{name}:{}", list(dense)));
}

fn list(values: impl IntoIterator<Item = f64>) -> String {
    let values: Vec<String> = values.into_iter().map(general).collect();
    format!("[{}]", values.join(" "))
}

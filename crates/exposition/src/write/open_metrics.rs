//! OpenMetrics text.
//!
//! A counter's `_total` belongs to its samples and not to its family; a counter without it is announced as `unknown`,
//! because OpenMetrics would refuse it.

use std::borrow::Cow;

use regain_model::MetricKind;

use super::classic;
use super::line::{
    ExtraLabel, SeriesWriter, append_escaped, append_name, append_open_metrics_float,
};
use crate::escaping::EscapingScheme;
use crate::family::{HistogramValue, Metric, MetricFamily, MetricValue, SummaryValue};

pub(super) fn family(out: &mut Vec<u8>, family: &MetricFamily, escaping: EscapingScheme) {
    let name = escaping.escape(&family.name);
    let family_name = match family.kind {
        MetricKind::Counter => name.strip_suffix("_total").unwrap_or(&name),
        _ => &name,
    };
    let kind = match family.kind {
        MetricKind::Counter if family_name.len() == name.len() => "unknown",
        kind => kind.as_str(),
    };
    append_header(out, "# HELP ", family_name, &family.help);
    append_header(out, "# TYPE ", family_name, kind);
    if let Some(unit) = &family.unit {
        append_header(out, "# UNIT ", family_name, unit);
    }
    let mut writer = FamilyWriter {
        out,
        name: &name,
        series: SeriesWriter { escaping, append_bound: append_open_metrics_float },
    };
    for metric in &family.metrics {
        match &metric.value {
            MetricValue::Number(value) => writer.sample(metric, "", None, Number::Float(*value)),
            MetricValue::Histogram(histogram) => writer.histogram(metric, histogram),
            MetricValue::Native(native) if native.is_custom() => {
                let buckets = classic::buckets(native);
                let buckets = buckets.map(|(bound, count)| (bound, Number::Float(count)));
                writer.buckets(metric, buckets, native.sum, Number::Float(native.count));
            }
            MetricValue::Native(_) => {}
            MetricValue::Summary(summary) => writer.summary(metric, summary),
        }
    }
}

fn append_header(out: &mut Vec<u8>, keyword: &str, name: &str, text: &str) {
    out.extend_from_slice(keyword.as_bytes());
    append_name(out, name);
    out.push(b' ');
    append_escaped(out, text, true);
    out.push(b'\n');
}

/// Keeps counts of observations as integers, which OpenMetrics writes without a point.
#[derive(Clone, Copy)]
enum Number {
    Float(f64),
    Count(u64),
}

struct FamilyWriter<'a> {
    out: &'a mut Vec<u8>,
    name: &'a str,
    series: SeriesWriter,
}

impl FamilyWriter<'_> {
    fn sample(&mut self, metric: &Metric, suffix: &str, extra: ExtraLabel, value: Number) {
        let name = match suffix {
            "" => Cow::Borrowed(self.name),
            suffix => Cow::Owned(format!("{}{suffix}", self.name)),
        };
        self.series.append(self.out, &name, &metric.labels, extra);
        self.out.push(b' ');
        match value {
            Number::Float(value) => append_open_metrics_float(self.out, value),
            Number::Count(count) => self.out.extend_from_slice(count.to_string().as_bytes()),
        }
        if let Some(timestamp_ms) = metric.timestamp_ms {
            self.out.push(b' ');
            append_open_metrics_float(self.out, timestamp_ms as f64 / 1000.0);
        }
        self.out.push(b'\n');
    }

    fn histogram(&mut self, metric: &Metric, histogram: &HistogramValue) {
        let buckets = histogram.buckets.iter();
        let buckets = buckets.map(|&(bound, count)| (bound, Number::Count(count)));
        self.buckets(metric, buckets, histogram.sum, Number::Count(histogram.count));
    }

    fn buckets(
        &mut self,
        metric: &Metric,
        buckets: impl Iterator<Item = (f64, Number)>,
        sum: f64,
        count: Number,
    ) {
        let mut is_whole = false;
        for (bound, cumulative) in buckets {
            self.sample(metric, "_bucket", Some(("le", bound)), cumulative);
            is_whole |= bound == f64::INFINITY;
        }
        if !is_whole {
            self.sample(metric, "_bucket", Some(("le", f64::INFINITY)), count);
        }
        self.sample(metric, "_sum", None, Number::Float(sum));
        self.sample(metric, "_count", None, count);
    }

    fn summary(&mut self, metric: &Metric, summary: &SummaryValue) {
        for &(quantile, value) in &summary.quantiles {
            self.sample(metric, "", Some(("quantile", quantile)), Number::Float(value));
        }
        self.sample(metric, "_sum", None, Number::Float(summary.sum));
        self.sample(metric, "_count", None, Number::Count(summary.count));
    }
}

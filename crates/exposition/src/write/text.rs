//! The Prometheus text format 0.0.4.

use std::borrow::Cow;

use regain_model::MetricKind;

use super::classic;
use super::line::{ExtraLabel, SeriesWriter, append_escaped, append_float, append_name};
use crate::escaping::EscapingScheme;
use crate::family::{HistogramValue, Metric, MetricFamily, MetricValue, SummaryValue};

pub(super) fn family(
    out: &mut Vec<u8>,
    family: &MetricFamily,
    escaping: EscapingScheme,
    has_help: bool,
) {
    let name = escaping.escape(&family.name);
    if has_help {
        out.extend_from_slice(b"# HELP ");
        append_name(out, &name);
        out.push(b' ');
        append_escaped(out, &family.help, false);
        out.push(b'\n');
    }
    out.extend_from_slice(b"# TYPE ");
    append_name(out, &name);
    out.push(b' ');
    out.extend_from_slice(kind_word(family.kind).as_bytes());
    out.push(b'\n');
    let mut writer = FamilyWriter {
        out,
        name: &name,
        series: SeriesWriter { escaping, append_bound: append_float },
    };
    for metric in &family.metrics {
        match &metric.value {
            MetricValue::Number(value) => writer.sample(metric, "", None, *value),
            MetricValue::Histogram(histogram) => writer.histogram(metric, histogram),
            MetricValue::Native(native) if native.is_custom() => {
                let buckets = classic::buckets(native);
                writer.buckets(metric, buckets, (native.sum, native.count));
            }
            MetricValue::Native(_) => {}
            MetricValue::Summary(summary) => writer.summary(metric, summary),
        }
    }
}

/// Returns the word for a kind in a format that knows only the five oldest.
fn kind_word(kind: MetricKind) -> &'static str {
    match kind {
        MetricKind::Unknown => "untyped",
        MetricKind::Counter => "counter",
        MetricKind::Gauge | MetricKind::Info | MetricKind::StateSet => "gauge",
        MetricKind::Histogram | MetricKind::GaugeHistogram => "histogram",
        MetricKind::Summary => "summary",
    }
}

struct FamilyWriter<'a> {
    out: &'a mut Vec<u8>,
    name: &'a str,
    series: SeriesWriter,
}

impl FamilyWriter<'_> {
    fn sample(&mut self, metric: &Metric, suffix: &str, extra: ExtraLabel, value: f64) {
        let name = match suffix {
            "" => Cow::Borrowed(self.name),
            suffix => Cow::Owned(format!("{}{suffix}", self.name)),
        };
        self.series.append(self.out, &name, &metric.labels, extra);
        self.out.push(b' ');
        append_float(self.out, value);
        if let Some(timestamp_ms) = metric.timestamp_ms {
            self.out.extend_from_slice(format!(" {timestamp_ms}").as_bytes());
        }
        self.out.push(b'\n');
    }

    fn histogram(&mut self, metric: &Metric, histogram: &HistogramValue) {
        let buckets = histogram.buckets.iter();
        let buckets = buckets.map(|&(bound, cumulative)| (bound, cumulative as f64));
        self.buckets(metric, buckets, (histogram.sum, histogram.count as f64));
    }

    fn buckets(
        &mut self,
        metric: &Metric,
        buckets: impl Iterator<Item = (f64, f64)>,
        (sum, count): (f64, f64),
    ) {
        let mut is_whole = false;
        for (bound, cumulative) in buckets {
            self.sample(metric, "_bucket", Some(("le", bound)), cumulative);
            is_whole |= bound == f64::INFINITY;
        }
        if !is_whole {
            self.sample(metric, "_bucket", Some(("le", f64::INFINITY)), count);
        }
        self.sample(metric, "_sum", None, sum);
        self.sample(metric, "_count", None, count);
    }

    fn summary(&mut self, metric: &Metric, summary: &SummaryValue) {
        for &(quantile, value) in &summary.quantiles {
            self.sample(metric, "", Some(("quantile", quantile)), value);
        }
        self.sample(metric, "_sum", None, summary.sum);
        self.sample(metric, "_count", None, summary.count as f64);
    }
}

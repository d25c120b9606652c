//! Messages `io.prometheus.client.MetricFamily`, each with its length before it.

use std::sync::Arc;

use regain_model::histogram::Buckets;
use regain_model::{Histogram, MetricKind};
use regain_protowire::write::{
    append_varint, put_double, put_int64, put_message, put_packed_doubles, put_sint64, put_str,
    put_varint,
};

use super::classic;
use crate::escaping::EscapingScheme;
use crate::family::{HistogramValue, Metric, MetricFamily, MetricValue, SummaryValue};

pub(super) fn family(
    out: &mut Vec<u8>,
    family: &MetricFamily,
    escaping: EscapingScheme,
    has_help: bool,
) {
    let mut message = Vec::new();
    put_str(&mut message, 1, &escaping.escape(&family.name));
    if has_help {
        put_str(&mut message, 2, &family.help);
    }
    put_varint(&mut message, 3, enumerator(family.kind));
    for metric in &family.metrics {
        put_message(&mut message, 4, |out| put_metric(out, family.kind, metric, escaping));
    }
    if let Some(unit) = &family.unit {
        put_str(&mut message, 5, unit);
    }
    append_varint(out, message.len() as u64);
    out.append(&mut message);
}

/// Returns the enumerator of `MetricType` for a kind; there is none for the youngest, which are gauges.
fn enumerator(kind: MetricKind) -> u64 {
    match kind {
        MetricKind::Counter => 0,
        MetricKind::Gauge | MetricKind::Info | MetricKind::StateSet => 1,
        MetricKind::Summary => 2,
        MetricKind::Unknown => 3,
        MetricKind::Histogram => 4,
        MetricKind::GaugeHistogram => 5,
    }
}

fn put_metric(out: &mut Vec<u8>, kind: MetricKind, metric: &Metric, escaping: EscapingScheme) {
    for label in &metric.labels {
        put_message(out, 1, |out| {
            put_str(out, 1, &escaping.escape(&label.name));
            put_str(out, 2, &label.value);
        });
    }
    match &metric.value {
        MetricValue::Number(value) => {
            let field = match kind {
                MetricKind::Counter => 3,
                MetricKind::Unknown => 5,
                _ => 2,
            };
            put_message(out, field, |out| put_double(out, 1, *value));
        }
        MetricValue::Summary(summary) => put_message(out, 4, |out| put_summary(out, summary)),
        MetricValue::Histogram(histogram) => put_message(out, 7, |out| put_counts(out, histogram)),
        MetricValue::Native(histogram) => put_message(out, 7, |out| put_native(out, histogram)),
    }
    if let Some(timestamp_ms) = metric.timestamp_ms {
        put_int64(out, 6, timestamp_ms);
    }
}

fn put_summary(out: &mut Vec<u8>, summary: &SummaryValue) {
    put_varint(out, 1, summary.count);
    put_double(out, 2, summary.sum);
    for &(quantile, value) in &summary.quantiles {
        put_message(out, 3, |out| {
            put_double(out, 1, quantile);
            put_double(out, 2, value);
        });
    }
}

fn put_counts(out: &mut Vec<u8>, histogram: &HistogramValue) {
    put_varint(out, 1, histogram.count);
    put_double(out, 2, histogram.sum);
    for &(bound, cumulative) in &histogram.buckets {
        put_message(out, 3, |out| {
            put_varint(out, 1, cumulative);
            put_double(out, 2, bound);
        });
    }
}

/// Writes the counts of a histogram as floats. One whose bounds are listed becomes a classic one.
fn put_native(out: &mut Vec<u8>, histogram: &Arc<Histogram>) {
    put_double(out, 2, histogram.sum);
    if histogram.is_custom() {
        for (bound, cumulative) in classic::buckets(histogram) {
            put_message(out, 3, |out| {
                put_double(out, 2, bound);
                put_double(out, 4, cumulative);
            });
        }
        put_double(out, 4, histogram.count);
        return;
    }
    put_double(out, 4, histogram.count);
    put_sint64(out, 5, i64::from(histogram.schema));
    put_double(out, 6, histogram.zero_threshold);
    put_double(out, 8, histogram.zero_count);
    put_buckets(out, (9, 11), &histogram.negative);
    put_buckets(out, (12, 14), &histogram.positive);
}

fn put_buckets(out: &mut Vec<u8>, (spans, counts): (u32, u32), buckets: &Buckets) {
    for span in buckets.spans() {
        put_message(out, spans, |out| {
            put_sint64(out, 1, i64::from(span.offset));
            put_varint(out, 2, u64::from(span.length));
        });
    }
    if !buckets.is_empty() {
        put_packed_doubles(out, counts, buckets.cells());
    }
}

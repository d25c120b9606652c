//! What the encoder writes as protobuf, read again.

use std::sync::Arc;

use regain_model::histogram::{Buckets, CUSTOM_SCHEMA, Span};
use regain_model::{Histogram, MetricKind};

use super::shown::shown;
use crate::escaping::EscapingScheme;
use crate::family::{HistogramValue, LabelPair, Metric, MetricFamily, MetricValue, SummaryValue};
use crate::negotiate::{Format, FormatKind};
use crate::read::{ProtobufSource, ReadOptions};
use crate::write::{Encoder, encode};

const PROTOBUF: Format = Format { kind: FormatKind::Protobuf, escaping: EscapingScheme::Dots };

fn native(labels: Vec<LabelPair>, histogram: Histogram) -> Metric {
    let value = MetricValue::Native(Arc::new(histogram));
    Metric { labels, value, timestamp_ms: Some(1500) }
}

fn buckets(spans: &[(i32, u32)], counts: &[f64]) -> Buckets {
    let spans = spans.iter().map(|&(offset, length)| Span { offset, length }).collect();
    Buckets::new(spans, counts.to_vec()).unwrap()
}

fn exponential() -> Histogram {
    Histogram {
        schema: 3,
        zero_threshold: 0.001,
        zero_count: 1.5,
        count: 8.5,
        sum: -2.25,
        positive: buckets(&[(-2, 1), (3, 2)], &[1.0, 0.5, 2.5]),
        negative: buckets(&[(0, 1)], &[3.0]),
        ..Histogram::default()
    }
}

/// Nothing in its second bucket, and 2.5 above all bounds.
fn custom() -> Histogram {
    Histogram {
        schema: CUSTOM_SCHEMA,
        count: 7.0,
        sum: 18.4,
        positive: buckets(&[(0, 1), (1, 2)], &[1.0, 3.5, 2.5]),
        bounds: Some([0.1, 1.0, 10.0].into()),
        ..Histogram::default()
    }
}

fn families() -> Vec<MetricFamily> {
    let pair = LabelPair::new;
    let mut all = vec![
        MetricFamily::counter("c_total", "Some \"help\".\n")
            .with(vec![pair("b", "é"), pair("a.b", "")], 3.0),
        MetricFamily::gauge("the.gauge", "").with(vec![], f64::NEG_INFINITY),
        MetricFamily::untyped("u", "").with(vec![], -0.0),
        MetricFamily::new("s_seconds", "", MetricKind::Summary),
        MetricFamily::new("h", "", MetricKind::Histogram),
        MetricFamily::new("n", "", MetricKind::Histogram),
        MetricFamily::new("g", "", MetricKind::GaugeHistogram),
    ];
    all[3].unit = Some("seconds".into());
    let quantiles = vec![(0.5, 2.0), (1.0, f64::NAN)];
    all[3].metrics = vec![Metric::summary(vec![], SummaryValue { count: 2, sum: 4.0, quantiles })];
    let counts = HistogramValue { count: 3, sum: 0.5, buckets: vec![(0.005, 1), (1.0, 2)] };
    all[4].metrics = vec![Metric::histogram(vec![], counts)];
    all[5].metrics =
        vec![native(vec![pair("is", "native")], exponential()), native(vec![], custom())];
    all[6].metrics = vec![native(vec![], exponential())];
    all
}

#[test]
fn protobuf_holds_every_kind_of_metric() {
    let options = ReadOptions { native_histograms: true, ..ReadOptions::default() };
    let native = exponential().test_notation();
    let expected = [
        "help c__total Some \"help\".\n",
        "type c__total counter",
        "__name__=c__total|b=é|a_dot_b= 3",
        "help the_dot_gauge ",
        "type the_dot_gauge gauge",
        "__name__=the_dot_gauge -inf",
        "help u ",
        "type u unknown",
        "__name__=u -0",
        "help s__seconds ",
        "unit s__seconds seconds",
        "type s__seconds summary",
        "__name__=s__seconds_count 2",
        "__name__=s__seconds_sum 4",
        "__name__=s__seconds|quantile=0.5 2",
        "__name__=s__seconds|quantile=1.0 NaN",
        "help h ",
        "type h histogram",
        "__name__=h_count 3",
        "__name__=h_sum 0.5",
        "__name__=h_bucket|le=0.005 1",
        "__name__=h_bucket|le=1.0 2",
        "__name__=h_bucket|le=+Inf 3",
        "help n ",
        "type n histogram",
        &format!("__name__=n|is=native {native} (4 buckets) @1500"),
        "__name__=n_count 7 @1500",
        "__name__=n_sum 18.4 @1500",
        "__name__=n_bucket|le=0.1 1 @1500",
        "__name__=n_bucket|le=1.0 1 @1500",
        "__name__=n_bucket|le=10.0 4.5 @1500",
        "__name__=n_bucket|le=+Inf 7 @1500",
        "help g ",
        "type g gaugehistogram",
        &format!("__name__=g {} (4 buckets) @1500", {
            let hint = regain_model::ResetHint::Gauge;
            Histogram { hint, ..exponential() }.test_notation()
        }),
    ];
    let body = encode(&families(), PROTOBUF).unwrap();
    assert_eq!(shown(ProtobufSource::new(&body, options)), expected);
}

#[test]
fn help_can_be_left_out() {
    let mut body = Vec::new();
    let mut encoder = Encoder::new(PROTOBUF, &mut body).without_help();
    encoder.family(&MetricFamily::gauge("g", "Help.").with(vec![], 1.0)).unwrap();
    encoder.finish();
    let lines = shown(ProtobufSource::new(&body, ReadOptions::default()));
    assert_eq!(lines, ["help g ", "type g gauge", "__name__=g 1"]);
}

#[test]
fn text_has_listed_bounds_and_no_place_for_others() {
    let text = |kind| {
        let format = Format { kind, escaping: EscapingScheme::AllowUtf8 };
        String::from_utf8(encode(&families()[5..6], format).unwrap()).unwrap()
    };
    let lines = "# HELP n \n# TYPE n histogram\nn_bucket{le=\"0.1\"} 1 1500\nn_bucket{le=\"1\"} 1 1500\n\
                 n_bucket{le=\"10\"} 4.5 1500\nn_bucket{le=\"+Inf\"} 7 1500\nn_sum 18.4 1500\nn_count 7 1500\n";
    assert_eq!(text(FormatKind::Text), lines);
    let open = text(FormatKind::OpenMetrics100);
    assert!(
        open.contains("\nn_bucket{le=\"10.0\"} 4.5 1.5\nn_bucket{le=\"+Inf\"} 7.0 1.5\n"),
        "{open}"
    );
}

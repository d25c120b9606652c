use super::*;
use crate::escaping::EscapingScheme;
use crate::family::{HistogramValue, LabelPair, Metric, SummaryValue, sort_families};

fn families() -> Vec<MetricFamily> {
    let mut requests = MetricFamily::counter("http_requests_total", "All \\ requests\nso \"far\".");
    requests.push(vec![LabelPair::new("code", "200"), LabelPair::new("path", "a\"b\\c\nd")], 3.0);
    requests.metrics.push(Metric {
        timestamp_ms: Some(1_500),
        ..Metric::number(vec![LabelPair::new("code", "500"), LabelPair::new("path", "")], 1e21)
    });
    let mut latency = MetricFamily::new("latency_seconds", "Latency.", MetricKind::Histogram);
    latency.metrics.push(Metric::histogram(
        vec![],
        HistogramValue { count: 3, sum: 0.5, buckets: vec![(0.005, 1), (1.0, 2)] },
    ));
    let mut pause = MetricFamily::new("pause_seconds", "", MetricKind::Summary);
    pause.metrics.push(Metric::summary(
        vec![LabelPair::new("vm", "x")],
        SummaryValue { count: 2, sum: 4.0, quantiles: vec![(0.5, f64::NAN)] },
    ));
    let dotted = MetricFamily::gauge("queue.length", "Queued.")
        .with(vec![LabelPair::new("the.queue", "in")], -1.0);
    vec![requests, latency, pause, dotted]
}

fn check(format: Format, expected: &str) {
    let bytes = encode(&families(), format).unwrap();
    // A dot in the middle stands for a blank at the end of a line.
    assert_eq!(String::from_utf8(bytes).unwrap(), expected.replace('·', " "));
}

#[test]
fn the_text_format_is_written_as_upstream_writes_it() {
    check(
        Format::TEXT,
        r#"# HELP http_requests_total All \\ requests\nso "far".
# TYPE http_requests_total counter
http_requests_total{code="200",path="a\"b\\c\nd"} 3
http_requests_total{code="500",path=""} 1e+21 1500
# HELP latency_seconds Latency.
# TYPE latency_seconds histogram
latency_seconds_bucket{le="0.005"} 1
latency_seconds_bucket{le="1"} 2
latency_seconds_bucket{le="+Inf"} 3
latency_seconds_sum 0.5
latency_seconds_count 3
# HELP pause_seconds·
# TYPE pause_seconds summary
pause_seconds{vm="x",quantile="0.5"} NaN
pause_seconds_sum{vm="x"} 4
pause_seconds_count{vm="x"} 2
# HELP "queue.length" Queued.
# TYPE "queue.length" gauge
{"queue.length","the.queue"="in"} -1
"#,
    );
}

#[test]
fn open_metrics_is_written_as_upstream_writes_it() {
    check(
        Format { kind: FormatKind::OpenMetrics100, escaping: EscapingScheme::Underscores },
        r#"# HELP http_requests All \\ requests\nso \"far\".
# TYPE http_requests counter
http_requests_total{code="200",path="a\"b\\c\nd"} 3.0
http_requests_total{code="500",path=""} 1e+21 1.5
# HELP latency_seconds Latency.
# TYPE latency_seconds histogram
latency_seconds_bucket{le="0.005"} 1
latency_seconds_bucket{le="1.0"} 2
latency_seconds_bucket{le="+Inf"} 3
latency_seconds_sum 0.5
latency_seconds_count 3
# HELP pause_seconds·
# TYPE pause_seconds summary
pause_seconds{vm="x",quantile="0.5"} NaN
pause_seconds_sum{vm="x"} 4.0
pause_seconds_count{vm="x"} 2
# HELP queue_length Queued.
# TYPE queue_length gauge
queue_length{the_queue="in"} -1.0
# EOF
"#,
    );
}

#[test]
fn a_value_of_another_kind_is_refused_and_leaves_nothing_behind() {
    let mut family = MetricFamily::counter("c_total", "");
    family.metrics.push(Metric::summary(vec![], SummaryValue::default()));
    let mut out = b"before".to_vec();
    let error = Encoder::new(Format::TEXT, &mut out).family(&family).unwrap_err();
    assert_eq!(
        error.to_string(),
        "metric family c_total is a counter but holds another kind of value"
    );
    assert_eq!(out, b"before");
}

#[test]
fn families_metrics_and_labels_come_out_in_the_order_of_the_client_library() {
    let pair = LabelPair::new;
    let mut families = vec![
        MetricFamily::gauge("b", "")
            .with(vec![pair("z", "1"), pair("a", "2")], 1.0)
            .with(vec![pair("a", "1"), pair("z", "9")], 2.0)
            .with(vec![pair("q", "5")], 3.0),
        MetricFamily::gauge("empty", ""),
        MetricFamily::gauge("a", "").with(vec![], 4.0),
    ];
    sort_families(&mut families);
    let names: Vec<&str> = families.iter().map(|family| family.name.as_ref()).collect();
    assert_eq!(names, ["a", "b"]);
    let text = String::from_utf8(encode(&families[1..], Format::TEXT).unwrap()).unwrap();
    assert_eq!(
        text,
        "# HELP b \n# TYPE b gauge\nb{q=\"5\"} 3\nb{a=\"1\",z=\"9\"} 2\nb{a=\"2\",z=\"1\"} 1\n"
    );
}

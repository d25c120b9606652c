use regain_exposition::{Format, encode};

use super::*;

fn text(registry: &Registry) -> String {
    let gathered = registry.gather();
    assert_eq!(gathered.errors, []);
    String::from_utf8(encode(&gathered.families, Format::TEXT).unwrap()).unwrap()
}

#[test]
fn registered_metrics_show_what_their_handles_counted() {
    let registry = Registry::new();
    let requests = registry.counter_vec("requests_total", "Requests.", &["handler", "code"]);
    requests.with(&["/b", "200"]).add(2);
    requests.with(&["/a", "500"]).add_f64(0.5);
    requests.with(&["/a", "500"]).add_f64(-1.0);
    let open = registry.gauge("open", "Open.");
    open.inc();
    open.add(2.0);
    open.dec();
    registry.histogram("size", "Sizes.", &[10.0]).observe(11.0);
    registry.summary("empty", "None.", &[0.5]).snapshot();
    registry.gauge_fn("answer", "Asked.", || 42.0);
    registry.info("build_info", "Build.", vec![LabelPair::new("version", "1")]);
    assert_eq!(
        text(&registry),
        r#"# HELP answer Asked.
# TYPE answer gauge
answer 42
# HELP build_info Build.
# TYPE build_info gauge
build_info{version="1"} 1
# HELP empty None.
# TYPE empty summary
empty{quantile="0.5"} NaN
empty_sum 0
empty_count 0
# HELP open Open.
# TYPE open gauge
open 2
# HELP requests_total Requests.
# TYPE requests_total counter
requests_total{code="200",handler="/b"} 2
requests_total{code="500",handler="/a"} 0.5
# HELP size Sizes.
# TYPE size histogram
size_bucket{le="10"} 0
size_bucket{le="+Inf"} 1
size_sum 11
size_count 1
"#
    );
}

#[test]
fn vectors_without_children_are_not_exposed() {
    let registry = Registry::new();
    registry.gauge_vec("g", "", &["a"]);
    assert_eq!(text(&registry), "");
}

fn check(families: Vec<MetricFamily>, kept: usize, errors: &[&str]) {
    let registry = Registry::new();
    registry.register(Arc::new(move |out: &mut Vec<MetricFamily>| out.extend(families.clone())));
    let gathered = registry.gather();
    let told: Vec<String> = gathered.errors.iter().map(ToString::to_string).collect();
    assert_eq!(told, errors);
    assert_eq!(gathered.families.iter().map(|f| f.metrics.len()).sum::<usize>(), kept);
}

#[test]
fn what_contradicts_is_left_out_and_reported() {
    let pair = LabelPair::new;
    let gauge = |help: &'static str| MetricFamily::gauge("m", help);
    check(
        vec![
            gauge("h").with(vec![pair("a", "1"), pair("b", "2")], 1.0),
            gauge("h").with(vec![pair("b", "2"), pair("a", "1")], 2.0),
        ],
        1,
        &[r#"metric m with labels {a="1",b="2"} was collected before with the same labels"#],
    );
    check(vec![gauge("h").with(vec![pair("a", "1")], 1.0).with(vec![pair("b", "1")], 1.0)], 2, &[]);
    check(
        vec![gauge("h").with(vec![], 1.0), gauge("i").with(vec![pair("a", "1")], 2.0)],
        1,
        &[r#"metric m is collected with help "h" and with help "i""#],
    );
    check(
        vec![gauge("h").with(vec![], 1.0), MetricFamily::counter("m", "h").with(vec![], 2.0)],
        1,
        &["metric m is collected both as gauge and as counter"],
    );
    check(
        vec![gauge("h").with(vec![pair("a", "1"), pair("a", "2")], 1.0)],
        0,
        &["metric m has the label a twice"],
    );
    check(
        vec![MetricFamily::gauge("", "").with(vec![], 1.0)],
        0,
        &[r#""" is not a valid metric name"#],
    );
}

//! The same samples in Regain and in Prometheus 3: every query has the same answer.

use regain_tests::answer::difference;
use regain_tests::http::encode;
use regain_tests::program::Program;
use regain_tests::push::{Push, job_of, send, time_of};
use regain_tests::queries::QUERIES;
use regain_tests::series::{self, Series};
use regain_tests::server::{Server, Setup};
use serde_json::Value;

use super::peer::{MODERN_PROMETHEUS, is_at_hand};
use super::scenario::STALE;

/// Times are fixed, so that a difference can be looked at again.
const START_S: u64 = 1_700_000_000;
const END_S: u64 = START_S + 75 * 60;
const STEP_S: u64 = 30;
const INSTANCES: u64 = 6;
const RETENTION: &str = "--storage.tsdb.retention.time=100y";

/// Values that arithmetic treats in its own ways; `None` is a gap.
const ODD: [Option<f64>; 16] = [
    Some(1.0),
    Some(-0.0),
    Some(f64::NAN),
    None,
    Some(f64::INFINITY),
    Some(1e300),
    Some(f64::NEG_INFINITY),
    Some(5e-324),
    Some(f64::from_bits(STALE)),
    None,
    Some(0.1),
    Some(123_456_789.123_456_79),
    Some(-1e21),
    Some(1e-7),
    Some(3.0),
    Some(2.0),
];

/// What is asked beside the dashboards' list: odd values, every kind of operator, matching, modifiers.
/// What depends on which of two equal values comes first is not asked: no order is promised there. The
/// logarithm of a subnormal number is not asked either: Go's differs between processors.
const EXPRESSIONS: &[&str] = &[
    "odd",
    "odd[10m]",
    "-odd",
    "odd * 0",
    "odd / 0",
    "odd % 3",
    "odd ^ 2",
    "odd > bool 1",
    "odd == odd",
    "odd != odd",
    "odd atan2 2",
    "rate(odd[5m])",
    "increase(odd[5m])",
    "irate(odd[5m])",
    "delta(odd[5m])",
    "idelta(odd[5m])",
    "deriv(odd[5m])",
    "resets(odd[10m])",
    "changes(odd[10m])",
    "sum_over_time(odd[10m])",
    "avg_over_time(odd[10m])",
    "min_over_time(odd[10m])",
    "max_over_time(odd[10m])",
    "count_over_time(odd[10m])",
    "last_over_time(odd[10m])",
    "present_over_time(odd[10m])",
    "absent_over_time(odd[1m])",
    "stddev_over_time(odd[10m])",
    "quantile_over_time(0.3, odd[10m])",
    "double_exponential_smoothing(odd[10m], 0.5, 0.5)",
    "sum by (kind) (odd)",
    "avg without (instance) (odd)",
    "count_values(\"value\", odd)",
    "stdvar(odd)",
    "group by (job) (odd)",
    "sort(process_resident_memory_bytes)",
    "sort_desc(node_filesystem_avail_bytes)",
    "sort_by_label(process_open_fds, \"job\")",
    "bottomk(2, process_resident_memory_bytes)",
    "topk by (job) (1, node_filesystem_avail_bytes)",
    "quantile by (job) (0.25, service_queue_age_seconds)",
    "clamp(odd, -1, 1)",
    "clamp_max(odd, 0)",
    "round(odd, 0.5)",
    "floor(odd)",
    "sgn(odd)",
    "exp(odd)",
    "sqrt(odd)",
    "ln(odd > 1e-300)",
    "log10(process_open_fds)",
    "abs(odd)",
    "timestamp(odd)",
    "hour(timestamp(process_open_fds))",
    "days_in_month(vector(1709164800))",
    "scalar(process_open_fds{instance=\"host-001:9100\"})",
    "vector(time())",
    "time()",
    "pi() * 2",
    "\"a text\"",
    "1 + 2 * 3 ^ 2 ^ 0.5",
    "odd offset 5m",
    "odd offset -5m",
    "odd @ 1700001000",
    "rate(http_requests_total[5m] @ end()) and on () vector(1)",
    "max_over_time(odd[10m:1m])",
    "sum_over_time((odd > 0)[10m:30s] offset 1m)",
    "process_open_fds and on (instance) process_max_fds",
    "process_open_fds unless on (instance) process_open_fds{instance=~\"host-00[12].*\"}",
    "odd or process_open_fds",
    "process_open_fds / ignoring (kind) group_left process_max_fds",
    "process_open_fds + on (job) group_right (instance) process_max_fds",
    "node_memory_MemFree_bytes{instance!~\".*[135]:9100\"}",
    "{job=\"api\", __name__=~\"process_.+\"}",
    "label_join(process_open_fds, \"both\", \"-\", \"job\", \"instance\")",
    "histogram_quantile(0.9, http_request_duration_seconds_bucket)",
    "histogram_quantile(1.5, http_request_duration_seconds_bucket{job=\"api\"})",
    "absent(odd{kind=\"none\", job=~\"x\"})",
    "no_such_metric",
    "sum(no_such_metric)",
    "limitk(2, process_open_fds)",
    "odd +",
    "sum(odd",
    "rate(odd)",
    "odd and 1",
    "foo{a=\"b\"",
    "process_open_fds + on (job) http_requests_total",
    "label_replace(odd, \"instance\", \"x\", \"kind\", \".*\")",
    "nosuchfunction(odd)",
    "{}",
    "{job=~\".*\"}",
    "odd[5m",
    "odd @ foo",
    "1 == 1",
];

#[test]
fn every_query_has_the_answer_that_prometheus_gives() {
    if !is_at_hand(Program::Prometheus, MODERN_PROMETHEUS) {
        return;
    }
    let dirs = [tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap()];
    let start = |program, dir: &tempfile::TempDir| {
        Setup::new(program, dir.path()).flag(RETENTION).start().unwrap()
    };
    let (ours, theirs) = (start(Program::Regain, &dirs[0]), start(Program::Prometheus, &dirs[1]));
    push([&ours, &theirs]);
    let mut wrong = Vec::new();
    for query in &QUERIES {
        let path = query.path(START_S, END_S);
        wrong.extend(
            compare(&ours, &theirs, &path, query.is_ordered()).map(|what| (query.name, what)),
        );
    }
    for expression in EXPRESSIONS {
        let query = encode(expression);
        let sorts = ["sort", "topk(", "bottomk("].iter().any(|word| expression.starts_with(word));
        let instant = format!("/api/v1/query?query={query}&time={}", END_S - 600);
        wrong.extend(compare(&ours, &theirs, &instant, sorts).map(|what| (*expression, what)));
        let (start, end) = (START_S + 600, END_S - 600);
        let range = format!("/api/v1/query_range?query={query}&start={start}&end={end}&step=37");
        wrong.extend(compare(&ours, &theirs, &range, true).map(|what| (*expression, what)));
    }
    let lines: Vec<_> = wrong.iter().map(|(query, what)| format!("{query}: {what}")).collect();
    assert!(wrong.is_empty(), "{} answers differ:\n{}", wrong.len(), lines.join("\n"));
}

/// What differs between two servers' answers, warnings and infos included.
fn compare(ours: &Server, theirs: &Server, path: &str, ordered: bool) -> Option<String> {
    let (ours, theirs) = (ours.get(path).unwrap(), theirs.get(path).unwrap());
    if ours.status != theirs.status {
        return Some(format!("status {} instead of {}", ours.status, theirs.status));
    }
    let [ours, theirs] = [ours, theirs].map(|answer| without_examples(answer.json().unwrap()));
    let kind = if path.contains("query_range") { "range" } else { "instant" };
    let notes = ["warnings", "infos"].into_iter().find(|key| ours[key] != theirs[key]);
    let notes = notes.map(|key| format!("{key} {} instead of {}", ours[key], theirs[key]));
    let found = difference(&ours, &theirs, ordered).or(notes);
    found.map(|what| format!("{kind}: {what}"))
}

/// Cuts off what an error about ambiguous matching found first: it may be any group, any two series.
fn without_examples(mut answer: Value) -> Value {
    if let Some(error) = answer.get_mut("error")
        && let Some((what, _)) =
            error.as_str().and_then(|text| text.split_once("for the match group"))
    {
        *error = what.into();
    }
    answer
}

fn push(servers: [&Server; 2]) {
    let mut connections = servers.map(|server| server.connect().unwrap());
    let series: Vec<_> = series::all().into_iter().filter(is_wanted).collect();
    let mut push = Push::default();
    for (row, seconds) in (START_S..END_S).step_by(usize::try_from(STEP_S).unwrap()).enumerate() {
        for instance in 0..INSTANCES {
            push.clear();
            push.instance(&series, instance, seconds);
            add_odd(&mut push, row, instance, seconds);
            let body = push.compressed().unwrap();
            for connection in &mut connections {
                let answer = send(connection, &body).unwrap();
                assert_eq!(answer.status, 204, "{}", answer.text());
            }
        }
    }
}

/// A part of the fleet's series: three of ten groups of handlers, and all that has none.
fn is_wanted(series: &Series) -> bool {
    let handler = series.labels.iter().find(|(name, _)| *name == "handler");
    let of_few = |value: &str| ["/0", "/1", "/2"].iter().any(|end| value.ends_with(end));
    series.name != "service_module_info" && handler.is_none_or(|(_, value)| of_few(value))
}

/// Adds series with odd values: one that has another at every step, and one that keeps each for a while.
fn add_odd(push: &mut Push, row: usize, instance: u64, seconds: u64) {
    let host = format!("host-{instance:03}:9100");
    let time_ms = time_of(instance, seconds);
    for (kind, stretch) in [("fast", 1), ("slow", 5)] {
        let index = row / stretch + usize::try_from(instance).unwrap();
        let labels = [
            ("__name__", "odd"),
            ("instance", host.as_str()),
            ("job", job_of(instance)),
            ("kind", kind),
        ];
        if let Some(value) = ODD[index % ODD.len()] {
            push.series(&labels, &[(time_ms, value)]);
        }
    }
}

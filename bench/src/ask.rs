//! Dashboard queries on what was pushed: the same on every server, timed and compared.

use std::time::Instant;

use anyhow::Context as _;
use serde_json::Value;

use crate::http::{Connection, encode};
use crate::server::{Kind, Server};
use crate::table;

const RUNS: usize = 10;
const TOLERANCE: f64 = 1e-9;

/// Name, expression, and over how many minutes (0: an instant query).
const QUERIES: [(&str, &str, u64); 26] = [
    ("i_marker", "up_marker", 0),
    ("i_sum_by", "sum by (job) (up_marker)", 0),
    ("i_topk", "topk(3, service_queue_value_0)", 0),
    ("i_rate_one", "rate(http_requests_total{instance=\"host-003:9100\"}[5m])", 0),
    ("i_predict", "predict_linear(service_queue_value_3[1h], 6*3600) < 0", 0),
    ("i_regex_name", "count({__name__=~\"service_events_.*\"})", 0),
    ("i_regex_instance", "up_marker{instance=~\"host-00.*\"}", 0),
    ("i_count_by_name", "count by (__name__) ({__name__!=\"\"})", 0),
    ("i_resets", "sum(resets(http_requests_total[1h]))", 0),
    ("i_absent", "absent(no_such_metric)", 0),
    ("i_avg_hour", "avg_over_time(service_pool_value_1[1h])", 0),
    ("i_label_replace", "label_replace(up_marker, \"host\", \"$1\", \"instance\", \"(.*):.*\")", 0),
    ("i_alert", "rate(http_requests_total{code=\"500\"}[5m]) > 1", 0),
    ("r_host", "rate(http_requests_total{instance=\"host-003:9100\"}[5m])", 60),
    ("r_sum_rate", "sum by (job) (rate(http_requests_total[5m]))", 60),
    ("r_sum_rate_code", "sum by (code) (rate(http_requests_total[5m]))", 60),
    (
        "r_error_ratio",
        "sum(rate(http_requests_total{code=~\"5..\"}[5m])) / sum(rate(http_requests_total[5m]))",
        60,
    ),
    (
        "r_quantile",
        "histogram_quantile(0.99, sum by (le, job) (rate(http_request_duration_seconds_bucket[5m])))",
        60,
    ),
    ("r_topk", "topk(5, sum by (instance) (rate(http_requests_total[5m])))", 60),
    ("r_join", "service_queue_value_0 / on (instance, shard) service_queue_value_3", 60),
    ("r_group_left", "rate(http_requests_total[5m]) * on (instance) group_left up_marker", 60),
    ("r_subquery", "max_over_time(sum(rate(http_requests_total[5m]))[30m:1m])", 60),
    ("r_avg", "avg_over_time(service_queue_value_6[10m])", 60),
    ("r_raw", "service_queue_value_0", 60),
    ("r_stddev", "stddev by (shard) (service_pool_value_1)", 60),
    ("r_count", "count({__name__=~\"http_request.*\"})", 60),
];

struct Timed {
    p50_ms: f64,
    p95_ms: f64,
    answer: Value,
}

/// Asks every server every query and prints the times, the ratios and the disagreements.
pub(crate) fn run(servers: &[Server], start_s: u64, end_s: u64) -> anyhow::Result<()> {
    let mut head = vec!["query, ms".to_owned()];
    for (index, server) in servers.iter().enumerate() {
        head.push(format!("{} p50", server.kind.title()));
        head.push("p95".into());
        if index > 0 {
            head.push("ratio".into());
        }
    }
    let mut rows = vec![head];
    let mut logs: Vec<Vec<f64>> = vec![Vec::new(); servers.len()];
    let (mut compared, mut equal) = (0, 0);
    for (name, expression, minutes) in QUERIES {
        table::progress(&format!("asking {name}"));
        let path = path(expression, minutes, start_s, end_s);
        let timed =
            servers.iter().map(|server| ask(server, &path)).collect::<Result<Vec<_>, _>>()?;
        let mut row = vec![name.to_owned()];
        for (index, one) in timed.iter().enumerate() {
            row.extend([format!("{:.2}", one.p50_ms), format!("{:.2}", one.p95_ms)]);
            if index > 0 {
                row.push(table::ratio(one.p50_ms, timed[0].p50_ms));
                logs[index].push((one.p50_ms / timed[0].p50_ms).ln());
            }
        }
        rows.push(row);
        for (server, one) in servers.iter().zip(&timed).skip(1) {
            if server.kind == Kind::Prometheus {
                compared += 1;
                match difference(&timed[0].answer, &one.answer) {
                    None => equal += 1,
                    Some(what) => {
                        table::complain(&format!("{name} differs from Prometheus: {what}"))
                    }
                }
            }
        }
    }
    let mut last = vec!["geometric mean".to_owned()];
    for (index, logs) in logs.iter().enumerate() {
        last.extend([String::new(), String::new()]);
        if index > 0 {
            let mean = (logs.iter().sum::<f64>() / logs.len() as f64).exp();
            last.push(format!("{mean:.1}x"));
        }
    }
    rows.push(last);
    table::print(
        &format!("Queries, {RUNS} warm runs; {equal} of {compared} equal Prometheus' within 1e-9"),
        &rows,
    );
    Ok(())
}

fn path(expression: &str, minutes: u64, start_s: u64, end_s: u64) -> String {
    let query = encode(expression);
    if minutes == 0 {
        return format!("/api/v1/query?query={query}&time={end_s}");
    }
    let start = end_s.saturating_sub(minutes * 60).max(start_s);
    format!("/api/v1/query_range?query={query}&start={start}&end={end_s}&step=15")
}

fn ask(server: &Server, path: &str) -> anyhow::Result<Timed> {
    let mut connection = Connection::open(server.port)?;
    let first = connection.get(path)?;
    let answer: Value = serde_json::from_slice(&first.body)
        .with_context(|| format!("{:?}: {path}", server.kind))?;
    anyhow::ensure!(first.status == 200, "{:?} answers {}: {answer}", server.kind, first.status);
    let mut times = Vec::with_capacity(RUNS);
    for _ in 0..RUNS {
        let start = Instant::now();
        connection.get(path)?;
        times.push(start.elapsed().as_secs_f64() * 1000.0);
    }
    times.sort_by(f64::total_cmp);
    Ok(Timed { p50_ms: times[RUNS / 2], p95_ms: times[RUNS - 1], answer })
}

/// What the two answers do not share.
fn difference(ours: &Value, theirs: &Value) -> Option<String> {
    let (ours, theirs) = (sorted(ours), sorted(theirs));
    if ours.len() != theirs.len() {
        return Some(format!("{} series instead of {}", ours.len(), theirs.len()));
    }
    ours.iter().zip(&theirs).find_map(|(ours, theirs)| {
        if ours.0 != theirs.0 {
            return Some(format!("series {} instead of {}", ours.0, theirs.0));
        }
        if ours.1.len() != theirs.1.len() {
            let (ours_len, theirs_len) = (ours.1.len(), theirs.1.len());
            return Some(format!("{}: {ours_len} values instead of {theirs_len}", ours.0));
        }
        let unequal = ours.1.iter().zip(&theirs.1).find(|(a, b)| a.0 != b.0 || !close(a.1, b.1));
        unequal.map(|(a, b)| format!("{}: {a:?} instead of {b:?}", ours.0))
    })
}

fn close(a: f64, b: f64) -> bool {
    a == b || (a.is_nan() && b.is_nan()) || (a - b).abs() <= TOLERANCE * a.abs().max(b.abs())
}

type Points = Vec<(f64, f64)>;

fn sorted(answer: &Value) -> Vec<(String, Points)> {
    let result = answer["data"]["result"].as_array().map_or(&[][..], Vec::as_slice);
    let point = |pair: &Value| -> Option<(f64, f64)> {
        Some((pair[0].as_f64()?, pair[1].as_str()?.parse().ok()?))
    };
    let points = |series: &Value| match series["values"].as_array() {
        Some(values) => values.iter().filter_map(point).collect(),
        None => point(&series["value"]).into_iter().collect(),
    };
    let mut sorted: Vec<_> =
        result.iter().map(|series| (series["metric"].to_string(), points(series))).collect();
    sorted.sort_by(|a: &(String, Points), b| a.0.cmp(&b.0));
    sorted
}

//! What dashboards ask about the made-up series: the same list for every server.

use crate::http::encode;

/// How often a range query is evaluated: every so many seconds over an hour, and over longer.
const HOUR_STEP_S: u64 = 15;
const LONG_STEP_S: u64 = 60;

/// One request.
#[derive(Clone, Copy, Debug)]
pub struct Query {
    /// A short name, whose first letter tells the kind: `i`nstant, `r`ange, `a`bout the data.
    pub name: &'static str,
    ask: Ask,
}

#[derive(Clone, Copy, Debug)]
enum Ask {
    Instant(&'static str),
    /// An expression, over the last so many hours.
    Range(&'static str, u64),
    /// An endpoint, about the series that a selector selects; all of them where it is empty.
    About(&'static str, &'static str),
}

impl Query {
    /// The path that asks, for data from `start_s` to `end_s`.
    pub fn path(&self, start_s: u64, end_s: u64) -> String {
        match self.ask {
            Ask::Instant(expression) => {
                format!("/api/v1/query?query={}&time={end_s}", encode(expression))
            }
            Ask::Range(expression, hours) => {
                let start = end_s.saturating_sub(hours * 3600).max(start_s);
                let step = if hours > 1 { LONG_STEP_S } else { HOUR_STEP_S };
                let query = encode(expression);
                format!("/api/v1/query_range?query={query}&start={start}&end={end_s}&step={step}")
            }
            Ask::About(endpoint, selector) => {
                let start = end_s.saturating_sub(3600).max(start_s);
                let path = format!("/api/v1/{endpoint}?start={start}&end={end_s}");
                match selector {
                    "" => path,
                    selector => format!("{path}&match%5B%5D={}", encode(selector)),
                }
            }
        }
    }

    /// Whether the order of the answer is promised: that of ranges always, that of instant queries
    /// only where the expression sorts.
    pub fn is_ordered(&self) -> bool {
        match self.ask {
            Ask::Instant(expression) => expression.starts_with("topk"),
            Ask::Range(..) => true,
            Ask::About(endpoint, _) => endpoint != "series",
        }
    }
}

/// The list.
pub const QUERIES: [Query; 39] = [
    instant("i01_up", "up"),
    instant("i02_sum_up_by_job", "sum by (job) (up)"),
    instant("i03_topk_rss", "topk(10, process_resident_memory_bytes)"),
    instant(
        "i04_rate_instance",
        r#"rate(http_requests_total{instance="host-003:9100", code="200"}[5m])"#,
    ),
    instant(
        "i05_predict_linear",
        "predict_linear(node_filesystem_avail_bytes[1h], 4 * 3600) < 60e9",
    ),
    instant("i06_regex_name", r#"{__name__=~"node_network_.*_bytes_total"}"#),
    instant("i07_regex_instance", r#"node_memory_MemAvailable_bytes{instance=~"host-00.*"}"#),
    instant("i08_count_by_name", r#"count by (__name__) ({__name__!=""})"#),
    instant("i09_count_count", r#"count(count by (__name__, job) ({__name__!=""}))"#),
    instant("i10_subquery_6h", "max_over_time(sum(rate(http_requests_total[5m]))[6h:5m])"),
    instant("i11_resets_1h", "sum by (job) (resets(http_requests_total[1h]))"),
    instant("i12_changes_filter", "changes(process_start_time_seconds[6h]) > 0"),
    instant("i13_absent", r#"absent(up{job="nobody"})"#),
    instant("i14_avg_over_6h", "avg_over_time(service_queue_length[6h])"),
    instant("i15_label_replace", r#"label_replace(up, "host", "$1", "instance", "(.*):.*")"#),
    instant(
        "i16_alert_like",
        r#"sum by (job, instance, handler) (rate(http_requests_total{code=~"5.."}[5m]))
           / sum by (job, instance, handler) (rate(http_requests_total[5m])) > 0.02"#,
    ),
    range(
        "r01_host_cpu_1h",
        r#"sum by (mode) (rate(node_cpu_seconds_total{instance="host-003:9100"}[5m]))"#,
        1,
    ),
    range(
        "r02_cpu_util_all_1h",
        r#"1 - avg by (instance) (rate(node_cpu_seconds_total{mode="idle"}[5m]))"#,
        1,
    ),
    range("r03_sum_rate_by_job_1h", "sum by (job) (rate(http_requests_total[5m]))", 1),
    range("r04_sum_rate_by_job_6h", "sum by (job) (rate(http_requests_total[5m]))", 6),
    range(
        "r05_error_ratio_1h",
        r#"sum by (job) (rate(http_requests_total{code=~"5.."}[5m]))
           / sum by (job) (rate(http_requests_total[5m]))"#,
        1,
    ),
    range(
        "r06_hq99_by_job_1h",
        "histogram_quantile(0.99,
           sum by (le, job) (rate(http_request_duration_seconds_bucket[5m])))",
        1,
    ),
    range(
        "r07_hq50_all_6h",
        "histogram_quantile(0.5, sum by (le) (rate(http_request_duration_seconds_bucket[5m])))",
        6,
    ),
    range("r08_topk_rate_1h", "topk(5, sum by (instance) (rate(http_requests_total[5m])))", 1),
    range("r09_mem_join_1h", "1 - node_memory_MemAvailable_bytes / node_memory_MemTotal_bytes", 1),
    range(
        "r10_group_left_1h",
        "sum by (handler) (rate(http_requests_total[5m])
           * on (instance) group_left () process_open_fds)",
        1,
    ),
    range(
        "r11_subquery_1h",
        "max_over_time(sum by (job) (rate(node_network_receive_bytes_total[5m]))[30m:1m])",
        1,
    ),
    range("r12_avg_over_time_6h", "avg_over_time(process_resident_memory_bytes[10m])", 6),
    range("r13_quantile_1h", "quantile(0.9, service_queue_age_seconds)", 1),
    range("r14_offset_over_6h", "sum(http_requests_total) - sum(http_requests_total offset 1h)", 6),
    range(
        "r15_increase_net_1h",
        r#"sum by (instance) (increase(node_network_receive_bytes_total{device!="lo"}[5m]))"#,
        1,
    ),
    range("r16_raw_job_6h", r#"service_queue_length{job="search"}"#, 6),
    range("r17_stddev_1h", "stddev by (queue) (service_queue_load)", 1),
    range("r18_highcard_count_1h", r#"count by (job) ({__name__=~"http_request.*"})"#, 1),
    about("a01_labels", "labels", ""),
    about("a02_names", "label/__name__/values", ""),
    about("a03_instances", "label/instance/values", "up"),
    about("a04_series_job", "series", r#"node_cpu_seconds_total{job="search"}"#),
    about("a05_series_5xx", "series", r#"http_requests_total{code=~"5..", method="GET"}"#),
];

/// An expression at the end of the data.
pub const fn instant(name: &'static str, expression: &'static str) -> Query {
    Query { name, ask: Ask::Instant(expression) }
}

/// An expression over the last so many hours.
pub const fn range(name: &'static str, expression: &'static str, hours: u64) -> Query {
    Query { name, ask: Ask::Range(expression, hours) }
}

/// An endpoint that answers about series and their labels; `selector` may be empty.
pub const fn about(name: &'static str, endpoint: &'static str, selector: &'static str) -> Query {
    Query { name, ask: Ask::About(endpoint, selector) }
}

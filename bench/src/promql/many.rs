//! A million series with a few samples each.

use std::time::{Duration, Instant};

use regain_tests::push::{Push, send};
use regain_tests::queries::{Query, about, instant};
use regain_tests::series::scatter;
use regain_tests::server::Server;

use super::Data;
use crate::load::STEP_S;

/// How many samples each series has.
const SAMPLES: u64 = 4;
/// The series of one request, which are those of one pod.
const SERIES_PER_POD: u64 = 200;
/// The requests that go over one connection.
const PODS_PER_CONNECTION: u64 = 250;
const SERVICES: [&str; 8] =
    ["auth", "billing", "cart", "checkout", "mail", "orders", "search", "users"];
const CODES: [&str; 5] = ["200", "204", "404", "500", "503"];
const METHODS: [&str; 4] = ["DELETE", "GET", "POST", "PUT"];

/// So many series.
#[derive(Debug)]
pub(crate) struct Many {
    pub(crate) series: u64,
}

impl Data for Many {
    fn name(&self) -> String {
        format!("many-{}", self.series)
    }

    fn title(&self) -> String {
        format!("{} series with {SAMPLES} samples each", self.series)
    }

    fn length_s(&self) -> u64 {
        SAMPLES * STEP_S
    }

    fn queries(&self) -> &'static [Query] {
        &QUERIES
    }

    fn push(&self, server: &Server, end_s: u64) -> anyhow::Result<()> {
        for step in 0..SAMPLES {
            self.push_at(server, end_s - (SAMPLES - step) * STEP_S)?;
        }
        Ok(())
    }
}

impl Many {
    /// Pushes one sample of each series and returns the time that the server took to answer.
    pub(crate) fn push_at(&self, server: &Server, seconds: u64) -> anyhow::Result<Duration> {
        let (mut push, mut connection) = (Push::default(), server.connect()?);
        let mut spent = Duration::ZERO;
        for pod in 0..self.series / SERIES_PER_POD {
            // VictoriaMetrics closes connections that have lived for some minutes.
            if pod % PODS_PER_CONNECTION == PODS_PER_CONNECTION - 1 {
                connection = server.connect()?;
            }
            push.clear();
            add_pod(&mut push, pod, seconds);
            let body = push.compressed()?;
            let start = Instant::now();
            let answer = send(&mut connection, &body)?;
            spent += start.elapsed();
            anyhow::ensure!(answer.status / 100 == 2, "{}: {}", answer.status, answer.text());
        }
        Ok(spent)
    }
}

/// Adds the series of one pod: two metrics of requests by code, method and path, at its own phase.
fn add_pod(push: &mut Push, pod: u64, seconds: u64) {
    let scattered = scatter(pod);
    let time_ms = (seconds * 1000 + scattered % (STEP_S * 1000)).cast_signed();
    let at = |names: &[&'static str], index: u64| {
        names[usize::try_from(index).unwrap_or_default() % names.len()]
    };
    let service = at(&SERVICES, pod);
    let name = format!("{service}-{:08x}-{pod}", scattered >> 32);
    let node = format!("node-{:03}:9100", pod % 500);
    for index in 0..SERIES_PER_POD {
        let metric = at(&["http_requests_total", "http_request_bytes_total"], index);
        let path = format!("/api/v1/{service}/{}", index / 40);
        let labels = [
            ("__name__", metric),
            ("code", at(&CODES, index / 2)),
            ("instance", &node),
            ("job", service),
            ("method", at(&METHODS, index / 10)),
            ("path", &path),
            ("pod", &name),
        ];
        let value = ((seconds % 1_000_000) * (index + 1) / 60 + pod) as f64;
        push.series(&labels, &[(time_ms, value)]);
    }
}

pub(crate) const QUERIES: [Query; 14] = [
    instant("m01_count_by_name", r#"count by (__name__) ({__name__!=""})"#),
    instant("m02_count_by_job", "count by (job) (http_requests_total)"),
    instant("m03_suffix", r#"count(http_requests_total{pod=~".*-77"})"#),
    instant("m04_alternation", r#"count by (job) (http_requests_total{job=~"auth|cart|users"})"#),
    instant("m05_prefixes", r#"count(http_requests_total{pod=~"(auth|mail)-00.*"})"#),
    instant("m06_contains", r#"count({pod=~".+-[0-9]*99[0-9]*"})"#),
    instant("m07_negative_regex", r#"count by (code) (http_requests_total{code!~"2..|404"})"#),
    instant(
        "m08_not_equal",
        r#"count by (method) (http_requests_total{job!="auth", method!="GET"})"#,
    ),
    instant("m09_one_node", r#"sum by (pod) (http_requests_total{instance="node-042:9100"})"#),
    instant(
        "m10_errors",
        r#"sum by (job) (rate(http_requests_total{code=~"5..", method="POST"}[5m]))"#,
    ),
    instant("m11_topk_pods", r#"topk(5, sum by (pod) (http_requests_total{job="search"}))"#),
    about("m12_values", "label/pod/values", ""),
    about("m13_values_of", "label/pod/values", r#"{job="mail", code=~"5.."}"#),
    about("m14_series", "series", r#"{instance=~"node-00[0-3].*", code="503", method!="GET"}"#),
];

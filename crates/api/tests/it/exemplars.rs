//! Exemplars and metadata: pushed, kept, asked for. Shapes and texts are what Prometheus 3.14 answers.

use std::path::Path;
use std::sync::Arc;

use axum::body::Body;
use http::{Method, Request};
use regain_api::{StoreFacts, register_store};
use regain_model::{Metadata, MetricKind};
use regain_remote::write::encode::{Exemplar, SymbolizedRequest, SymbolizedSeries};
use regain_remote::write::v2::Sample;
use regain_storage::Appendable as _;
use regain_storage::fs::MemFs;
use regain_tsdb::{Db, Options};
use serde_json::json;

use crate::server::{NOW_MS, Server, Setup};

const V2: &str = "application/x-protobuf;proto=io.prometheus.write.v2.Request";

/// A server with a store that keeps so many exemplars.
fn server(max: usize) -> Server {
    let options = Options { exemplars_max: max, ..Options::default() };
    let (db, _) = Db::open(Path::new("/pushed"), Arc::new(MemFs::new()), options).unwrap();
    let pushes = Some(Arc::new(db.clone()) as _);
    let server = Server::ready(Setup { store: Arc::new(db.clone()), pushes, ..Setup::default() });
    register_store(&server.registry, &StoreFacts { db, blocks: None, corruptions: Arc::default() });
    server
}

/// Pushes a sample with exemplars, each a trace, a value and how long ago it was, and returns the answer's status, its header and its text.
async fn push(
    server: &Server,
    time_ms: i64,
    exemplars: &[(&str, f64, i64)],
) -> (u16, String, String) {
    let labels: Vec<_> = exemplars.iter().map(|(trace, ..)| [("trace_id", *trace)]).collect();
    let exemplars: Vec<_> = exemplars
        .iter()
        .zip(&labels)
        .map(|(&(_, value, ago_ms), labels)| Exemplar { labels, value, time_ms: NOW_MS - ago_ms })
        .collect();
    let mut request = SymbolizedRequest::default();
    request.series(&SymbolizedSeries {
        labels: &[("__name__", "m"), ("x", "<y>")],
        samples: &[Sample { time_ms, value: 1.0, start_ms: 0 }],
        exemplars: &exemplars,
        ..SymbolizedSeries::default()
    });
    let body = snap::raw::Encoder::new().compress_vec(&request.to_bytes()).unwrap();
    let request = Request::post("/api/v1/write")
        .header("content-type", V2)
        .header("content-encoding", "snappy");
    let answer = server.send(request.body(Body::from(body)).unwrap()).await;
    let written = answer.header("x-prometheus-remote-write-exemplars-written").to_owned();
    (answer.status.as_u16(), written, answer.text().to_owned())
}

#[tokio::test]
async fn what_is_pushed_is_kept_and_what_is_not_is_told() {
    let server = server(10);
    let pushed = push(&server, NOW_MS, &[("a", 0.5, 1000), ("b", f64::INFINITY, 877)]).await;
    assert_eq!(pushed, (204, "2".to_owned(), String::new()));
    let long = "x".repeat(121);
    let more = [("b", f64::INFINITY, 877), ("c", 1.0, 900), (&*long, 1.0, 0), ("d", 1.0, -700_000)];
    let why = "out of order exemplar for series {__name__=\"m\", x=\"<y>\"}\n";
    // One is there already, one is late, one too long and one from the future.
    assert_eq!(push(&server, NOW_MS, &more).await, (400, "1".to_owned(), why.to_owned()));
    let exemplars = format!(
        r#"{{"status":"success","data":[{{"seriesLabels":{{"__name__":"m","x":"<y>"}},"exemplars":[{{"labels":{{"trace_id":"a"}},"value":"0.5","timestamp":{}}},{{"labels":{{"trace_id":"b"}},"value":"+Inf","timestamp":{}.123}}]}}]}}"#,
        NOW_MS / 1000 - 1,
        NOW_MS / 1000 - 1,
    );
    let path = "/api/v1/query_exemplars";
    let asked = server.ask(Method::GET, &format!("{path}?query=sum(rate(m[5m]))"), None).await;
    assert_eq!(asked.text(), exemplars);
    let form = format!("query=m&start={}&end={}.1", NOW_MS / 1000 - 1, NOW_MS / 1000 - 1);
    let asked = server.ask(Method::POST, path, Some(&form)).await.data();
    assert_eq!(asked[0]["exemplars"].as_array().unwrap().len(), 1);
    let metrics = server.get("/metrics").await.text().to_owned();
    for line in [
        "prometheus_tsdb_exemplar_exemplars_appended_total 2",
        "prometheus_tsdb_exemplar_exemplars_in_storage 2",
        "prometheus_tsdb_exemplar_max_exemplars 10",
        "regain_remote_write_received_exemplars_total 3",
        r#"regain_remote_write_skipped_total{kind="exemplar"} 2"#,
    ] {
        assert!(metrics.lines().any(|found| found == line), "{line}");
    }
}

#[tokio::test]
async fn a_server_that_keeps_none_says_so_to_the_sender_and_has_none() {
    let server = server(0);
    assert_eq!(push(&server, NOW_MS, &[("a", 1.0, 0)]).await.1, "0");
    let answer = server.get("/api/v1/query_exemplars?query=m").await;
    assert_eq!(answer.text(), r#"{"status":"success","data":[]}"#);
}

#[tokio::test]
async fn questions_that_make_no_sense_are_answered_as_upstream_answers_them() {
    let server = server(1);
    for (query, status, text) in [
        ("query=1", 204, ""),
        ("query=m&start=2&end=1", 400, "end timestamp must not be before start timestamp"),
        ("query=m{", 400, r#""1:3: parse error: unexpected end of input inside braces""#),
        ("query=", 400, r#""unknown position: parse error: no expression found in input""#),
        ("query=%ff", 400, r#""1:1: parse error: invalid UTF-8 rune""#),
        ("query=m&start=x", 400, r#"invalid parameter \"start\": invalid time value for 'start'"#),
    ] {
        let answer = server.get(&format!("/api/v1/query_exemplars?{query}")).await;
        assert_eq!(answer.status.as_u16(), status, "{query}");
        assert!(answer.text().contains(text), "{query}: {}", answer.text());
    }
}

#[tokio::test]
async fn metadata_that_no_active_target_tells_comes_from_the_store() {
    let server = server(0);
    let said = |kind, help: &str| Metadata { kind, help: help.to_owned(), unit: String::new() };
    let (first, second) = (said(MetricKind::Counter, "One."), said(MetricKind::Gauge, "Two."));
    server.db.keep_metadata(&[("m", &first), ("m", &second), ("n", &first)]).unwrap();
    let one = json!({"type": "counter", "unit": "", "help": "One."});
    let two = json!({"type": "gauge", "unit": "", "help": "Two."});
    let data = server.get("/api/v1/metadata").await.data();
    assert_eq!(data, json!({"m": [one, two], "n": [one]}));
    let data = server.get("/api/v1/metadata?metric=m&limit_per_metric=1").await.data();
    assert_eq!(data, json!({"m": [one]}));
    assert_eq!(server.db.metadata_stats().names, 2);
}

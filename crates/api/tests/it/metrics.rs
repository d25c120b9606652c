//! `/metrics`, and what is counted where.

use std::sync::Arc;

use axum::body::Body;
use http::{Method, Request};
use regain_api::{StoreFacts, register_store};
use regain_model::{Labels, Timestamp};
use regain_storage::fs::MemFs;
use regain_storage::{Appendable as _, LaneKey};
use serde_json::json;

use crate::server::{NOW_MS, Server, Setup};

/// Asserts that `/metrics` has these lines.
async fn assert_lines(server: &Server, lines: &[&str]) {
    let answer = server.get("/metrics").await;
    for line in lines {
        assert!(answer.text().lines().any(|found| found == *line), "{line} in\n{}", answer.text());
    }
}

#[tokio::test]
async fn requests_are_counted_by_route_and_code() {
    let server = Server::ready(Setup::default());
    server.get("/api/v1/query?query=up").await;
    server.get("/api/v1/query?query=(").await;
    server.ask(Method::DELETE, "/api/v1/query", None).await;
    server.get("/api/v1/label/instance/values").await;
    server.get("/api/v1/label/job/values").await;
    server.get("/-/healthy").await;
    server.get("/no/such/route").await;
    server.get("/metrics").await;
    assert_lines(
        &server,
        &[
            r#"prometheus_http_requests_total{code="200",handler="/api/v1/query"} 1"#,
            r#"prometheus_http_requests_total{code="400",handler="/api/v1/query"} 1"#,
            r#"prometheus_http_requests_total{code="405",handler="/api/v1/query"} 1"#,
            r#"prometheus_http_requests_total{code="200",handler="/api/v1/label/:name/values"} 2"#,
            r#"prometheus_http_requests_total{code="200",handler="/-/healthy"} 1"#,
            r#"prometheus_http_request_duration_seconds_count{handler="/api/v1/query"} 3"#,
            r#"prometheus_http_response_size_bytes_sum{handler="/-/healthy"} 30"#,
            r#"promhttp_metric_handler_requests_total{code="200"} 1"#,
            r#"promhttp_metric_handler_requests_total{code="503"} 0"#,
            "promhttp_metric_handler_requests_in_flight 1",
        ],
    )
    .await;
    assert!(!server.get("/metrics").await.text().contains("/no/such"));
}

#[tokio::test]
async fn queries_are_counted() {
    let server = Server::ready(Setup::default());
    server.get("/api/v1/query?query=up&time=1700000300").await;
    server.get("/api/v1/query?query=topk(NaN,up)&time=1700000300").await;
    assert_lines(
        &server,
        &[
            "prometheus_engine_queries 0",
            "prometheus_engine_queries_concurrent_max 4",
            "prometheus_engine_query_samples_total 2",
            "prometheus_engine_query_samples_read_total 2",
            r#"prometheus_engine_query_duration_seconds_count{slice="inner_eval"} 1"#,
            r#"prometheus_engine_query_duration_seconds_count{slice="queue_time"} 1"#,
        ],
    )
    .await;
}

#[tokio::test]
async fn the_store_and_the_configuration_are_told() {
    let server = Server::ready(Setup::default());
    register_store(
        &server.registry,
        &StoreFacts { db: server.db.clone(), blocks: None, corruptions: Arc::new(2.into()) },
    );
    server.config_status.succeeded(Timestamp(NOW_MS));
    let mut appender = server.db.appender(&LaneKey::push("s", "", "")).unwrap();
    let series = appender.series(&Labels::from_pairs([("__name__", "m")])).unwrap();
    appender.stage(series, Timestamp(NOW_MS - 5000), 1.0);
    appender.stage(series, Timestamp(NOW_MS), 1.0);
    appender.commit().unwrap();
    appender.stage(series, Timestamp(NOW_MS - 1), 1.0);
    appender.rollback();
    assert_lines(
        &server,
        &[
            "prometheus_tsdb_head_series 1",
            "prometheus_tsdb_head_series_created_total 1",
            r#"prometheus_tsdb_head_samples_appended_total{type="float"} 2"#,
            r#"prometheus_tsdb_out_of_order_samples_total{type="float"} 1"#,
            "prometheus_tsdb_head_min_time_seconds 1.700000295e+09",
            "prometheus_tsdb_head_max_time 1.7000003e+12",
            "prometheus_tsdb_blocks_loaded 0",
            "prometheus_tsdb_wal_corruptions_total 2",
            "prometheus_config_last_reload_successful 1",
            "prometheus_config_last_reload_success_timestamp_seconds 1.7000003e+09",
        ],
    )
    .await;
}

#[tokio::test]
async fn a_store_that_cannot_write_is_told() {
    let fs = MemFs::new();
    let server = Server::ready(Setup { fs: fs.clone(), ..Setup::default() });
    register_store(
        &server.registry,
        &StoreFacts { db: server.db.clone(), blocks: None, corruptions: Arc::default() },
    );
    let working = [
        r#"regain_tsdb_degraded{reason="disk_full"} 0"#,
        "regain_tsdb_read_only 0",
        "regain_tsdb_unwritten_samples_total 0",
        "regain_tsdb_files_set_aside_total 0",
    ];
    assert_lines(&server, &working).await;
    let storage = server.get("/api/v1/status/tsdb").await.data()["storage"].take();
    assert_eq!(storage, json!({"degraded": null, "readOnly": false, "setAside": []}));
    fs.set_capacity(Some(fs.used()));
    let mut appender = server.db.appender(&LaneKey::push("s", "", "")).unwrap();
    let series = appender.series(&Labels::from_pairs([("__name__", "m")])).unwrap();
    appender.stage(series, Timestamp(NOW_MS), 1.0);
    appender.commit().unwrap_err();
    let degraded = [
        r#"regain_tsdb_degraded{reason="disk_failure"} 0"#,
        r#"regain_tsdb_degraded{reason="disk_full"} 1"#,
        "regain_tsdb_read_only 1",
        "regain_tsdb_unwritten_samples_total 1",
    ];
    assert_lines(&server, &degraded).await;
    let storage = server.get("/api/v1/status/tsdb").await.data()["storage"].take();
    assert_eq!(storage, json!({"degraded": "disk_full", "readOnly": true, "setAside": []}));
    fs.set_capacity(None);
    server.db.tick(Timestamp(NOW_MS)).unwrap();
    assert_lines(&server, &working[..2]).await;
}

#[tokio::test]
async fn open_metrics_is_not_offered() {
    let server = Server::ready(Setup::default());
    let request =
        Request::get("/metrics").header("accept", "application/openmetrics-text;version=1.0.0");
    let answer = server.send(request.body(Body::empty()).unwrap()).await;
    let expected = "text/plain; version=0.0.4; charset=utf-8; escaping=underscores";
    assert_eq!(answer.header("content-type"), expected);
}

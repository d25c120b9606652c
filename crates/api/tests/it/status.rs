//! `status/*`.

use std::path::Path;
use std::sync::Arc;

use http::StatusCode;
use regain_model::{Labels, Timestamp};
use regain_storage::fs::MemFs;
use regain_storage::{Appendable as _, LaneKey};
use regain_tsdb::{Db, Options};
use serde_json::json;

use crate::server::{NOW_MS, Server, Setup};

#[tokio::test]
async fn what_runs_is_told() {
    let server = Server::ready(Setup::default());
    server.config_status.succeeded(Timestamp(NOW_MS - 1500));
    let mut info = server.get("/api/v1/status/runtimeinfo").await.data();
    for (name, min) in [("goroutineCount", 0), ("GOMAXPROCS", 1)] {
        assert!(info[name].take().as_u64().unwrap() >= min, "{name}");
    }
    assert_eq!(
        info,
        json!({
            "startTime": "2023-11-14T22:13:20.25Z",
            "CWD": "/srv",
            "hostname": "host",
            "serverTime": "2023-11-14T22:18:20Z",
            "reloadConfigSuccess": true,
            "lastConfigTime": "2023-11-14T22:18:18Z",
            "corruptionCount": 3,
            "goroutineCount": null,
            "GOMAXPROCS": null,
            "GOMEMLIMIT": 0,
            "GOGC": "",
            "GODEBUG": "",
            "storageRetention": "15d",
        })
    );
    server.config_status.failed();
    let info = server.get("/api/v1/status/runtimeinfo").await.data();
    assert_eq!(info["reloadConfigSuccess"], false);
    assert_eq!(info["lastConfigTime"], "2023-11-14T22:18:18Z");
}

#[tokio::test]
async fn flags_and_configuration_are_told_without_markup() {
    let server = Server::ready(Setup::default());
    let flags = server.get("/api/v1/status/flags").await;
    let expected =
        r#"{"status":"success","data":{"agent":"false","web.page-title":"\u003ct\u003e"}}"#;
    assert_eq!(flags.text(), expected);
    let config = server.get("/api/v1/status/config").await;
    assert_eq!(config.data(), json!({"yaml": "global:\n  scrape_interval: 1h\n"}));
    let build = server.get("/api/v1/status/buildinfo").await;
    assert_eq!(build.data()["version"], "3.14.0");
}

#[tokio::test]
async fn the_head_is_ranked() {
    let server = Server::ready(Setup::default());
    let empty = server.get("/api/v1/status/tsdb").await.data();
    assert_eq!(empty["headStats"]["numSeries"], 0);
    assert_eq!(empty["headStats"]["minTime"], i64::MAX);
    assert_eq!(empty["headStats"]["maxTime"], i64::MIN);
    assert_eq!(empty["seriesCountByMetricName"], json!([]));

    let mut appender = server.db.appender(&LaneKey::push("s", "", "")).unwrap();
    for (name, instance) in [("up", "x"), ("up", "y"), ("other", "x")] {
        let labels = Labels::from_pairs([("__name__", name), ("instance", instance)]);
        let series = appender.series(&labels).unwrap();
        appender.stage(series, Timestamp(NOW_MS), 1.0);
    }
    appender.commit().unwrap();
    let status = server.get("/api/v1/status/tsdb?limit=1").await.data();
    let head = &status["headStats"];
    assert_eq!((&head["numSeries"], &head["numLabelPairs"]), (&json!(3), &json!(4)));
    assert_eq!((&head["minTime"], &head["maxTime"]), (&json!(NOW_MS), &json!(NOW_MS)));
    assert_eq!(status["seriesCountByMetricName"], json!([{"name": "up", "value": 2}]));
    assert_eq!(status["labelValueCountByLabelName"], json!([{"name": "__name__", "value": 2}]));
    assert_eq!(status["memoryInBytesByLabelName"][0]["name"], "__name__");
    assert_eq!(status["seriesCountByLabelValuePair"].as_array().unwrap().len(), 1);
    assert_eq!(
        server.get("/api/v1/status/tsdb").await.data()["seriesCountByMetricName"][1]["name"],
        "other"
    );
}

#[tokio::test]
async fn the_replay_is_told_before_the_server_is_ready() {
    let fs = MemFs::new();
    let (db, _) = Db::open(Path::new("data"), Arc::new(fs.clone()), Options::default()).unwrap();
    let mut appender = db.appender(&LaneKey::push("s", "", "")).unwrap();
    let series = appender.series(&Labels::from_pairs([("__name__", "up")])).unwrap();
    appender.stage(series, Timestamp(NOW_MS), 1.0);
    appender.commit().unwrap();
    let bytes = db.stats().wal_bytes;
    drop((appender, db));
    let (server, _) = Server::starting(Setup { fs, ..Setup::default() });
    let replay = server.get("/api/v1/status/walreplay").await.data();
    assert_eq!(replay, json!({"min": 0, "max": bytes, "current": bytes}));
    assert_eq!(
        server.get("/api/v1/status/tsdb").await.status,
        StatusCode::SERVICE_UNAVAILABLE,
        "the door is closed"
    );
}

#[tokio::test]
async fn a_store_that_fails_is_an_internal_error() {
    let server = Server::ready(Setup::default());
    server.db.close().unwrap();
    let answer = server.get("/api/v1/status/tsdb").await;
    assert_eq!(answer.status, StatusCode::INTERNAL_SERVER_ERROR);
    assert_eq!(answer.json()["errorType"], "internal");
}

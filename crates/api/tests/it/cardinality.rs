//! `regain/cardinality` and `regain/limits`, and what a sender is told about series over a limit.

use std::path::Path;
use std::sync::Arc;

use axum::body::Body;
use http::{Request, StatusCode};
use regain_model::{Labels, Matcher, Span, Timestamp};
use regain_remote::write::encode::{self, SymbolizedRequest, SymbolizedSeries};
use regain_remote::write::v2::Sample;
use regain_storage::fs::MemFs;
use regain_storage::{Appendable as _, Ctx, LaneKey, Queryable as _, Selection};
use regain_tsdb::{Db, JobLimits, Options, SeriesLimits};
use serde_json::{Value, json};

use crate::answer::Answer;
use crate::server::{NOW_MS, Server, Setup};

/// Appends a sample of every series, as one writer.
fn append(db: &Db, series: &[Labels]) {
    let mut appender = db.appender(&LaneKey::push("test", "", "")).unwrap();
    let refs: Vec<_> = series.iter().map(|labels| appender.series(labels).unwrap()).collect();
    appender.stage_row(Timestamp(NOW_MS), &refs, &vec![1.0; refs.len()], &mut Vec::new());
    appender.commit().unwrap();
}

fn labels(metric: &str, job: &str, pod: &str) -> Labels {
    Labels::from_pairs([("__name__", metric), ("job", job), ("pod", pod)])
}

fn server() -> Server {
    let server = Server::ready(Setup::default());
    server.db.tick(Timestamp(NOW_MS)).unwrap();
    append(
        &server.db,
        &[
            labels("a", "x", "1"),
            labels("a", "x", "2"),
            labels("a", "y", "1"),
            labels("b", "y", "<b>"),
        ],
    );
    server
}

async fn ask(server: &Server, query: &str) -> Value {
    server.get(&format!("/api/v1/regain/cardinality?{query}")).await.data()
}

#[tokio::test]
async fn series_are_grouped_as_asked() {
    let server = server();
    let found = ask(&server, "").await;
    let expected = json!({
        "by": "metric", "series": 4, "seriesKept": 4, "groups": 2,
        "comparedWith": null, "queriesNotedSince": NOW_MS / 1000,
        "entries": [
            {"name": "a", "series": 3, "seriesKept": 3, "share": 0.75},
            {"name": "b", "series": 1, "seriesKept": 1, "share": 0.25},
        ],
    });
    assert_eq!(found, expected);
    let names = |found: &Value| -> Vec<String> {
        let list = found["entries"].as_array().unwrap().iter();
        list.map(|entry| entry["name"].as_str().unwrap().to_owned()).collect()
    };
    let jobs = ask(&server, "by=job&limit=1").await;
    assert_eq!((jobs["groups"].as_u64(), names(&jobs)), (Some(2), vec!["x".to_owned()]));
    let values = ask(&server, "by=label_value&label=pod&match[]=a").await;
    assert_eq!(
        (values["series"].as_u64(), names(&values)),
        (Some(3), vec!["1".to_owned(), "2".to_owned()])
    );
    let of_labels = ask(&server, "by=label&match[]=b&match[]=%7Bjob%3D%22x%22%7D").await;
    assert_eq!(names(&of_labels)[0], "pod");
    assert_eq!(of_labels["entries"][0]["values"], 3);
    let offenders = ask(&server, "by=metric_label&limit=1").await;
    let expected = json!([{"name": "a", "label": "job", "values": 2, "series": 3, "seriesKept": 3, "share": 0.75}]);
    assert_eq!(offenders["entries"], expected);
}

#[tokio::test]
async fn metrics_that_nothing_selects_are_found() {
    let server = server();
    let ctx = Arc::new(Ctx::default());
    let snapshot = server.db.snapshot(Span::ALL, &ctx).unwrap();
    let matchers = [Matcher::equal("__name__", "b")];
    snapshot.select(&Selection::new(&matchers, Span::ALL), &ctx).unwrap();
    server.db.tick(Timestamp(NOW_MS + 5000)).unwrap();
    let found = ask(&server, "unqueried_since=0").await;
    assert_eq!(
        (found["groups"].as_u64(), found["entries"][0]["name"].as_str()),
        (Some(1), Some("a"))
    );
    let all = ask(&server, "").await;
    assert_eq!(all["entries"][1]["lastQueried"], (NOW_MS + 5000) as f64 / 1000.0);
    let later = (NOW_MS + 6000) / 1000;
    assert_eq!(ask(&server, &format!("unqueried_since={later}")).await["groups"], 2);
}

#[tokio::test]
async fn what_cannot_be_asked_is_said() {
    let server = server();
    for (query, why) in [
        ("by=phase", "by must be metric, job, label, label_value or metric_label, not phase"),
        ("by=label_value", "by=label_value needs the name of a label in label"),
        ("sort=name", "sort must be size or growth, not name"),
        ("limit=0", "limit must be a positive number"),
        ("limit=10001", "limit must not exceed 10000"),
        ("match[]=up{", "parse error"),
        ("unqueried_since=soon", "cannot parse \"soon\" to a valid timestamp"),
    ] {
        let answer = server.get(&format!("/api/v1/regain/cardinality?{query}")).await;
        assert_eq!(answer.status, StatusCode::BAD_REQUEST, "{query}");
        assert!(answer.text().contains(&why.replace('"', "\\\"")), "{query}: {}", answer.text());
    }
}

#[tokio::test]
async fn limits_and_what_they_refuse_are_told() {
    let server = server();
    server.db.set_limits(SeriesLimits {
        per_metric: 3,
        per_job: 9,
        jobs: vec![JobLimits { job: "y".to_owned(), series: None, priority: 4 }],
        memory_bytes: 1000,
    });
    server.db.note_memory(10);
    append(&server.db, &[labels("a", "x", "9"), labels("b", "y", "9")]);
    let found = server.get("/api/v1/regain/limits").await.data();
    let expected = json!({
        "memory": {"usedBytes": 10, "limitBytes": 1000, "refusesAll": false, "refusedJobs": []},
        "seriesPerMetric": 3, "seriesPerJob": 9, "jobs": [{"job": "y", "priority": 4}],
        "seriesRefused": 1, "samplesRefused": 1,
        "refused": [{"job": "x", "metric": "a", "reason": "metric", "series": 1, "total": 1, "lastRefused": NOW_MS / 1000}],
    });
    assert_eq!(found, expected);
    assert_eq!(ask(&server, "").await["entries"][0]["refused"], 1);
}

/// A server that takes pushes into a store with limits.
fn pushing(limits: SeriesLimits) -> (Server, Db) {
    let options = Options { limits, ..Options::default() };
    let (db, _) = Db::open(Path::new("/pushed"), Arc::new(MemFs::new()), options).unwrap();
    let setup = Setup { pushes: Some(Arc::new(db.clone())), ..Setup::default() };
    (Server::ready(setup), db)
}

async fn push(server: &Server, message: &[u8], content_type: &str) -> Answer {
    let body = snap::raw::Encoder::new().compress_vec(message).unwrap();
    let request = Request::post("/api/v1/write")
        .header("content-type", content_type)
        .header("content-encoding", "snappy")
        .body(Body::from(body));
    server.send(request.unwrap()).await
}

fn series_in(db: &Db) -> u64 {
    db.stats().head.series
}

const V1: &str = "application/x-protobuf";
const V2: &str = "application/x-protobuf;proto=io.prometheus.write.v2.Request";

#[tokio::test]
async fn a_sender_of_1_0_is_told_of_series_over_a_limit_and_the_rest_is_kept() {
    let (server, db) = pushing(SeriesLimits { per_metric: 2, ..SeriesLimits::default() });
    let message = |ago_ms: i64, pods: &[&str]| {
        let mut request = encode::Request::default();
        for pod in pods {
            let labels = [("__name__", "m"), ("job", "j"), ("pod", pod)];
            request.series(&labels, &[(NOW_MS - ago_ms, 1.0)]);
        }
        request.as_bytes().to_vec()
    };
    assert_eq!(push(&server, &message(9000, &["1"]), V1).await.status, StatusCode::NO_CONTENT);
    for ago_ms in [8000, 7000] {
        let answer = push(&server, &message(ago_ms, &["1", "2", "3", "4"]), V1).await;
        assert_eq!(answer.status, StatusCode::BAD_REQUEST, "{}", answer.text());
        let text = |pod| {
            format!(
                "over a limit on series or on buckets for series {{__name__=\"m\", job=\"j\", pod=\"{pod}\"}}\n"
            )
        };
        assert_eq!(answer.text(), text("3") + &text("4"));
        assert_eq!(answer.header("x-prometheus-remote-write-samples-written"), "");
    }
    assert_eq!((series_in(&db), db.stats().samples_appended), (2, 5));
    db.set_limits(SeriesLimits::default());
    let answer = push(&server, &message(6000, &["1", "2", "3", "4"]), V1).await;
    assert_eq!((answer.status, series_in(&db)), (StatusCode::NO_CONTENT, 4));
}

#[tokio::test]
async fn a_sender_of_2_0_is_told_how_much_was_kept() {
    let limits = SeriesLimits { per_job: 1, ..SeriesLimits::default() };
    let (server, db) = pushing(limits);
    let mut request = SymbolizedRequest::default();
    for pod in ["1", "2"] {
        let labels = [("__name__", "m"), ("job", "j"), ("pod", pod)];
        let samples = [Sample { time_ms: NOW_MS, value: 1.0, start_ms: 0 }];
        request.series(&SymbolizedSeries {
            labels: &labels,
            samples: &samples,
            ..SymbolizedSeries::default()
        });
    }
    let answer = push(&server, &request.to_bytes(), V2).await;
    assert_eq!(answer.status, StatusCode::BAD_REQUEST, "{}", answer.text());
    assert!(answer.text().starts_with("over a limit on series"), "{}", answer.text());
    assert_eq!(answer.header("x-prometheus-remote-write-samples-written"), "1");
    assert_eq!(series_in(&db), 1);
}

//! Deleting and snapshots over HTTP. Statuses and texts are those of Prometheus 3.14.

use std::collections::BTreeSet;
use std::path::Path;
use std::sync::Arc;

use http::{Method, StatusCode};
use regain_model::{KeySeed, Labels, Span, Timestamp};
use regain_prometheus_tsdb::{PrometheusDir, Samples, StoredSeries, WINDOW_MS};
use regain_promql::{Engine, ParserOptions, Value, parse};
use regain_storage::fs::{Fs as _, MemFs};
use regain_storage::{Appendable as _, LaneKey};
use regain_tsdb::Db;
use serde_json::json;

use crate::answer::Answer;
use crate::server::{Server, Setup};

const DELETE: &str = "/api/v1/admin/tsdb/delete_series";
const CLEAN: &str = "/api/v1/admin/tsdb/clean_tombstones";
const SNAPSHOT: &str = "/api/v1/admin/tsdb/snapshot";

/// Three series with a sample every second up to the tenth.
fn write(db: &Db) {
    let mut appender = db.appender(&LaneKey::rule("g", "r")).unwrap();
    for time in 1..=10 {
        for name in ["a", "b", "c"] {
            let series = appender.series(&Labels::from_pairs([("__name__", name)])).unwrap();
            appender.stage(series, Timestamp(time * 1000), time as f64);
        }
    }
    appender.commit().unwrap();
}

/// How many samples the store has of a series up to the tenth second.
fn count(db: &Db, name: &str) -> String {
    let engine = Engine::default();
    let text = format!("count_over_time({name}[1m]) or vector(0)");
    let expr = parse(&text, &ParserOptions::all()).unwrap();
    let result = engine.instant(db, &expr, Timestamp(10_000), &engine.context());
    let Value::Vector(samples) = result.unwrap().value else { panic!("a vector") };
    samples[0].value.to_string()
}

async fn post(server: &Server, target: &str) -> Answer {
    server.ask(Method::POST, target, None).await
}

#[tokio::test]
async fn what_is_deleted_is_gone_from_queries_at_once_and_from_files_when_asked() {
    let server = Server::ready(Setup::default());
    write(&server.db);
    server.db.seal().unwrap();
    let some = post(&server, &format!("{DELETE}?match[]=a&match[]=b&start=4&end=6.5")).await;
    assert_eq!((some.status, some.text()), (StatusCode::NO_CONTENT, ""));
    assert_eq!(["a", "b", "c"].map(|name| count(&server.db, name)), ["7", "7", "10"]);
    let all = server.ask(Method::PUT, &format!("{DELETE}?match[]=b"), None).await;
    assert_eq!(all.status, StatusCode::NO_CONTENT);
    assert_eq!(["a", "b", "c"].map(|name| count(&server.db, name)), ["7", "0", "10"]);

    assert_eq!(server.db.stats().segments_to_rewrite, 1);
    assert_eq!(post(&server, CLEAN).await.status, StatusCode::NO_CONTENT);
    assert_eq!(server.db.stats().segments_to_rewrite, 0);
    assert_eq!(["a", "b", "c"].map(|name| count(&server.db, name)), ["7", "0", "10"]);
}

#[tokio::test]
async fn mistakes_delete_nothing() {
    let server = Server::ready(Setup::default());
    write(&server.db);
    for (query, why) in [
        ("", "no match[] parameter provided"),
        ("?match[]=a{", "1:3: parse error: unexpected end of input inside braces"),
        (
            "?match[]=a&start=x",
            "invalid parameter \"start\": invalid time value for 'start': cannot parse \"x\" to a valid timestamp",
        ),
    ] {
        let answer = post(&server, &format!("{DELETE}{query}")).await;
        assert_eq!(answer.status, StatusCode::BAD_REQUEST, "{query}");
        assert!(answer.json()["error"].as_str().unwrap().ends_with(why), "{}", answer.text());
    }
    assert_eq!(
        post(&server, &format!("{DELETE}?match[]={{}}")).await.status,
        StatusCode::NO_CONTENT
    );
    assert_eq!(server.get(DELETE).await.status, StatusCode::METHOD_NOT_ALLOWED);
    assert_eq!(["a", "b", "c"].map(|name| count(&server.db, name)), ["10"; 3]);
}

#[tokio::test]
async fn nothing_is_deleted_unless_the_flag_is_set() {
    let server = Server::ready(Setup { has_admin_api: false, ..Setup::default() });
    write(&server.db);
    for target in [&format!("{DELETE}?match[]=a"), CLEAN, SNAPSHOT] {
        let answer = post(&server, target).await;
        assert_eq!(answer.status, StatusCode::SERVICE_UNAVAILABLE);
        let expected =
            r#"{"status":"error","errorType":"unavailable","error":"admin APIs disabled"}"#;
        assert_eq!(answer.text(), expected);
    }
    assert_eq!(count(&server.db, "a"), "10");
}

/// The names of the snapshots in the server's data directory.
fn snapshots(fs: &MemFs) -> Vec<String> {
    fs.list_dirs(Path::new("data/snapshots")).unwrap()
}

/// The times of the samples in a snapshot, of all series together.
fn times_in(fs: &MemFs, name: &str) -> Vec<i64> {
    let dir = Path::new("data/snapshots").join(name);
    let found = PrometheusDir::open(fs, &dir, KeySeed(0)).unwrap();
    let mut series = StoredSeries::select(&found, &[], Span::ALL, &Arc::default()).unwrap();
    let (mut times, mut samples) = (BTreeSet::new(), Samples::default());
    while series.next(&mut samples).unwrap().is_some() {
        times.extend(samples.times.iter().copied());
    }
    times.into_iter().collect()
}

#[tokio::test]
async fn a_snapshot_is_made_of_blocks_with_everything_up_to_now() {
    let fs = MemFs::new();
    let server = Server::ready(Setup { fs: fs.clone(), ..Setup::default() });
    write(&server.db);
    server.db.seal().unwrap();
    let mut appender = server.db.appender(&LaneKey::rule("g", "r")).unwrap();
    let series = appender.series(&Labels::from_pairs([("__name__", "a")])).unwrap();
    appender.stage(series, Timestamp(WINDOW_MS), 1.0);
    appender.commit().unwrap();

    let taken = post(&server, SNAPSHOT).await;
    assert_eq!(taken.status, StatusCode::OK, "{}", taken.text());
    let name = taken.json()["data"]["name"].as_str().unwrap().to_owned();
    let (time, number) = name.split_once('-').unwrap();
    assert_eq!((time, number.len()), ("20231114T221820Z", 16));
    assert_eq!(taken.json(), json!({"status": "success", "data": {"name": name}}));
    let before: Vec<i64> = (1..=10).map(|second| second * 1000).collect();
    assert_eq!(times_in(&fs, &name), [before.as_slice(), &[WINDOW_MS]].concat());

    // The head is what came since the last two hours began.
    let taken = server.ask(Method::PUT, &format!("{SNAPSHOT}?skip_head=true"), None).await;
    let second = taken.json()["data"]["name"].as_str().unwrap().to_owned();
    assert_eq!(times_in(&fs, &second), before);
    assert_eq!(snapshots(&fs).len(), 2);
    // That is no query for any of it.
    server.db.tick(Timestamp(2 * WINDOW_MS)).unwrap();
    let unqueried = server.get("/api/v1/regain/cardinality?unqueried_since=0").await;
    assert_eq!(unqueried.json()["data"]["groups"], 3);
}

#[tokio::test]
async fn mistakes_take_no_snapshot_and_a_process_that_ends_stops_one() {
    let fs = MemFs::new();
    let server = Server::ready(Setup { fs: fs.clone(), ..Setup::default() });
    write(&server.db);
    let answer = post(&server, &format!("{SNAPSHOT}?skip_head=maybe")).await;
    assert_eq!(answer.status, StatusCode::BAD_REQUEST);
    let why =
        "invalid parameter \"skip_head\": strconv.ParseBool: parsing \"maybe\": invalid syntax";
    assert_eq!(answer.json()["error"], why);
    server.quit.cancel();
    let answer = post(&server, SNAPSHOT).await;
    assert_eq!(answer.status, StatusCode::INTERNAL_SERVER_ERROR);
    assert_eq!(answer.json()["error"], "create snapshot: the export was stopped");
    assert_eq!(snapshots(&fs), [""; 0]);
}

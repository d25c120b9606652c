//! Deleting over HTTP. Statuses and texts are those of Prometheus 3.14.

use http::{Method, StatusCode};
use regain_model::{Labels, Timestamp};
use regain_promql::{Engine, ParserOptions, Value, parse};
use regain_storage::{Appendable as _, LaneKey};
use regain_tsdb::Db;

use crate::answer::Answer;
use crate::server::{Server, Setup};

const DELETE: &str = "/api/v1/admin/tsdb/delete_series";
const CLEAN: &str = "/api/v1/admin/tsdb/clean_tombstones";

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
    for target in [&format!("{DELETE}?match[]=a"), CLEAN] {
        let answer = post(&server, target).await;
        assert_eq!(answer.status, StatusCode::SERVICE_UNAVAILABLE);
        let expected =
            r#"{"status":"error","errorType":"unavailable","error":"admin APIs disabled"}"#;
        assert_eq!(answer.text(), expected);
    }
    assert_eq!(count(&server.db, "a"), "10");
}

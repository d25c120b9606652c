//! Starting, stopping, reloading.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;

use http::{Method, StatusCode};
use regain_model::{Labels, Timestamp};
use regain_storage::fs::MemFs;
use regain_storage::{Appendable as _, LaneKey};
use regain_tsdb::{Db, Options};
use serde_json::json;

use crate::listing::{Listing, Pool};
use crate::server::{NOW_MS, Server, Setup};

#[tokio::test]
async fn until_the_door_is_open_only_what_needs_no_store_is_served() {
    let (server, serving) = Server::starting(Setup::default());
    let gated = [
        "/-/ready",
        "/federate?match[]=up",
        "/api/v1/query?query=up",
        "/api/v1/query?query=(",
        "/api/v1/labels",
        "/api/v1/label/job/values",
        "/api/v1/targets",
        "/api/v1/status/flags",
        "/api/v1/status/buildinfo",
        "/api/v1/status/runtimeinfo",
        "/api/v1/metadata",
    ];
    for target in gated {
        let answer = server.get(target).await;
        assert_eq!(answer.status, StatusCode::SERVICE_UNAVAILABLE, "{target}");
        assert_eq!(answer.text(), "Service Unavailable");
        assert_eq!(answer.header("x-prometheus-stopping"), "false");
    }
    let write = server.ask(Method::POST, "/api/v1/write", None).await;
    assert_eq!(write.status, StatusCode::SERVICE_UNAVAILABLE);
    assert!(server.get("/metrics").await.text().contains("\nprometheus_ready 0\n"));
    for target in ["/-/healthy", "/version", "/"] {
        assert_eq!(server.get(target).await.status, StatusCode::OK, "{target}");
    }

    server.door.open(serving);
    assert!(server.get("/metrics").await.text().contains("\nprometheus_ready 1\n"));
    for target in gated {
        let status = server.get(target).await.status;
        let expected =
            if target.ends_with("=(") { StatusCode::BAD_REQUEST } else { StatusCode::OK };
        assert_eq!(status, expected, "{target}");
    }

    server.door.close();
    let answer = server.get("/-/ready").await;
    assert_eq!(answer.status, StatusCode::SERVICE_UNAVAILABLE);
    assert_eq!(answer.header("x-prometheus-stopping"), "true");
    assert_eq!(server.get("/-/healthy").await.status, StatusCode::OK);
}

/// A store whose process was killed, with one sample in a segment and a newer one in the log.
fn killed() -> MemFs {
    let fs = MemFs::new();
    let (db, _) = Db::open(Path::new("data"), Arc::new(fs.clone()), Options::default()).unwrap();
    for (before_ms, value) in [(60_000, 1.0), (1000, 2.0)] {
        let mut appender = db.appender(&LaneKey::push("s", "", "")).unwrap();
        let series = appender.series(&Labels::from_pairs([("__name__", "m")])).unwrap();
        appender.stage(series, Timestamp(NOW_MS - before_ms), value);
        appender.commit().unwrap();
        if value < 2.0 {
            db.seal().unwrap();
        }
    }
    fs
}

#[tokio::test]
async fn while_the_log_is_read_answers_say_so_and_what_must_be_whole_waits() {
    let fs = Arc::new(killed());
    let (db, log) = Db::open_sealed(Path::new("data"), fs, Options::default()).unwrap();
    let (server, mut serving) =
        Server::starting(Setup { store: Arc::new(db.clone()), ..Setup::default() });
    serving.store.db = db;
    server.door.open(serving);

    let questions = [
        "/api/v1/query?query=m",
        &format!("/api/v1/query_range?query=m&start={0}&end={0}&step=1", NOW_MS / 1000),
        "/api/v1/series?match[]=m",
    ];
    let partial = json!(["the result may be partial: 0% of the log is read again since the start"]);
    let values = |answer: &serde_json::Value| answer.to_string().matches("\"2\"").count();
    for question in questions {
        let answer = server.get(question).await.json();
        assert_eq!(answer["status"], "success", "{question}");
        assert_eq!(answer["warnings"], partial, "{question}");
        assert_eq!(values(&answer), 0, "{answer}");
    }
    for target in ["/api/v1/labels", "/api/v1/targets", "/api/v1/rules", "/api/v1/status/tsdb"] {
        assert_eq!(server.get(target).await.status, StatusCode::OK, "{target}");
    }
    let whole = [
        (Method::GET, "/-/ready"),
        (Method::GET, "/federate?match[]=m"),
        (Method::POST, "/api/v1/write"),
        (Method::POST, "/api/v1/admin/tsdb/delete_series?match[]=m"),
        (Method::POST, "/api/v1/admin/tsdb/snapshot"),
    ];
    for (method, target) in &whole {
        let answer = server.ask(method.clone(), target, None).await;
        assert_eq!(answer.status, StatusCode::SERVICE_UNAVAILABLE, "{target}");
        assert_eq!(answer.header("x-prometheus-stopping"), "false");
    }
    server.door.note_whole_store();
    assert!(server.get("/metrics").await.text().contains("\nprometheus_ready 0\n"));

    log.replay().unwrap();
    server.door.note_whole_store();
    assert!(server.get("/metrics").await.text().contains("\nprometheus_ready 1\n"));
    for question in questions {
        let answer = server.get(question).await.json();
        assert_eq!(answer["warnings"], json!(null), "{question}");
        assert_eq!(values(&answer), usize::from(!question.contains("series")), "{answer}");
    }
    for (_, target) in &whole[..2] {
        assert_eq!(server.get(target).await.status, StatusCode::OK, "{target}");
    }
}

#[tokio::test]
async fn a_door_that_is_opened_again_shows_the_new_configuration() {
    let (server, serving) = Server::starting(Setup::default());
    server.door.open(serving.clone());
    let mut reloaded = serving;
    reloaded.config.yaml = "global: {}\n".to_owned();
    reloaded.targets = Arc::new(Listing(BTreeMap::from([("new".to_owned(), Pool::default())])));
    server.door.open(reloaded);
    assert_eq!(server.get("/api/v1/status/config").await.data()["yaml"], "global: {}\n");
    assert_eq!(server.get("/api/v1/scrape_pools").await.data()["scrapePools"][0], "new");
}

#[tokio::test]
async fn a_reload_is_answered_when_it_is_over() {
    let mut server = Server::ready(Setup::default());
    let mut reloads = server.take_reloads();
    let cases = [
        (Method::POST, Ok(()), StatusCode::OK, ""),
        (
            Method::PUT,
            Err("bad file".to_owned()),
            StatusCode::INTERNAL_SERVER_ERROR,
            "failed to reload config: bad file\n",
        ),
    ];
    for (method, outcome, status, text) in cases {
        let reload = async { reloads.recv().await.unwrap().send(outcome).unwrap() };
        let (answer, ()) = tokio::join!(server.ask(method, "/-/reload", None), reload);
        assert_eq!((answer.status, answer.text()), (status, text));
    }
    // Whoever reloads has ended, or gives up in the middle.
    let reload = async { drop(reloads.recv().await.unwrap()) };
    let (answer, ()) = tokio::join!(server.ask(Method::POST, "/-/reload", None), reload);
    assert_eq!(answer.status, StatusCode::SERVICE_UNAVAILABLE);
    drop(reloads);
    let answer = server.ask(Method::POST, "/-/reload", None).await;
    assert_eq!(answer.text(), "the server is stopping\n");
}

#[tokio::test]
async fn quitting_ends_the_process_once() {
    let server = Server::ready(Setup::default());
    let answer = server.ask(Method::POST, "/-/quit", None).await;
    assert_eq!(answer.text(), "Requesting termination... Goodbye!");
    assert!(server.quit.is_cancelled());
    let answer = server.ask(Method::PUT, "/-/quit", None).await;
    assert_eq!(
        (answer.status, answer.text()),
        (StatusCode::OK, "Termination already in progress.")
    );
}

#[tokio::test]
async fn lifecycle_requests_are_forbidden_unless_they_are_enabled() {
    let server = Server::ready(Setup { has_lifecycle: false, ..Setup::default() });
    for target in ["/-/reload", "/-/quit"] {
        for method in [Method::POST, Method::PUT] {
            let answer = server.ask(method, target, None).await;
            assert_eq!(answer.status, StatusCode::FORBIDDEN);
            assert_eq!(answer.text(), "Lifecycle API is not enabled.");
        }
        let answer = server.get(target).await;
        assert_eq!(answer.status, StatusCode::METHOD_NOT_ALLOWED);
        assert_eq!(answer.text(), "Only POST or PUT requests allowed");
    }
    assert!(!server.quit.is_cancelled());
}

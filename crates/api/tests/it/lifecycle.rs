//! Starting, stopping, reloading.

use std::collections::BTreeMap;

use http::{Method, StatusCode};

use crate::listing::{Listing, Pool};
use crate::server::{Server, Setup};

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

#[tokio::test]
async fn a_door_that_is_opened_again_shows_the_new_configuration() {
    let (server, serving) = Server::starting(Setup::default());
    server.door.open(serving.clone());
    let mut reloaded = serving;
    reloaded.config.yaml = "global: {}\n".to_owned();
    reloaded.targets =
        std::sync::Arc::new(Listing(BTreeMap::from([("new".to_owned(), Pool::default())])));
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

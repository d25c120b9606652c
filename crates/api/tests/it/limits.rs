//! Queries that would not end by themselves.

use std::sync::{Arc, Mutex};

use http::StatusCode;
use regain_model::Span;
use regain_storage::{Ctx, Queryable, Result, Snapshot};
use tokio::sync::mpsc;

use crate::server::{Server, Setup};

/// A store that answers only when the query is ended, and says when it was asked and why it ended.
struct Endless {
    asked: mpsc::UnboundedSender<()>,
    ended: Mutex<mpsc::UnboundedSender<String>>,
}

impl Queryable for Endless {
    fn snapshot(&self, _span: Span, ctx: &Arc<Ctx>) -> Result<Arc<dyn Snapshot>> {
        self.asked.send(()).unwrap();
        loop {
            if let Err(error) = ctx.cancel.check() {
                let why = error.to_string();
                self.ended.lock().unwrap().send(why).unwrap();
                return Err(error);
            }
            std::thread::yield_now();
        }
    }
}

struct Fixture {
    server: Server,
    asked: mpsc::UnboundedReceiver<()>,
    ended: mpsc::UnboundedReceiver<String>,
}

fn fixture() -> Fixture {
    let (asked_sender, asked) = mpsc::unbounded_channel();
    let (ended_sender, ended) = mpsc::unbounded_channel();
    let store = Endless { asked: asked_sender, ended: Mutex::new(ended_sender) };
    let setup = Setup { store: Arc::new(store), concurrency_max: 1, ..Setup::default() };
    Fixture { server: Server::ready(setup), asked, ended }
}

const QUERY: &str = "/api/v1/query?query=up";

#[tokio::test]
async fn a_query_ends_when_its_client_has_gone() {
    let Fixture { server, mut asked, mut ended } = fixture();
    tokio::select! {
        answer = server.get(QUERY) => panic!("{}", answer.text()),
        asked = asked.recv() => asked.unwrap(),
    }
    // The request was dropped with the branch that lost.
    assert_eq!(ended.recv().await.unwrap(), "query was canceled");
}

#[tokio::test]
async fn a_query_ends_when_its_time_is_up() {
    let Fixture { server, mut ended, asked: _asked } = fixture();
    let answer = server.get("/api/v1/query?query=up&timeout=1ms").await;
    assert_eq!(answer.status, StatusCode::SERVICE_UNAVAILABLE);
    assert_eq!(answer.json()["errorType"], "timeout");
    assert_eq!(answer.json()["error"], "query timed out in expression evaluation");
    assert_eq!(ended.recv().await.unwrap(), "query timed out");
}

#[tokio::test]
async fn a_query_waits_for_a_place_no_longer_than_its_time() {
    let Fixture { server, mut asked, ended: _ended } = fixture();
    let second = async {
        asked.recv().await.unwrap();
        let metrics = server.get("/metrics").await;
        assert!(metrics.text().contains("\nprometheus_engine_queries 1\n"));
        server.get("/api/v1/query?query=up&timeout=1ms").await
    };
    let answer = tokio::select! {
        answer = server.get(QUERY) => panic!("{}", answer.text()),
        answer = second => answer,
    };
    assert_eq!(answer.status, StatusCode::SERVICE_UNAVAILABLE);
    assert_eq!(answer.json()["error"], "query timed out in query queue");
}

//! The list of queries, the way to end one, what rules share with them, and what they may hold.

use std::io::{self, Write};
use std::sync::{Arc, Mutex};

use http::{Method, StatusCode};
use regain_model::{Span, Timestamp};
use regain_promql::EvalError;
use regain_rules::{RuleQueries as _, RuleQuery};
use regain_storage::{Ctx, Queryable, Result, Snapshot};
use serde_json::json;
use tokio::sync::mpsc;

use crate::server::{NOW_MS, Server, Setup};

/// A store that answers only when the query is ended, and says when it was asked.
struct Endless(mpsc::UnboundedSender<()>);

impl Queryable for Endless {
    fn snapshot(&self, _span: Span, ctx: &Arc<Ctx>) -> Result<Arc<dyn Snapshot>> {
        ctx.bytes.take(1000)?;
        self.0.send(()).unwrap();
        loop {
            ctx.cancel.check()?;
            std::thread::yield_now();
        }
    }
}

fn endless() -> (Setup, mpsc::UnboundedReceiver<()>) {
    let (sender, asked) = mpsc::unbounded_channel();
    (Setup { store: Arc::new(Endless(sender)), concurrency_max: 1, ..Setup::default() }, asked)
}

const RANGE: &str = "/api/v1/query_range?query=up&start=10&end=20&step=5";

#[tokio::test]
async fn what_runs_and_waits_is_listed_and_can_be_killed() {
    let (setup, mut asked) = endless();
    let server = Server::ready(setup);
    let look = async {
        asked.recv().await.unwrap();
        let list = |answer: &crate::answer::Answer| answer.json()["data"]["queries"].clone();
        let queued = async {
            loop {
                let queries = list(&server.get("/api/v1/regain/queries").await);
                if queries.as_array().unwrap().len() == 2 {
                    return queries;
                }
                tokio::task::yield_now().await;
            }
        };
        let queries = queued.await;
        let (running, waiting) = (&queries[0], &queries[1]);
        assert_eq!(running["query"], "up");
        assert_eq!(running["kind"], "range");
        assert_eq!((&running["start"], &running["step"]), (&json!(10), &json!(5)));
        assert_eq!((&running["bytesHeld"], &running["state"]), (&json!(1000), &json!("running")));
        assert_eq!(running["since"], json!(NOW_MS / 1000));
        assert_eq!((&waiting["query"], &waiting["state"]), (&json!("down"), &json!("queued")));
        for query in [waiting, running] {
            let target = format!("/api/v1/regain/queries/{}", query["id"].as_str().unwrap());
            let killed = server.ask(Method::DELETE, &target, None).await;
            assert_eq!(killed.json()["data"]["query"], query["query"]);
        }
        let gone = server.ask(Method::DELETE, "/api/v1/regain/queries/77", None).await;
        assert_eq!(gone.status, StatusCode::NOT_FOUND);
    };
    let waiting = server.get("/api/v1/query?query=down");
    let (running, waiting, ()) = tokio::join!(server.get(RANGE), waiting, look);
    for answer in [running, waiting] {
        assert_eq!(answer.json()["errorType"], "canceled");
        let text = "query was canceled in expression evaluation: it was killed";
        assert_eq!(answer.json()["error"], text);
    }
    let queries = server.get("/api/v1/regain/queries").await;
    assert_eq!(queries.json()["data"]["queries"], json!([]));
}

#[tokio::test]
async fn a_page_of_another_site_kills_nothing() {
    let server = Server::ready(Setup::default());
    let request = http::Request::builder()
        .method(Method::DELETE)
        .uri("/api/v1/regain/queries/1")
        .header("origin", "http://evil");
    let answer = server.send(request.body(axum::body::Body::empty()).unwrap()).await;
    assert_eq!(answer.status, StatusCode::FORBIDDEN);
}

#[tokio::test]
async fn the_query_of_a_rule_waits_for_a_place_like_any_other() {
    let (setup, mut asked) = endless();
    let (server, serving) = Server::starting(setup);
    let queries = Arc::clone(&serving.queries);
    server.door.open(serving);
    let rule = async {
        asked.recv().await.unwrap();
        let ctx = queries.context();
        let (service, rule_ctx) = (Arc::clone(&queries), Arc::clone(&ctx));
        let evaluated = tokio::task::spawn_blocking(move || {
            let expr = regain_promql::parse("m", &regain_promql::ParserOptions::all()).unwrap();
            let at = Timestamp(NOW_MS);
            let (text, file, group, rule) = ("m", "f.yml", "g", "r");
            let query = RuleQuery { expr: &expr, text, at, file, group, rule, turn: None };
            service.instant(&query, &rule_ctx)
        });
        let shown = loop {
            let answer = server.get("/api/v1/regain/queries").await;
            let queries = answer.json()["data"]["queries"].clone();
            if queries[1].is_object() {
                break queries[1].clone();
            }
            tokio::task::yield_now().await;
        };
        assert_eq!((&shown["kind"], &shown["state"]), (&json!("rule"), &json!("queued")));
        assert_eq!(shown["rule"], json!({"file": "f.yml", "group": "g", "name": "r"}));
        ctx.cancel.time_out();
        let result = evaluated.await.unwrap();
        assert!(matches!(result, Err(EvalError::TimedOut)), "{result:?}");
    };
    tokio::select! {
        answer = server.get(RANGE) => panic!("{}", answer.text()),
        () = rule => {}
    }
}

#[tokio::test]
async fn an_answer_that_is_too_large_to_write_is_refused_and_nothing_is_left() {
    let query = "/api/v1/query_range?query=label_replace(vector(1),%22a%22,%22b%22,%22%22,%22%22)\
                 &start=1&end=10000&step=1";
    let server = Server::ready(Setup { bytes_max: 300_000, ..Setup::default() });
    let refused = server.get(query).await;
    assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY);
    let error = refused.json()["error"].as_str().unwrap().to_owned();
    assert!(error.starts_with("the query needs more than 292 KiB of memory: "), "{error}");
    let server = Server::ready(Setup { bytes_max: 12_000_000, ..Setup::default() });
    assert_eq!(server.get(query).await.status, StatusCode::OK);
    let left = server.get("/api/v1/regain/queries").await.json()["data"]["bytesHeld"].clone();
    assert_eq!(left, json!(0));
}

/// A log file in memory.
#[derive(Clone, Default)]
struct Lines(Arc<Mutex<Vec<u8>>>);

impl Write for Lines {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[tokio::test]
async fn each_query_that_ends_is_a_line_of_the_query_log() {
    let (server, serving) = Server::starting(Setup::default());
    let (queries, lines) = (Arc::clone(&serving.queries), Lines::default());
    server.door.open(serving);
    queries.log_to(Some(Box::new(lines.clone())));
    server.get("/api/v1/query_range?query=1%3C2&start=1&end=2&step=1").await;
    server.get("/api/v1/query_range?query=1%3Cbool+2&start=1.5&end=12&step=5").await;
    server.get("/api/v1/query?query=label_join(vector(1),%22%22,%22%22)&time=3").await;
    queries.log_to(None);
    server.get("/api/v1/query?query=1").await;
    let text = String::from_utf8(lines.0.lock().unwrap().clone()).unwrap();
    let lines: Vec<serde_json::Value> =
        text.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    // A query that cannot be parsed has not begun.
    assert_eq!(lines.len(), 2, "{text}");
    let params = json!({
        "start": "1970-01-01T00:00:01.500Z",
        "end": "1970-01-01T00:00:12.000Z",
        "query": "1<bool 2",
        "step": 5,
    });
    assert_eq!((&lines[0]["params"], &lines[0]["msg"]), (&params, &json!("promql query logged")));
    let request = json!({"clientIP": "", "method": "GET", "path": "/api/v1/query_range"});
    assert_eq!((&lines[0]["httpRequest"], lines[0].get("error")), (&request, None));
    assert!(text.contains("\"query\":\"1<bool 2\""), "{text}");
    assert!(lines[1]["error"].as_str().unwrap().starts_with("invalid destination label name"));
}

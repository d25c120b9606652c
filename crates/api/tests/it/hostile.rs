//! Requests that mean harm.

use std::sync::Arc;

use axum::body::Body;
use http::{Method, Request, StatusCode};
use percent_encoding::{NON_ALPHANUMERIC, percent_encode};
use proptest::prelude::*;
use regain_model::{Matcher, Span, Timestamp};
use regain_storage::{Ctx, Error, Parts, Queryable, Result, Selection, Snapshot, Trouble};

use crate::server::{Server, Setup};

/// A store that fails, one way or another, whenever it is asked.
#[derive(Clone, Copy)]
enum Broken {
    Panics,
    Fails,
}

impl Queryable for Broken {
    fn snapshot(&self, _span: Span, _ctx: &Arc<Ctx>) -> Result<Arc<dyn Snapshot>> {
        Ok(Arc::new(*self))
    }
}

impl Broken {
    fn fail(self) -> Error {
        match self {
            Self::Panics => panic!("the store was told to panic"),
            Self::Fails => Error::ReadOnly(Trouble::DiskFull),
        }
    }
}

impl Snapshot for Broken {
    fn select(&self, _selection: &Selection<'_>, _ctx: &Arc<Ctx>) -> Result<Box<dyn Parts>> {
        Err(self.fail())
    }

    fn label_names(&self, _matchers: &[Matcher], _limit: usize) -> Result<Vec<String>> {
        Err(self.fail())
    }

    fn label_values(&self, _: &str, _: &[Matcher], _limit: usize) -> Result<Vec<String>> {
        Err(self.fail())
    }

    fn changed_since(&self, mark: u64) -> (u64, Option<Timestamp>) {
        (mark, None)
    }
}

const ASKING: [&str; 5] = [
    "/api/v1/query?query=up",
    "/api/v1/query_range?query=up&start=0&end=1&step=1",
    "/api/v1/series?match[]=up",
    "/api/v1/labels",
    "/api/v1/label/job/values",
];

#[tokio::test]
async fn a_panic_or_a_failure_ends_one_request() {
    let text = "the query failed unexpectedly";
    for (broken, text) in [
        (Broken::Panics, text),
        (Broken::Fails, "the store takes no samples for now: the disk is full"),
    ] {
        let setup = Setup { store: Arc::new(broken), concurrency_max: 1, ..Setup::default() };
        let server = Server::ready(setup);
        // Twice, so that a place that is not given back would be missed.
        for target in ASKING.iter().chain(&ASKING) {
            let answer = server.get(target).await;
            assert_eq!(answer.status, StatusCode::INTERNAL_SERVER_ERROR, "{target}");
            assert_eq!(answer.json()["errorType"], "internal");
            assert!(answer.json()["error"].as_str().unwrap().ends_with(text), "{}", answer.text());
        }
        let answer = server.get("/federate?match[]=up").await;
        assert_eq!(answer.status, StatusCode::INTERNAL_SERVER_ERROR);
        assert!(answer.text().contains(text), "{}", answer.text());
        let metrics = server.get("/metrics").await;
        assert!(metrics.text().contains("\nprometheus_web_federation_errors_total 1\n"));
        assert!(metrics.text().contains("\nprometheus_engine_queries 0\n"));
    }
}

#[tokio::test]
async fn a_query_over_its_budget_is_refused() {
    let server = Server::ready(Setup { samples_max: 10, ..Setup::default() });
    let answer = server.get("/api/v1/query?query=up%5B5m%5D&time=1700000300").await;
    assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY);
    let error = "query processing would load too many samples into memory in query execution";
    assert_eq!(answer.json()["error"], error);
    assert_eq!(answer.json()["errorType"], "execution");
}

/// The largest form.
const FORM_BYTES_MAX: usize = 10 << 20;

#[tokio::test]
async fn large_forms_are_refused_and_form_limits_are_not_off_by_one() {
    let server = Server::ready(Setup::default());
    let form = |len: usize| {
        let mut form = "query=1&time=1&x=".to_owned();
        form.extend(std::iter::repeat_n('a', len - form.len()));
        form
    };
    let answer = server.ask(Method::POST, "/api/v1/query", Some(&form(FORM_BYTES_MAX))).await;
    assert_eq!(answer.status, StatusCode::OK);
    let answer = server.ask(Method::POST, "/api/v1/query", Some(&form(FORM_BYTES_MAX + 1))).await;
    assert_eq!(answer.status, StatusCode::BAD_REQUEST);
    assert_eq!(answer.json()["error"], "error parsing form values: http: POST too large");
}

#[tokio::test]
async fn a_body_that_is_no_form_is_not_read_as_one() {
    let server = Server::ready(Setup::default());
    for content_type in ["text/plain", "application/x-www-form-urlencodedx", ""] {
        let request =
            Request::post("/api/v1/query?query=2&time=1").header("content-type", content_type);
        let answer = server.send(request.body(Body::from("query=1")).unwrap()).await;
        assert_eq!(answer.data()["result"][1], "2", "{content_type}");
    }
    let content_type = "Application/X-WWW-Form-URLEncoded; charset=utf-8";
    let request =
        Request::post("/api/v1/query?query=2&time=1").header("content-type", content_type);
    let answer = server.send(request.body(Body::from("query=1")).unwrap()).await;
    assert_eq!(answer.data()["result"][1], "1");
}

#[tokio::test]
async fn what_is_sent_comes_back_as_text_only() {
    let server = Server::ready(Setup::default());
    let script = "%3C/script%3E%3Cscript%3Ealert(1)%3C/script%3E";
    for target in [
        format!("/api/v1/query?query=up&time={script}"),
        format!("/api/v1/query?query=%22{script}%22"),
        format!("/api/v1/label/{}/values?limit={script}", script.replace('/', "_")),
        format!("/api/v1/series?match[]=up&start={script}"),
    ] {
        let answer = server.get(&target).await;
        assert!(!answer.text().contains('<'), "{target}: {}", answer.text());
        assert_eq!(answer.header("content-type"), "application/json");
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn any_parameter_has_an_answer_in_json(
        endpoint in prop::sample::select(vec![
            "query", "query_range", "series", "labels", "label/job/values", "format_query",
            "parse_query", "targets", "metadata", "targets/metadata", "status/tsdb",
        ]),
        params in prop::collection::vec(
            (
                prop::sample::select(vec![
                    "query", "time", "start", "end", "step", "limit", "timeout", "lookback_delta",
                    "match[]", "stats", "state", "metric", "match_target", "limit_per_metric",
                ]),
                prop_oneof![
                    ".{0,12}",
                    "-?[0-9]{1,20}(\\.[0-9]{1,4})?",
                    prop::sample::select(vec!["NaN", "Inf", "1e308", "-1e308", "up", "up[5m]", "1y", "0"])
                        .prop_map(str::to_owned),
                ],
            ),
            0..6,
        ),
    ) {
        let pairs: Vec<String> = params.iter().map(|(name, value)| {
            let value = percent_encode(value.as_bytes(), NON_ALPHANUMERIC);
            format!("{name}={value}")
        }).collect();
        let target = format!("/api/v1/{endpoint}?{}", pairs.join("&"));
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        let answer = runtime.block_on(async { Server::ready(Setup::default()).get(&target).await });
        prop_assert!(
            answer.status.is_success() || answer.status.is_client_error(),
            "{target}: {} {}", answer.status, answer.text(),
        );
        answer.json();
    }
}

//! The requests of Grafana's Prometheus data source.

use std::io::Read as _;

use axum::body::Body;
use flate2::read::GzDecoder;
use http::{Method, Request, StatusCode};
use serde_json::json;

use crate::server::{Server, Setup};

#[tokio::test]
async fn the_data_source_is_recognised_and_healthy() {
    let server = Server::ready(Setup::default());
    let build = server.get("/api/v1/status/buildinfo").await.data();
    assert_eq!(build["version"], "3.14.0");
    let form = "query=1%2B1&time=1700000300.123";
    let health = server.ask(Method::POST, "/api/v1/query", Some(form)).await;
    assert_eq!(health.data(), json!({"resultType": "scalar", "result": [1_700_000_300.123, "2"]}));
    // Its feature detection asks for rules.
    assert_eq!(server.get("/api/v1/rules").await.data(), json!({"groups": []}));
}

#[tokio::test]
async fn variables_and_the_query_builder_are_filled() {
    let server = Server::ready(Setup::default());
    let range = "start=1700000000&end=1700000300";
    let labels = server.ask(Method::POST, "/api/v1/labels", Some(range)).await.data();
    assert_eq!(labels, json!(["__name__", "code", "instance", "job", "label", "utf8.name"]));
    let target = format!("/api/v1/label/instance/values?match[]=reqs_total&{range}");
    assert_eq!(server.get(&target).await.data(), json!(["x"]));
    let target = format!("/api/v1/label/__name__/values?{range}&limit=40000");
    let names = json!(["gone", "reqs_total", "special", "tricky", "up"]);
    assert_eq!(server.get(&target).await.data(), names);
    let form = format!("match%5B%5D=up%7Bjob%3D%22a%22%7D&{range}&limit=40000");
    let series = server.ask(Method::POST, "/api/v1/series", Some(&form)).await.data();
    assert_eq!(series[1], json!({"__name__": "up", "instance": "y", "job": "a"}));
    let metadata = server.get("/api/v1/metadata?limit=1000&limit_per_metric=1").await.data();
    assert_eq!(metadata, json!({}));
}

#[tokio::test]
async fn panels_are_drawn_from_compressed_answers() {
    let server = Server::ready(Setup::default());
    let form = "query=sum+by+%28code%29+%28rate%28reqs_total%5B1m0s%5D%29%29\
                &start=1700000060&end=1700000300&step=60&timeout=30s";
    let request = Request::post("/api/v1/query_range")
        .header("content-type", "application/x-www-form-urlencoded")
        .header("accept-encoding", "gzip")
        .header("x-grafana-org-id", "1");
    let answer = server.send(request.body(Body::from(form)).unwrap()).await;
    assert_eq!(answer.header("content-encoding"), "gzip");
    assert_eq!(answer.header("content-type"), "application/json");
    let mut text = String::new();
    GzDecoder::new(&*answer.body).read_to_string(&mut text).unwrap();
    let plain = server.ask(Method::POST, "/api/v1/query_range", Some(form)).await;
    assert_eq!(text, plain.text());
    let data = plain.data();
    assert_eq!(data["resultType"], "matrix");
    assert_eq!(data["result"][0]["metric"], json!({"code": "200"}));
    assert_eq!(data["result"][0]["values"].as_array().unwrap().len(), 5);
    assert_eq!(data["result"][0]["values"][4], json!([1_700_000_300, "0.19999999999999998"]));
    // Exemplars are asked for beside each panel.
    let answer = server.ask(Method::POST, "/api/v1/query_exemplars", Some(form)).await;
    assert_eq!(answer.data(), json!([]));
}

#[tokio::test]
async fn statistics_come_when_they_are_asked_for() {
    let server = Server::ready(Setup::default());
    let data = server.get("/api/v1/query?query=up&time=1700000300&stats=all").await.data();
    let samples = &data["stats"]["samples"];
    assert_eq!(
        (&samples["totalQueryableSamples"], &samples["samplesRead"]),
        (&json!(2), &json!(2))
    );
    assert_eq!(samples["peakSamples"], 2);
    assert_eq!(samples.get("totalQueryableSamplesPerStep"), None);
    let timings = data["stats"]["timings"].as_object().unwrap();
    let names: Vec<&str> = timings.keys().map(String::as_str).collect();
    let expected = [
        "evalTotalTime",
        "execQueueTime",
        "execTotalTime",
        "innerEvalTime",
        "queryPreparationTime",
        "resultSortTime",
    ];
    assert_eq!(names, expected);
    let plain = server.get("/api/v1/query?query=up&time=1700000300").await.data();
    assert_eq!(plain.get("stats"), None);
    let odd = server.get("/api/v1/query?query=up&time=1700000300&stats=1").await.json();
    let warning = "value \"1\" for parameter \"stats\" is deprecated and will be rejected in the next \
                   major release, use \"true\" or \"all\"";
    assert_eq!(odd["warnings"], json!([warning]));
}

#[tokio::test]
async fn statistics_tell_each_step_where_that_is_turned_on() {
    let server = Server::ready(Setup { step_stats: true, ..Setup::default() });
    // Twice, because what was kept of the first answer knows nothing of steps.
    for _ in 0..2 {
        let query = "/api/v1/query_range?query=sum_over_time(up[15s])&step=7.5";
        let times = "&start=1700000270&end=1700000285";
        let data = server.get(&format!("{query}{times}&stats=all")).await.data();
        let samples = &data["stats"]["samples"];
        let steps = json!([[1_700_000_270, 2], [1_700_000_277.5, 2], [1_700_000_285, 2]]);
        assert_eq!(samples["totalQueryableSamplesPerStep"], steps, "{samples}");
        let read = json!([[1_700_000_270, 2], [1_700_000_277.5, 0], [1_700_000_285, 2]]);
        assert_eq!(samples["samplesReadPerStep"], read, "{samples}");
        let data = server.get(&format!("{query}{times}&stats=true")).await.data();
        assert_eq!(data["stats"]["samples"].get("samplesReadPerStep"), None);
    }
}

#[tokio::test]
async fn browsers_of_allowed_origins_may_ask() {
    let server = Server::ready(Setup::default());
    let ask = async |method: Method, origin: &str| {
        let request = Request::builder().method(method).uri("/api/v1/labels");
        let request = request.header("origin", origin).body(Body::empty()).unwrap();
        server.send(request).await
    };
    let answer = ask(Method::OPTIONS, "https://a.example").await;
    assert_eq!(answer.status, StatusCode::NO_CONTENT);
    assert_eq!(answer.header("access-control-allow-origin"), "https://a.example");
    assert_eq!(answer.header("access-control-allow-methods"), "GET, POST, OPTIONS");
    let answer = ask(Method::GET, "https://evil.test").await;
    assert_eq!(answer.header("access-control-allow-origin"), "");
    let varies: Vec<_> = answer.headers.get_all("vary").iter().collect();
    assert!(varies.iter().any(|value| *value == "Origin"), "{varies:?}");
}

//! `regain/explain`: what a query does and why it finds nothing.

use http::{Method, StatusCode};
use serde_json::{Value, json};

use crate::server::{NOW_MS, START_MS, Server, Setup};

fn server() -> Server {
    Server::ready(Setup::default())
}

async fn explain(server: &Server, query: &str, times: &str) -> Value {
    let form: String =
        url::form_urlencoded::Serializer::new(String::new()).append_pair("query", query).finish();
    let form = format!("{form}{times}");
    server.ask(Method::POST, "/api/v1/regain/explain", Some(&form)).await.data()
}

fn range() -> String {
    let (start, end) = (START_MS / 1000, NOW_MS / 1000);
    format!("&start={start}&end={end}&step=60")
}

#[tokio::test]
async fn the_nodes_of_a_query_have_figures() {
    let query =
        "sum by (job) (rate(reqs_total[1m])) / on (job) group_left () max by (job) (up - 2)";
    let data = explain(&server(), query, &range()).await;
    assert_eq!((&data["resultType"], &data["series"]), (&json!("matrix"), &json!(1)));
    assert_eq!(data["whyEmpty"], Value::Null);
    let nodes = data["nodes"].as_array().unwrap();
    for (name, expected) in [
        ("parent", json!([null, 0, 1, 2, 0, 4, 5, 5])),
        (
            "text",
            json!([
                query,
                "sum by (job) (rate(reqs_total[1m]))",
                "rate(reqs_total[1m])",
                "reqs_total[1m]",
                "max by (job) (up - 2)",
                "up - 2",
                "up",
                "2",
            ]),
        ),
        (
            "label",
            json!([
                "/ on (job) group_left ()",
                "sum by (job)",
                "rate",
                "reqs_total[1m]",
                "max by (job)",
                "-",
                "up",
                "2",
            ]),
        ),
        (
            "evaluation",
            json!(["measured", "measured", "part", "part", "measured", "part", "part", "settled"]),
        ),
        ("partOf", json!([null, null, 1, 1, null, 4, 4, null])),
    ] {
        let found: Vec<&Value> = nodes.iter().map(|node| &node[name]).collect();
        assert_eq!(json!(found), expected, "{name}");
    }
    let sum = &nodes[1]["figures"];
    assert_eq!((&sum["series"], &sum["groups"], &sum["steps"]), (&json!(1), &json!(1), &json!(6)));
    assert_eq!(
        sum["scan"],
        json!({"seriesSelected": 2, "seriesOut": 2, "parts": 1, "partsUndecoded": 0, "workers": 1}),
    );
    let read = nodes.iter().filter_map(|node| node["figures"]["samplesRead"].as_u64()).sum::<u64>();
    assert_eq!(json!(read), data["stats"]["samples"]["samplesRead"]);
    let whole = nodes[0]["figures"]["totalSeconds"].as_f64().unwrap();
    assert!(whole > 0.0 && whole <= data["stats"]["timings"]["evalTotalTime"].as_f64().unwrap());
}

#[tokio::test]
async fn an_empty_answer_has_a_reason() {
    let server = server();
    let data = explain(&server, "sum(rate(req_total[1m]))", "").await;
    assert_eq!(
        data["whyEmpty"],
        json!({
            "node": 2,
            "reason": "no_such_metric",
            "text": "No series has the name \"req_total\". Similar names: \"reqs_total\".",
            "details": {"name": "req_total", "similar": ["reqs_total"]},
        }),
    );
    assert_eq!(data["nodes"][0]["empty"]["details"], json!({"nodes": [1]}));
    let data = explain(&server, "reqs_total / up", "").await;
    assert_eq!(data["whyEmpty"]["reason"], "no_match");
    let matching = &data["nodes"][0]["figures"]["matching"];
    assert_eq!(
        (&matching["left"], &matching["right"], &matching["matchedGroups"]),
        (&json!(2), &json!(2), &json!(0))
    );
    assert_eq!(
        matching["differences"],
        json!([{"name": "code", "left": ["200", "500"], "right": []}]),
    );
    assert_eq!(matching["unmatchedRight"]["count"], 2);
    assert_eq!(matching["unmatchedRight"]["examples"][0]["__name__"], "up");
    let data = explain(&server, "up > 1", "").await;
    assert_eq!(
        data["whyEmpty"]["details"],
        json!({"op": "> 1", "series": 2, "min": "0", "max": "1"}),
    );
}

#[tokio::test]
async fn mistakes_are_those_of_queries() {
    let server = server();
    for (parameters, why) in [
        (
            "query=up%20up",
            "invalid parameter \"query\": 1:4: parse error: unexpected identifier \"up\"",
        ),
        ("query=up&time=x", "invalid parameter \"time\""),
        ("query=up&start=1", "invalid parameter \"end\""),
        ("query=up&start=1&end=2&step=0", "invalid parameter \"step\": zero or negative"),
        (
            "query=up%5B1m%5D&start=1&end=2&step=1",
            "invalid parameter \"query\": invalid expression type",
        ),
    ] {
        let answer = server.get(&format!("/api/v1/regain/explain?{parameters}")).await;
        assert_eq!(answer.status, StatusCode::BAD_REQUEST, "{parameters}");
        let error = answer.json()["error"].as_str().unwrap().to_owned();
        assert!(error.starts_with(why), "{parameters}: {error}");
    }
    let small = Server::ready(Setup { samples_max: 10, ..Setup::default() });
    let answer = small.get("/api/v1/regain/explain?query=sum_over_time(up%5B5m%5D)").await;
    assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY);
}

#[tokio::test]
async fn a_long_chain_is_not_repeated_at_each_of_its_nodes() {
    let query = format!("up{}", " + 1".repeat(500));
    let data = explain(&server(), &query, "").await;
    let nodes = data["nodes"].as_array().unwrap();
    assert_eq!(nodes.len(), 1001);
    assert!(nodes.iter().all(|node| node["text"].as_str().unwrap().chars().count() <= 301));
    assert_eq!(nodes[0]["end"], query.len());
}

#[tokio::test]
async fn an_explanation_counts_as_a_query() {
    let server = server();
    explain(&server, "up", "").await;
    let metrics = server.get("/metrics").await;
    let counted = "prometheus_engine_query_samples_total 2\n";
    assert!(metrics.text().contains(counted), "{}", metrics.text());
}

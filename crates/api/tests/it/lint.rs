//! `regain/lint`, and expressions that are as long as they may be.

use http::{Method, StatusCode};
use regain_promql::CHAIN_MAX;
use serde_json::{Value, json};

use crate::server::{Server, Setup};

async fn ask(server: &Server, endpoint: &str, query: &str) -> Value {
    let fields = form(query);
    let answer = server.ask(Method::POST, &format!("/api/v1/{endpoint}"), Some(&fields)).await;
    serde_json::from_str(answer.text()).unwrap()
}

fn form(query: &str) -> String {
    use percent_encoding::{NON_ALPHANUMERIC, percent_encode};
    format!("query={}", percent_encode(query.as_bytes(), NON_ALPHANUMERIC))
}

fn error(message: &str, start: u32, end: u32, column: u32) -> Value {
    json!({"message": message, "start": start, "end": end, "line": 1, "column": column})
}

#[tokio::test]
async fn all_mistakes_are_told_with_their_places() {
    let server = Server::ready(Setup::default());
    let answer = ask(&server, "regain/lint", "sum(é x) + * rate(a)").await;
    assert_eq!(answer["status"], "success");
    assert_eq!(
        answer["data"]["errors"],
        json!([
            error("unexpected character: 'é'", 4, 21, 5),
            error("unexpected <op:*>", 12, 13, 13),
            error(
                "expected type range vector in call to function \"rate\", got instant vector",
                19,
                20,
                20
            ),
        ])
    );
    let tree = &answer["data"]["tree"];
    assert_eq!(
        (&tree["type"], &tree["lhs"]["type"]),
        (&json!("binaryExpr"), &json!("aggregation"))
    );
    assert_eq!(tree["rhs"]["lhs"], json!({"type": "placeholder"}));
    assert_eq!(tree["rhs"]["rhs"]["func"]["name"], "rate");

    let answer = ask(&server, "regain/lint", "up + 1").await;
    assert_eq!(answer["data"]["errors"], json!([]));
    assert_eq!(answer["data"]["tree"], ask(&server, "parse_query", "up + 1").await["data"]);
    let answer = ask(&server, "regain/lint", "").await;
    let none = error("no expression found in input", 0, 0, 1);
    assert_eq!(answer["data"], json!({"errors": [none], "tree": null}));
}

#[tokio::test]
async fn a_tree_that_json_cannot_say_is_an_error() {
    let server =
        Server::ready(Setup { parser: regain_promql::ParserOptions::all(), ..Setup::default() });
    for (query, number) in [
        ("a + fill (Inf) b", "+Inf"),
        ("sum(a) + (a * fill_left (NaN) fill_right (-Inf) b)", "NaN"),
        ("(a + fill_right (-Inf) b) + fill_left (Inf) c", "-Inf"),
    ] {
        let answer = server.ask(Method::POST, "/api/v1/parse_query", Some(&form(query))).await;
        assert_eq!(answer.status, StatusCode::INTERNAL_SERVER_ERROR, "{query}");
        assert_eq!(answer.text(), format!("v1.Response.Data: unsupported value: {number}\n"));
    }
    let answer = ask(&server, "parse_query", "a + fill (1) b").await;
    assert_eq!(answer["data"]["matching"]["fillValues"], json!({"lhs": 1, "rhs": 1}));
}

#[tokio::test]
async fn long_chains_are_parsed_formatted_and_answered() {
    let server = Server::ready(Setup::default());
    let chain = format!("up{}", " + up".repeat(CHAIN_MAX as usize - 1));
    let fields = form(&chain);
    let tree = server.ask(Method::POST, "/api/v1/parse_query", Some(&fields)).await;
    assert_eq!(tree.text().matches(r#""type":"binaryExpr""#).count(), CHAIN_MAX as usize - 1);
    let text = ask(&server, "format_query", &chain).await;
    assert_eq!(
        text["data"].as_str().unwrap().split_whitespace().count(),
        2 * CHAIN_MAX as usize - 1
    );
    assert_eq!(ask(&server, "query", &chain).await["status"], "success");
    let longer = ask(&server, "query", &format!("{chain} + up")).await;
    assert_eq!(
        longer["error"].as_str().unwrap().split_once("parse error: ").unwrap().1,
        "expression is a chain of more than 4096 levels of operations"
    );
}

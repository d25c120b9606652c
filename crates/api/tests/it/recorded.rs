//! The same requests over the same data have the same answers as in Prometheus 3.14.

use std::fmt::Write as _;

use http::Method;
use percent_encoding::{NON_ALPHANUMERIC, percent_encode};
use regain_promql::ParserOptions;

use crate::recording::{Case, cases};
use crate::server::{Server, Setup};

/// Asks all requests of a recording and lists the answers that differ.
pub(crate) async fn replay(text: &str, setup: Setup) {
    let mut server = Server::ready(setup);
    let mut reloads = server.take_reloads();
    let reloading = async {
        while let Some(answer) = reloads.recv().await {
            answer.send(Ok(())).unwrap();
        }
    };
    let asking = async {
        let mut differences = String::new();
        for case in &cases(text) {
            if let Some(difference) = difference(&server, case).await {
                writeln!(differences, "{}\n{difference}", case.name).unwrap();
            }
        }
        differences
    };
    let differences = tokio::select! {
        differences = asking => differences,
        () = reloading => unreachable!("the server is there"),
    };
    assert!(differences.is_empty(), "{differences}");
}

async fn difference(server: &Server, case: &Case<'_>) -> Option<String> {
    let answer = server.ask(case.method.clone(), case.target, case.form).await;
    let mut texts = vec![
        ("status", answer.status.as_str().to_owned(), case.status.to_string()),
        ("body", answer.text().to_owned(), case.body.clone()),
    ];
    // A type says nothing where there is no body.
    if !case.body.is_empty() {
        let found = answer.header("content-type").to_owned();
        texts.push(("content-type", found, case.content_type.to_owned()));
    }
    for &(name, value) in &case.headers {
        texts.push((name, answer.header(name).to_owned(), value.to_owned()));
    }
    let differing = texts.into_iter().filter(|(_, found, expected)| found != expected);
    let lines: Vec<String> = differing
        .map(|(what, found, expected)| format!("  {what}:\n    {found}\n    {expected} (recorded)"))
        .collect();
    (!lines.is_empty()).then(|| lines.join("\n"))
}

#[tokio::test]
async fn queries() {
    replay(include_str!("recorded/query.txt"), Setup::default()).await;
}

#[tokio::test]
async fn look_ups() {
    replay(include_str!("recorded/look_ups.txt"), Setup::default()).await;
}

#[tokio::test]
async fn other_routes() {
    replay(include_str!("recorded/routes.txt"), Setup::default()).await;
}

/// Recordings of three lines a case: the expression, and what `parse_query` and `format_query` answer;
/// the second one by a server with all features of the language.
#[tokio::test]
async fn expressions() {
    check_expressions(include_str!("recorded/expressions.txt"), ParserOptions::default()).await;
    check_expressions(include_str!("recorded/language.txt"), ParserOptions::all()).await;
}

async fn check_expressions(recording: &str, parser: ParserOptions) {
    let server = Server::ready(Setup { parser, ..Setup::default() });
    let mut differences = String::new();
    for case in recording.split("\n\n") {
        let mut lines = case.lines();
        let expr = lines.next().unwrap();
        let form = format!("query={}", percent_encode(expr.as_bytes(), NON_ALPHANUMERIC));
        for endpoint in ["parse_query", "format_query"] {
            let target = format!("/api/v1/{endpoint}");
            let answer = server.ask(Method::POST, &target, Some(&form)).await;
            let recorded = lines.next().unwrap();
            if answer.text() != recorded {
                writeln!(differences, "{expr}\n    {}\n    {recorded} (recorded)", answer.text())
                    .unwrap();
            }
        }
    }
    assert!(differences.is_empty(), "{differences}");
}

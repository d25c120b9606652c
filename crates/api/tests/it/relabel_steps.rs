//! `targets/relabel_steps`.

use std::collections::BTreeMap;

use http::{Method, StatusCode};
use percent_encoding::{NON_ALPHANUMERIC, percent_encode};
use regain_go_regexp::Regex;
use regain_model::relabel::{Action, RelabelConfig};
use serde_json::json;

use crate::listing::{Listing, Pool};
use crate::recorded::replay;
use crate::server::{Server, Setup};

fn rule(action: Action, source: &str, pattern: &str) -> RelabelConfig {
    let source_labels = source.split_terminator(' ').map(str::to_owned).collect();
    let regex = Regex::anchored(pattern).unwrap();
    RelabelConfig { action, source_labels, regex, ..RelabelConfig::default() }
}

fn to(target_label: &str, rule: RelabelConfig) -> RelabelConfig {
    RelabelConfig { target_label: target_label.to_owned(), ..rule }
}

/// The rules of the Prometheus that the recording comes from.
fn rules() -> Vec<RelabelConfig> {
    let all = "(.*)";
    let joined = rule(Action::Replace, "__meta_a b", "(x.*)/(.*)");
    let separator = "/".to_owned();
    let joined = RelabelConfig { separator, replacement: "$2-$1<é>".to_owned(), ..joined };
    let last = rule(Action::Replace, "", all);
    vec![
        to("c", joined),
        rule(Action::LabelMap, "", "__meta_(.+)"),
        to("shard", RelabelConfig { modulus: 8, ..rule(Action::HashMod, "c", all) }),
        rule(Action::LabelDrop, "", "b"),
        to("A", rule(Action::Uppercase, "a", all)),
        to("c", rule(Action::DropEqual, "a", all)),
        rule(Action::Drop, "__address__", "drop.*"),
        to("last", RelabelConfig { replacement: "one".to_owned(), ..last }),
    ]
}

fn setup(rules: Vec<RelabelConfig>) -> Setup {
    let pools = BTreeMap::from([
        ("a<b".to_owned(), Pool { relabel_rules: rules, ..Pool::default() }),
        ("plain".to_owned(), Pool::default()),
    ]);
    Setup { listing: Listing(pools), ..Setup::default() }
}

#[tokio::test]
async fn every_rule_is_shown_with_what_it_makes_of_the_labels() {
    replay(include_str!("recorded/relabel_steps.txt"), setup(rules())).await;
}

fn form(labels: &str) -> String {
    format!("scrapePool=a%3Cb&labels={}", percent_encode(labels.as_bytes(), NON_ALPHANUMERIC))
}

async fn post(server: &Server, labels: &str) -> crate::answer::Answer {
    server.ask(Method::POST, "/api/v1/targets/relabel_steps", Some(&form(labels))).await
}

#[tokio::test]
async fn labels_that_are_longer_than_an_address_come_in_a_form() {
    let server = Server::ready(setup(rules()));
    let long = "x".repeat(200_000);
    let labels = json!({"__address__": "h", "__meta_a": long}).to_string();
    let steps = post(&server, &labels).await.data();
    assert_eq!(steps["steps"][1]["output"]["a"], long);
}

#[tokio::test]
async fn labels_without_bounds_are_refused() {
    let doubling = RelabelConfig {
        replacement: "$1$1$1$1$1$1$1$1".to_owned(),
        ..to("a", rule(Action::Replace, "a", "(.*)"))
    };
    let server = Server::ready(setup(vec![doubling; 12]));
    let labels = json!({"a": "x".repeat(1000)}).to_string();
    let answer = post(&server, &labels).await;
    assert_eq!(answer.status, StatusCode::BAD_REQUEST);
    assert_eq!(answer.json()["error"], "a rule makes a label longer than the limit");
    let labels = json!({"a": "x".repeat(1 << 20)}).to_string();
    let answer = post(&server, &labels).await;
    assert_eq!(answer.json()["error"], "error parsing labels: more than 1048576 bytes");
    let nested = "[".repeat(100_000);
    assert_eq!(post(&server, &nested).await.status, StatusCode::BAD_REQUEST);
}

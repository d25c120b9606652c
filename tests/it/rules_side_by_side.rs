//! The same rules in Regain and in Prometheus 3: `/api/v1/rules`, `/alerts` and `/alertmanagers` say the same.

use std::time::Duration;

use regain_tests::http::encode;
use regain_tests::process::{wait_for, write_file};
use regain_tests::program::Program;
use regain_tests::server::{Server, Setup};
use serde_json::Value;

use super::peer::{MODERN_PROMETHEUS, is_at_hand};

const CONFIG: &str = "
global:
  evaluation_interval: 1s
  external_labels: {region: eu}
rule_files: [first.rules.yml, 'more/*.yml']
alerting:
  alertmanagers:
  - path_prefix: /am
    api_version: v2
    static_configs:
    - targets: ['127.0.0.1:9', '127.0.0.1:10']
    relabel_configs:
    - {source_labels: [__address__], regex: '.*:10', action: drop}
";

/// Alerts in all states, and templates in what they carry.
const FIRST: &str = r#"
groups:
- name: states
  limit: 7
  labels: {team: core}
  rules:
  - alert: Firing
    expr: label_replace(vector(1.5), "instance", "a<b>&é", "", "") or label_replace(vector(-2e-9), "instance", "z", "", "")
    labels: {severity: high, at: '{{ $labels.instance }}', team: '{{ $externalLabels.region }}'}
    annotations:
      summary: '{{ $labels.instance }} is at {{ $value | humanize }}'
      odd: '{{ "<&>" }} {{ .Value }}'
  - alert: Pending
    expr: vector(1) > 0
    for: 1h
    keep_firing_for: 5m
    labels: {severity: low}
  - alert: Inactive
    expr: vector(0) > 1
    for: 90s
  - record: a:value
    expr: vector(42)
    labels: {kind: recorded, '😀': x}
- name: wrong
  interval: 2s
  query_offset: 10s
  rules:
  - record: b:many
    expr: label_replace(vector(1), "x", "1", "", "") * on () group_left () (label_replace(vector(1), "y", "1", "", "") or label_replace(vector(1), "y", "2", "", ""))
  - alert: Broken
    expr: vector(1)
    annotations: {broken: '{{ query "nothing" | first }}'}
"#;

/// A group of the same name in another file, and one whose name is odd.
const MORE: &str = r"
groups:
- name: states
  rules:
  - {record: c:one, expr: vector(1), labels: {severity: high}}
  - {alert: Firing, expr: 'vector(7) > bool 0', labels: {severity: high}}
- name: '<odd> name'
  rules:
  - {alert: Odd, expr: 'vector(+Inf)'}
- name: empty
  rules: []
";

/// What is asked of `/api/v1/rules`.
const QUERIES: &[&str] = &[
    "",
    "type=alert",
    "type=record",
    "type=ALERT",
    "type=",
    "type=other",
    "type=<é>",
    "rule_name[]=Firing",
    "rule_name[]=Firing&rule_name[]=c:one",
    "rule_name[]=nothing",
    "rule_name[]=",
    "rule_group[]=states",
    "rule_group[]=states&rule_group[]=wrong",
    "rule_group[]=%3Codd%3E%20name",
    "file[]=first.rules.yml",
    "file[]=more/a.yml",
    "file[]=more/a.yml&rule_group[]=states&rule_name[]=Firing&type=alert",
    "match[]={severity=\"high\"}",
    "match[]={severity=~\"h.*\"}&match[]={kind=\"recorded\"}",
    "match[]={severity!=\"high\",team=\"core\"}",
    "match[]={at=\"{{ $labels.instance }}\"}",
    "match[]={__name__=\"x\"}",
    "match[]=Firing",
    "match[]=",
    "match[]={",
    "match[]={severity=~\"(\"}",
    "match[]={a=\"\"}",
    "exclude_alerts=true",
    "exclude_alerts=TRUE",
    "exclude_alerts=1",
    "exclude_alerts=0",
    "exclude_alerts=false",
    "exclude_alerts=yes",
    "exclude_alerts=\"",
    "group_limit=1",
    "group_limit=2",
    "group_limit=100",
    "group_limit=0",
    "group_limit=-1",
    "group_limit=x",
    "group_limit=1.5",
    "group_limit=+1",
    "group_limit=99999999999",
    "group_limit=2147483648",
    "group_limit=-99999999999",
    "group_limit=",
    "group_limit=1&type=record",
    "group_limit=1&group_next_token=nonsense",
    "group_limit=1&group_next_token=",
    "group_next_token=nonsense",
    "group_next_token=",
    "unknown=1",
];

#[test]
fn rules_and_alerts_are_what_prometheus_says() {
    if !is_at_hand(Program::Prometheus, MODERN_PROMETHEUS) {
        return;
    }
    let dir = tempfile::tempdir().unwrap();
    let [ours, theirs] = [Program::Regain, Program::Prometheus].map(|program| {
        let setup = Setup::new(program, &dir.path().join(program.name())).config(CONFIG);
        std::fs::create_dir_all(setup.dir.join("more")).unwrap();
        write_file(&setup.dir.join("first.rules.yml"), FIRST).unwrap();
        write_file(&setup.dir.join("more/a.yml"), MORE).unwrap();
        setup.start().unwrap()
    });
    wait_until_evaluated(&ours);
    wait_until_evaluated(&theirs);
    let mut wrong = Vec::new();
    let mut compare = |path: &str| {
        let [found, expected] = [&ours, &theirs].map(|server| ask(server, path));
        if found != expected {
            wrong.push(format!("{path}\n  ours:   {found:?}\n  theirs: {expected:?}"));
        }
        expected.1
    };
    for query in QUERIES {
        compare(&format!("/api/v1/rules?{}", escaped(query)));
    }
    follow_pages(&mut compare);
    compare("/api/v1/alerts");
    compare("/api/v1/alertmanagers");
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// Asks page after page with the tokens of the original.
fn follow_pages(compare: &mut impl FnMut(&str) -> Value) {
    let mut path = "/api/v1/rules?group_limit=1".to_owned();
    let mut pages = 1;
    while let Some(token) = compare(&path)["data"]["groupNextToken"].as_str() {
        path = format!("/api/v1/rules?group_limit=1&group_next_token={token}");
        pages += 1;
    }
    assert_eq!(pages, 4, "a page each for the groups that have rules");
}

/// Waits until each group was evaluated with all that its rules need.
fn wait_until_evaluated(server: &Server) {
    let name = server.setup.program.name();
    wait_for(&format!("{name} to evaluate"), Duration::from_mins(1), || {
        let data = server.data("/api/v1/rules")?;
        let groups = data["groups"].as_array().cloned().unwrap_or_default();
        let rules = groups.iter().filter_map(|group| group["rules"].as_array()).flatten();
        let (mut known, mut all) = (0, 0);
        for rule in rules {
            all += 1;
            known += usize::from(rule["health"] != "unknown");
        }
        Ok((all > 0 && known == all).then_some(()))
    })
    .unwrap();
}

/// The status and the JSON of an answer, in which times are alike and alerts have an order.
fn ask(server: &Server, path: &str) -> (u16, Value) {
    let answer = server.get(path).unwrap();
    let mut json = answer.json().unwrap();
    settle(&mut json);
    (answer.status, json)
}

/// Makes equal what has to differ: when something was done, and how long it took.
fn settle(value: &mut Value) {
    const TIMES: [&str; 4] = ["evaluationTime", "lastEvaluation", "activeAt", "keepFiringSince"];
    match value {
        Value::Array(items) => items.iter_mut().for_each(settle),
        Value::Object(fields) => {
            for (name, value) in fields {
                if TIMES.contains(&name.as_str()) {
                    let is_time = value.as_str().is_none_or(|text| !text.starts_with("0001"));
                    assert!(value.is_number() || is_time, "{name} is {value}");
                    *value = "a time".into();
                }
                settle(value);
                // Upstream lists the alerts of a rule in any order.
                if let ("alerts", Some(alerts)) = (name.as_str(), value.as_array_mut()) {
                    alerts.sort_by_key(Value::to_string);
                }
            }
        }
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
    }
}

/// A query string in which values are escaped; one that has escapes already stays as it is.
fn escaped(query: &str) -> String {
    let pair = |pair: &str| match pair.split_once('=') {
        Some((name, value)) if !value.contains('%') => {
            format!("{}={}", encode(name), encode(value))
        }
        _ => pair.to_owned(),
    };
    query.split('&').map(pair).collect::<Vec<_>>().join("&")
}

use std::time::Duration;

use jiff::Timestamp;
use regain_model::Labels;

use super::*;
use crate::order::{Action, ExecutionId, LabelValue, Pattern, Value};

fn action() -> HttpAction {
    HttpAction {
        url: HttpAction::check_url("https://hooks.example/a/?k=v").unwrap(),
        path: Vec::new(),
        query: Vec::new(),
        method: Method::POST,
        headers: vec![(header::ACCEPT, HeaderValue::from_static("application/json"))],
        body: None,
        http: ClientConfig::default(),
        idempotent: false,
        timeout: HttpAction::TIMEOUT,
    }
}

fn order(action: HttpAction) -> Order {
    let target = Labels::from_pairs([("instance", "web1")]);
    Order {
        id: ExecutionId::of("clean", &target, "e", 0, 1),
        remediation: "clean".into(),
        target,
        labels: Labels::from_pairs([("alertname", "Down\"},{"), ("instance", "web1")]),
        annotations: BTreeMap::from([("summary".to_owned(), "it is down".to_owned())]),
        action: Arc::new(Action::Http(Box::new(action))),
        intended_at: Timestamp::UNIX_EPOCH,
        deadline: Duration::from_mins(1),
    }
}

fn label(name: &str) -> Value {
    let pattern = Pattern::new(".*").unwrap();
    Value::Label(LabelValue { label: name.to_owned(), pattern, bytes_max: 64 })
}

#[tokio::test]
async fn a_request_carries_the_id_and_by_default_the_order() {
    let action = action();
    let order = order(action.clone());
    let request = request(&order, &action).unwrap();
    assert_eq!(request.url.as_str(), "https://hooks.example/a/?k=v");
    assert_eq!(request.headers[IDEMPOTENCY_KEY], order.id.as_str());
    assert_eq!(request.headers[header::CONTENT_TYPE], "application/json");
    assert_eq!(request.headers[header::ACCEPT], "application/json");
    let body: Json = serde_json::from_slice(&request.body).unwrap();
    assert_eq!(
        body,
        json!({
            "version": 1,
            "executionId": order.id.as_str(),
            "remediation": "clean",
            "target": {"instance": "web1"},
            "labels": {"alertname": "Down\"},{", "instance": "web1"},
            "annotations": {"summary": "it is down"},
        })
    );
}

#[tokio::test]
async fn pitfall_17_a_label_stays_one_text_of_the_body() {
    let fields = vec![
        ("a".to_owned(), JsonTemplate::Text(label("alertname"))),
        ("b".to_owned(), JsonTemplate::List(vec![JsonTemplate::Bool(true), JsonTemplate::Null])),
        ("c".to_owned(), JsonTemplate::Number(7.into())),
    ];
    let action = HttpAction { body: Some(JsonTemplate::Object(fields)), ..action() };
    let request = request(&order(action.clone()), &action).unwrap();
    let body: Json = serde_json::from_slice(&request.body).unwrap();
    assert_eq!(body, json!({"a": "Down\"},{", "b": [true, null], "c": 7}));
}

#[tokio::test]
async fn pitfall_17_the_host_and_the_path_stay_what_they_are() {
    let action = HttpAction {
        path: vec![Value::Fixed("restart".to_owned()), label("host")],
        query: vec![("q".to_owned(), label("host"))],
        method: Method::GET,
        ..action()
    };
    for (host, expected) in [
        ("web1", "https://hooks.example/a/restart/web1?k=v&q=web1"),
        (
            "//evil.example",
            "https://hooks.example/a/restart/%2F%2Fevil.example?k=v&q=%2F%2Fevil.example",
        ),
        ("%2e%2e", "https://hooks.example/a/restart/%252e%252e?k=v&q=%252e%252e"),
        ("a\\b@c:1", "https://hooks.example/a/restart/a%5Cb@c:1?k=v&q=a%5Cb%40c%3A1"),
    ] {
        let mut order = order(action.clone());
        order.labels = Labels::from_pairs([("host", host)]);
        let request = request(&order, &action).unwrap();
        assert_eq!(request.url.as_str(), expected);
        assert!(request.body.is_empty(), "a GET has no body");
        assert!(!request.headers.contains_key(header::CONTENT_TYPE));
    }
    let mut climbing = order(action.clone());
    climbing.labels = Labels::from_pairs([("host", "..")]);
    let error = request(&climbing, &action).unwrap_err();
    assert_eq!(error, RequestTextError::Segment { index: 1 });
}

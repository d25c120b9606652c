//! Upstream's two files, handed over in both directions.

use std::process::Command;
use std::time::{Duration, SystemTime};

use jiff::Timestamp;
use regain_alerting::{
    Alerting, MatcherDraft, PostedAlert, Silence, SilenceDraft, SilenceFilter, SilenceState,
};
use regain_metrics::Registry;
use regain_model::{Labels, MatchOp, Matcher};
use serde_json::{Value, json};

use crate::stage::open;
use crate::upstream::{Alertmanager, hook, programs};

fn config(url: &str) -> String {
    format!(
        "route: {{receiver: hook, group_by: [alertname], group_wait: 0s}}\n\
         receivers:\n- name: hook\n  webhook_configs: [{{url: '{url}'}}]\n"
    )
}

/// A silence as the API shows it, as far as files hold it.
fn shown(silence: &Silence, state: SilenceState) -> Value {
    let matcher = |matcher: &Matcher| {
        json!({
            "name": matcher.name(),
            "value": matcher.value(),
            "isEqual": !matcher.op().is_negative(),
            "isRegex": matcher.regex().is_some(),
        })
    };
    // The API cuts times to milliseconds.
    let time = |time: Timestamp| format!("{time:.3}");
    let mut shown = json!({
        "id": &*silence.id,
        "matchers": silence.matcher_sets[0].iter().map(matcher).collect::<Vec<_>>(),
        "startsAt": time(silence.starts_at),
        "endsAt": time(silence.ends_at),
        "updatedAt": time(silence.updated_at),
        "createdBy": silence.created_by,
        "comment": silence.comment,
        "status": { "state": state.as_str() },
    });
    if !silence.annotations.is_empty() {
        shown["annotations"] = json!(silence.annotations);
    }
    shown
}

async fn ours(alerting: &Alerting) -> Vec<Value> {
    let all = alerting.silences(SilenceFilter::default()).await.unwrap();
    sorted(all.iter().map(|(silence, state)| shown(silence, *state)).collect())
}

fn theirs(server: &Alertmanager) -> Vec<Value> {
    let body = server.request("GET", "/api/v2/silences", "");
    sorted(serde_json::from_str(&body).unwrap())
}

fn sorted(mut silences: Vec<Value>) -> Vec<Value> {
    silences.sort_by_key(|silence| silence["id"].as_str().unwrap().to_owned());
    silences
}

fn fire(name: &str) -> PostedAlert {
    let labels = Labels::from_pairs([("alertname", name), ("host", "a"), ("zone", "b")]);
    PostedAlert { labels, ..PostedAlert::default() }
}

fn post(server: &Alertmanager, name: &str) {
    let alerts = json!([{ "labels": { "alertname": name, "host": "a", "zone": "b" } }]);
    server.request("POST", "/api/v2/alerts", &alerts.to_string());
}

#[tokio::test(flavor = "multi_thread")]
async fn what_alertmanager_wrote_is_taken_over() {
    let Some((program, amtool)) = programs() else { return };
    let dir = tempfile::tempdir().unwrap();
    let (url, bodies) = hook();
    let server = Alertmanager::start(&program, &config(&url), dir.path());
    let add = |matchers: &[&str], more: &[&str]| {
        let output = Command::new(&amtool)
            .args(["--no-version-check", &format!("--alertmanager.url=http://{}", server.address)])
            .args(["silence", "add", "--author=me", "--comment=because: \"ü\"", "--duration=2h"])
            .args(more)
            .args(matchers)
            .output()
            .unwrap();
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        String::from_utf8(output.stdout).unwrap().trim().to_owned()
    };
    add(&["alertname=A", "host!=b", "zone=~b|c", "other!~x.*"], &[]);
    add(&["alertname=B"], &["--annotation=ticket=12"]);
    let expired = add(&["alertname=\"with \\\"quotes\\\"\""], &[]);
    server.request("DELETE", &format!("/api/v2/silence/{expired}"), "");
    post(&server, "Told");
    let told: Value = serde_json::from_str(&bodies.recv().unwrap()).unwrap();
    assert_eq!(told["groupKey"], r#"{}:{alertname="Told"}"#);
    let silences = theirs(&server);
    server.stop();

    let (alerting, mut notifications) = open(dir.path(), &Registry::new());
    assert_eq!(ours(&alerting).await, silences);
    // The receiver has heard of the first alert, so the first notification is of the second.
    alerting.put(vec![fire("Told")]).await.unwrap();
    alerting.put(vec![fire("New")]).await.unwrap();
    assert_eq!(notifications.recv().await.unwrap().group_key, r#"{}:{alertname="New"}"#);
    alerting.shutdown().await;
    assert!(notifications.try_recv().is_err());
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_written_here_alertmanager_takes_over() {
    let Some((program, _)) = programs() else { return };
    let dir = tempfile::tempdir().unwrap();
    let (alerting, mut notifications) = open(dir.path(), &Registry::new());
    let matcher =
        |name: &str, op, value: &str| MatcherDraft { name: name.into(), op, value: value.into() };
    let later =
        Timestamp::try_from(SystemTime::UNIX_EPOCH + Duration::from_secs(4_000_000_000)).unwrap();
    let draft = SilenceDraft {
        matcher_sets: vec![vec![
            matcher("alertname", MatchOp::Equal, "A"),
            matcher("host", MatchOp::NotEqual, "b"),
            matcher("zone", MatchOp::Regex, "b|c"),
            matcher("other", MatchOp::NotRegex, "x.*"),
        ]],
        ends_at: Some(later),
        created_by: "me".into(),
        comment: "because: \"ü\"".into(),
        annotations: [("ticket".to_owned(), "12".to_owned())].into(),
        ..SilenceDraft::default()
    };
    alerting.set_silence(draft.clone()).await.unwrap();
    let expired = alerting.set_silence(draft).await.unwrap();
    alerting.expire_silence(&expired).await.unwrap();
    alerting.put(vec![fire("Told")]).await.unwrap();
    notifications.recv().await.unwrap();
    let silences = ours(&alerting).await;
    alerting.shutdown().await;

    let (url, bodies) = hook();
    let server = Alertmanager::start(&program, &config(&url), dir.path());
    assert_eq!(theirs(&server), silences);
    post(&server, "Told");
    post(&server, "New");
    let told: Value = serde_json::from_str(&bodies.recv().unwrap()).unwrap();
    assert_eq!(told["groupKey"], r#"{}:{alertname="New"}"#);
    // Changes made there are seen here afterwards, over what the journal says.
    for silence in silences.iter().filter(|silence| silence["status"]["state"] == "active") {
        let path = format!("/api/v2/silence/{}", silence["id"].as_str().unwrap());
        server.request("DELETE", &path, "");
    }
    let silences = theirs(&server);
    server.stop();
    let (alerting, _notifications) = open(dir.path(), &Registry::new());
    assert_eq!(ours(&alerting).await, silences);
    alerting.shutdown().await;
}

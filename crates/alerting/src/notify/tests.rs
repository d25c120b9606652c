//! What receivers get, and what comes of what they answer. The bodies in `golden/` are those that Alertmanager 0.34.0
//! sent for the same alerts and settings.

use std::collections::BTreeMap;
use std::io::Write as _;
use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;
use regain_http::client::ClientOptions;
use regain_http::{ClientConfig, Secret};
use regain_model::Labels;
use serde_json::json;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpListener;

use super::{
    Delivered, FailureReason, Integration, Notification, NotificationReason, NotifyError,
    ReceiverValue, sort_alerts,
};
use crate::Alert;
use crate::settings::{IntegrationKind, IntegrationSettings, SlackSettings, WebhookSettings};
use crate::template::Templates;

const OK: &str = "HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Length: 2\r\nConnection: close\r\n\r\nok";

/// A receiver that takes one request and gives one answer.
struct Receiver {
    listener: TcpListener,
    answer: String,
}

/// A request as it came.
struct Received {
    head: String,
    body: String,
}

impl Receiver {
    async fn answering(answer: impl Into<String>) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        Self { listener, answer: answer.into() }
    }

    fn url(&self, path: &str) -> String {
        format!("http://{}{path}", self.listener.local_addr().unwrap())
    }

    async fn serve(&self) -> Received {
        let (mut stream, _) = self.listener.accept().await.unwrap();
        let mut bytes = Vec::new();
        loop {
            stream.read_buf(&mut bytes).await.unwrap();
            let text = String::from_utf8_lossy(&bytes).into_owned();
            let Some((head, body)) = text.split_once("\r\n\r\n") else { continue };
            let lower = head.to_lowercase();
            let len = lower.split_once("content-length: ").unwrap().1;
            let len: usize = len.lines().next().unwrap().parse().unwrap();
            if body.len() >= len {
                stream.write_all(self.answer.as_bytes()).await.unwrap();
                return Received { head: head.to_owned(), body: body.to_owned() };
            }
        }
    }
}

fn status(code: u16, body: &str) -> String {
    format!(
        "HTTP/1.1 {code} x\r\nContent-Length: {}\r\nConnection: close\r\n\r\n{body}",
        body.len()
    )
}

fn json_answer(body: &str) -> String {
    let len = body.len();
    format!(
        "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: {len}\r\nConnection: close\r\n\r\n{body}"
    )
}

fn time(text: &str) -> Timestamp {
    text.parse().unwrap()
}

fn alert(labels: &[(&str, &str)], summary: &str, starts_at: &str, url: &str) -> Arc<Alert> {
    let common = [("alertname", "Down"), ("job", "node"), ("severity", "crit & <x>")];
    Arc::new(Alert {
        labels: Labels::from_pairs(common.iter().chain(labels).copied()),
        annotations: [("summary", summary), ("same", "s")]
            .map(|(name, value)| (name.to_owned(), value.to_owned()))
            .into(),
        starts_at: time(starts_at),
        ends_at: None,
        generator_url: url.to_owned(),
        updated_at: time(starts_at),
        timeout: false,
    })
}

pub(crate) fn notification() -> Notification {
    let graph = "http://prom/graph?g0.expr=up%3D%3D0&g0.tab=1";
    let mut alerts = vec![
        alert(&[("z", "1")], "third", "2026-11-27T01:00:00Z", ""),
        alert(&[("instance", "b:9100")], "disk is full", "2026-11-27T01:00:00.5Z", graph),
    ];
    sort_alerts(&mut alerts);
    Notification {
        receiver: "web.hook".into(),
        group_key: "{}:{alertname=\"Down\", job=\"node\"}".to_owned(),
        group_labels: Labels::from_pairs([("alertname", "Down"), ("job", "node")]),
        route_labels: Labels::from_pairs([("team", "node-team")]),
        alerts,
        reason: NotificationReason::NewAlerts,
        external_url: "http://am.example:9093".into(),
        now: time("2026-11-27T02:00:00Z"),
        receiver_data: BTreeMap::new(),
    }
}

pub(crate) fn templates() -> Arc<Templates> {
    let file = r#"{{ define "mine" }}{{ range .Alerts }}{{ .Labels.alertname }}={{ .Annotations.summary | title }};{{ end }}{{ end }}
{{ define "slack.default.text" }}{{ template "__text_alert_list" .Alerts }}{{ end }}"#;
    Arc::new(Templates::new([("my.tmpl", file)]).unwrap())
}

fn webhook(url: &str) -> WebhookSettings {
    WebhookSettings {
        http: ClientConfig::default(),
        url: Secret::new(url),
        url_file: None,
        max_alerts: 0,
        timeout: Duration::ZERO,
        payload: None,
    }
}

async fn tell(kind: IntegrationKind, about: &Notification) -> Result<Delivered, NotifyError> {
    let environment = BTreeMap::new();
    let options = ClientOptions::new("Alertmanager/0.34.0", &environment);
    let settings = IntegrationSettings { kind, send_resolved: true };
    Integration::new(settings, templates(), &options).unwrap().notify(about).await
}

async fn tell_webhook(settings: WebhookSettings) -> Result<Delivered, NotifyError> {
    tell(IntegrationKind::Webhook(Box::new(settings)), &notification()).await
}

#[tokio::test]
async fn a_webhook_gets_upstreams_bytes_and_the_credentials_of_its_url() {
    let receiver = Receiver::answering(OK).await;
    let url = receiver.url("/plain").replace("http://", "http://user:p%40ss@");
    let (told, got) = tokio::join!(tell_webhook(webhook(&url)), receiver.serve());
    told.unwrap();
    assert_eq!(got.body, include_str!("golden/plain.json"));
    let head = got.head.to_lowercase();
    assert!(head.starts_with("post /plain "), "{head}");
    assert!(head.contains("authorization: basic dxnlcjpwqhnz"), "{head}");
    assert!(head.contains("content-type: application/json"), "{head}");
    assert!(head.contains("user-agent: alertmanager/0.34.0"), "{head}");
}

#[tokio::test]
async fn the_url_is_a_template_and_alerts_are_cut_at_the_limit() {
    let receiver = Receiver::answering(OK).await;
    let url = receiver.url("/max/{{ .GroupLabels.job }}");
    let settings = WebhookSettings { max_alerts: 1, ..webhook(&url) };
    let (told, got) = tokio::join!(tell_webhook(settings), receiver.serve());
    told.unwrap();
    assert_eq!(got.body, include_str!("golden/max_node.json"));
    assert!(got.head.starts_with("POST /max/node "), "{}", got.head);
}

#[tokio::test]
async fn texts_of_a_payload_become_what_they_print() {
    let receiver = Receiver::answering(OK).await;
    let payload = json!({
        "text": r#"{{ template "__subject" . }}"#,
        "count": "{{ len .Alerts }}",
        "yes": "yes",
        "{{ .Status }}": ["a", 1, 2.5, null, true, "{{ toJson .CommonLabels }}"],
        "empty": r#"{{ "" }}"#,
        "colon": "a: b",
        "json": "{{ toJson .GroupLabels.SortedPairs }}",
        "x<y": "<&>",
        "date": "2026-01-02",
        "nul": "null",
        "oct": "0777",
        "float": "1.50",
        "big": "1e3",
        "quoted": r#"{{ printf "%q" "1" }}"#,
        "multi": "a\nb",
        "ts": r#"{{ (index .Alerts 0).StartsAt.Format "2006-01-02T15:04:05Z" }}"#,
    });
    let settings = WebhookSettings { payload: Some(payload), ..webhook(&receiver.url("/")) };
    let (told, got) = tokio::join!(tell_webhook(settings), receiver.serve());
    told.unwrap();
    assert_eq!(got.body, include_str!("golden/payload.json"));
}

#[tokio::test]
async fn only_failures_of_the_server_are_tried_again() {
    for (code, retry, reason) in [
        (500, true, FailureReason::ServerError),
        (503, true, FailureReason::ServerError),
        (404, false, FailureReason::ClientError),
        (429, false, FailureReason::RateLimited),
        (401, false, FailureReason::AuthError),
        (304, false, FailureReason::Other),
    ] {
        let receiver = Receiver::answering(status(code, "why not")).await;
        let url = receiver.url("/secret");
        let (told, _) = tokio::join!(tell_webhook(webhook(&url)), receiver.serve());
        let error = told.unwrap_err();
        assert_eq!((error.retry, error.reason), (retry, reason), "{code}");
        // A 304 has no body.
        let details = if code == 304 { "" } else { ": why not" };
        assert_eq!(error.to_string(), format!("unexpected status code {code}{details}"));
    }
}

#[tokio::test]
async fn failures_of_the_way_do_not_show_the_url() {
    let closed = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = closed.local_addr().unwrap();
    drop(closed);
    let error = tell_webhook(webhook(&format!("http://{address}/token"))).await.unwrap_err();
    assert!(error.retry);
    let text = format!("Post \"<redacted>\": dial tcp {address}: connect: connection refused");
    assert_eq!(error.to_string(), text);
    let error = tell_webhook(webhook("http://{{ .Nope }}")).await.unwrap_err();
    assert!(!error.retry);
    assert_eq!(
        error.to_string(),
        "failed to template webhook URL: template: :1:10: executing \"\" at <.Nope>: can't evaluate field Nope in type *template.Data"
    );
    let error = tell_webhook(webhook("{{ \"\" }}")).await.unwrap_err();
    assert_eq!(error.to_string(), "webhook URL is empty after templating");
}

#[tokio::test]
async fn a_timeout_of_the_webhook_says_so() {
    let receiver = Receiver::answering("").await;
    let settings =
        WebhookSettings { timeout: Duration::from_millis(50), ..webhook(&receiver.url("/")) };
    let error = tell_webhook(settings).await.unwrap_err();
    assert!(error.retry);
    assert_eq!(
        error.to_string(),
        "Post \"<redacted>\": context deadline exceeded: configured webhook timeout reached (50ms)"
    );
}

#[tokio::test]
async fn the_url_in_a_file_is_read_at_each_use() {
    let mut file = tempfile::NamedTempFile::new().unwrap();
    let settings = || WebhookSettings { url_file: Some(file.path().to_owned()), ..webhook("") };
    let receiver = Receiver::answering(OK).await;
    let settings_now = settings();
    writeln!(file.as_file(), " {} ", receiver.url("/from-file")).unwrap();
    let (told, got) = tokio::join!(tell_webhook(settings_now), receiver.serve());
    told.unwrap();
    assert!(got.head.starts_with("POST /from-file "), "{}", got.head);
    let gone = settings();
    file.flush().unwrap();
    let path = file.path().display().to_string();
    drop(file);
    let error = tell_webhook(gone).await.unwrap_err();
    assert_eq!(error.to_string(), format!("read url_file: open {path}: no such file or directory"));
}

pub(super) async fn tell_slack(
    settings: SlackSettings,
    about: &Notification,
) -> Result<Delivered, NotifyError> {
    tell(IntegrationKind::Slack(Box::new(settings)), about).await
}

/// Lets the settings tell a receiver that gives `answer`, and returns the body too.
pub(super) async fn exchange(
    settings: impl FnOnce(String) -> SlackSettings,
    answer: &str,
) -> (Result<Delivered, NotifyError>, String) {
    let receiver = Receiver::answering(answer).await;
    let settings = settings(receiver.url("/services/T/B/secret"));
    let about = notification();
    let (told, got) = tokio::join!(tell_slack(settings, &about), receiver.serve());
    (told, got.body)
}

pub(super) const SLACK_OK: &str = OK;

pub(super) fn slack_json(body: &str) -> String {
    json_answer(body)
}

pub(super) fn slack_status(code: u16, body: &str) -> String {
    status(code, body)
}

pub(super) fn text(value: &str) -> ReceiverValue {
    ReceiverValue::Text(value.to_owned())
}

#[test]
fn alerts_are_sorted_by_job_instance_and_labels() {
    let of = |pairs: &[(&str, &str)]| {
        Arc::new(Alert {
            labels: Labels::from_pairs(pairs.iter().copied()),
            annotations: BTreeMap::new(),
            starts_at: Timestamp::UNIX_EPOCH,
            ends_at: None,
            generator_url: String::new(),
            updated_at: Timestamp::UNIX_EPOCH,
            timeout: false,
        })
    };
    let sorted = [
        of(&[("job", "a"), ("instance", "1"), ("z", "9")]),
        of(&[("job", "a"), ("instance", "2")]),
        of(&[("job", "a"), ("x", "1")]),
        of(&[("job", "b"), ("instance", "0")]),
        of(&[("q", "1")]),
        of(&[("b", "1"), ("c", "1")]),
        of(&[("a", "1"), ("c", "1")]),
        of(&[("a", "2"), ("c", "0")]),
    ];
    let mut alerts: Vec<Arc<Alert>> = sorted.iter().rev().cloned().collect();
    sort_alerts(&mut alerts);
    assert_eq!(alerts, sorted);
}

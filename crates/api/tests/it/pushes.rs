//! Remote write over HTTP. Statuses and texts are what Prometheus 3.14 answered to the same bodies.

use std::sync::Arc;

use axum::body::Body;
use http::{Request, StatusCode};
use regain_model::Timestamp;
use regain_remote::write::encode;
use regain_storage::memory::MemoryStore;
use regain_storage::{Appendable, Appender, Error, LaneKey, Result};

use crate::answer::Answer;
use crate::server::{NOW_MS, Server, Setup};

const PROTOBUF: &str = "application/x-protobuf";

struct Fixture {
    server: Server,
    store: MemoryStore,
}

impl Fixture {
    fn new() -> Self {
        let store = MemoryStore::new();
        Self { server: server(Some(Arc::new(store.clone()))), store }
    }

    /// Pushes a body with headers; an empty one is not sent.
    async fn push(&self, body: Vec<u8>, content_type: &str, encoding: &str) -> Answer {
        let mut request = Request::post("/api/v1/write");
        for (name, value) in [("content-type", content_type), ("content-encoding", encoding)] {
            if !value.is_empty() {
                request = request.header(name, value);
            }
        }
        self.server.send(request.body(Body::from(body)).unwrap()).await
    }

    /// Pushes a message as a sender does.
    async fn write(&self, message: &[u8]) -> Answer {
        self.push(snappy(message), PROTOBUF, "snappy").await
    }

    fn samples(&self) -> usize {
        self.store.to_vec().iter().map(|(_, samples)| samples.len()).sum()
    }
}

fn server(pushes: Option<Arc<dyn Appendable>>) -> Server {
    Server::ready(Setup { pushes, ..Setup::default() })
}

fn snappy(message: &[u8]) -> Vec<u8> {
    snap::raw::Encoder::new().compress_vec(message).unwrap()
}

/// A request with one sample, `ago_ms` before now.
fn message(name: &str, ago_ms: i64, value: f64) -> Vec<u8> {
    let mut request = encode::Request::default();
    request.series(&[("__name__", name), ("job", "a")], &[(NOW_MS - ago_ms, value)]);
    request.as_bytes().to_vec()
}

fn assert_refused(answer: &Answer, status: u16, text: &str) {
    assert_eq!((answer.status.as_u16(), answer.text()), (status, &*format!("{text}\n")));
    assert_eq!(answer.header("content-type"), "text/plain; charset=utf-8");
    assert_eq!(answer.header("x-content-type-options"), "nosniff");
}

#[tokio::test]
async fn samples_are_taken_with_and_without_their_headers() {
    let fixture = Fixture::new();
    let headers = [
        (PROTOBUF, "snappy"),
        ("", "snappy"),
        (PROTOBUF, ""),
        ("application/x-protobuf;proto=prometheus.WriteRequest", "snappy"),
    ];
    for (index, (content_type, encoding)) in headers.into_iter().enumerate() {
        let body = snappy(&message(&format!("m{index}"), 0, 1.0));
        let answer = fixture.push(body, content_type, encoding).await;
        assert_eq!((answer.status, answer.text()), (StatusCode::NO_CONTENT, ""));
        assert_eq!(fixture.samples(), index + 1);
    }
    assert_eq!(fixture.write(b"").await.status, StatusCode::NO_CONTENT);
    let (labels, samples) = &fixture.store.to_vec()[0];
    assert_eq!(labels.to_string(), r#"{__name__="m0", job="a"}"#);
    assert_eq!(samples, &[(Timestamp(NOW_MS), 1.0)]);
}

#[tokio::test]
async fn what_is_wrong_first_is_told() {
    let fixture = Fixture::new();
    let good = snappy(&message("m", 0, 1.0));
    let encoding =
        "gzip encoding (compression) is not accepted by this server; only snappy is acceptable";
    let media = "expected application/x-protobuf as the first (media) part, got application/json content-type";
    let v2 = "io.prometheus.write.v2.Request protobuf message is not accepted by this server; only accepts prometheus.WriteRequest";
    let v2_type = "application/x-protobuf;proto=io.prometheus.write.v2.Request";
    let cases = [
        (good.clone(), "application/json", "gzip", 415, encoding),
        (vec![0xff; 6], "application/json", "snappy", 400, "s2: corrupt input"),
        (good.clone(), "application/json", "snappy", 415, media),
        (good, v2_type, "snappy", 415, v2),
        (Vec::new(), PROTOBUF, "snappy", 400, "s2: corrupt input"),
    ];
    for (body, content_type, encoding, status, text) in cases {
        assert_refused(&fixture.push(body, content_type, encoding).await, status, text);
    }
    assert_eq!(fixture.samples(), 0);
}

#[tokio::test]
async fn native_histograms_are_refused_by_name_and_the_floats_beside_them_kept() {
    let fixture = Fixture::new();
    let mut request = message("m", 0, 1.0);
    let mut histogram = encode::Request::default();
    histogram.series(&[("__name__", "h")], &[]);
    let mut series = histogram.as_bytes().to_vec();
    // An empty `TimeSeries.histograms` behind the labels, which makes the series two bytes longer.
    series.extend_from_slice(&[0x22, 0]);
    series[1] += 2;
    request.extend_from_slice(&series);
    let answer = fixture.write(&request).await;
    assert_eq!(answer.status, StatusCode::BAD_REQUEST);
    assert!(answer.text().starts_with("1 native histograms of this request are not kept"));
    assert_eq!(fixture.samples(), 1);
}

/// The header of a snappy block that says how long it becomes, with hardly anything behind it.
fn announcing(len: u64) -> Vec<u8> {
    let mut body = Vec::new();
    let mut rest = len;
    while rest >= 0x80 {
        body.push(u8::try_from(rest & 0x7f).unwrap() | 0x80);
        rest >>= 7;
    }
    body.push(u8::try_from(rest).unwrap());
    body.extend_from_slice(b"\x00a");
    body
}

#[tokio::test]
async fn bombs_are_refused_before_they_are_unpacked() {
    const LIMIT: usize = 32 << 20;
    let fixture = Fixture::new();
    let too_large = "decoded size exceeds the 33554432 bytes limit";
    for len in [LIMIT as u64 + 1, 1 << 30, u64::from(u32::MAX)] {
        let answer = fixture.push(announcing(len), PROTOBUF, "snappy").await;
        assert_refused(&answer, 400, too_large);
    }
    for body in [announcing(LIMIT as u64), announcing(1 << 33)] {
        let answer = fixture.push(body, PROTOBUF, "snappy").await;
        assert_refused(&answer, 400, "s2: corrupt input");
    }
    // Zeros shrink to next to nothing; a block of exactly the limit is unpacked, and is no message.
    let bomb = snappy(&vec![0; LIMIT]);
    assert!(bomb.len() < LIMIT / 20);
    let answer = fixture.push(bomb, PROTOBUF, "snappy").await;
    assert_eq!(answer.status, StatusCode::BAD_REQUEST);
    assert!(answer.text().contains("illegal tag 0"), "{}", answer.text());
    let answer = fixture.push(vec![0; LIMIT + 1], PROTOBUF, "snappy").await;
    assert_refused(&answer, 413, "request body exceeds the 33554432 bytes limit");
}

#[tokio::test]
async fn a_message_that_is_cut_off_leaves_nothing_behind() {
    let fixture = Fixture::new();
    let mut request = encode::Request::default();
    request.series(&[("__name__", "a")], &[(NOW_MS, 1.0)]);
    let whole = request.as_bytes().len();
    request.series(&[("__name__", "b")], &[(NOW_MS, 1.0)]);
    let message = request.as_bytes();
    for cut in 1..message.len() {
        if cut != whole {
            assert_refused(&fixture.write(&message[..cut]).await, 400, "unexpected EOF");
        }
    }
    assert_eq!(fixture.samples(), 0);
    assert_eq!(fixture.write(message).await.status, StatusCode::NO_CONTENT);
    assert_eq!(fixture.samples(), 2);
}

#[tokio::test]
async fn samples_that_do_not_fit_drop_their_request() {
    let fixture = Fixture::new();
    assert_eq!(fixture.write(&message("m", 1000, 1.0)).await.status, StatusCode::NO_CONTENT);
    assert_eq!(fixture.write(&message("m", 1000, 1.0)).await.status, StatusCode::NO_CONTENT);
    let duplicate =
        "duplicate sample for timestamp 1700000299000; overrides not allowed: new value 2";
    let future = "out of bounds: timestamp is too far in the future";
    let cases = [
        (message("m", 1000, 2.0), duplicate),
        (message("m", 1001, 2.0), "out of order sample"),
        (message("m", -600_001, 2.0), future),
    ];
    for (mut body, text) in cases {
        // The message's other series do not get in either.
        body.splice(0..0, message("other", 0, 1.0));
        assert_refused(&fixture.write(&body).await, 400, text);
        assert_eq!(fixture.samples(), 1);
    }
    assert_eq!(fixture.write(&message("m", -600_000, 2.0)).await.status, StatusCode::NO_CONTENT);
}

#[tokio::test]
async fn what_is_skipped_is_counted() {
    let fixture = Fixture::new();
    let mut request = encode::Request::default();
    request.series(&[("job", "no name")], &[(NOW_MS, 1.0)]);
    request.series(&[("__name__", "m")], &[(NOW_MS, 1.0), (NOW_MS - 1, 2.0)]);
    assert_eq!(fixture.write(request.as_bytes()).await.status, StatusCode::NO_CONTENT);
    assert_eq!(fixture.samples(), 1);
    let metrics = fixture.server.get("/metrics").await;
    for line in [
        "prometheus_api_remote_write_invalid_labels_samples_total 1",
        "regain_remote_write_received_samples_total 1",
        r#"regain_remote_write_skipped_total{kind="sample"} 1"#,
    ] {
        assert!(metrics.text().lines().any(|found| found == line), "{line}");
    }
}

#[tokio::test]
async fn pushes_are_refused_unless_they_are_enabled() {
    let fixture = Fixture { server: server(None), store: MemoryStore::new() };
    let why = "remote write receiver needs to be enabled with --web.enable-remote-write-receiver";
    assert_refused(&fixture.write(&message("m", 0, 1.0)).await, 404, why);
}

/// A store that takes nothing.
struct Closed;

impl Appendable for Closed {
    fn appender(&self, _key: &LaneKey) -> Result<Box<dyn Appender>> {
        Err(Error::Closed)
    }
}

#[tokio::test]
async fn a_store_that_fails_lets_the_sender_try_again() {
    let fixture = Fixture { server: server(Some(Arc::new(Closed))), store: MemoryStore::new() };
    let answer = fixture.write(&message("m", 0, 1.0)).await;
    assert_refused(&answer, 500, "the store is closed");
}

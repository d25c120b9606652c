//! Remote write over HTTP. Statuses and texts are what Prometheus 3.14 answered to the same bodies.

use std::sync::Arc;

use axum::body::Body;
use http::{Request, StatusCode};
use regain_model::histogram::Buckets;
use regain_model::{Histogram, Timestamp};
use regain_remote::write::encode::{
    self, Counts, Exemplar, HistogramSample, SymbolizedRequest, SymbolizedSeries,
};
use regain_remote::write::v2::Sample;
use regain_storage::memory::MemoryStore;
use regain_storage::{Appendable, Appender, Error, LaneKey, Result};

use crate::answer::Answer;
use crate::server::{NOW_MS, Server, Setup};

const PROTOBUF: &str = "application/x-protobuf";
const V2: &str = "application/x-protobuf;proto=io.prometheus.write.v2.Request";

struct Fixture {
    server: Server,
    store: MemoryStore,
}

impl Fixture {
    fn new() -> Self {
        let store = MemoryStore::new();
        let setup = Setup {
            store: Arc::new(store.clone()),
            pushes: Some(Arc::new(store.clone())),
            ..Setup::default()
        };
        Self { server: Server::ready(setup), store }
    }

    /// The value of a query that has one.
    async fn value(&self, query: &str) -> String {
        let time = NOW_MS / 1000;
        let data =
            self.server.get(&format!("/api/v1/query?query={query}&time={time}")).await.data();
        data["result"][0]["value"][1].as_str().unwrap_or_default().to_owned()
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
    let v3 = "got application/x-protobuf;proto=v3 content type; unknown type for remote write protobuf message v3, supported: prometheus.WriteRequest, io.prometheus.write.v2.Request";
    let v3_type = "application/x-protobuf;proto=v3";
    let cases = [
        (good.clone(), "application/json", "gzip", 415, encoding),
        (vec![0xff; 6], "application/json", "snappy", 400, "s2: corrupt input"),
        (good.clone(), "application/json", "snappy", 415, media),
        (good, v3_type, "snappy", 415, v3),
        (Vec::new(), PROTOBUF, "snappy", 400, "s2: corrupt input"),
    ];
    for (body, content_type, encoding, status, text) in cases {
        assert_refused(&fixture.push(body, content_type, encoding).await, status, text);
    }
    assert_eq!(fixture.samples(), 0);
}

/// The three counts in the headers of an answer; empty where there are none.
fn written(answer: &Answer) -> [&str; 3] {
    ["samples", "histograms", "exemplars"]
        .map(|kind| answer.header(&format!("x-prometheus-remote-write-{kind}-written")))
}

/// A histogram with two observations.
fn histogram() -> Histogram {
    let positive = Buckets::run(0, vec![1.0, 1.0]);
    Histogram { count: 2.0, sum: 3.0, positive, ..Histogram::default() }
}

fn at_now(histogram: &Histogram) -> HistogramSample<'_> {
    HistogramSample { time_ms: NOW_MS, start_ms: 0, histogram, counts: Counts::Integers }
}

#[tokio::test]
async fn native_histograms_are_kept() {
    let fixture = Fixture::new();
    let histogram = histogram();
    let mut request = encode::Request::default();
    request.mixed_series(&[("__name__", "h")], &[], &[at_now(&histogram)]);
    let answer = fixture.write(request.as_bytes()).await;
    assert_eq!((answer.status, written(&answer)), (StatusCode::NO_CONTENT, ["", "", ""]));
    let mut second = SymbolizedRequest::default();
    second.series(&SymbolizedSeries {
        labels: &[("__name__", "h2")],
        histograms: &[at_now(&histogram)],
        ..SymbolizedSeries::default()
    });
    let answer = fixture.push(snappy(&second.to_bytes()), V2, "snappy").await;
    assert_eq!((answer.status, written(&answer)), (StatusCode::NO_CONTENT, ["0", "1", "0"]));
    for name in ["h", "h2"] {
        assert_eq!(fixture.value(&format!("histogram_sum({name})")).await, "3", "{name}");
    }
    let metrics = fixture.server.get("/metrics").await;
    let line = "regain_remote_write_received_histograms_total 2";
    assert!(metrics.text().lines().any(|found| found == line));
}

#[tokio::test]
async fn a_histogram_that_is_none_drops_its_request_of_1_0_and_itself_in_2_0() {
    let fixture = Fixture::new();
    let wrong = Histogram { count: 3.0, ..histogram() };
    let why = "2 observations found in buckets, but the Count field is 3: histogram's observation count should equal the number of observations found in the buckets (in absence of NaN)";
    let mut request = encode::Request::default();
    request.series(&[("__name__", "a")], &[(NOW_MS, 1.0)]);
    request.mixed_series(&[("__name__", "h")], &[], &[at_now(&wrong)]);
    assert_refused(&fixture.write(request.as_bytes()).await, 400, why);
    assert_eq!(fixture.samples(), 0);
    let mut request = SymbolizedRequest::default();
    let sample = [Sample { time_ms: NOW_MS, value: 1.0, start_ms: 0 }];
    request.series(&SymbolizedSeries {
        labels: &[("__name__", "a")],
        samples: &sample,
        ..SymbolizedSeries::default()
    });
    request.series(&SymbolizedSeries {
        labels: &[("__name__", "h")],
        histograms: &[at_now(&wrong)],
        ..SymbolizedSeries::default()
    });
    let answer = fixture.push(snappy(&request.to_bytes()), V2, "snappy").await;
    assert_refused(&answer, 400, &format!(r#"{why} for series {{__name__="h"}}"#));
    assert_eq!(written(&answer), ["1", "0", "0"]);
    assert_eq!(fixture.samples(), 1);
}

#[tokio::test]
async fn a_request_of_2_0_says_what_it_left_behind() {
    let fixture = Fixture::new();
    let sample = |ago_ms: i64| Sample { time_ms: NOW_MS - ago_ms, value: 1.0, start_ms: 0 };
    let mut request = SymbolizedRequest::default();
    request.series(&SymbolizedSeries {
        labels: &[("__name__", "m")],
        samples: &[sample(1000), sample(0)],
        exemplars: &[Exemplar { labels: &[("trace_id", "1")], value: 1.0, time_ms: NOW_MS }],
        kind: 1,
        help: "a help",
        ..SymbolizedSeries::default()
    });
    let answer = fixture.push(snappy(&request.to_bytes()), V2, "snappy").await;
    // This store has no place for exemplars, so none is said to be kept.
    assert_eq!((answer.status, written(&answer)), (StatusCode::NO_CONTENT, ["2", "0", "0"]));
    let metrics = fixture.server.get("/metrics").await;
    for line in [
        "regain_remote_write_received_samples_total 2",
        r#"regain_remote_write_skipped_total{kind="exemplar"} 1"#,
        "regain_remote_write_received_metadata_total 1",
    ] {
        assert!(metrics.text().lines().any(|found| found == line), "{line}");
    }
    // What is malformed, or comes as another message, has left nothing behind; what never got as far says nothing.
    for (body, text) in [(&b"\x2a\x05\x0a"[..], "unexpected EOF"), (b"\x2a\x00", "")] {
        let answer = fixture.push(snappy(body), V2, "snappy").await;
        assert_eq!((answer.status.as_u16(), written(&answer)), (400, ["0", "0", "0"]));
        assert!(answer.text().contains(text), "{}", answer.text());
    }
    let answer = fixture.push(b"\xff".to_vec(), V2, "snappy").await;
    assert_eq!((answer.status.as_u16(), written(&answer)), (400, ["", "", ""]));
    let first = fixture.push(snappy(&message("x", 0, 1.0)), V2, "snappy").await;
    assert_eq!((first.status.as_u16(), written(&first)), (204, ["0", "0", "0"]));
    assert_eq!(fixture.samples(), 2);
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

//! Targets that say something wrong, or nothing, or too much.

use std::io::Write as _;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use flate2::Compression;
use flate2::write::GzEncoder;
use regain_discovery::TargetGroup;
use regain_model::Labels;
use regain_scrape::{Health, JobConfig};
use rustls::ServerConfig;
use rustls::pki_types::PrivatePkcs8KeyDer;
use tokio::net::TcpListener;
use tokio::time::advance;
use tokio_rustls::TlsAcceptor;
use tokio_util::task::TaskTracker;

use crate::support::{Exporter, INTERVAL, Reply, Scraping, config, job, until};

/// Scrapes one answer and returns how that went.
async fn outcome(config: JobConfig, reply: Reply) -> (Health, String) {
    let exporter = Exporter::start(reply).await;
    let scraping = Scraping::start(config, &[&exporter]).await;
    scraping.scrape().await;
    scraping.health()
}

async fn error(reply: Reply) -> String {
    let (health, error) = outcome(config(), reply).await;
    assert_eq!(health, Health::Down);
    error
}

#[tokio::test(start_paused = true)]
async fn malformed_expositions_fail_with_the_place_of_the_mistake() {
    for (body, message) in [
        (&b"a 1\nb{x=\"1\n"[..], "line 2: expected label value, at \"\\\"1\""),
        (b"a 1\nb{x=\"1\"", "line 2: expected label name, at \"\""),
        (b"a 1\nb{x=\"1\"}", "line 2: expected value after metric, at \"\""),
        (b"a 1\n\nb{x=\"\xff\"} 2\n", "line 3: invalid UTF-8 label value"),
        (b"a one\n", "line 1: invalid syntax of a number, at \"one\""),
        (b"a 1 2 3\n", "line 1: expected next entry after timestamp, at \"3\""),
        (b"# TYPE a thing\na 1\n", "line 1: invalid metric type"),
        (b"9a 1\n", "line 1: expected a valid start token, at \"9a 1\""),
        (b"a{x=\"1\",x=\"2\"} 1\n", "label name \"x\" is not unique: invalid sample"),
    ] {
        let error = error(Reply::text(body)).await;
        assert!(error.starts_with(message), "{error}\nfor {}", String::from_utf8_lossy(body));
    }
}

#[tokio::test(start_paused = true)]
async fn open_metrics_must_end_with_its_mark_and_nothing_behind() {
    let reply = |body: &str| Reply::open_metrics(body);
    assert_eq!(outcome(config(), reply("a 1\n# EOF\n")).await, (Health::Up, String::new()));
    for (body, message) in [
        ("a 1\n", "line 2: data does not end with # EOF, at \"\""),
        ("a 1", "line 1: data does not end with # EOF, at \"\""),
        ("# EOF\na 1\n", "line 2: unexpected data after # EOF, at \"a 1\""),
    ] {
        assert_eq!(error(reply(body)).await, message);
    }
}

#[tokio::test(start_paused = true)]
async fn a_line_that_is_cut_off_loses_its_series_and_no_other_scrape() {
    let exporter = Exporter::text("a 1\nb{x=\"1\"} 1\n").await;
    let scraping = Scraping::start(config(), &[&exporter]).await;
    scraping.scrape().await;
    exporter.set_text("a 2\nb{x=\"1");
    scraping.scrape().await;
    exporter.set_text("a 3\nb{x=\"1\"} 3");
    scraping.scrape().await;
    scraping.check(&[
        (r#"a{instance="a", job="j"}"#, "1@10 stale@20 3@30"),
        (r#"b{instance="a", job="j", x="1"}"#, "1@10 stale@20 3@30"),
        (r#"scrape_samples_scraped{instance="a", job="j"}"#, "2@10 1@20 2@30"),
    ]);
}

#[tokio::test(start_paused = true)]
async fn a_huge_label_is_kept_up_to_what_a_label_can_hold() {
    let body = |megabytes: usize| format!("m{{x=\"{}\"}} 1\nn 1\n", "x".repeat(megabytes << 20));
    assert_eq!(outcome(config(), Reply::text(body(10))).await, (Health::Up, String::new()));
    let message = "a label of m is longer than 16777215 bytes";
    assert_eq!(error(Reply::text(body(16))).await, message);
    let limited = JobConfig { label_value_length_limit: 1000, ..config() };
    let (health, message) = outcome(limited, Reply::text(body(10))).await;
    assert_eq!(health, Health::Down);
    let start = "label_value_length_limit exceeded (metric: m, label name: x, value: \"xxxx";
    assert!(message.starts_with(start), "{message}");
    assert!(message.len() < 300, "{}", message.len());
}

#[tokio::test(start_paused = true)]
async fn a_series_that_comes_twice_counts_once() {
    let exporter = Exporter::text("a{x=\"1\"} 1\na{x=\"1\"} 2\nb 1\n").await;
    let scraping = Scraping::start(config(), &[&exporter]).await;
    scraping.scrape().await;
    scraping.scrape().await;
    scraping.check(&[
        (r#"a{instance="a", job="j", x="1"}"#, "1@10 1@20"),
        (r#"b{instance="a", job="j"}"#, "1@10 1@20"),
        (r#"scrape_samples_post_metric_relabeling{instance="a", job="j"}"#, "3@10 3@20"),
    ]);
    let duplicates = "prometheus_target_scrapes_sample_duplicate_timestamp_total";
    assert_eq!(scraping.own_metric(duplicates), 2.0);
}

#[tokio::test(start_paused = true)]
async fn answers_that_are_no_exposition_fail() {
    for (reply, message) in [
        (Reply::status("404 Not Found", ""), "server returned HTTP status 404 Not Found"),
        (Reply::status("204 No Content", ""), "server returned HTTP status 204 No Content"),
        (
            Reply::typed("text/html; charset=utf-8", "<html>"),
            "received unsupported Content-Type \"text/html; charset=utf-8\" and no \
             fallback_scrape_protocol specified for target",
        ),
        (
            Reply::with("", "m 1\n"),
            "non-compliant scrape target sending blank Content-Type and no \
             fallback_scrape_protocol specified for target",
        ),
    ] {
        assert_eq!(error(reply).await, message);
    }
    let garbage = error(Reply::Raw(b"SSH-2.0-OpenSSH_9.2\r\n".to_vec())).await;
    assert!(garbage.starts_with("Get \"http://127.0.0.1:"), "{garbage}");
}

#[tokio::test(start_paused = true)]
async fn slow_and_endless_targets_end_at_their_deadline() {
    for reply in [Reply::Silence, Reply::Endless] {
        let exporter = Exporter::start(reply).await;
        let scraping = Scraping::start(config(), &[&exporter]).await;
        let target = scraping.target();
        advance(INTERVAL).await;
        until(|| exporter.heads().len() == 1).await;
        advance(Duration::from_millis(4999)).await;
        assert_eq!(target.status().health, Health::Unknown);
        advance(Duration::from_millis(1)).await;
        until(|| target.status().health == Health::Down).await;
        let error = scraping.health().1;
        assert!(error.ends_with("context deadline exceeded"), "{error}");
        scraping.check(&[
            (r#"up{instance="a", job="j"}"#, "0@10"),
            (r#"scrape_duration_seconds{instance="a", job="j"}"#, "5@10"),
        ]);
        scraping.manager.stop().await;
    }
}

fn gzip(contents: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::best());
    encoder.write_all(contents).unwrap();
    encoder.finish().unwrap()
}

#[tokio::test(start_paused = true)]
async fn a_gzip_bomb_is_stopped_at_the_limit() {
    let headers = "content-type: text/plain\r\ncontent-encoding: gzip\r\n";
    let limited = JobConfig { body_size_limit: 1 << 20, ..config() };
    let honest = Reply::with(headers, gzip(b"m 1\n"));
    assert_eq!(outcome(limited.clone(), honest).await, (Health::Up, String::new()));
    let bomb = gzip(&vec![b'#'; 64 << 20]);
    assert!(bomb.len() < 100_000);
    let refused = (Health::Down, "body size limit exceeded".to_owned());
    assert_eq!(outcome(limited.clone(), Reply::with(headers, bomb)).await, refused);
    let damaged = outcome(limited, Reply::with(headers, &b"\x1f\x8b\x08 no gzip"[..])).await;
    assert_eq!(damaged.0, Health::Down);
}

#[tokio::test(start_paused = true)]
async fn redirects_are_followed_as_the_job_says() {
    let there = Exporter::text("m 1\n").await;
    let headers = format!("location: http://{}/elsewhere\r\n", there.address);
    let moved = Reply::status("302 Found", &headers);
    assert_eq!(outcome(config(), moved.clone()).await, (Health::Up, String::new()));
    assert!(there.heads()[0].starts_with("GET /elsewhere HTTP/1.1\r\n"));
    let mut stays = config();
    stays.client.follow_redirects = false;
    let refused = (Health::Down, "server returned HTTP status 302 Found".to_owned());
    assert_eq!(outcome(stays, moved).await, refused);
    let circle = Reply::status("302 Found", "location: /metrics\r\n");
    let error = error(circle).await;
    assert!(error.ends_with("stopped after 10 redirects"), "{error}");
}

#[tokio::test(start_paused = true)]
async fn failures_of_tls_and_of_the_network_say_what_upstream_says() {
    let plain = Exporter::start(Reply::Raw(b"HTTP/1.1 400 Bad Request\r\n\r\n".to_vec())).await;
    let (closed, tls) = (closed_port().await, tls_server().await);
    for (address, message) in [
        (plain.address, "http: server gave HTTP response to HTTPS client"),
        (tls, "tls: failed to verify certificate: x509: certificate signed by unknown authority"),
        (closed, "dial tcp ADDRESS: connect: connection refused"),
    ] {
        let scraping = Scraping::idle();
        let https = JobConfig { scheme: "https".to_owned(), ..config() };
        let mut job = job(https, &[]);
        job.statics.groups.push(TargetGroup::new("0", Labels::empty(), [&*address.to_string()]));
        scraping.apply(vec![job]).await;
        scraping.scrape().await;
        let message = message.replace("ADDRESS", &address.to_string());
        let message = format!("Get \"https://{address}/metrics\": {message}");
        assert_eq!(scraping.health(), (Health::Down, message));
        scraping.manager.stop().await;
    }
}

/// Returns an address where nobody listens.
async fn closed_port() -> SocketAddr {
    TcpListener::bind("127.0.0.1:0").await.unwrap().local_addr().unwrap()
}

/// Starts a server whose certificate nobody has signed but itself.
async fn tls_server() -> SocketAddr {
    let names = vec!["127.0.0.1".to_owned()];
    let rcgen::CertifiedKey { cert, signing_key } =
        rcgen::generate_simple_self_signed(names).unwrap();
    let key = PrivatePkcs8KeyDer::from(signing_key.serialize_der());
    let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    let config = ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(vec![cert.into()], key.into())
        .unwrap();
    let acceptor = TlsAcceptor::from(Arc::new(config));
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    TaskTracker::new().spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            // The client refuses the certificate.
            assert!(acceptor.accept(stream).await.is_err());
        }
    });
    address
}

#[tokio::test(start_paused = true)]
async fn hostile_label_values_do_not_reach_another_host() {
    let exporter = Exporter::text("m 1\n").await;
    for address in [
        format!("evil@{}", exporter.address),
        format!("{}#evil", exporter.address),
        format!("{}?x=", exporter.address),
        "127.0.0.1:1\r\nx: y".to_owned(),
        "[".to_owned(),
    ] {
        let scraping = Scraping::idle();
        let mut job = job(config(), &[]);
        job.statics.groups.push(TargetGroup::new("0", Labels::empty(), [address.as_str()]));
        scraping.apply(vec![job]).await;
        scraping.scrape().await;
        let (health, error) = scraping.health();
        assert_eq!(health, Health::Down, "{address}");
        assert!(error.starts_with("parse \"http://"), "{error}");
        scraping.manager.stop().await;
    }
    assert!(exporter.heads().is_empty());
}

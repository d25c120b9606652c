//! Bad targets: each fails for its own reason, and the good one beside them does not suffer.

use std::io::{self, Read as _, Write as _};
use std::net::TcpStream;
use std::sync::LazyLock;
use std::time::Duration;

use flate2::Compression;
use flate2::write::GzEncoder;
use regain_tests::process::wait_for;
use regain_tests::program::Program;
use regain_tests::server::{Server, Setup};
use serde_json::{Value, json};

use super::peer::{MODERN_PROMETHEUS, is_at_hand};
use super::target::{AT_ONCE, TEXT, Target, respond};

const LIMIT: Duration = Duration::from_secs(30);
/// How often the good target is scraped beside the bad ones.
const SCRAPES: f64 = 5.0;

/// A target, what its job is configured with, and what becomes of it.
struct Case {
    job: &'static str,
    settings: Value,
    serve: fn(&mut TcpStream) -> io::Result<()>,
    /// What the last error says; nothing where the scrape succeeds.
    error: Option<&'static str>,
}

const GOOD: &str = "good";

fn cases() -> Vec<Case> {
    let case = |job, settings, serve, error| Case { job, settings, serve, error };
    vec![
        case(GOOD, json!({}), |stream| respond(stream, TEXT, "", b"fine 1\n"), None),
        case("truncated", json!({}), |stream| respond(stream, TEXT, "", TRUNCATED), Some("")),
        case("not utf-8", json!({}), |stream| respond(stream, TEXT, "", NOT_UTF8), Some("UTF-8")),
        case(
            "huge label",
            json!({"label_value_length_limit": 1000}),
            huge_label,
            Some("label_value_length_limit"),
        ),
        case(
            "many samples",
            json!({"sample_limit": 1}),
            |stream| respond(stream, TEXT, "", b"a 1\nb 2\n"),
            Some("sample limit exceeded"),
        ),
        case(
            "a page",
            json!({}),
            |stream| respond(stream, "text/html", "", b"<p>Hello</p>"),
            Some(r#"received unsupported Content-Type "text/html""#),
        ),
        case("an error", json!({}), error, Some("HTTP status 500 Internal Server Error")),
        case(
            "duplicate",
            json!({}),
            |stream| respond(stream, TEXT, "", b"twice 1\ntwice 2\n"),
            None,
        ),
        case("silent", json!({}), silent, Some("deadline exceeded")),
        case(
            "endless",
            json!({"body_size_limit": "1MB"}),
            endless,
            Some("body size limit exceeded"),
        ),
        case("bomb", json!({"body_size_limit": "1MB"}), bomb, Some("body size limit exceeded")),
    ]
}

const TRUNCATED: &[u8] = b"whole 1\ncut{label=\"val";
const NOT_UTF8: &[u8] = b"odd{label=\"\xff\xfe\"} 1\n";

/// Ten megabytes in one label.
fn huge_label(stream: &mut TcpStream) -> io::Result<()> {
    let body = format!("wide{{label=\"{}\"}} 1\n", "x".repeat(10 << 20));
    respond(stream, TEXT, "", body.as_bytes())
}

fn error(stream: &mut TcpStream) -> io::Result<()> {
    stream.write_all(b"HTTP/1.1 500 Internal Server Error\r\nContent-Length: 0\r\n\r\n")
}

/// Says nothing until the scraper hangs up.
fn silent(stream: &mut TcpStream) -> io::Result<()> {
    stream.read_exact(&mut [0])
}

/// Never stops.
fn endless(stream: &mut TcpStream) -> io::Result<()> {
    write!(stream, "HTTP/1.1 200 OK\r\nContent-Type: {TEXT}\r\nConnection: close\r\n\r\n")?;
    let lines = "more 1\n".repeat(10_000);
    loop {
        stream.write_all(lines.as_bytes())?;
    }
}

/// Twenty megabytes in twenty kilobytes.
static BOMB: LazyLock<Vec<u8>> = LazyLock::new(|| {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
    encoder.write_all(&vec![b'\n'; 20 << 20]).unwrap();
    encoder.finish().unwrap()
});

fn bomb(stream: &mut TcpStream) -> io::Result<()> {
    respond(stream, TEXT, "Content-Encoding: gzip\r\n", &BOMB)
}

#[test]
fn a_bad_target_says_why_and_harms_no_other() {
    run(Program::Regain);
}

#[test]
fn prometheus_judges_bad_targets_the_same() {
    if is_at_hand(Program::Prometheus, MODERN_PROMETHEUS) {
        run(Program::Prometheus);
    }
}

fn run(program: Program) {
    let cases = cases();
    let targets: Vec<_> = cases
        .iter()
        .map(|case| {
            let serve = case.serve;
            Target::serve(move |stream, _| serve(stream))
        })
        .collect();
    let jobs: Vec<_> = cases.iter().zip(&targets).map(|(case, target)| job(case, target)).collect();
    let config = json!({
        "global": {"scrape_interval": "1s", "scrape_timeout": "1s"},
        "scrape_configs": jobs,
    });
    let dir = tempfile::tempdir().unwrap();
    let setup = Setup::new(program, dir.path()).config(config.to_string()).flag(AT_ONCE);
    let server = setup.start().unwrap();
    let scrapes = format!("count_over_time(up{{job=\"{GOOD}\"}}[1m])");
    wait_for("scrapes of the good target", LIMIT, || {
        Ok(server.number(&scrapes)?.filter(|count| *count >= SCRAPES))
    })
    .unwrap();
    for case in &cases {
        let judged = wait_for(case.job, LIMIT, || Ok(verdict(&server, case).is_ok().then_some(())));
        assert!(judged.is_ok(), "{}: {}", case.job, verdict(&server, case).unwrap_err());
    }
    let worst = server.number(&format!("min_over_time(up{{job=\"{GOOD}\"}}[1m])")).unwrap();
    assert_eq!(worst, Some(1.0), "the good target suffered");
    let first = server.number("twice").unwrap();
    assert_eq!(first, Some(1.0), "of two samples of one series the first stays");
    let parts = server.query("{job=\"truncated\", __name__=~\"whole|cut\"}", None).unwrap();
    assert!(parts.is_empty(), "a scrape that fails leaves nothing: {parts:?}");
}

fn job(case: &Case, target: &Target) -> Value {
    let mut job = case.settings.clone();
    job["job_name"] = case.job.into();
    job["static_configs"] = json!([{"targets": [target.address()]}]);
    job
}

/// Compares what the server says about a target with the case.
fn verdict(server: &Server, case: &Case) -> anyhow::Result<()> {
    let targets = server.data("/api/v1/targets?state=active")?;
    let all = targets["activeTargets"].as_array().map_or(&[][..], Vec::as_slice);
    let Some(target) = all.iter().find(|target| target["scrapePool"] == case.job) else {
        anyhow::bail!("no such target in {targets}");
    };
    let (health, error) = (&target["health"], target["lastError"].as_str().unwrap_or_default());
    let as_expected = match case.error {
        None => *health == "up" && error.is_empty(),
        Some(part) => *health == "down" && !error.is_empty() && error.contains(part),
    };
    anyhow::ensure!(as_expected, "{health}, {error:?} instead of {:?}", case.error);
    let up = server.number(&format!("up{{job=\"{}\"}}", case.job))?;
    let expected = if case.error.is_none() { 1.0 } else { 0.0 };
    anyhow::ensure!(up == Some(expected), "up is {up:?}");
    Ok(())
}

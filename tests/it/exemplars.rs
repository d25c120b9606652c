//! Exemplars that Regain and a real Prometheus scrape from the same target, and that one pushes to the other.

use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use regain_tests::http::encode;
use regain_tests::process::wait_for;
use regain_tests::program::Program;
use regain_tests::server::{Server, Setup};

use super::crash::now_ms;
use super::peer::{MODERN_PROMETHEUS, is_at_hand};
use super::target::{AT_ONCE, Target, respond};

const LIMIT: Duration = Duration::from_mins(2);
const OPEN_METRICS: &str = "application/openmetrics-text; version=1.0.0; charset=utf-8";
const FEATURE: &str = "--enable-feature=exemplar-storage";

/// What the target shows first, and what later. A number in brackets is a time in seconds after the start. Of the second
/// body, `/b` is older than what is known of it, and `late` is out of order for one bucket of several.
const BODIES: [&str; 2] = [
    r#"# TYPE req counter
req_total{path="/a"} 0 # {trace_id="a1"} 1.0 [1.123]
req_total{path="/b"} 0 # {trace_id="b1",span_id="<&>"} -0.5 [5]
# TYPE lat histogram
lat_bucket{le="1.0"} 3 # {trace_id="h1"} 0.5 [2.5]
lat_bucket{le="+Inf"} 5 # {trace_id="ä\"\\"} 1e+21 [3.001]
lat_count 5
lat_sum 20
# TYPE untimed counter
untimed_total 1 # {trace_id="u"} 1
# TYPE long counter
long_total 1 # {trace_id="LONG"} 1 [4]
# TYPE empty counter
empty_total 1 # {} 7 [4]
# EOF
"#,
    r#"# TYPE req counter
req_total{path="/a"} 1 # {trace_id="a2"} 2.0 [7]
req_total{path="/b"} 1 # {trace_id="b2"} 9 [4]
# TYPE lat histogram
lat_bucket{le="1.0"} 3 # {trace_id="h1"} 0.5 [2.5]
lat_bucket{le="+Inf"} 5 # {trace_id="h2"} 12 [6]
lat_count 5
lat_sum 20
# TYPE untimed counter
untimed_total 1 # {trace_id="u"} 1
# EOF
"#,
];

/// What is asked, `START` and `END` being around all exemplars, and what all of it leads to: answers, errors, nothing.
const PATHS: [&str; 15] = [
    "query=req_total",
    "query=req_total&start=START&end=END",
    "query=req_total&start=START2&end=END",
    "query=req_total&start=START&end=START2",
    "query=rate(req_total{path=\"/a\"}[5m]) %2B on() lat_bucket",
    "query=histogram_quantile(0.9, sum by (le) (rate(lat_bucket[5m])))",
    "query=max_over_time(req_total[5m:1m] offset 1h)",
    "query={__name__=~\"req_total|lat_.*|long_total|empty_total\"}",
    "query=nothing",
    "query=1",
    "query=",
    "query=req_total{",
    "query=req_total&start=END&end=START",
    "query=req_total&start=never",
    "query=req_total&end=2000-13-01T00:00:00Z",
];

/// A target whose body the test changes.
struct Shown {
    target: Target,
    phase: Arc<AtomicUsize>,
    start_s: u64,
}

fn serve() -> Shown {
    let start_s = now_ms().cast_unsigned() / 1000 - 60;
    let phase = Arc::new(AtomicUsize::new(0));
    let shown = Arc::clone(&phase);
    let target = Target::serve(move |stream, _| {
        let body = body(BODIES[shown.load(Ordering::SeqCst)], start_s);
        respond(stream, OPEN_METRICS, "", body.as_bytes())
    });
    Shown { target, phase, start_s }
}

/// A body with times that make sense now.
fn body(text: &str, start_s: u64) -> String {
    let mut body = text.replace("LONG", &"x".repeat(121));
    while let Some((before, rest)) = body.split_once(" [") {
        let (seconds, after) = rest.split_once(']').unwrap();
        let seconds: f64 = seconds.parse().unwrap();
        body = format!("{before} {:.3}{after}", start_s as f64 + seconds);
    }
    body
}

fn start(program: Program, dir: &Path, more: &str, address: &str) -> Server {
    let home = dir.join(program.name());
    let config = format!(
        "global: {{scrape_interval: 200ms, scrape_timeout: 200ms}}\n\
         scrape_configs:\n- job_name: j\n  static_configs:\n  - targets: ['{address}']\n{more}"
    );
    Setup::new(program, &home).config(config).flag(AT_ONCE).flag(FEATURE).start().unwrap()
}

/// Waits until a server has scraped the body of a phase.
fn wait_for_phase(server: &Server, phase: f64) {
    wait_for("a scrape of the phase", LIMIT, || {
        let value = server.number("max(req_total)")?;
        Ok((value == Some(phase)).then_some(()))
    })
    .unwrap();
}

/// The answers to all paths.
fn answers(server: &Server, start_s: u64) -> Vec<(String, u16, String)> {
    let ask = |path: &&str| {
        let (name, text) = path.split_once('=').unwrap();
        let text = text
            .replace("START2", &format!("{}.123", start_s + 1))
            .replace("START", &start_s.to_string())
            .replace("END", &(start_s + 30).to_string());
        let (query, rest) = text.split_once('&').map_or((text.as_str(), ""), |parts| parts);
        let query = encode(&query.replace("%2B", "+"));
        let path = format!("/api/v1/query_exemplars?{name}={query}&{rest}");
        let answer = server.get(&path).unwrap();
        (path, answer.status, answer.text())
    };
    PATHS.iter().map(ask).collect()
}

#[test]
fn a_target_s_exemplars_are_those_that_prometheus_has() {
    if !is_at_hand(Program::Prometheus, MODERN_PROMETHEUS) {
        return;
    }
    let (shown, dir) = (serve(), tempfile::tempdir().unwrap());
    let address = shown.target.address();
    let programs = [Program::Regain, Program::Prometheus];
    let mut servers = programs.map(|program| start(program, dir.path(), "", &address));
    for phase in 0..BODIES.len() {
        shown.phase.store(phase, Ordering::SeqCst);
        for server in &servers {
            wait_for_phase(server, phase as f64);
        }
        let [ours, theirs] = [&servers[0], &servers[1]].map(|one| answers(one, shown.start_s));
        assert_eq!(ours, theirs);
        let newest = format!("\"a{}\"", phase + 1);
        assert!(ours[0].2.contains(&newest), "{ours:?}");
    }
    // One without a time of its own is there once, however often it is scraped.
    for server in &servers {
        let untimed = server.get("/api/v1/query_exemplars?query=untimed_total").unwrap().text();
        assert_eq!(untimed.matches("trace_id").count(), 1, "{untimed}");
    }
    let before = answers(&servers[0], shown.start_s);
    for server in &mut servers {
        server.process.kill().unwrap();
    }
    drop(shown.target);
    let again = servers.map(|server| answers(&server.setup.start().unwrap(), shown.start_s));
    assert_eq!(again[0], again[1]);
    assert_eq!(again[0], before);
}

#[test]
fn exemplars_that_prometheus_pushes_are_those_that_it_has() {
    if !is_at_hand(Program::Prometheus, MODERN_PROMETHEUS) {
        return;
    }
    let (shown, dir) = (serve(), tempfile::tempdir().unwrap());
    let receiver =
        Setup::new(Program::Regain, &dir.path().join("receiver")).flag(FEATURE).start().unwrap();
    let push = format!(
        "remote_write:\n- url: http://127.0.0.1:{}/api/v1/write\n  send_exemplars: true\n  \
         queue_config: {{min_shards: 1, max_shards: 1, batch_send_deadline: 100ms}}\n",
        receiver.port
    );
    let sender = start(Program::Prometheus, dir.path(), &push, &shown.target.address());
    let last = BODIES.len() - 1;
    for phase in 0..=last {
        shown.phase.store(phase, Ordering::SeqCst);
        wait_for_phase(&sender, phase as f64);
    }
    wait_for("the pushed exemplars", LIMIT, || {
        let ours = receiver.get("/api/v1/query_exemplars?query=req_total")?.text();
        Ok(ours.contains("\"a2\"").then_some(()))
    })
    .unwrap();
    let path = "/api/v1/query_exemplars?query=%7Bjob%3D%22j%22%7D";
    let text = |server: &Server| server.get(path).unwrap().text();
    wait_for("the same exemplars", LIMIT, || Ok((text(&receiver) == text(&sender)).then_some(())))
        .unwrap();
    let metrics = receiver.get("/metrics").unwrap().text();
    let kept = "prometheus_tsdb_exemplar_exemplars_in_storage ";
    let kept = metrics.lines().find_map(|line| line.strip_prefix(kept)).unwrap();
    assert!(kept.parse::<f64>().unwrap() >= 6.0, "{kept}");
}

//! What Regain and a real Prometheus make of the same protobuf: hand-made, and Prometheus' own.

use std::fmt::Write as _;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use regain_protowire::write::{
    append_varint, put_double, put_int64, put_message, put_packed_doubles, put_packed_sint64,
    put_sint64, put_str, put_varint,
};
use regain_tests::answer::difference;
use regain_tests::http::encode;
use regain_tests::process::wait_for;
use regain_tests::program::Program;
use regain_tests::server::{Server, Setup};

use super::crash::now_ms;
use super::peer::{Version, is_at_hand};
use super::target::{AT_ONCE, TEXT, Target, respond};

const LIMIT: Duration = Duration::from_mins(2);
/// The first Prometheus whose settings of histograms are those that Regain has.
const OLDEST: Version = [3, 14, 0];
const PROTOBUF: &str =
    "application/vnd.google.protobuf; proto=io.prometheus.client.MetricFamily; encoding=delimited";
const PHASES: usize = 3;

/// The jobs: a name, what is scraped, and how.
const JOBS: [(&str, &str, &str); 9] = [
    ("plain", "/", ""),
    ("native", "/", "scrape_native_histograms: true"),
    ("beside", "/", "scrape_native_histograms: true\n  always_scrape_classic_histograms: true"),
    ("custom", "/", "convert_classic_histograms_to_nhcb: true"),
    (
        "all",
        "/",
        "scrape_native_histograms: true\n  always_scrape_classic_histograms: true\n  \
         convert_classic_histograms_to_nhcb: true",
    ),
    (
        "coarse",
        "/",
        "scrape_native_histograms: true\n  native_histogram_bucket_limit: 3\n  \
         native_histogram_min_bucket_factor: 1.5",
    ),
    ("text", "/text", "convert_classic_histograms_to_nhcb: true"),
    ("own", "/own", "scrape_native_histograms: true"),
    ("fallback", "/untyped", "fallback_scrape_protocol: PrometheusProto"),
];

const COUNTER: u64 = 0;
const GAUGE: u64 = 1;
const SUMMARY: u64 = 2;
const UNTYPED: u64 = 3;
const HISTOGRAM: u64 = 4;
const GAUGE_HISTOGRAM: u64 = 5;

/// Which field holds the value, by kind.
const VALUE_FIELDS: [u32; 6] = [3, 2, 4, 5, 7, 7];

type Write = Box<dyn Fn(&mut Vec<u8>)>;

/// Adds a family to a body; each metric has labels, a value, and a time or zero.
fn family(body: &mut Vec<u8>, name: &str, kind: u64, metrics: Vec<(&str, Write, i64)>) {
    let mut family = Vec::new();
    put_str(&mut family, 1, name);
    put_str(&mut family, 2, &format!("Help of {name}."));
    put_varint(&mut family, 3, kind);
    for (label, value, time_ms) in metrics {
        put_message(&mut family, 4, |metric| {
            put_message(metric, 1, |pair| {
                put_str(pair, 1, "path");
                put_str(pair, 2, label);
            });
            put_message(metric, VALUE_FIELDS[usize::try_from(kind).unwrap()], value);
            if time_ms != 0 {
                put_int64(metric, 6, time_ms);
            }
        });
    }
    if name.ends_with("_seconds") {
        put_str(&mut family, 5, "seconds");
    }
    append_varint(body, family.len() as u64);
    body.extend(family);
}

fn number(value: f64) -> Write {
    Box::new(move |dst| put_double(dst, 1, value))
}

/// A counter that started at a time.
fn counter(value: f64, start_s: u64) -> Write {
    Box::new(move |dst| {
        put_double(dst, 1, value);
        put_message(dst, 3, |start| put_varint(start, 1, start_s));
    })
}

fn summary(count: u64) -> Write {
    Box::new(move |dst| {
        put_varint(dst, 1, count);
        put_double(dst, 2, count as f64 * 1.5);
        for (quantile, value) in [(0.5, 1.0), (0.99, f64::NAN), (1.0, 3e9)] {
            put_message(dst, 3, |part| {
                put_double(part, 1, quantile);
                put_double(part, 2, value);
            });
        }
    })
}

/// Adds the classic buckets of so many observations, all below 2.5.
fn classic(dst: &mut Vec<u8>, count: u64) {
    put_varint(dst, 1, count);
    put_double(dst, 2, count as f64 * 0.75);
    for (bound, count) in [(0.1, count / 3), (1.0, count / 3), (2.5, count)] {
        put_message(dst, 3, |bucket| {
            put_varint(bucket, 1, count);
            put_double(bucket, 2, bound);
        });
    }
}

/// A histogram that is both classic and native.
fn both(count: u64, start_s: u64) -> Write {
    Box::new(move |dst| {
        classic(dst, count * 8);
        put_sint64(dst, 5, 3);
        put_double(dst, 6, 1e-3);
        put_varint(dst, 7, count * 2);
        let observed = i64::try_from(count).unwrap();
        for (spans, deltas, offsets, differences) in [
            (9, 10, &[(-2, 2)][..], &[observed, 0][..]),
            (12, 13, &[(-3, 2), (4, 3)], &[observed, 0, -observed, observed, 0]),
        ] {
            for &(offset, length) in offsets {
                put_message(dst, spans, |span| {
                    put_sint64(span, 1, offset);
                    put_varint(span, 2, length);
                });
            }
            put_packed_sint64(dst, deltas, differences.iter().copied());
        }
        put_message(dst, 15, |start| put_varint(start, 1, start_s));
    })
}

/// A native histogram of floats.
fn floats(count: f64) -> Write {
    Box::new(move |dst| {
        put_double(dst, 4, count * 3.0);
        put_double(dst, 2, f64::NAN);
        put_sint64(dst, 5, -1);
        put_double(dst, 8, count);
        put_message(dst, 12, |span| {
            put_sint64(span, 1, 1);
            put_varint(span, 2, 2);
        });
        put_packed_doubles(dst, 14, &[count, count]);
    })
}

/// The same value with exemplars behind it, in a field of its message; each has an id and a time in milliseconds.
fn with_exemplars(value: Write, field: u32, exemplars: Vec<(String, i64)>) -> Write {
    Box::new(move |dst| {
        value(dst);
        for (id, time_ms) in &exemplars {
            put_message(dst, field, |exemplar| {
                put_message(exemplar, 1, |pair| {
                    put_str(pair, 1, "trace_id");
                    put_str(pair, 2, id);
                });
                put_double(exemplar, 2, 0.25);
                put_message(exemplar, 3, |time| {
                    put_int64(time, 1, time_ms / 1000);
                    put_int64(time, 2, time_ms % 1000 * 1_000_000);
                });
            });
        }
    })
}

/// The body of a phase. Some metrics have times of their own and some vanish; a counter and a histogram start again.
fn body(phase: u64, start_s: u64) -> Vec<u8> {
    let mut body = Vec::new();
    let time_ms = i64::try_from((start_s + 10 + phase) * 1000).unwrap();
    let (count, restart) = if phase < 2 { (5 + phase, start_s) } else { (1, start_s + 11) };
    family(&mut body, "phase", GAUGE, vec![("/", number(phase as f64), 0)]);
    let exemplar = |id: &str, after_ms: i64| (format!("{id}{phase}"), time_ms + after_ms);
    let counted = with_exemplars(counter(count as f64, restart), 2, vec![exemplar("c", 123)]);
    let counters = vec![("/a", counted, time_ms), ("/b\"\\\n", counter(1.5, 0), 0)];
    family(&mut body, "requests_total", COUNTER, counters);
    // Prometheus 3.14 loses exemplars of the histograms behind the first one of a family.
    let seen = vec![exemplar("h", -500), exemplar("i", 0)];
    let first = with_exemplars(both(count, restart), 16, seen);
    let mut histograms = vec![("/a", first, time_ms), ("/c", both(7, start_s), 0)];
    if phase == 0 {
        histograms.push(("/vanishing", both(3, start_s), 0));
    }
    family(&mut body, "latency_seconds", HISTOGRAM, histograms);
    family(&mut body, "load", GAUGE_HISTOGRAM, vec![("/", floats(count as f64 + 0.5), time_ms)]);
    let old: Write = Box::new(move |dst| classic(dst, count * 3));
    family(&mut body, "old", HISTOGRAM, vec![("/", old, 0)]);
    family(
        &mut body,
        "nothing",
        HISTOGRAM,
        vec![("/", Box::new(|dst| put_double(dst, 6, 0.5)), 0)],
    );
    family(&mut body, "sizes", SUMMARY, vec![("/", summary(count), 0)]);
    family(&mut body, "with.dots", UNTYPED, vec![("/", number(f64::NEG_INFINITY), 0)]);
    body
}

/// The same kinds of histograms as a text.
fn text(phase: u64) -> String {
    format!(
        "# TYPE phase gauge\nphase {phase}\n# TYPE old histogram\nold_bucket{{le=\"0.1\"}} 2\n\
         old_bucket{{le=\"1\"}} 2\nold_bucket{{le=\"+Inf\"}} {count}\nold_sum 4\nold_count {count}\n\
         old_bucket{{a=\"b\",le=\"1\"}} 1.5\nold_count{{a=\"b\"}} {count}.5\n# TYPE broken histogram\n\
         broken_bucket{{le=\"1\"}} 3\nbroken_count 2\n",
        count = phase + 3
    )
}

/// A target that shows the bodies of a phase, and one of Prometheus' own.
struct Shown {
    target: Target,
    phase: Arc<AtomicUsize>,
    start_s: u64,
}

fn serve(own: Vec<u8>) -> Shown {
    let start_s = now_ms().cast_unsigned() / 1000 - 60;
    let phase = Arc::new(AtomicUsize::new(0));
    let shown = Arc::clone(&phase);
    let target = Target::serve(move |stream, path| {
        let phase = shown.load(Ordering::SeqCst) as u64;
        match path {
            "/text" => respond(stream, TEXT, "", text(phase).as_bytes()),
            "/own" => respond(stream, PROTOBUF, "", &own),
            "/untyped" => respond(stream, "application/octet-stream", "", &body(phase, start_s)),
            _ => respond(stream, PROTOBUF, "", &body(phase, start_s)),
        }
    });
    Shown { target, phase, start_s }
}

fn start(program: Program, dir: &Path, flags: &[&str], address: &str) -> Server {
    let mut config =
        "global: {scrape_interval: 200ms, scrape_timeout: 200ms}\nscrape_configs:\n".to_owned();
    for (job, path, settings) in JOBS {
        let targets = format!("[{{targets: ['{address}']}}]");
        writeln!(config, "- job_name: {job}\n  metrics_path: {path}\n  static_configs: {targets}")
            .unwrap();
        if !settings.is_empty() {
            writeln!(config, "  {settings}").unwrap();
        }
    }
    let setup = Setup::new(program, &dir.join(program.name())).config(config);
    let setup = setup.flag(AT_ONCE).flag("--enable-feature=exemplar-storage");
    flags.iter().fold(setup, |setup, flag| setup.flag(*flag)).start().unwrap()
}

/// Waits until all jobs have scraped, those with phases this one, and until what vanished has ended.
fn wait_for_phase(server: &Server, phase: usize) {
    let with_phases = JOBS.iter().filter(|(_, path, _)| *path != "/own").count();
    let reached = format!("count(phase == {phase})");
    wait_for("a scrape of the phase", LIMIT, || {
        let scraped = server.number("count(changes(scrape_duration_seconds[1h]) > 1)")?;
        let ended = server.number("absent(latency_seconds_count{path=\"/vanishing\"})")?;
        let all = scraped == Some(JOBS.len() as f64)
            && server.number(&reached)? == Some(with_phases as f64);
        Ok((all && (phase == 0 || ended.is_some())).then_some(()))
    })
    .unwrap();
}

/// The result of a query, sorted; what differs from scrape to scrape is left out.
fn result(server: &Server, expression: &str, time_s: u64) -> Vec<String> {
    let path = format!("/api/v1/query?query={}&time={time_s}", encode(expression));
    let data = server.data(&path).unwrap();
    let mut lines: Vec<String> =
        data["result"].as_array().unwrap().iter().map(ToString::to_string).collect();
    lines.sort();
    lines
}

/// The expressions for one job: all that it has now, and all samples with times of their own.
fn expressions(job: &str) -> Vec<String> {
    let all = format!(
        "{{job=\"{job}\", __name__!~\"scrape_duration_seconds|scrape_series_added|phase\"}}"
    );
    let timed =
        ["requests_total", "latency_seconds", "latency_seconds_bucket", "load", "load_count"];
    let timed = timed.map(|name| format!("{name}{{job=\"{job}\", path=~\"/a|/\"}}[10m]"));
    std::iter::once(all).chain(timed).collect()
}

/// The exemplars of a job.
fn exemplars(server: &Server, job: &str, end_s: u64) -> String {
    let query = encode(&format!("{{job=\"{job}\", path=~\".+\"}}"));
    let path = format!("/api/v1/query_exemplars?query={query}&start=0&end={end_s}");
    server.get(&path).unwrap().text()
}

/// What differs in a quantile of histograms, but for the last bits.
fn quantile_difference(servers: &[Server; 2], job: &str, time_s: u64) -> Option<String> {
    ["latency_seconds", "old"].into_iter().find_map(|name| {
        let query = format!("histogram_quantile(0.9, sum by (path) ({name}{{job=\"{job}\"}}))");
        let path = format!("/api/v1/query?query={}&time={time_s}", encode(&query));
        let [ours, theirs] =
            [&servers[0], &servers[1]].map(|one| one.get(&path).unwrap().json().unwrap());
        difference(&ours, &theirs, false)
    })
}

/// Scrapes with both programs, phase after phase, and compares all that there is.
fn compare(flags: &[&str]) {
    if !is_at_hand(Program::Prometheus, OLDEST) {
        return;
    }
    let dir = tempfile::tempdir().unwrap();
    let own = {
        let home = dir.path().join("own");
        let server = Setup::new(Program::Prometheus, &home).start().unwrap();
        let mut connection = server.connect().unwrap();
        connection.send("GET", "/metrics", &format!("Accept: {PROTOBUF}\r\n"), b"").unwrap().body
    };
    let shown = serve(own);
    let address = shown.target.address();
    let servers = [Program::Regain, Program::Prometheus]
        .map(|program| start(program, dir.path(), flags, &address));
    let mut compared = 0;
    for phase in 0..PHASES {
        shown.phase.store(phase, Ordering::SeqCst);
        for server in &servers {
            wait_for_phase(server, phase);
        }
        let now = now_ms().cast_unsigned() / 1000 + 1;
        for (job, ..) in JOBS {
            for expression in expressions(job) {
                let [ours, theirs] =
                    [&servers[0], &servers[1]].map(|one| result(one, &expression, now));
                assert_eq!(ours, theirs, "{expression} in phase {phase}, {flags:?}");
                compared += ours.len();
            }
            let [ours, theirs] = [&servers[0], &servers[1]].map(|one| exemplars(one, job, now));
            assert_eq!(ours, theirs, "{job} in phase {phase}");
            let is_exemplary = !["text", "own"].contains(&job);
            assert_eq!(ours.contains(&format!("\"c{phase}\"")), is_exemplary, "{job}: {ours}");
            assert_eq!(quantile_difference(&servers, job, now), None, "{job} in phase {phase}");
        }
    }
    assert!(compared > 100 * PHASES, "{compared} series, from {}", shown.start_s);
}

#[test]
fn protobuf_is_scraped_as_prometheus_scrapes_it() {
    compare(&[]);
}

#[test]
fn experiments_change_what_is_scraped_as_they_do_in_prometheus() {
    compare(&[
        "--enable-feature=created-timestamp-zero-ingestion,st-storage,xor2-encoding,type-and-unit-labels",
    ]);
}

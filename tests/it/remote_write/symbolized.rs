//! Requests of 2.0: what of them is kept, and what is said of the rest.

use regain_model::Histogram;
use regain_model::histogram::Buckets;
use regain_protowire::write::{put_message, put_packed_varints, put_str, put_varint};
use regain_remote::write::encode::{Counts, HistogramSample, SymbolizedRequest, SymbolizedSeries};
use regain_remote::write::v2::{self, Sample};
use regain_tests::program::Program;
use regain_tests::push::send_symbolized;
use regain_tests::server::{Server, Setup};

use super::{AT_MS, FAR_MS, MODERN_PROMETHEUS, RETENTION, is_at_hand};

/// A request after those before it: its name, its message, its status, its answer, and how many samples and histograms are
/// said to be kept. Lines of an answer that end with an ellipsis go on in a way that is each program's own.
type Case = (&'static str, Vec<u8>, u16, &'static [&'static str], [u64; 2]);

#[test]
fn regain_keeps_what_is_right() {
    run(Program::Regain);
}

#[test]
fn prometheus_keeps_the_same() {
    if is_at_hand(Program::Prometheus, MODERN_PROMETHEUS) {
        run(Program::Prometheus);
    }
}

fn run(program: Program) {
    let dir = tempfile::tempdir().unwrap();
    let server = Setup::new(program, dir.path()).flag(RETENTION).start().unwrap();
    for (what, message, status, lines, kept) in cases() {
        expect(&server, what, &message, (status, lines, kept));
    }
    let at_s = Some(AT_MS as f64 / 1000.0 + 60.0);
    let kept = server.query("count_over_time({__name__=~\".+\"}[1h])", at_s).unwrap();
    let mut counts: Vec<(String, String)> =
        kept.iter().map(|one| (text(&one["metric"]["l"]), text(&one["value"][1]))).collect();
    counts.sort();
    let wanted = [("a", "3"), ("b", "1"), ("c", "1"), ("h", "3"), ("s", "1")];
    assert_eq!(counts, wanted.map(|(label, count)| (label.to_owned(), count.to_owned())));
    let sum = server.query("histogram_sum(h)", Some((AT_MS + 2000) as f64 / 1000.0)).unwrap();
    assert_eq!(sum[0]["value"][1], "4.5", "{sum:?}");
}

fn text(value: &serde_json::Value) -> String {
    value.as_str().unwrap_or_default().to_owned()
}

fn expect(
    server: &Server,
    what: &str,
    message: &[u8],
    (status, lines, kept): (u16, &[&str], [u64; 2]),
) {
    let answer = send_symbolized(&mut server.connect().unwrap(), message).unwrap();
    let text = answer.text();
    let told: Vec<&str> = text.lines().collect();
    let is_told = |(told, line): (&&str, &&str)| match line.strip_suffix('…') {
        Some(start) => told.starts_with(start),
        None => told == line,
    };
    assert!(
        answer.status == status && told.len() == lines.len() && told.iter().zip(lines).all(is_told),
        "{what}: {} instead of {status}:\n{text}",
        answer.status
    );
    let written = ["samples", "histograms", "exemplars"]
        .map(|kind| answer.header(&format!("x-prometheus-remote-write-{kind}-written")));
    let [samples, histograms] = kept.map(|count| count.to_string());
    assert_eq!(written, [Some(&*samples), Some(&*histograms), Some("0")], "{what}");
}

fn cases() -> Vec<Case> {
    let good = numbers("a", &[(AT_MS, 1.0), (AT_MS + 1000, 2.0)]);
    let mut mixed =
        request(&[("a", &[(AT_MS + 1000, 3.0), (AT_MS - 1000, 1.0), (AT_MS + 2000, 3.0)])]);
    add(&mut mixed, &[("l", "no name")], &[(AT_MS, 1.0)]);
    add(&mut mixed, &[("__name__", "m"), ("l", "1"), ("l", "2")], &[(AT_MS, 1.0)]);
    add(&mut mixed, &[("__name__", "m"), ("l", "empty")], &[]);
    add(&mut mixed, &[("__name__", "m"), ("l", "far")], &[(FAR_MS, 1.0)]);
    add(&mut mixed, &[("__name__", "m"), ("l", "b")], &[(AT_MS, 1.0)]);
    let mut started = SymbolizedRequest::default();
    started.series(&SymbolizedSeries {
        labels: &[("__name__", "m"), ("l", "s")],
        samples: &[Sample { time_ms: AT_MS, value: 1.0, start_ms: AT_MS - 5000 }],
        kind: 1,
        help: "h",
        unit: "u",
        ..SymbolizedSeries::default()
    });
    vec![
        ("two samples", good.clone(), 204, &[], [2, 0]),
        // A sender that repeats itself is not wrong.
        ("the newest again", numbers("a", &[(AT_MS + 1000, 2.0)]), 204, &[], [1, 0]),
        ("good and bad", mixed.to_bytes(), 400, MIXED, [2, 0]),
        ("places", places(), 400, PLACES, [1, 0]),
        ("with a start", started.to_bytes(), 204, &[], [1, 0]),
        ("histograms", histograms(), 400, HISTOGRAMS, [0, 3]),
        ("another histogram", other_histogram(), 400, OTHER_HISTOGRAM, [0, 0]),
        ("nothing", Vec::new(), 204, &[], [0, 0]),
        ("the other message", b"\x0a\x00\x1a\x00".to_vec(), 204, &[], [0, 0]),
        ("cut off", good[..good.len() - 1].to_vec(), 400, &["unexpected EOF"], [0, 0]),
        (
            "a text with a number",
            b"\x20\x01".to_vec(),
            400,
            &["proto: wrong wireType = 0 for field …"],
            [0, 0],
        ),
    ]
}

const MIXED: &[&str] = &[
    "duplicate sample for timestamp…",
    r#"out of order sample for series {__name__="m", l="a"}"#,
    r#"invalid metric name or labels, got {l="no name"}"#,
    r#"invalid labels for series, labels {__name__="m", l="1", l="2"}, duplicated label l"#,
    r#"TimeSeries must contain at least one sample or histogram for series {__name__="m", l="empty"}"#,
    r#"out of bounds: timestamp is too far in the future for series {__name__="m", l="far"}"#,
];

const PLACES: &[&str] = &[
    "parsing labels for series [1 2 3]: invalid labelRefs length 3",
    "parsing labels for series [1 9]: labelRefs 1 (name) = 9 (value) outside of symbols table (size 5)",
    "parsing metadata for series [1 2]: metadata unit_ref 7 outside of symbols table (size 5)",
    "parsing metadata for series [1 2]: metadata help_ref 8 outside of symbols table (size 5)",
    r#"parsing exemplar for series {__name__="m", l="c"}: invalid labelRefs length 1"#,
];

const HISTOGRAMS: &[&str] = &[
    r#"3 observations found in buckets, but the Count field is 9: histogram's observation count should equal the number of observations found in the buckets (in absence of NaN) for series {__name__="h", l="h"}"#,
    r#"histogram has an invalid schema, which must be between -4 and 8 for exponential buckets, or -53 for custom buckets, got schema 53 for series {__name__="h", l="h"}"#,
    r#"custom buckets: only 1 custom bounds defined which is insufficient to cover total span length of 3: histogram custom bounds are too few for series {__name__="h", l="h"}"#,
];

const OTHER_HISTOGRAM: &[&str] =
    &[r#"duplicate sample for timestamp for series {__name__="h", l="h"}"#];

fn request(series: &[(&str, &[(i64, f64)])]) -> SymbolizedRequest {
    let mut request = SymbolizedRequest::default();
    for (label, samples) in series {
        add(&mut request, &[("__name__", "m"), ("l", label)], samples);
    }
    request
}

fn numbers(label: &str, samples: &[(i64, f64)]) -> Vec<u8> {
    request(&[(label, samples)]).to_bytes()
}

fn add(request: &mut SymbolizedRequest, labels: &[(&str, &str)], samples: &[(i64, f64)]) {
    let samples: Vec<Sample> =
        samples.iter().map(|&(time_ms, value)| Sample { time_ms, value, start_ms: 0 }).collect();
    request.series(&SymbolizedSeries { labels, samples: &samples, ..SymbolizedSeries::default() });
}

/// Series whose places are not all in the table.
fn places() -> Vec<u8> {
    let mut body = Vec::new();
    for symbol in ["", "__name__", "m", "l", "c"] {
        put_str(&mut body, v2::REQUEST_SYMBOL, symbol);
    }
    let mut series = |refs: &[u64], rest: &dyn Fn(&mut Vec<u8>)| {
        put_message(&mut body, v2::REQUEST_SERIES, |dst| {
            put_packed_varints(dst, v2::SERIES_LABEL_REFS, refs.iter().copied());
            put_message(dst, v2::SERIES_SAMPLE, |dst| {
                put_varint(dst, v2::SAMPLE_TIME, AT_MS.cast_unsigned());
            });
            rest(dst);
        });
    };
    series(&[1, 2, 3], &|_| ());
    series(&[1, 9], &|_| ());
    for (field, place) in [(v2::METADATA_UNIT, 7), (v2::METADATA_HELP, 8)] {
        series(&[1, 2], &|dst| {
            put_message(dst, v2::SERIES_METADATA, |dst| put_varint(dst, field, place));
        });
    }
    series(&[1, 2, 3, 4], &|dst| {
        put_message(dst, v2::SERIES_EXEMPLAR, |dst| {
            put_packed_varints(dst, v2::EXEMPLAR_LABEL_REFS, [1]);
        });
    });
    body
}

const HISTOGRAM_LABELS: &[(&str, &str)] = &[("__name__", "h"), ("l", "h")];

fn three_observations() -> Histogram {
    Histogram {
        count: 3.0,
        sum: 4.5,
        schema: 1,
        positive: Buckets::run(1, vec![1.0, 2.0]),
        ..Histogram::default()
    }
}

/// Another histogram than the newest, at its time.
fn other_histogram() -> Vec<u8> {
    let mut request = SymbolizedRequest::default();
    let histogram = Histogram { sum: 5.0, ..three_observations() };
    let (time_ms, counts) = (AT_MS + 2000, Counts::Integers);
    request.series(&SymbolizedSeries {
        labels: HISTOGRAM_LABELS,
        histograms: &[HistogramSample { time_ms, start_ms: 0, histogram: &histogram, counts }],
        ..SymbolizedSeries::default()
    });
    request.to_bytes()
}

/// Three histograms that are right, among others.
fn histograms() -> Vec<u8> {
    let right = three_observations();
    let fine = Histogram { schema: 20, ..right.clone() };
    let miscounted = Histogram { count: 9.0, ..right.clone() };
    let unknown = Histogram { schema: 53, ..right.clone() };
    let unbounded = Histogram { schema: -53, bounds: Some([1.0].into()), ..right.clone() };
    let at = |seconds: i64, histogram, counts| HistogramSample {
        time_ms: AT_MS + 1000 * seconds,
        start_ms: AT_MS - 1000,
        histogram,
        counts,
    };
    let mut request = SymbolizedRequest::default();
    request.series(&SymbolizedSeries {
        labels: HISTOGRAM_LABELS,
        histograms: &[
            at(0, &right, Counts::Integers),
            at(1, &fine, Counts::Floats),
            at(2, &miscounted, Counts::Integers),
            at(2, &unknown, Counts::Integers),
            at(2, &unbounded, Counts::Integers),
            at(2, &right, Counts::Integers),
        ],
        ..SymbolizedSeries::default()
    });
    request.to_bytes()
}

//! What the remote-write receiver refuses, and what a refusal says.

mod symbolized;

use regain_tests::program::Program;
use regain_tests::push::{Push, send};
use regain_tests::server::{Server, Setup};

use super::peer::{MODERN_PROMETHEUS, is_at_hand};

/// Times are fixed; nothing may be too old.
const RETENTION: &str = "--storage.tsdb.retention.time=100y";
const AT_MS: i64 = 1_700_000_000_000;
/// Beyond the end of this century.
const FAR_MS: i64 = 4_200_000_000_000;

/// A request after those before it: its samples of one series, its status, a part of its answer.
type Case = (&'static [(&'static str, i64, f64)], u16, &'static str);

const CASES: &[Case] = &[
    (&[("a", AT_MS, 1.0)], 204, ""),
    // A sender that repeats itself is not wrong.
    (&[("a", AT_MS, 1.0)], 204, ""),
    (&[("a", AT_MS, 2.0)], 400, "duplicate sample for timestamp"),
    (&[("a", AT_MS - 1000, 1.0)], 400, "out of order sample"),
    (&[("a", FAR_MS, 1.0)], 400, "out of bounds"),
    (&[("a", AT_MS + 1000, f64::NAN)], 204, ""),
    (&[("a", AT_MS + 1000, f64::NAN)], 204, ""),
    (&[], 204, ""),
];

#[test]
fn regain_refuses_what_it_must() {
    run(Program::Regain);
}

#[test]
fn prometheus_refuses_the_same() {
    if is_at_hand(Program::Prometheus, MODERN_PROMETHEUS) {
        run(Program::Prometheus);
    }
}

fn run(program: Program) {
    let dir = tempfile::tempdir().unwrap();
    let server = Setup::new(program, dir.path()).flag(RETENTION).start().unwrap();
    for (index, (samples, status, part)) in CASES.iter().enumerate() {
        let mut push = Push::default();
        for &(name, time_ms, value) in *samples {
            push.series(&[("__name__", name), ("job", "j")], &[(time_ms, value)]);
        }
        expect(&server, &format!("case {index}"), &push.compressed().unwrap(), *status, part);
    }
    for (what, body, status, part) in broken() {
        expect(&server, what, &body, status, part);
    }
    let kept = server
        .query("count_over_time({job!=\"\"}[1h])", Some(AT_MS as f64 / 1000.0 + 60.0))
        .unwrap();
    assert_eq!(kept.len(), 1, "what was refused left nothing: {kept:?}");
    assert_eq!(kept[0]["value"][1], "2", "what was taken is there once: {kept:?}");
}

/// Bodies that are no push at all, and one that nothing can be kept of.
fn broken() -> [(&'static str, Vec<u8>, u16, &'static str); 4] {
    let mut duplicate = Push::default();
    duplicate.series(&[("__name__", "b"), ("job", "1"), ("job", "2")], &[(AT_MS + 2000, 1.0)]);
    // The length of four gigabytes, and nothing behind it.
    let bomb = vec![0xff, 0xff, 0xff, 0xff, 0x0f, 0x00];
    [
        ("garbage", b"\x05garbage".to_vec(), 400, ""),
        ("a message cut short", snap(b"\x0a\x20\x0a\x05"), 400, ""),
        ("a bomb", bomb, 400, ""),
        // Series with labels that nothing can have are left out.
        ("a label twice", duplicate.compressed().unwrap(), 204, ""),
    ]
}

fn snap(bytes: &[u8]) -> Vec<u8> {
    // A literal of up to sixty bytes is its length, its tag and itself.
    let length = u8::try_from(bytes.len()).unwrap();
    [&[length, (length - 1) << 2], bytes].concat()
}

fn expect(server: &Server, what: &str, body: &[u8], status: u16, part: &str) {
    let answer = send(&mut server.connect().unwrap(), body).unwrap();
    let text = answer.text();
    assert!(
        answer.status == status && text.contains(part),
        "{what}: {} instead of {status}: {text}",
        answer.status
    );
}

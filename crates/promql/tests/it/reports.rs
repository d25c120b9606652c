//! What is said about cases that do not pass, and about files that cannot be read.

use regain_promql::test_language;

const LOAD: &str = "\
load 1m
  m{i=\"1\"} 1 2 3
  a{i=\"1\"} 5 5 _
  b{i=\"1\"} _ _ 6
  h {{count:1}} _ _ _ _ _ _ 4
  s@st -1m
  s 1

load_with_nhcb 1m
  c_bucket{le=\"1\"} 1
  c_bucket{le=\"+Inf\"} 2

";

/// The verdict on the only case of `case`.
fn verdict(case: &str) -> String {
    let report = test_language::run("f", &format!("{LOAD}{case}\n")).unwrap();
    assert_eq!(report.cases.len(), 1, "{case}");
    report.cases[0].verdict.to_string()
}

#[test]
fn every_difference_is_found_and_explained() {
    for (case, expected) in [
        ("eval instant at 1m m\n m{i=\"1\"} 2", "passed"),
        (
            "eval instant at 1m m\n m{i=\"1\"} 5",
            "expected 5@60000 for {__name__=\"m\", i=\"1\"}, got 2@60000",
        ),
        ("eval instant at 1m m", "unexpected series {__name__=\"m\", i=\"1\"} with 2@60000"),
        ("eval instant at 1m m\n m{i=\"1\"} 2\n n 1", "no series {__name__=\"n\"}"),
        ("eval instant at 1m m\n 2", "expected a scalar, got a vector"),
        ("eval instant at 1m 1\n {} 1", "expected a vector or matrix, got a scalar"),
        ("eval instant at 1m 1\n 2", "expected 2, got 1"),
        ("eval instant at 1m \"x\"\n expect string \"y\"", "expected \"y\", got \"x\""),
        ("eval instant at 1m m\n expect string \"y\"", "expected a string, got a vector"),
        (
            "eval instant at 1m sort(m or a)\n expect ordered\n a{i=\"1\"} 5\n m{i=\"1\"} 2",
            "expected {__name__=\"m\", i=\"1\"} at position 2, got it at 1",
        ),
        (
            "eval range from 0 to 2m step 1m m\n m{i=\"1\"} 1 _ 3",
            "expected 1@0 3@120000 for {__name__=\"m\", i=\"1\"}, got 1@0 2@60000 3@120000",
        ),
        (
            "eval range from 0 to 1m step 1m m\n m{i=\"1\"} 1 2 3",
            "more values are expected for {__name__=\"m\", i=\"1\"} than the query has steps",
        ),
        ("eval instant at 1m m +\n 1", "1:4: parse error: unexpected end of input"),
    ] {
        assert_eq!(verdict(case), expected, "{case}");
    }
}

#[test]
fn failures_and_remarks_must_be_the_expected_ones() {
    let remark = "PromQL info: metric might not be a counter, name does not end in \
                  _total/_sum/_count/_bucket: \"m\"";
    let got = format!("got [\"{}\"]", remark.replace('"', "\\\""));
    let rate = |expected: &str| {
        format!("eval instant at 2m rate(m[2m])\n {expected}\n {{i=\"1\"}} 0.0166666666")
    };
    for (case, expected) in [
        ("eval instant at 1m m\n expect fail".to_owned(), "the query did not fail".to_owned()),
        (
            "eval instant at 1m topk(NaN, m)".to_owned(),
            "the query failed: Parameter value is NaN".to_owned(),
        ),
        ("eval instant at 1m topk(NaN, m)\n expect fail".to_owned(), "passed".to_owned()),
        ("eval_fail instant at 1m topk(NaN, m)".to_owned(), "passed".to_owned()),
        (
            "eval instant at 1m topk(NaN, m)\n expect fail regex: (Ratio|Sum)".to_owned(),
            "expected the error \"(Ratio|Sum)\", got \"Parameter value is NaN\"".to_owned(),
        ),
        (
            "eval_fail instant at 1m topk(NaN, m)\n expected_fail_message no".to_owned(),
            "expected the error \"no\", got \"Parameter value is NaN\"".to_owned(),
        ),
        (rate(&format!("expect info msg: {remark}")), "passed".to_owned()),
        (rate("expect info"), "passed".to_owned()),
        (rate("expect no_warn"), "passed".to_owned()),
        (rate("expect warn"), "expected a warning \"^.*$\", got []".to_owned()),
        (rate("expect no_info"), format!("unexpected an info: {got}").replace("got ", "")),
        (rate("expect info msg: other"), format!("expected an info \"other\", {got}")),
        (
            "eval_warn instant at 1m m\n m{i=\"1\"} 2".to_owned(),
            "expected a warning, got []".to_owned(),
        ),
        (
            "eval_info instant at 1m m\n m{i=\"1\"} 2".to_owned(),
            "expected an info, got []".to_owned(),
        ),
    ] {
        assert_eq!(verdict(&case), expected, "{case}");
    }
}

#[test]
fn instant_queries_must_answer_the_same_in_every_way() {
    // Only one of the two has samples at 1m, both have at 2m, and without names they are the same.
    assert_eq!(
        verdict("eval instant at 1m abs({__name__=~\"a|b\"})\n {i=\"1\"} 5"),
        "as a range around 60000 ms: the query failed: vector cannot contain metrics with the same \
         labelset",
    );
    // `info` looks for info metrics at the time of the query, wherever its argument looks.
    let info = "load 1m\n  m{instance=\"a\"} 1 2\n  target_info{instance=\"a\", os=\"x\"} 1 1\n\n\
                eval instant at 1m info(m)\n  m{instance=\"a\", os=\"x\"} 2\n";
    let report = test_language::run("f", info).unwrap();
    assert_eq!(
        report.cases[0].verdict.to_string(),
        "with @, asked at -600000 ms: unexpected series {__name__=\"m\", instance=\"a\"} with \
         2@-600000",
    );
}

#[test]
fn histograms_are_compared_and_shown() {
    for (case, expected) in [
        ("eval instant at 1m h\n h {{count:1}}", "passed"),
        ("eval instant at 1m h\n h {{count:1 counter_reset_hint:unknown}}", "passed"),
        (
            "eval instant at 1m h\n h {{count:1 counter_reset_hint:gauge}}",
            "expected {{count:1 counter_reset_hint:gauge}}@60000 for {__name__=\"h\"}, got \
             {{count:1}}@60000",
        ),
        (
            "eval instant at 1m h\n h {{count:2 buckets:[1 1]}}",
            "expected {{count:2 buckets:[1 1]}}@60000 for {__name__=\"h\"}, got {{count:1}}@60000",
        ),
        (
            "eval instant at 1m h\n h 1",
            "expected 1@60000 for {__name__=\"h\"}, got {{count:1}}@60000",
        ),
        ("eval instant at 1m histogram_count(h)\n {} 1", "passed"),
        ("eval range from 4m to 7m step 1m h\n h {{count:1}} _ _ 4", "passed"),
        (
            "eval instant at 1m c\n c {{schema:-53 count:2 custom_values:[1] buckets:[1 1]}}",
            "passed",
        ),
        ("eval instant at 1m histogram_quantile(0.5, c_bucket)\n {} 1", "passed"),
    ] {
        assert_eq!(verdict(case), expected, "{case}");
    }
}

#[test]
fn start_timestamps_are_read() {
    for (case, expected) in [
        ("eval instant at 1m start_timestamp(s)\n {} -60", "passed"),
        ("eval instant at 1m start_timestamp(m)\n {i=\"1\"} 0", "passed"),
        ("eval instant at 1m start_timestamp(s * 1)", "passed"),
        ("eval instant at 1m s\n s 1", "passed"),
        ("eval instant at 1m start_timestamp(s)\n {} 0", "expected 0@60000 for {}, got -60@60000"),
    ] {
        assert_eq!(verdict(case), expected, "{case}");
    }
}

#[test]
fn a_report_counts_and_names_the_lines() {
    let text = format!(
        "{LOAD}eval instant at 1m m\n  m{{i=\"1\"}} 2\n\neval instant at 1m m * 2\n\neval instant at 1m \
         abs(m)\n",
    );
    let report = test_language::run("some.test", &text).unwrap();
    assert_eq!(report.to_string(), "some.test: 1 passed, 2 failed");
    assert_eq!(
        report.complaints().collect::<Vec<_>>(),
        [
            "some.test:16: m * 2\n    unexpected series {i=\"1\"} with 4@60000",
            "some.test:18: abs(m)\n    unexpected series {i=\"1\"} with 2@60000",
        ],
    );
    assert_eq!(report.list().next().as_deref(), Some("some.test:13: m"));
    let twice = report.tally() + report.tally();
    assert_eq!(twice.to_string(), "2 passed, 4 failed");
}

#[test]
fn samples_that_cannot_be_stored_stop_the_file() {
    let text = "load 1m\n  m 1 2\n\nload 30s\n  m 1 2 3\n";
    let bad = test_language::run("f.test", text).unwrap_err();
    assert_eq!(
        bad.to_string(),
        "f.test:5: the sample of m at 0 ms is refused: the series has a newer sample",
    );
}

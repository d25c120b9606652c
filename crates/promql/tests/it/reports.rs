//! What is said about cases that do not pass, and about files that cannot be read.

use regain_promql::test_language;

/// A file with a case of each kind, whose last line counts them.
#[test]
fn a_report_counts_and_explains() {
    let text = "\
load 1m
  m{i=\"1\"} 1 2 3
  h {{count:1}}
  s@st -1m
  s 1

eval instant at 1m m
  m{i=\"1\"} 2

eval instant at 1m m * 2
  {i=\"1\"} 5

eval instant at 1m sum(h)
  {} 1

eval instant at 1m m +
  {} 1

eval instant at 1m rate(s[2m])

eval range from 0 to 1m step 1m m
  m{i=\"1\"} 1 2 3

eval instant at 1m m
  expect warn msg: careful
  m{i=\"1\"} 2

eval instant at 1m m
  expect fail
";
    let report = test_language::run("some.test", text).unwrap();
    assert_eq!(
        report.to_string(),
        "some.test: 1 of 8 cases pass (5 fail, 2 unsupported)",
    );
    let complaints: Vec<String> = report.complaints().collect();
    assert_eq!(
        complaints,
        [
            "some.test:10: m * 2\n    expected 5@60000 for {i=\"1\"}, got 4@60000",
            "some.test:13: sum(h)\n    unsupported: native histograms",
            "some.test:16: m +\n    1:4: parse error: unexpected end of input",
            "some.test:19: rate(s[2m])\n    unsupported: start timestamps",
            "some.test:21: m\n    more values are expected for {__name__=\"m\", i=\"1\"} than the query has \
             steps",
            "some.test:24: m\n    expected a warning \"careful\", got []",
            "some.test:28: m\n    the query did not fail",
        ],
    );
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

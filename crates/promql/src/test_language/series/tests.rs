//! Series descriptions, good and bad.

use super::*;

/// The description as it was read: labels, then values.
fn read(text: &str) -> String {
    let series = match parse(text) {
        Ok(series) => series,
        Err(problem) => return problem.to_string(),
    };
    let values = series.values.iter().map(|value| match value {
        SeriesValue::Omitted => " _".to_owned(),
        SeriesValue::Float(value) if regain_model::is_stale(*value) => " stale".to_owned(),
        SeriesValue::Float(value) => format!(" {value}"),
        SeriesValue::Histogram(written) => format!(" {}", written.histogram.test_notation()),
    });
    series.labels.to_metric_string() + &values.collect::<String>()
}

#[test]
fn values_are_repeated_and_stepped() {
    for (text, expected) in [
        ("m", "m"),
        ("m 1 2", "m 1 2"),
        ("m{} 1x2", "m 1 1 1"),
        ("m 1+2x3", "m 1 3 5 7"),
        ("m 1-2x2", "m 1 -1 -3"),
        ("m -1+-2x1", "m -1 unexpected"),
        ("m 1e2+1e-1x1", "m 100 100.1"),
        ("m _ _x2 stale NaN -Inf +Inf inf", "m _ _ _ stale NaN -inf inf inf"),
        ("m .5 010 1_000", "m 0.5 8 1000"),
        ("{a=\"b\", \"c.d\"='e',} 1", "{a=\"b\", \"c.d\"=\"e\"} 1"),
        ("{\"m\", a=`\\n`} 1", "m{a=\"\\\\n\"} 1"),
        ("m:x:y{a='\"', b='\\''} 1", "m:x:y{a=\"\\\"\", b=\"'\"} 1"),
        (
            "h {{}} {{schema:1 count:2 buckets:[1 2 -3]}}x1 5",
            "h {{}} {{schema:1 count:2 buckets:[1 2 -3]}} {{schema:1 count:2 buckets:[1 2 -3]}} 5",
        ),
        (
            "h {{sum:NaN}}+{{sum:1 counter_reset_hint:gauge}}x1",
            "h {{sum:NaN}} {{sum:NaN counter_reset_hint:gauge}}",
        ),
        (
            "h {{count:3 buckets:[1 2]}}-{{count:1 offset:1 buckets:[1]}}x2",
            "h {{count:3 buckets:[1 2]}} {{count:2 buckets:[1 1]}} {{count:1 buckets:[1]}}",
        ),
        (
            "h {{z_bucket:2 z_bucket_w:0.1 n_buckets:[1] n_offset:-2}}",
            "h {{z_bucket:2 z_bucket_w:0.1 n_offset:-2 n_buckets:[1]}}",
        ),
        (
            "h {{schema:-53 custom_values:[5 10] buckets:[1 0 4]}}",
            "h {{schema:-53 custom_values:[5 10] buckets:[1 0 4]}}",
        ),
    ] {
        if expected.ends_with("unexpected") {
            assert!(read(text).starts_with("unexpected"), "{text}");
        } else {
            assert_eq!(read(text), expected, "{text}");
        }
    }
}

#[test]
fn bad_descriptions_are_explained() {
    for (text, expected) in [
        ("", "unexpected end of line, expected a metric name or \"{\""),
        ("1m 2", "unexpected \"1m\", expected a metric name"),
        ("m{a} 1", "unexpected '}', expected \"=\""),
        ("m{a=b} 1", "unexpected 'b', expected a string"),
        ("m{a=\"b} 1", "bad string \"b} 1"),
        ("m{a=\"b\" c=\"d\"} 1", "unexpected 'c', expected \",\" or \"}\""),
        ("m {a=\"b\"} 1", "unexpected '{', expected a number, \"_\", \"stale\" or \"{{\""),
        ("m 1+2", "unexpected end of line, expected \"x\" and how often the step is made"),
        ("m 1x", "unexpected end of line, expected a number of repetitions"),
        ("m 1x2x3", "unexpected 'x', expected a space before the next value"),
        ("m stalex3", "unexpected \"stalex3\", expected a number or \"stale\""),
        ("m 1..2", "bad number \"1..2\""),
        ("m 1x99999999999", "more than 1048576 values"),
        ("h {{schema:1.5}}", "unexpected '}', expected an integer"),
        (
            "h {{colour:1}}",
            "unexpected \"colour\", expected a histogram's schema, sum, count, buckets, …",
        ),
        ("h {{sum:1 sum:2}}", "duplicate key \"sum\" in histogram"),
        ("h {{schema:-53}}+{{}}x1", "error combining histograms of different schemas"),
        ("h {{sum:1", "unexpected end of line, expected a space or \"}}\""),
    ] {
        assert_eq!(read(text), expected, "{text}");
    }
}

use super::render;
use crate::read::Dialect;

fn check(body: &str, expected: &[&str]) {
    assert_eq!(render(body.as_bytes(), Dialect::OpenMetrics), expected, "for {body:?}");
}

#[test]
fn samples_and_metadata_are_read() {
    check(
        "# HELP a_seconds Some \\\"help\\\".\n# TYPE a_seconds counter\n# UNIT a_seconds seconds\n\
         a_seconds_total{b=\"c\",} 1 1.5\n{\"x.y\",b=\"c\"} 2\n# TYPE s stateset\n# EOF\n",
        &[
            "help a_seconds \"Some \\\"help\\\".\"",
            "type a_seconds counter",
            "unit a_seconds seconds",
            "__name__=a_seconds_total|b=c 1 @1500",
            "__name__=x.y|b=c 2",
            "type s stateset",
        ],
    );
    check("# EOF", &[]);
}

#[test]
fn exemplars_are_read() {
    check(
        "a_total 1 # {t=\"x\",u=\"y\"} 0.5\nb_total 2 3 # {} 4 5.25\n# EOF\n",
        &["__name__=a_total 1 # t=x|u=y 0.5", "__name__=b_total 2 @3000 #  4 @5250"],
    );
    check(
        "a 1 # {t=\"x\"}\n# EOF\n",
        &["error line 1: expected value after exemplar labels, at \"\""],
    );
    check("a 1 # {\"t\"} 1\n# EOF\n", &["error line 1: expected label name, at \"} 1\""]);
    check("a 1 # {t=\"x\"} 1 NaN\n# EOF\n", &["error line 1: invalid timestamp, at \"NaN\""]);
}

#[test]
fn the_end_must_be_marked_and_be_the_end() {
    check("", &["error line 1: data does not end with # EOF, at \"\""]);
    check("a 1\n", &["__name__=a 1", "error line 2: data does not end with # EOF, at \"\""]);
    check("a 1", &["error line 1: data does not end with # EOF, at \"\""]);
    check("# EOF\na 1\n", &["error line 2: unexpected data after # EOF, at \"a 1\""]);
    check("# TYPE a gauge", &["error line 1: data does not end with # EOF, at \"\""]);
}

#[test]
fn blanks_beyond_the_grammar_are_refused() {
    check("a  1\n# EOF\n", &["error line 1: expected value after metric, at \" 1\""]);
    check("a{b=\"c\" } 1\n", &["error line 1: expected comma or brace close, at \" } 1\""]);
    check("a {b=\"c\"} 1\n", &["error line 1: invalid syntax of a number, at \"{b=\\\"c\\\"} 1\""]);
    check("\n# EOF\n", &["error line 1: expected a valid start token, at \"\""]);
    check("a 1 \n# EOF\n", &["error line 1: invalid timestamp, at \"\""]);
    check(
        "# a comment\n# EOF\n",
        &["error line 1: expected a valid start token, at \"# a comment\""],
    );
}

#[test]
fn a_unit_must_end_the_name() {
    check(
        "# UNIT a_bytes seconds\n# EOF\n",
        &["error line 1: unit not a suffix of metric, at \"# UNIT a_bytes seconds\""],
    );
    check(
        "# UNIT seconds seconds\n",
        &["error line 1: unit not a suffix of metric, at \"# UNIT seconds seconds\""],
    );
}

//! Texts that are expressions, and how they print.

use crate::parser::{ParserOptions, parse};

/// Parses each text and prints it; the second text is the print where it differs.
fn check(cases: &[(&str, &str)]) {
    for (text, printed) in cases {
        let expected = if printed.is_empty() { text } else { printed };
        let expr = parse(text, &ParserOptions::all()).unwrap_or_else(|errors| {
            panic!("{text} is refused: {errors}");
        });
        assert_eq!(expr.to_string(), *expected, "{text}");
    }
}

#[test]
fn numbers_keep_their_value() {
    check(&[
        ("1", ""),
        ("+1", "1"),
        ("-1", ""),
        (".5", "0.5"),
        ("5.", "5"),
        ("1e3", "1000"),
        ("1E-3", "0.001"),
        ("1.5e+3", "1500"),
        ("0x1F", "31"),
        ("0X_1f", "31"),
        ("010", "8"),
        ("09", "9"),
        ("1_000", "1000"),
        ("0.000001", ""),
        ("1e21", "1000000000000000000000"),
        ("Inf", "+Inf"),
        ("+inf", "+Inf"),
        ("-Inf", ""),
        ("NaN", ""),
        ("-NaN", "NaN"),
        ("--1", "1"),
        ("-+-1", "1"),
        ("5m", ""),
        ("1h30m", ""),
        ("-90s", "-1m30s"),
        ("1w2d3h4m5s6ms", "9d3h4m5s6ms"),
        ("500ms", ""),
        ("1y", ""),
        ("0s", ""),
    ]);
}

#[test]
fn strings_keep_their_text() {
    check(&[
        (r#""a""#, ""),
        (r#"'a"b'"#, r#""a\"b""#),
        (r#"`raw\n"x"`"#, r#""raw\\n\"x\"""#),
        (r#""\x41\u00e9\U0001F600\101\t\\""#, r#""Aé😀A\t\\""#),
        (r#""\xff""#, ""),
        (r#""é☺""#, ""),
        (r"'it\'s'", r#""it's""#),
    ]);
}

#[test]
fn operators_bind_as_upstream_has_it() {
    check(&[
        ("1 + 2 * 3", ""),
        ("1 - 2 - 3", ""),
        ("2 ^ 3 ^ 2", ""),
        ("-2 ^ 2", ""),
        ("2 ^ -1 * 3", ""),
        ("-a * b", ""),
        ("a or b and c unless d", ""),
        ("a == b > bool c", ""),
        ("a atan2 b % c", ""),
        ("a </ 1 >/ 2", ""),
        ("(a + b) * c", ""),
        ("1 > bool 2", ""),
        ("a > 1", ""),
        ("1 <= bool a", ""),
        ("a and on () b", ""),
        ("a or ignoring (x) b", ""),
        ("a + on (x, y,) group_left b", "a + on (x, y) group_left () b"),
        ("a * on(x) group_right(y, z) b", "a * on (x) group_right (y, z) b"),
        ("a * ignoring (x) group_left () b", ""),
        (r#"a + on ("x.y", z) b"#, ""),
        (
            "a + on(by, on, sum, offset, and, bool, atan2, start) b",
            "a + on (by, on, sum, offset, and, bool, atan2, start) b",
        ),
        ("a + fill(0) b", "a + fill (0) b"),
        (
            "a + on(x) fill_left(-1) fill_right(2.5) b",
            "a + on (x) fill_left (-1) fill_right (2.5) b",
        ),
        ("a + fill_right(1e30) b", "a + fill_right (1e+30) b"),
        (
            "a * ignoring(x) group_left fill_right(5m) b",
            "a * ignoring (x) group_left () fill_right (300) b",
        ),
    ]);
}

#[test]
fn selectors_may_be_named_by_most_words() {
    check(&[
        ("up", ""),
        (":a:b", ""),
        ("up{}", "up"),
        (r#"{job="a"}"#, ""),
        (r#"{job!="a",job=~"b|c",job!~"d.*",}"#, r#"{job!="a",job!~"d.*",job=~"b|c"}"#),
        (r#"up{job="a", instance='b', path=`c`}"#, r#"up{instance="b",job="a",path="c"}"#),
        (r#"{"my.metric"}"#, r#"{__name__="my.metric"}"#),
        (
            r#"{"my.metric", "label.name"="x", a="b"}"#,
            r#"{"label.name"="x",__name__="my.metric",a="b"}"#,
        ),
        (r#"{__name__="up"}"#, ""),
        (r#"up{b="1",a="2"}"#, r#"up{a="2",b="1"}"#),
        ("sum", ""),
        (r#"sum{job="a"}"#, ""),
        ("count_values", ""),
        ("offset", ""),
        ("by", ""),
        ("without", ""),
        ("and", ""),
        ("or or unless", ""),
        ("start", ""),
        ("step + range", ""),
        ("fill", ""),
        ("fill + fill_left", ""),
        ("MIN_OF", ""),
        ("Sum", ""),
        ("anchored anchored", ""),
        ("smoothed smoothed", ""),
        (r#"{a="", b!=""}"#, r#"{a="",b!=""}"#),
        (r#"up{or="x", and="y"}"#, r#"up{and="y",or="x"}"#),
    ]);
}

#[test]
fn selectors_look_at_other_times() {
    check(&[
        ("a offset 5m", ""),
        ("a offset -1h30m", ""),
        ("a offset 300", "a offset 5m"),
        ("a offset 0", "a"),
        ("a @ 10", "a @ 10.000"),
        ("a @ -1.5", "a @ -1.500"),
        ("a @ 1603774568.1234", "a @ 1603774568.123"),
        ("a @ 5m", "a @ 300.000"),
        ("a @ start()", ""),
        ("a @ end() offset 5m", ""),
        ("a offset 5m @ 10", "a @ 10.000 offset 5m"),
        ("a[5m]", ""),
        ("a[300]", "a[5m]"),
        ("a[1.5]", "a[1s500ms]"),
        ("a[5m] offset 1w", ""),
        ("a[5m] @ 0", "a[5m] @ 0.000"),
        (r#"a{b="c"}[1h] @ end() offset -5m"#, ""),
        ("a[5m:1m]", ""),
        ("a[5m:]", ""),
        ("a[5m:30]", "a[5m:30s]"),
        ("sum(a)[5m:] offset 3m @ start()", "sum(a)[5m:] @ start() offset 3m"),
        ("(a + b)[1h:5m]", ""),
        ("a offset 5m[10m:1m]", ""),
        ("a[5m] anchored", ""),
        ("a[5m] smoothed", ""),
        ("a smoothed", ""),
        ("a smoothed [5m]", "a[5m] smoothed"),
        ("a[5m] anchored @ 5 offset 1m", "a[5m] anchored @ 5.000 offset 1m"),
    ]);
}

#[test]
fn durations_are_computed() {
    check(&[
        ("a[5m+1m]", "a[5m + 1m]"),
        ("a[5m * 2 ^ 3]", ""),
        ("a[-(1m - 2m)]", ""),
        ("a[(5m)]", "a[5m]"),
        ("a[((1m+2m))*3]", "a[(1m + 2m) * 3]"),
        ("a[step()]", ""),
        ("a[range() / 2:step()]", ""),
        ("a[max_of(step(), 5m)]", ""),
        (
            "a[min_of(1m, 2m) : max_of(10s, step() * 2)]",
            "a[min_of(1m, 2m):max_of(10s, step() * 2)]",
        ),
        ("a offset step()", ""),
        ("a offset -step()", ""),
        ("a offset +range()", "a offset range()"),
        ("a offset (1m + 2m)", ""),
        ("a offset -(1m + 2m)", ""),
        ("a offset (5m)", "a offset 5m"),
        ("a offset (1m) * 2", "a offset (1m * 2)"),
        ("a offset -(1m) * b", "a offset -1m * b"),
        ("a offset 5m + 3", ""),
        ("a offset --5m", "a offset 5m"),
        ("a offset --5m * 2", "a offset (5m * 2)"),
        ("a offset -2^2", "a offset -2s ^ 2"),
        ("a offset min_of(1m, step())", ""),
        ("a offset -max_of(1m, step())", ""),
        ("a[1h30m % 7m]", ""),
    ]);
}

#[test]
fn aggregations_have_their_clause_on_either_side() {
    check(&[
        ("sum(a)", ""),
        ("sum by (x) (a)", ""),
        ("sum(a) by (x, y)", "sum by (x, y) (a)"),
        ("sum without () (a)", ""),
        ("sum(a) without (x,)", "sum without (x) (a)"),
        ("sum by () (a)", "sum(a)"),
        ("SUM BY (X) (a)", "sum by (X) (a)"),
        ("topk(3, a)", ""),
        ("topk by (x) (3, a)", ""),
        ("quantile(0.9, a) by (x)", "quantile by (x) (0.9, a)"),
        (r#"count_values("le", a)"#, ""),
        ("limitk(2, a)", ""),
        ("limit_ratio(-0.5, a)", ""),
        (r#"group(a) by ("a.b", c)"#, r#"group by ("a.b", c) (a)"#),
        ("bottomk(scalar(b), a)", ""),
    ]);
}

#[test]
fn functions_are_called() {
    check(&[
        ("time()", ""),
        ("rate(a[5m])", ""),
        (r#"label_replace(a, "dst", "$1", "src", "(.*)")"#, ""),
        (r#"label_join(a, "dst", "-")"#, ""),
        (r#"label_join(a, "dst", "-", "x", "y")"#, ""),
        ("round(a)", ""),
        ("round(a, 5)", ""),
        ("hour()", ""),
        ("hour(a)", ""),
        ("info(a)", ""),
        ("info(a, {})", ""),
        (r#"info(a, {b="c", "d.e"=~"f"})"#, r#"info(a, {"d.e"=~"f",b="c"})"#),
        ("sort_by_label(a)", ""),
        (r#"sort_by_label_desc(a, "x", "y")"#, ""),
        (r#"histogram_quantiles(a, "q", 0.5, 0.9)"#, ""),
        ("start() + end() + step() + range()", ""),
        ("max_of(1, 2) - min_of(time(), 3)", ""),
        ("absent(sum(a) or vector(1))", ""),
        ("histogram_quantile(0.9, sum by (le) (rate(a[5m])))", ""),
        ("quantile_over_time(0.5, a[5m])", ""),
        ("scalar(a) > bool 1", ""),
        ("vector(1) > 1", ""),
        ("-rate(a[5m])", ""),
        ("+a", ""),
        ("- a offset 5m", "-a offset 5m"),
    ]);
}

#[test]
fn comments_and_spaces_are_left_out() {
    check(&[
        ("a # the end", "a"),
        (" a ", "a"),
        ("sum # why\n  ( a # what\n  ) ", "sum(a)"),
        ("{ # in braces\n  a=\"b\" }", r#"{a="b"}"#),
        ("a\t+\r\nb", "a + b"),
        ("1 # comment\n", "1"),
        ("a[5m # comment\n :1m]", "a[5m:1m]"),
    ]);
}

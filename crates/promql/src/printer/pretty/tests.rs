//! Long expressions over several lines.

use super::{pretty, pretty_within};
use crate::parser::{ParserOptions, parse};

fn check(text: &str, lines: &[&str]) {
    let expr = parse(text, &ParserOptions::all()).unwrap();
    assert_eq!(pretty(&expr).lines().collect::<Vec<_>>(), lines, "{text}");
}

#[test]
fn nothing_is_longer_than_it_may_be() {
    let expr = parse(&format!("a{}", " + a".repeat(4000)), &ParserOptions::all()).unwrap();
    let text = pretty(&expr);
    assert!(text.len() > 15_000_000);
    assert_eq!(pretty_within(&expr, text.len()), Some(text.clone()));
    assert_eq!(pretty_within(&expr, text.len() - 1), None);
    assert_eq!(pretty_within(&expr, 100), None);
}

#[test]
fn short_expressions_stay_in_a_line() {
    check("sum ( a ) by (x)\n+ b", &["sum by (x) (a) + b"]);
    check("a{b='c'}[5m:]", &[r#"a{b="c"}[5m:]"#]);
}

#[test]
fn the_line_is_a_hundred_bytes_long() {
    let name = |len: usize| "a".repeat(len);
    let (half, longer) = (name(48), name(49));
    check(&format!("{half} + {longer}"), &[&format!("{half} + {longer}")]);
    let half = format!("  {longer}");
    check(&format!("{longer} + {longer}"), &[&half, "+", &half]);
}

#[test]
fn operands_are_indented_around_their_operator() {
    check(
        "sum by (instance, job) (rate(node_cpu_seconds_total{mode!=\"idle\", instance=~\"h-.*\"}[5m])) \
         / on (instance) group_left count by (instance) (node_cpu_seconds_total)",
        &[
            r#"  sum by (instance, job) (rate(node_cpu_seconds_total{instance=~"h-.*",mode!="idle"}[5m]))"#,
            "/ on (instance) group_left ()",
            "  count by (instance) (node_cpu_seconds_total)",
        ],
    );
    check(
        "-(sum(rate(http_requests_total{job=\"api-server\", code=~\"5..\"}[5m])) \
         >= bool sum(rate(http_requests_total{job=\"api-server\"}[1h])))",
        &[
            "-(",
            r#"    sum(rate(http_requests_total{code=~"5..",job="api-server"}[5m]))"#,
            "  >= bool",
            r#"    sum(rate(http_requests_total{job="api-server"}[1h]))"#,
            ")",
        ],
    );
}

#[test]
fn arguments_have_a_line_each() {
    check(
        "label_replace(up{job=\"api-server\", instance=\"some-long-instance:9090\"}, \"new_label\", \
         \"$1\", \"instance\", \"(.*):[0-9]+\")",
        &[
            "label_replace(",
            r#"  up{instance="some-long-instance:9090",job="api-server"},"#,
            r#"  "new_label","#,
            r#"  "$1","#,
            r#"  "instance","#,
            r#"  "(.*):[0-9]+""#,
            ")",
        ],
    );
    check(
        "topk(3, avg_over_time((http_requests_total{job=\"api-server\", code=~\"5..\"} + \
         http_requests_total{job=\"other-server\"})[1h:5m] offset 1d))",
        &[
            "topk(",
            "  3,",
            "  avg_over_time(",
            r#"    (http_requests_total{code=~"5..",job="api-server"} + http_requests_total{job="other-server"})[1h:5m] offset 1d"#,
            "  )",
            ")",
        ],
    );
}

#[test]
fn selectors_are_never_split() {
    let selector = format!("a{{{}=\"c\"}}[5m] offset 5m", "b".repeat(100));
    check(&selector, &[&selector]);
}

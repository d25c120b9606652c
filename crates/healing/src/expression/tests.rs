use regain_model::Labels;

use super::{Expression, Query};

fn query(text: &str, labels: &[(&str, &str)]) -> Query {
    let labels = Labels::from_pairs(labels.iter().copied());
    Expression::parse(text).unwrap().query(&labels).unwrap()
}

#[test]
fn a_label_becomes_the_value_of_a_matcher_and_nothing_else() {
    let text = r#"state{instance="{{ $labels.instance }}",job=~"a|{{.Labels.job}}"} == 1"#;
    let hostile = r#"x"} or vector(1) #"#;
    let asked = query(text, &[("instance", hostile), ("job", "b.*")]);
    let selector = r#"state{instance="x\"} or vector(1) #",job=~"a|b\\.\\*"}"#;
    assert_eq!(asked.selectors, [selector]);
    assert_eq!(asked.expr, format!("{selector} == 1"));
}

#[test]
fn only_selectors_of_the_present_can_be_fresh() {
    let asked = query("rate(a[5m]) > rate(a[5m] offset 1d) and on () b", &[]);
    assert_eq!(asked.selectors, ["a", "b"]);
}

#[test]
fn refuses_what_cannot_be_filled_in_safely() {
    let refused = [
        (r#"label_replace(a, "x", "{{ $labels.job }}", "", "")"#, "can only stand in the value"),
        (r#"a{b="{{ $value }}"}"#, "names no label"),
        (r#"a{b="{{ $labels.c"}"#, "names no label"),
        ("vector(1)", "selects no series"),
        ("a offset 5m", "selects no series"),
        ("a ==", "unexpected end"),
    ];
    for (text, wanted) in refused {
        let error = Expression::parse(text).unwrap_err().to_string();
        assert!(error.contains(wanted), "{text}: {error}");
    }
}

#[test]
fn a_missing_label_is_an_error() {
    let expression = Expression::parse(r#"a{b="{{ $labels.c }}"}"#).unwrap();
    let error = expression.query(&Labels::empty()).unwrap_err();
    assert_eq!(error.to_string(), r#"the alert has no label "c""#);
}

#[test]
fn asks_for_the_scrape_target_of_an_alert() {
    let labels = Labels::from_pairs([("instance", "h:9100"), ("job", "node"), ("severity", "x")]);
    let asked = Expression::up_of(&labels).unwrap();
    assert_eq!(asked.expr, r#"up{instance="h:9100",job="node"} == 1"#);
    assert_eq!(Expression::up_of(&Labels::empty()), None);
}

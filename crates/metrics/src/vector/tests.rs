use super::*;

fn vector() -> CounterVec {
    let family = Family { name: "c_total".into(), help: "".into(), kind: MetricKind::Counter };
    Vector::new(family, &["a", "b"], Counter::new)
}

fn exposed(vector: &CounterVec) -> Vec<(Vec<String>, MetricValue)> {
    let mut families = Vec::new();
    vector.collect(&mut families);
    families
        .remove(0)
        .metrics
        .into_iter()
        .map(|metric| {
            let values = metric.labels.into_iter().map(|label| label.value.into_owned()).collect();
            (values, metric.value)
        })
        .collect()
}

#[test]
fn equal_values_count_together_and_shifted_values_apart() {
    let vector = vector();
    vector.with(&["x", "yz"]).inc();
    vector.with(&["x", "yz"]).inc();
    vector.with(&["xy", "z"]).inc();
    let mut seen = exposed(&vector);
    seen.sort_by(|a, b| a.0.cmp(&b.0));
    assert_eq!(
        seen,
        [
            (vec!["x".to_owned(), "yz".to_owned()], MetricValue::Number(2.0)),
            (vec!["xy".to_owned(), "z".to_owned()], MetricValue::Number(1.0)),
        ]
    );
}

#[test]
fn removed_values_are_no_longer_exposed() {
    let vector = vector();
    vector.with(&["1", ""]).inc();
    vector.with(&["2", ""]).inc();
    vector.with(&["3", ""]).inc();
    vector.remove(&["1", ""]);
    vector.retain(|values| values[0] != "3");
    assert_eq!(exposed(&vector), [(vec!["2".to_owned(), String::new()], MetricValue::Number(1.0))]);
}

#[test]
fn label_sets_beyond_the_limit_share_one_metric() {
    let vector = vector();
    for i in 0..LABEL_SETS_MAX + 3 {
        vector.with(&[&i.to_string(), ""]).inc();
    }
    let seen = exposed(&vector);
    assert_eq!(seen.len(), LABEL_SETS_MAX + 1);
    let overflow = vec![OVERFLOW_VALUE.to_owned(); 2];
    assert!(seen.contains(&(overflow, MetricValue::Number(3.0))));
}

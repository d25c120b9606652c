//! Rules that are evaluated at times of the caller's choice.

use std::sync::Arc;
use std::time::Duration;

use regain_model::{Labels, Timestamp};
use regain_promql::{Engine, ParserOptions, parse};
use regain_rules::{
    AlertSettings, ExternalUrl, OfflineEvaluation, OfflineOptions, Rule, RuleGroup, RuleKind,
    RuleSet, Texts,
};
use regain_storage::memory::MemoryStore;

fn group(name: &str, rule: &str, query: &str, kind: RuleKind) -> RuleGroup {
    let expr = parse(query, &ParserOptions::default()).unwrap();
    RuleGroup {
        file: "r.yml".into(),
        name: name.into(),
        interval: Duration::ZERO,
        query_offset: None,
        limit: 0,
        rules: vec![Arc::new(Rule::new(rule, expr, Texts::new(), kind))],
    }
}

#[test]
fn groups_see_the_results_of_those_before_them_at_once() {
    let store = MemoryStore::new();
    let input = Labels::from_pairs([("__name__", "m"), ("i", "x")]);
    store.add(&input, [(Timestamp(0), 1.0), (Timestamp(60_000), 1.0)]).unwrap();
    let settings = AlertSettings { hold: Duration::from_mins(1), ..AlertSettings::default() };
    let groups = vec![
        group("a", "doubled", "2 * m", RuleKind::Recording),
        group("b", "High", "doubled > 1", RuleKind::Alerting(settings)),
        group(
            "c",
            "broken",
            "label_replace({i=\"x\"}, \"a\", \"\", \"\", \"\")",
            RuleKind::Recording,
        ),
    ];
    let options = OfflineOptions {
        store: Arc::new(store.clone()),
        source: Arc::new(store.clone()),
        engine: Engine::default(),
        parser: ParserOptions::default(),
        external_url: ExternalUrl::default(),
    };
    let set = RuleSet { groups, ..RuleSet::default() };
    let mut evaluation = OfflineEvaluation::new(options, set);
    evaluation.evaluate(Duration::ZERO);
    assert_eq!(evaluation.firing("High").count(), 0);
    evaluation.evaluate(Duration::from_mins(1));
    let firing: Vec<_> = evaluation.firing("High").map(|alert| alert.labels.to_string()).collect();
    assert_eq!(firing, [r#"{alertname="High", i="x"}"#]);
    assert_eq!(evaluation.firing("Low").count(), 0);
    let failing: Vec<_> = evaluation.failures().map(|(name, _)| name).collect();
    assert_eq!(failing, ["broken"]);
    let series: Vec<_> =
        store.to_vec().iter().map(|(labels, _)| labels.to_metric_string()).collect();
    assert!(series.contains(&r#"ALERTS{alertname="High", alertstate="firing", i="x"}"#.to_owned()));
}

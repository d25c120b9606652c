//! Rules that are evaluated at times of the caller's choice.

use std::sync::Arc;
use std::time::Duration;

use regain_model::{Buckets, Histogram, Labels, Matcher, STALE_NAN, Span, Timestamp, is_stale};
use regain_promql::{Engine, ParserOptions, parse};
use regain_rules::{
    AlertSettings, ExternalUrl, OfflineEvaluation, OfflineOptions, Rule, RuleGroup, RuleKind,
    RuleSet, Texts,
};
use regain_storage::memory::MemoryStore;
use regain_storage::{Appender as _, Batch, Ctx, Queryable as _, Selection, Value, is_histogram};

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

#[test]
fn native_histograms_are_recorded_whole_and_so_is_their_end() {
    let store = MemoryStore::new();
    let mut writer = store.writer();
    for (job, count) in [("a", 2.0), ("b", 3.0)] {
        let positive = Buckets::run(1, vec![count]);
        let histogram = Histogram { count, sum: count / 2.0, positive, ..Histogram::default() };
        let labels = Labels::from_pairs([("__name__", "h"), ("job", job)]);
        let series = writer.series(&labels).unwrap();
        let value = Value::Histogram(Arc::new(histogram));
        writer.stage_value(series, Timestamp(0), Timestamp(0), value);
        writer.stage_value(series, Timestamp(60_000), Timestamp(0), Value::Float(STALE_NAN));
    }
    writer.commit().unwrap();
    let options = OfflineOptions {
        store: Arc::new(store.clone()),
        source: Arc::new(store.clone()),
        engine: Engine::default(),
        parser: ParserOptions::default(),
        external_url: ExternalUrl::default(),
    };
    // A number beside it goes the same way.
    let query = r#"sum(h) or label_replace(vector(7), "kind", "number", "", "")"#;
    let groups = vec![group("a", "recorded", query, RuleKind::Recording)];
    let mut evaluation = OfflineEvaluation::new(options, RuleSet { groups, ..RuleSet::default() });
    evaluation.evaluate(Duration::ZERO);
    evaluation.evaluate(Duration::from_mins(1));
    assert_eq!(evaluation.failures().count(), 0);

    let ctx = Arc::new(Ctx::default());
    let matchers = [Matcher::equal("__name__", "recorded"), Matcher::equal("kind", "")];
    let snapshot = store.snapshot(Span::ALL, &ctx).unwrap();
    let mut parts = snapshot.select(&Selection::new(&matchers, Span::ALL), &ctx).unwrap();
    let mut batch = Batch::default();
    parts.next().unwrap().unwrap().decode(0..1, &mut batch).unwrap();
    let recorded: Vec<String> = batch.histograms.iter().map(ToString::to_string).collect();
    assert_eq!(recorded, ["{count:5, sum:2.5, (1,2]:5}"]);
    let cells = batch.floats_of(&batch.runs[0]);
    assert!(is_histogram(cells[0]) && is_stale(cells[1]) && cells.len() == 2);
    let numbers: Vec<_> = store
        .to_vec()
        .into_iter()
        .filter(|(labels, _)| labels.get("kind") == Some("number"))
        .flat_map(|(_, samples)| samples)
        .collect();
    assert_eq!(numbers, [(Timestamp(0), 7.0), (Timestamp(60_000), 7.0)]);
}

use regain_model::MatchOp;

use super::*;

fn filled() -> MemoryStore {
    let store = MemoryStore::new();
    for (job, values) in [("b", [1.0, 2.0, 3.0]), ("a", [4.0, 5.0, 6.0])] {
        let labels = Labels::from_pairs([("__name__", "up"), ("job", job)]);
        let samples = values.iter().zip(0..).map(|(value, at)| (Timestamp(at * 1000), *value));
        store.add(&labels, samples).unwrap();
    }
    store
}

fn selected(store: &MemoryStore, matchers: &[Matcher], span: Span) -> Vec<(String, Vec<f64>)> {
    let ctx = Arc::new(Ctx::default());
    let snapshot = store.snapshot(span, &ctx).unwrap();
    let selection = Selection { order: Order::Labels, ..Selection::new(matchers, span) };
    let mut parts = snapshot.select(&selection, &ctx).unwrap();
    let (mut found, mut batch) = (Vec::new(), Batch::default());
    while let Some(mut part) = parts.next().unwrap() {
        let series = part.series().to_vec();
        part.decode(0..series.len(), &mut batch).unwrap();
        for run in &batch.runs {
            let labels = ctx.labels.labels(series[run.series as usize].labels);
            found.push((labels.to_string(), batch.floats_of(run).to_vec()));
        }
    }
    found
}

#[test]
fn selects_by_matchers_and_a_closed_span_in_label_order() {
    let store = filled();
    let all = Matcher::equal("__name__", "up");
    let span = Span::new(Timestamp(1000), Timestamp(2000));
    let expected = [
        (r#"{__name__="up", job="a"}"#.to_owned(), vec![5.0, 6.0]),
        (r#"{__name__="up", job="b"}"#.to_owned(), vec![2.0, 3.0]),
    ];
    assert_eq!(selected(&store, std::slice::from_ref(&all), span), expected);
    let not_a = Matcher::new("job", MatchOp::NotRegex, "a|c").unwrap();
    assert_eq!(selected(&store, &[all, not_a], span), expected[1..]);
}

#[test]
fn a_snapshot_does_not_see_what_comes_later() {
    let store = filled();
    let ctx = Arc::new(Ctx::default());
    let snapshot = store.snapshot(Span::ALL, &ctx).unwrap();
    store.add(&Labels::from_pairs([("late", "yes")]), [(Timestamp(0), 1.0)]).unwrap();
    assert_eq!(snapshot.label_names(&[], 0).unwrap(), ["__name__", "job"]);
    let later = store.snapshot(Span::ALL, &ctx).unwrap();
    assert_eq!(later.label_names(&[], 0).unwrap(), ["__name__", "job", "late"]);
    assert_eq!(later.label_values("job", &[], 1).unwrap(), ["a"]);
}

#[test]
fn answers_each_sample_and_forgets_what_is_rolled_back() {
    let store = MemoryStore::new();
    let mut appender = store.appender(&LaneKey::push("test", "job", "instance")).unwrap();
    let series = appender.series(&Labels::from_pairs([("a", "1")])).unwrap();
    assert_eq!(appender.stage(series, Timestamp(10), 1.0), Verdict::Accepted);
    assert_eq!(appender.stage(series, Timestamp(10), 1.0), Verdict::Accepted);
    assert_eq!(appender.stage(series, Timestamp(10), 2.0), Verdict::Duplicate);
    assert_eq!(appender.stage(series, Timestamp(9), 1.0), Verdict::OutOfOrder);
    assert_eq!(appender.stage(SeriesRef(99), Timestamp(11), 1.0), Verdict::UnknownSeries);
    appender.rollback();
    assert_eq!(appender.commit().unwrap(), Committed::default());
    let mut refused = Vec::new();
    appender.stage_row(Timestamp(5), &[series, SeriesRef(99)], &[7.0, 8.0], &mut refused);
    assert_eq!(refused, [(1, Verdict::UnknownSeries)]);
    assert_eq!(appender.commit().unwrap(), Committed { samples: 1, series_created: 1 });
    assert_eq!(store.to_vec()[0].1, [(Timestamp(5), 7.0)]);
}

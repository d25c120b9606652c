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

#[test]
fn histograms_come_back_beside_floats_with_what_is_known_about_resets() {
    use regain_model::{Buckets, Histogram, ResetHint, STALE_NAN};

    use crate::{Appender as _, Value, Verdict, histogram_index};

    let histogram = |count: f64| {
        let positive = Buckets::run(0, vec![count]);
        Arc::new(Histogram { count, positive, ..Histogram::default() })
    };
    let stale = Arc::new(Histogram { sum: STALE_NAN, ..Histogram::default() });
    let store = MemoryStore::new();
    let mut writer = store.writer();
    let series = writer.series(&Labels::from_pairs([("__name__", "h")])).unwrap();
    let values = [
        Value::Histogram(histogram(1.0)),
        Value::Histogram(histogram(2.0)),
        Value::Float(7.0),
        Value::Histogram(histogram(3.0)),
        Value::Histogram(histogram(1.0)),
        Value::Histogram(stale),
        Value::Histogram(histogram(2.0)),
    ];
    for (time, value) in (0..).zip(values) {
        assert_eq!(
            writer.stage_value(series, Timestamp(time), Timestamp(0), value),
            Verdict::Accepted
        );
    }
    let again = Value::Histogram(histogram(2.0));
    assert_eq!(writer.stage_value(series, Timestamp(6), Timestamp(0), again), Verdict::Accepted);
    let other = Value::Histogram(histogram(9.0));
    assert_eq!(
        writer.stage_value(series, Timestamp(6), Timestamp(0), other.clone()),
        Verdict::Duplicate
    );
    assert_eq!(writer.stage_value(series, Timestamp(5), Timestamp(0), other), Verdict::OutOfOrder);
    assert_eq!(writer.commit().unwrap().samples, 7);

    let ctx = Arc::new(Ctx::default());
    let span = Span::new(Timestamp(1), Timestamp(6));
    let snapshot = store.snapshot(span, &ctx).unwrap();
    let mut parts = snapshot.select(&Selection::new(&[], span), &ctx).unwrap();
    let mut batch = Batch::default();
    parts.next().unwrap().unwrap().decode(0..1, &mut batch).unwrap();
    let cells = batch.floats_of(&batch.runs[0]);
    let found: Vec<Option<(f64, ResetHint)>> = cells
        .iter()
        .map(|&cell| {
            let at = usize::try_from(histogram_index(cell)?).unwrap();
            Some((batch.histograms[at].count, batch.histograms[at].hint))
        })
        .collect();
    let expected = [
        Some((2.0, ResetHint::NotReset)),
        None,
        Some((3.0, ResetHint::Unknown)),
        Some((1.0, ResetHint::Unknown)),
        None,
        Some((2.0, ResetHint::Unknown)),
    ];
    assert_eq!(found, expected);
    assert_eq!((cells[1].to_bits(), cells[4].to_bits()), (7.0_f64.to_bits(), STALE_NAN.to_bits()));
}

#[test]
fn a_view_tells_the_lowest_time_that_came_or_went_since_a_mark() {
    let store = filled();
    let ctx = Arc::new(Ctx::default());
    let view = || store.snapshot(Span::ALL, &ctx).unwrap();
    let before = view();
    let (mark, everything) = before.changed_since(0);
    assert_eq!(everything, Some(Timestamp(i64::MIN)));
    assert_eq!(before.changed_since(mark), (mark, None));
    let labels = Labels::from_pairs([("__name__", "up"), ("job", "late")]);
    store.add(&labels, [(Timestamp(9000), 1.0)]).unwrap();
    let (after_late, changed) = view().changed_since(mark);
    assert_eq!(changed, Some(Timestamp(9000)));
    assert_eq!(before.changed_since(mark), (mark, None), "an old view saw something new");
    let a = [Matcher::equal("job", "a")];
    assert_eq!(store.delete(&a, Span::new(Timestamp(500), Timestamp(1500))), 1);
    assert_eq!(store.delete(&a, Span::new(Timestamp(500), Timestamp(1500))), 0);
    assert_eq!(view().changed_since(mark).1, Some(Timestamp(1000)));
    assert_eq!(view().changed_since(after_late).1, Some(Timestamp(1000)));
    let left = selected(&store, &a, Span::ALL);
    assert_eq!(left, [(r#"{__name__="up", job="a"}"#.to_owned(), vec![4.0, 6.0])]);
}

#[test]
fn series_come_in_label_order_whether_or_not_they_are_found_by_name() {
    let store = MemoryStore::new();
    for (name, job) in [("up", "b"), ("", "d"), ("down", "c"), ("up", "a"), ("up", "c")] {
        let labels = Labels::from_pairs([("__name__", name), ("job", job)]);
        store.add(&labels, [(Timestamp(1), 1.0)]).unwrap();
    }
    let found = |matchers: &[Matcher]| -> Vec<String> {
        selected(&store, matchers, Span::ALL).into_iter().map(|(labels, _)| labels).collect()
    };
    let up = |job: &str| format!(r#"{{__name__="up", job="{job}"}}"#);
    assert_eq!(found(&[Matcher::equal("__name__", "up")]), [up("a"), up("b"), up("c")]);
    let c = Matcher::equal("job", "c");
    let down = r#"{__name__="down", job="c"}"#.to_owned();
    assert_eq!(found(std::slice::from_ref(&c)), [down, up("c")]);
    assert_eq!(found(&[Matcher::equal("__name__", "up"), c]), [up("c")]);
    assert_eq!(found(&[Matcher::equal("__name__", "")]), [r#"{job="d"}"#]);
    assert_eq!(found(&[Matcher::equal("__name__", "gone")]), Vec::<String>::new());
}

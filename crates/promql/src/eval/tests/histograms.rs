//! The same where series hold histograms, or floats and histograms.

use std::sync::Arc;

use regain_model::{Buckets, Histogram, ResetHint};
use regain_storage::{Appender as _, Value as Stored};

use super::*;

/// The answer and what is said with it, as text: numbers by their bits, histograms with hints.
fn text(result: &QueryResult) -> Vec<String> {
    let Value::Matrix(series) = &result.value else { panic!("a range query has a matrix") };
    let mut lines: Vec<String> = bits(result).iter().map(|row| format!("{row:?}")).collect();
    for series in series {
        for point in &series.histograms {
            let notation = point.histogram.test_notation();
            lines.push(format!("{} {} {notation}", series.labels, point.time.0));
        }
    }
    let remarks = result.warnings.iter().chain(&result.infos);
    lines.extend(remarks.map(|remark| remark.message().to_owned()));
    lines
}

fn stored(series: &[Vec<(i64, Stored)>]) -> MemoryStore {
    let store = MemoryStore::new();
    for (index, samples) in series.iter().enumerate() {
        let (group, id) = ((index % 3).to_string(), index.to_string());
        let labels =
            Labels::from_pairs([("__name__", "m"), ("group", group.as_str()), ("id", id.as_str())]);
        let mut writer = store.writer();
        let reference = writer.series(&labels).unwrap();
        for (time, value) in samples {
            writer.stage_value(reference, Timestamp(*time), Timestamp(0), value.clone());
        }
        writer.commit().unwrap();
    }
    store
}

fn histogram() -> impl Strategy<Value = Stored> {
    let counts = prop::collection::vec((0..9_u8).prop_map(f64::from), 1..5);
    let hint = prop::sample::select(vec![ResetHint::Unknown, ResetHint::Gauge]);
    (-1..3_i32, -3..3_i32, counts, hint).prop_map(|(schema, offset, counts, hint)| {
        let count = counts.iter().sum();
        let positive = Buckets::run(offset, counts);
        let sum = count * 1.5;
        let histogram = Histogram { hint, schema, count, sum, positive, ..Histogram::default() };
        Stored::Histogram(Arc::new(histogram))
    })
}

fn mixed_samples() -> impl Strategy<Value = Vec<(i64, Stored)>> {
    let any = prop_oneof![5 => histogram(), 1 => value().prop_map(Stored::Float)];
    let only = histogram();
    let gaps = prop_oneof![
        prop::collection::vec((1..40_i64, any), 0..40),
        prop::collection::vec((1..40_i64, only), 0..40),
    ];
    gaps.prop_map(|gaps| {
        let mut time = 0;
        gaps.into_iter()
            .map(|(gap, value)| {
                time += gap * 700;
                (time, value)
            })
            .collect()
    })
}

fn more_nodes() -> Vec<Node> {
    let mut all = nodes();
    all.extend([
        select("m"),
        times(select("m"), -0.5),
        abs(times(select("m"), 2.0)),
        aggregate(AggregateOp::Sum, None, select("m")),
        aggregate(AggregateOp::Avg, None, over_steps("last_over_time", select("m"))),
        over_series("increase", 90 * SECOND),
        over_series("irate", 90 * SECOND),
        over_series("resets", 90 * SECOND),
        over_steps("avg_over_time", times(select("m"), 3.0)),
        over_steps("rate", select("m")),
    ]);
    all
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(16))]

    #[test]
    fn chains_in_one_go_answer_like_whole_vectors_of_histograms(
        series in prop::collection::vec(mixed_samples(), 1..9),
    ) {
        let store = stored(&series);
        for delayed_name_removal in [false, true] {
            let features = Features { delayed_name_removal, ..Features::default() };
            let options = EngineOptions { features, ..with_workers(1) };
            for node in more_nodes() {
                let fused = ask(&store, &node, &options, true);
                let plain = ask(&store, &node, &options, false);
                prop_assert_eq!(text(&fused), text(&plain), "{:?}", node);
            }
        }
    }
}

#[test]
fn several_workers_answer_like_one_about_histograms() {
    let series: Vec<Vec<(i64, Stored)>> = (0..520_i32)
        .map(|id| {
            (0..200_i32)
                .map(|k| {
                    let counts = vec![f64::from(k * 3 + id % 7), f64::from(k), 1.0];
                    let count = counts.iter().sum();
                    let positive = Buckets::run(id % 5, counts);
                    let histogram = Histogram { count, positive, ..Histogram::default() };
                    (i64::from(k) * 5 * SECOND, Stored::Histogram(Arc::new(histogram)))
                })
                .collect()
        })
        .collect();
    let store = stored(&series);
    for node in [
        select("m"),
        aggregate(AggregateOp::Sum, None, select("m")),
        aggregate(AggregateOp::Avg, None, times(select("m"), -0.5)),
        aggregate(AggregateOp::LimitK, Some(2.0), over_series("irate", 30 * SECOND)),
    ] {
        let one = text(&ask(&store, &node, &with_workers(1), true));
        assert!(!one.is_empty(), "{node:?}");
        assert_eq!(one, text(&ask(&store, &node, &with_workers(3), true)), "{node:?}");
    }
}

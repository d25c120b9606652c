//! Our side: the engine over the store in memory, its answers in the referee's terms.

use std::collections::BTreeMap;

use regain_model::{Buckets, Histogram, KeySeed, Labels, ResetHint, SeriesKey, Timestamp};
use regain_promql::test_language::{SeriesValue, parse_series};
use regain_promql::{
    Annotation, Engine, EngineOptions, Features, ParserOptions, QueryOptions, QueryResult,
    QueryStats, StepStats, Steps, Value, parse,
};
use regain_storage::memory::MemoryStore;
use regain_storage::{Appender as _, Value as Stored, Verdict};
use regain_tests::oracle::{
    Answer, Bucket, Eval, Float, Load, LoadedSeries, Native, Number, Series, Stats,
};

/// The data of some cases.
#[derive(Debug, Default)]
pub(crate) struct World {
    store: MemoryStore,
}

/// Brings the series into the order in which our store hands them out. Upstream's store keeps the order in which
/// they came, so that both engines add up in the same order.
pub(crate) fn order(load: &mut Load) {
    load.series.sort_by_cached_key(|series| SeriesKey::of_labels(KeySeed(0), &labels_of(series)));
}

/// The labels of a series.
pub(crate) fn labels_of(series: &LoadedSeries) -> Labels {
    parse_series(&series.text).expect("the generator writes series").labels
}

impl World {
    pub(crate) fn of(load: &Load) -> Self {
        let world = Self::default();
        for series in &load.series {
            world.add(series, load.step_ms);
        }
        world
    }

    fn add(&self, loaded: &LoadedSeries, step_ms: i64) {
        let series = parse_series(&loaded.text).expect("the generator writes series");
        let mut writer = self.store.writer();
        let reference = writer.series(&series.labels).expect("made-up series have labels");
        for ((at, value), index) in (0..).zip(series.values).zip(0_usize..) {
            let value = match value {
                SeriesValue::Omitted => continue,
                SeriesValue::Float(value) => Stored::Float(value),
                SeriesValue::Histogram(written) => Stored::Histogram(written.histogram),
            };
            let start = Timestamp(loaded.starts_ms.get(index).copied().unwrap_or_default());
            let verdict = writer.stage_value(reference, Timestamp(at * step_ms), start, value);
            assert_eq!(verdict, Verdict::Accepted, "{}", loaded.text);
        }
        writer.commit().expect("memory takes everything");
    }

    pub(crate) fn eval(&self, eval: &Eval) -> Answer {
        self.try_eval(eval)
            .unwrap_or_else(|error| Answer { error: Some(error), ..Answer::default() })
    }

    #[expect(
        clippy::panic_in_result_fn,
        reason = "an error is an answer; a contradiction is a bug"
    )]
    fn try_eval(&self, eval: &Eval) -> Result<Answer, String> {
        let expr = parse(&eval.expr, &language(eval)).map_err(|errors| errors.to_string())?;
        let answer = |counted| {
            let engine = engine(eval, counted);
            let ctx = engine.context();
            let (start, end) = (Timestamp(eval.start_ms), Timestamp(eval.end_ms));
            let result = if eval.step_ms == 0 {
                engine.instant(&self.store, &expr, start, &ctx)
            } else {
                let steps = Steps { start, end, step_ms: eval.step_ms };
                engine.range(&self.store, &expr, steps, &ctx)
            };
            result.map(|result| rendered(result, &eval.expr)).map_err(|error| error.to_string())
        };
        // Statistics are had by another way of evaluation, from which everything else must come as well.
        let (answer, mut counted) = (answer(false)?, answer(true)?);
        let stats = counted.stats.take();
        assert_eq!(answer, Answer { stats: None, ..counted }, "counted: {}", eval.expr);
        Ok(Answer { stats, ..answer })
    }
}

pub(super) fn language(eval: &Eval) -> ParserOptions {
    ParserOptions {
        experimental_functions: has(eval, "promql-experimental-functions"),
        duration_expressions: has(eval, "promql-duration-expr"),
        extended_range_selectors: has(eval, "promql-extended-range-selectors"),
        fill_modifiers: has(eval, "promql-binop-fill-modifiers"),
    }
}

fn engine(eval: &Eval, counted: bool) -> Engine {
    let features = Features {
        delayed_name_removal: has(eval, "promql-delayed-name-removal"),
        type_and_unit_labels: has(eval, "type-and-unit-labels"),
        start_timestamps: has(eval, "use-start-timestamps"),
    };
    let lookback_delta_ms = (eval.lookback_ms > 0).then_some(eval.lookback_ms);
    let options = EngineOptions { workers: 1, features, ..EngineOptions::default() };
    Engine::new(options).with(QueryOptions { lookback_delta_ms, counted })
}

fn has(eval: &Eval, feature: &str) -> bool {
    eval.features.iter().any(|name| name == feature)
}

fn rendered(result: QueryResult, query: &str) -> Answer {
    let texts = |annotations: Vec<Annotation>| {
        let mut texts: Vec<String> =
            annotations.iter().map(|annotation| annotation.in_query(query)).collect();
        texts.sort();
        texts
    };
    let mut answer = Answer {
        kind: result.value.type_name().to_owned(),
        warnings: texts(result.warnings),
        infos: texts(result.infos),
        stats: stats(result.stats, &result.steps),
        ..Answer::default()
    };
    match result.value {
        Value::Scalar(scalar) => {
            let floats = vec![Float { t: scalar.time.0, v: Number(scalar.value) }];
            answer.series.push(Series { floats, ..Series::default() });
        }
        Value::String(text) => answer.text = text.value,
        Value::Vector(samples) => answer.series.extend(samples.iter().map(|sample| {
            let mut series = Series { labels: labels(&sample.labels), ..Series::default() };
            match &sample.histogram {
                Some(histogram) => series.histograms.push(native(sample.time, histogram)),
                None => series.floats.push(Float { t: sample.time.0, v: Number(sample.value) }),
            }
            series
        })),
        Value::Matrix(all) => answer.series.extend(all.iter().map(|series| {
            let point =
                |point: &regain_promql::Point| Float { t: point.time.0, v: Number(point.value) };
            let histograms = series.histograms.iter();
            Series {
                labels: labels(&series.labels),
                floats: series.points.iter().map(point).collect(),
                histograms: histograms.map(|held| native(held.time, &held.histogram)).collect(),
            }
        })),
    }
    answer
}

fn stats(all: QueryStats, steps: &[StepStats]) -> Option<Stats> {
    let per_step = |of: fn(&StepStats) -> u64| steps.iter().map(of).collect();
    (!steps.is_empty()).then(|| Stats {
        total: all.samples_total,
        read: all.samples_read,
        peak: all.samples_peak,
        total_per_step: per_step(|step| step.samples_total),
        read_per_step: per_step(|step| step.samples_read),
    })
}

fn labels(labels: &Labels) -> BTreeMap<String, String> {
    labels.iter().map(|(name, value)| (name.to_owned(), value.to_owned())).collect()
}

fn native(time: Timestamp, histogram: &Histogram) -> Native {
    let bounds = histogram.custom_bounds().iter().map(|&bound| Number(bound)).collect();
    Native {
        t: time.0,
        schema: histogram.schema,
        count: Number(histogram.count),
        sum: Number(histogram.sum),
        zero_threshold: Number(histogram.zero_threshold),
        zero_count: Number(histogram.zero_count),
        positive: buckets(&histogram.positive),
        negative: buckets(&histogram.negative),
        bounds,
        hint: match histogram.hint {
            ResetHint::Unknown => "unknown",
            ResetHint::Reset => "reset",
            ResetHint::NotReset => "not_reset",
            ResetHint::Gauge => "gauge",
        }
        .to_owned(),
    }
}

fn buckets(buckets: &Buckets) -> Vec<Bucket> {
    let filled = buckets.iter().filter(|(_, count)| *count != 0.0);
    filled.map(|(index, count)| Bucket { index, count: Number(count) }).collect()
}

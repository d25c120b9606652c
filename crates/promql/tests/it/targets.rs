//! What holds for any bytes. The fuzz targets in `fuzz/` run these, and so do the property tests.

use std::sync::{Arc, LazyLock};

use regain_model::Timestamp;
use regain_promql::test_language::{SeriesValue, parse_series};
use regain_promql::{
    Engine, EngineOptions, Expr, ParserOptions, Steps, parse, parse_draft, pretty,
};
use regain_storage::memory::MemoryStore;
use regain_storage::{Appender as _, ByteBudget, BytePool, Ctx, Value};

use crate::bare::bare;
use crate::grammar::Grammar;

/// What a query may hold in memory.
const BYTES_MAX: u64 = 16 << 20;
const SAMPLES_MAX: u64 = 200_000;

/// One sample each minute.
const SERIES: [&str; 12] = [
    r#"m{i="1",j="a"} 1+2x9 3 4 _ _ _ 5+1x9"#,
    r#"m{i="2",j="a"} 5x9 stale _ 7x9"#,
    r#"m{i="3",j="b"} NaN Inf -Inf 0 -0 1e308x3 {{schema:1 sum:4 count:4 buckets:[1 2 1]}}x9"#,
    r#"n{i="1",j="a"} 10-1x25"#,
    r#"n{i="1",j="b"} _x5 1x3 _x12 2x3"#,
    r#"{__name__="n",i="é","a.b"="x"} 4x20"#,
    r#"h{i="1"} {{schema:0 sum:1 count:2 buckets:[1 1]}}+{{schema:0 sum:1 count:2 buckets:[1 1]}}x20"#,
    r#"h{i="2"} {{schema:-53 custom_values:[1 5] sum:9 count:3 buckets:[1 1 1]}}x8 stale {{count:1}}x3"#,
    r#"b{i="1",le="1"} 1+1x25"#,
    r#"b{i="1",le="5"} 2+2x25"#,
    r#"b{i="1",le="+Inf"} 3+3x25"#,
    r#"target_info{i="1",j="a",x="y"} 1x25"#,
];

static STORE: LazyLock<MemoryStore> = LazyLock::new(|| {
    let store = MemoryStore::new();
    let mut writer = store.writer();
    for text in SERIES {
        let text = parse_series(text).expect("the series are well written");
        let series = writer.series(&text.labels).expect("the store takes any labels");
        for (time, value) in (0..).map(|minute| Timestamp(minute * 60_000)).zip(text.values) {
            let value = match value {
                SeriesValue::Omitted => continue,
                SeriesValue::Float(value) => Value::Float(value),
                SeriesValue::Histogram(written) => Value::Histogram(Arc::clone(&written.histogram)),
            };
            writer.stage_value(series, time, Timestamp(0), value);
        }
    }
    writer.commit().expect("the store takes any samples");
    store
});

/// Any text is parsed or refused. What is parsed prints to itself, and a draft says what the parser says.
pub(crate) fn check_text(text: &str) {
    let options = ParserOptions::all();
    let draft = parse_draft(text, &options);
    match parse(text, &options) {
        Ok(expr) => {
            assert_eq!(draft.errors, [], "{text:?}");
            check_prints(&expr);
            // As text, because NaN is nothing's equal.
            assert_eq!(format!("{:?}", draft.expr), format!("{:?}", Some(expr)), "{text:?}");
        }
        Err(errors) => {
            let strict: Vec<_> = errors.iter().collect();
            let first: Vec<_> = draft.errors.iter().take(strict.len()).collect();
            assert_eq!(first, strict, "{text:?}");
        }
    }
    let within = |at: std::ops::Range<u32>| at.start <= at.end && at.end as usize <= text.len();
    assert!(draft.errors.iter().all(|error| within(error.position())), "{text:?}");
}

/// An expression prints, in one line and in several, as a text that parses to the same expression.
fn check_prints(expr: &Expr) {
    let expected = format!("{:?}", bare(expr.clone()));
    for print in [expr.to_string(), pretty(expr)] {
        match parse(&print, &ParserOptions::all()) {
            Ok(again) => assert_eq!(expected, format!("{:?}", bare(again)), "{print}"),
            // The canonical form of a text that is as long as it may be is longer.
            Err(error) => assert!(print.len() > regain_promql::TEXT_BYTES_MAX, "{error}: {print}"),
        }
    }
}

/// Any valid expression has an answer or an error, within its budgets, and gives back what it took.
pub(crate) fn evaluate(bytes: &[u8]) {
    let text = Grammar::new(bytes).expr();
    let expr = match parse(&text, &ParserOptions::all()) {
        Ok(expr) => expr,
        Err(error) => panic!("{error}: {text}"),
    };
    check_prints(&expr);
    let engine = Engine::new(EngineOptions { workers: 1, ..EngineOptions::default() });
    let pool = Arc::new(BytePool::new(BYTES_MAX));
    let steps = Steps { start: Timestamp(-60_000), end: Timestamp(1_800_000), step_ms: 45_000 };
    for over_time in [false, true] {
        let bytes = ByteBudget::new(BYTES_MAX, Arc::clone(&pool));
        let ctx = Arc::new(Ctx::limited(SAMPLES_MAX, bytes));
        let answer = if over_time {
            engine.range(&*STORE, &expr, steps, &ctx)
        } else {
            engine.instant(&*STORE, &expr, Timestamp(600_000), &ctx)
        };
        // Some have none, such as a number for two series with the same labels.
        drop(answer);
        assert!(ctx.budget.peak() <= SAMPLES_MAX, "{text}");
        assert!(ctx.bytes.peak() <= BYTES_MAX, "{text}");
        drop(ctx);
        assert_eq!(pool.held(), 0, "{text}");
    }
}

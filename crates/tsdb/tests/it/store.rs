//! A store in memory for tests, and what it holds in a comparable form.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;

use regain_model::{KeySeed, Labels, Matcher, Span, Timestamp};
use regain_storage::fs::MemFs;
use regain_storage::{
    Appendable as _, Appender, Batch, Ctx, LaneKey, Queryable, Result, Selection, Snapshot,
};
use regain_tsdb::{Db, Options, ReplayReport, Retention};

/// Every series with its samples: times and bits.
pub(crate) type Content = BTreeMap<String, Vec<(i64, u64)>>;

/// One series with its samples.
pub(crate) type Samples = (String, Vec<(i64, u64)>);

pub(crate) fn options() -> Options {
    Options {
        seed: KeySeed(42),
        retention: Retention::ENDLESS,
        future_max_ms: 0,
        past_max_ms: 0,
        ..Options::default()
    }
}

pub(crate) fn open(fs: &MemFs) -> (Db, ReplayReport) {
    open_with(fs, options())
}

pub(crate) fn open_with(fs: &MemFs, options: Options) -> (Db, ReplayReport) {
    Db::open(Path::new("/data"), Arc::new(fs.clone()), options).unwrap()
}

pub(crate) fn series(number: usize) -> Labels {
    let (instance, odd) = ((number / 4).to_string(), if number % 2 == 1 { "yes" } else { "" });
    Labels::from_pairs([
        ("__name__", ["a", "b", "c", "d"][number % 4]),
        ("instance", instance.as_str()),
        ("odd", odd),
    ])
}

/// The name under which a series stands in [`Content`].
pub(crate) fn key_of(labels: &Labels) -> String {
    labels.to_string()
}

/// Lane 0 is one of pushes, the others are scraped.
pub(crate) fn lane_key(number: usize) -> LaneKey {
    match number {
        0 => LaneKey::push("sender", "job", "instance"),
        _ => LaneKey::scrape(&series(number), "http://localhost"),
    }
}

pub(crate) fn lane(db: &Db, number: usize) -> Box<dyn Appender> {
    db.appender(&lane_key(number)).unwrap()
}

/// Appends one sample of every series in `which` at `time`.
pub(crate) fn append_row(db: &Db, lane_number: usize, which: std::ops::Range<usize>, time: i64) {
    let mut appender = lane(db, lane_number);
    let refs: Vec<_> =
        which.clone().map(|number| appender.series(&series(number)).unwrap()).collect();
    let values: Vec<f64> = which.map(|number| value(number, time)).collect();
    let mut refused = Vec::new();
    appender.stage_row(Timestamp(time), &refs, &values, &mut refused);
    assert_eq!(refused, []);
    appender.commit().unwrap();
}

pub(crate) fn value(number: usize, time: i64) -> f64 {
    (time / 10 * i64::try_from(number % 7).unwrap()) as f64 / 8.0
}

/// Fails with the first difference.
pub(crate) fn assert_same(found: &Content, expected: &Content, context: &str) {
    for series in found.keys().chain(expected.keys()) {
        let (found, expected) = (found.get(series), expected.get(series));
        if found != expected {
            let tail = |samples: Option<&Vec<(i64, u64)>>| {
                let times = samples.into_iter().flatten().map(|sample| sample.0);
                (samples.map_or(0, Vec::len), times.rev().take(5).collect::<Vec<_>>())
            };
            panic!("{series}: {:?}, expected {:?}; {context}", tail(found), tail(expected));
        }
    }
}

pub(crate) fn content(store: &dyn Queryable) -> Content {
    content_of(store, &[], Span::ALL)
}

pub(crate) fn content_of(store: &dyn Queryable, matchers: &[Matcher], span: Span) -> Content {
    try_content(store, matchers, span).unwrap()
}

pub(crate) fn try_content(
    store: &dyn Queryable,
    matchers: &[Matcher],
    span: Span,
) -> Result<Content> {
    let ctx = Arc::new(Ctx::default());
    let snapshot = store.snapshot(span, &ctx)?;
    Ok(try_read(&*snapshot, &Selection::new(matchers, span), &ctx)?.into_iter().collect())
}

/// What a query finds, and what it is warned of.
pub(crate) fn content_and_warnings(
    store: &dyn Queryable,
    matchers: &[Matcher],
    span: Span,
) -> (Content, Vec<String>) {
    let ctx = Arc::new(Ctx::default());
    let snapshot = store.snapshot(span, &ctx).unwrap();
    let found = read(&*snapshot, &Selection::new(matchers, span), &ctx);
    (found.into_iter().collect(), ctx.warnings.to_vec())
}

/// What a query of a span is warned of.
pub(crate) fn warnings(store: &dyn Queryable, span: Span) -> Vec<String> {
    content_and_warnings(store, &[], span).1
}

/// What a query is given.
pub(crate) fn ctx() -> Arc<Ctx> {
    Arc::new(Ctx::default())
}

/// The series of a selection in their order; those without samples are left out.
pub(crate) fn read(
    snapshot: &dyn Snapshot,
    selection: &Selection<'_>,
    ctx: &Arc<Ctx>,
) -> Vec<Samples> {
    try_read(snapshot, selection, ctx).unwrap()
}

#[expect(clippy::panic_in_result_fn, reason = "a broken promise fails the test")]
fn try_read(
    snapshot: &dyn Snapshot,
    selection: &Selection<'_>,
    ctx: &Arc<Ctx>,
) -> Result<Vec<Samples>> {
    let mut parts = snapshot.select(selection, ctx)?;
    let (mut all, mut batch) = (Vec::new(), Batch::default());
    while let Some(mut part) = parts.next()? {
        let metas = part.series().to_vec();
        part.decode(0..metas.len(), &mut batch)?;
        for run in &batch.runs {
            let meta = &metas[run.series as usize];
            let bits = batch.floats_of(run).iter().map(|value| value.to_bits());
            let samples: Vec<_> = batch.times_of(run).iter().copied().zip(bits).collect();
            assert!(samples.windows(2).all(|pair| pair[0].0 < pair[1].0), "times ascend");
            assert!(samples.len() as u64 <= meta.samples_max, "a bound of the samples");
            all.push((key_of(&ctx.labels.labels(meta.labels)), samples));
        }
    }
    Ok(all)
}

//! Asking.

use std::sync::Arc;

use regain_model::{MatchOp, Matcher, Span, Timestamp};
use regain_storage::{Batch, Ctx, Order, Queryable as _, Result, Selection, Want};
use regain_tsdb::Db;

use crate::cpu::CpuClock;
use crate::{Settings, open};

const REPEATS: usize = 9;

/// Runs a measurement several times and prints the median.
fn measure(only: &str, name: &str, mut run: impl FnMut() -> Result<u64>) -> Result<()> {
    if !name.contains(only) {
        return Ok(());
    }
    let mut times = Vec::new();
    let mut count = 0;
    for _ in 0..REPEATS {
        let start = CpuClock::now();
        count = run()?;
        times.push(start.elapsed().as_secs_f64() * 1e6);
    }
    times.sort_by(f64::total_cmp);
    let median = times[REPEATS / 2];
    let each = median * 1e3 / (count as f64).max(1.0);
    println!("{name}: {median:.0} us for {count}, {each:.2} ns each");
    Ok(())
}

/// Selects, and decodes where that is asked for; returns the number of series or of samples.
fn select(db: &Db, selection: &Selection<'_>) -> Result<u64> {
    let ctx = Arc::new(Ctx::default());
    let snapshot = db.snapshot(selection.span, &ctx)?;
    let mut parts = snapshot.select(selection, &ctx)?;
    let (mut count, mut batch) = (0, Batch::default());
    while let Some(mut part) = parts.next()? {
        if selection.want == Want::Nothing {
            count += part.series().len() as u64;
            continue;
        }
        part.decode(0..part.series().len(), &mut batch)?;
        count += batch.runs.iter().map(|run| batch.floats_of(run).len() as u64).sum::<u64>();
    }
    Ok(count)
}

fn matcher(name: &str, op: MatchOp, value: &str) -> Matcher {
    Matcher::new(name, op, value).expect("the benchmark's expressions are valid")
}

pub(crate) fn run(settings: &Settings) -> Result<()> {
    ask(&open(settings)?, settings)
}

/// Asks a store.
pub(crate) fn ask(db: &Db, settings: &Settings) -> Result<()> {
    let measure =
        |name: &str, run: &mut dyn FnMut() -> Result<u64>| measure(&settings.only, name, run);
    let max = db.stats().max_time.unwrap_or(0);
    let max = max + 2000;
    let hour = Span::new(Timestamp(max - 3_600_000), Timestamp(max));
    let last = Span::new(Timestamp(max - 300_000), Timestamp(max));
    let metric = [matcher("__name__", MatchOp::Equal, "metric_3_total")];
    let one = [
        matcher("instance", MatchOp::Equal, "10.0.0.7:9100"),
        matcher("__name__", MatchOp::Equal, "metric_3_total"),
        matcher("device", MatchOp::Equal, "device2"),
    ];
    let regex = [matcher("instance", MatchOp::Regex, "10.0.0.1.*")];
    let suffix = [matcher("__name__", MatchOp::Regex, ".*3_total")];
    for (name, matchers) in
        [("one series", &one[..]), ("metric", &metric), ("regex", &regex), ("suffix", &suffix)]
    {
        let all = Selection::new(matchers, hour);
        let nothing = Selection { want: Want::Nothing, ..all };
        measure(&format!("select {name}"), &mut || select(db, &nothing))?;
        let labels = Selection { order: Order::Labels, ..nothing };
        measure(&format!("select {name} by labels"), &mut || select(db, &labels))?;
        measure(&format!("decode {name}, all"), &mut || select(db, &all))?;
        let recent = Selection { span: last, ..all };
        measure(&format!("decode {name}, 5 min"), &mut || select(db, &recent))?;
    }
    let everything = Selection { want: Want::Nothing, ..Selection::new(&[], hour) };
    measure("select everything", &mut || select(db, &everything))?;
    let recent = Selection { span: last, ..everything };
    measure("select everything, 5 min", &mut || select(db, &recent))?;
    measure("decode everything, 5 min", &mut || {
        select(db, &Selection { want: Want::Floats, ..recent })
    })?;
    measure("decode everything", &mut || {
        select(db, &Selection { want: Want::Floats, ..everything })
    })?;
    let ctx = Arc::new(Ctx::default());
    let snapshot = db.snapshot(hour, &ctx)?;
    measure("label values", &mut || Ok(snapshot.label_values("instance", &[], 0)?.len() as u64))?;
    measure("label values of a metric", &mut || {
        Ok(snapshot.label_values("instance", &metric, 0)?.len() as u64)
    })?;
    measure("label names of a metric", &mut || Ok(snapshot.label_names(&metric, 0)?.len() as u64))
}

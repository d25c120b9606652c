//! Churn: a fleet that is replaced in each period, so that nearly all series ever seen have left.

use std::sync::Arc;

use regain_model::{Labels, Matcher, Span, Timestamp};
use regain_storage::{Appendable as _, Ctx, LaneKey, Queryable as _, Result, Selection, Want};
use regain_tsdb::Db;

use crate::cpu::CpuClock;
use crate::fleet::Target;
use crate::{Settings, clean, open, resident_bytes};

const PERIOD_MS: i64 = 2 * 3_600_000;

/// Lets a fleet write one row, and says how long it took for each of its series.
fn write(db: &Db, fleet: usize, settings: &Settings, time: i64) -> Result<f64> {
    let targets: Vec<Target> = (0..settings.lanes)
        .map(|lane| Target::new(fleet * settings.lanes + lane, settings.series))
        .collect();
    let start = CpuClock::now();
    for target in &targets {
        let key = LaneKey::scrape(&target.labels[0], "http://localhost");
        let mut appender = db.appender(&key)?;
        let refs = target.labels.iter().map(|labels: &Labels| appender.series(labels));
        let refs = refs.collect::<Result<Vec<_>>>()?;
        appender.stage_row(Timestamp(time), &refs, &target.values, &mut Vec::new());
        appender.commit()?;
    }
    Ok(start.elapsed().as_secs_f64() * 1e9 / settings.total_series())
}

fn tick(db: &Db, time: i64) -> Result<f64> {
    let start = CpuClock::now();
    db.tick(Timestamp(time))?;
    let ticked = start.elapsed().as_secs_f64() * 1e3;
    while db.merge(&|| true)? {}
    Ok(ticked)
}

/// Selects what matches in a span; returns the number of series, and how long it took in microseconds.
fn select(db: &Db, matchers: &[Matcher], span: Span) -> Result<(u64, f64)> {
    let start = CpuClock::now();
    let ctx = Arc::new(Ctx::default());
    let snapshot = db.snapshot(span, &ctx)?;
    let selection = Selection { want: Want::Nothing, ..Selection::new(matchers, span) };
    let (mut parts, mut count) = (snapshot.select(&selection, &ctx)?, 0);
    while let Some(part) = parts.next()? {
        count += part.series().len() as u64;
    }
    Ok((count, start.elapsed().as_secs_f64() * 1e6))
}

fn print(db: &Db, what: &str, resident: f64, seen: f64) {
    let stats = db.stats();
    println!(
        "{what}: {seen:.0} series seen, {} in memory, {} in {} archives with {:.1} B each on disk and {:.2} B in \
         memory; index {:.1} MB, {:.1} MB more resident",
        stats.head.series,
        stats.archives_series,
        stats.archives,
        stats.archives_bytes as f64 / (stats.archives_series as f64).max(1.0),
        stats.archives_memory_bytes as f64 / (stats.archives_series as f64).max(1.0),
        stats.head.index_bytes as f64 / 1e6,
        resident / 1e6,
    );
}

/// Replaces the fleet `rows` times, then lets one come that is new, and one come back.
pub(crate) fn run(settings: &Settings) -> Result<()> {
    clean(settings)?;
    let db = open(settings)?;
    let before = resident_bytes();
    let mut time = 0;
    db.tick(Timestamp(time))?;
    for fleet in 0..settings.rows {
        let created = write(&db, fleet, settings, time + 1000)?;
        write(&db, fleet, settings, time + PERIOD_MS / 2)?;
        time += PERIOD_MS;
        let ticked = tick(&db, time)?;
        if fleet < 2 || fleet + 1 == settings.rows {
            println!(
                "fleet {fleet}: {created:.0} ns for a new series, the cut took {ticked:.0} ms"
            );
            let seen = (fleet + 1) as f64 * settings.total_series();
            print(&db, "after it", resident_bytes() - before, seen);
        }
    }
    let recent = Span::new(Timestamp(time - PERIOD_MS), Timestamp(time));
    let metric = [Matcher::equal("__name__", "metric_3_total")];
    let one =
        [Matcher::equal("__name__", "metric_3_total"), Matcher::equal("instance", "10.0.0.7:9100")];
    for (what, matchers, span) in [
        ("one metric, recent", &metric[..], recent),
        ("one metric, all time", &metric, Span::ALL),
        ("one target's of a metric, all time", &one, Span::ALL),
        ("everything, recent", &[], recent),
    ] {
        select(&db, matchers, span)?;
        let (count, us) = select(&db, matchers, span)?;
        println!("select {what}: {count} series in {us:.0} us");
    }
    let back = write(&db, 1, settings, time + 2000)?;
    println!("a fleet that comes back: {back:.0} ns a series");
    drop(db);
    let before = resident_bytes();
    let db = open(settings)?;
    print(&db, "after a start", resident_bytes() - before, 0.0);
    Ok(())
}

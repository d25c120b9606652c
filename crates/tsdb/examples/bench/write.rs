//! Appending, sealing, restarting.

use std::time::Duration;

use regain_model::{Labels, Timestamp};
use regain_storage::{Appendable as _, Appender, LaneKey, Result, SeriesRef};
use regain_tsdb::Db;

use crate::cpu::CpuClock;
use crate::fleet::Target;
use crate::{Settings, open, resident_bytes};

struct Writer {
    target: Target,
    appender: Box<dyn Appender>,
    refs: Vec<SeriesRef>,
}

/// Removes what an earlier run left.
pub(crate) fn clean(settings: &Settings) -> Result<()> {
    let removed = std::fs::remove_dir_all(&settings.dir);
    match removed {
        Err(source) if source.kind() != std::io::ErrorKind::NotFound => {
            let path = settings.dir.clone();
            Err(regain_storage::Error::Io { operation: "remove", path, source })
        }
        _ => Ok(()),
    }
}

fn writers(db: &Db, settings: &Settings) -> Result<Vec<Writer>> {
    (0..settings.lanes)
        .map(|number| {
            let target = Target::new(number, settings.series);
            let name = Labels::from_pairs([("instance", format!("{number}"))]);
            let appender = db.appender(&LaneKey::scrape(&name, "http://target/metrics"))?;
            Ok(Writer { target, appender, refs: Vec::new() })
        })
        .collect()
}

/// What the steps have cost.
#[derive(Debug, Default)]
struct Costs {
    create: Duration,
    append: Duration,
    tick: Duration,
    tick_max: Duration,
    sync: Duration,
    samples: u64,
    refused: usize,
}

/// Writes all rows; the store ticks and syncs once a row.
fn write(db: &Db, writers: &mut [Writer], settings: &Settings) -> Result<Costs> {
    let mut costs = Costs::default();
    let start = CpuClock::now();
    for writer in &mut *writers {
        for labels in &writer.target.labels {
            writer.refs.push(writer.appender.series(labels)?);
        }
    }
    costs.create = start.elapsed();
    let mut refused = Vec::new();
    let mut time = 1_700_000_000_000;
    for _ in 0..settings.rows {
        time += settings.step_ms;
        for (number, writer) in (0..).zip(&mut *writers) {
            writer.target.step();
            let start = CpuClock::now();
            writer.appender.stage_row(
                Timestamp(time + number),
                &writer.refs,
                &writer.target.values,
                &mut refused,
            );
            costs.samples += writer.appender.commit()?.samples;
            costs.append += start.elapsed();
        }
        let start = CpuClock::now();
        db.sync()?;
        costs.sync += start.elapsed();
        let start = CpuClock::now();
        db.tick(Timestamp(time))?;
        costs.tick += start.elapsed();
        costs.tick_max = costs.tick_max.max(start.elapsed());
    }
    costs.refused = refused.len();
    Ok(costs)
}

fn print(db: &Db, costs: &Costs, settings: &Settings, memory_before: f64) {
    let samples = costs.samples as f64;
    let per_sample = |duration: Duration| duration.as_secs_f64() * 1e9 / samples;
    let stats = db.stats();
    let series = settings.total_series();
    println!("{samples} samples of {series} series, {} refused", costs.refused);
    println!("create: {:.0} ns/series", costs.create.as_secs_f64() * 1e9 / series);
    println!("append: {:.1} ns/sample with the log's write(2)", per_sample(costs.append));
    let tick_max = costs.tick_max.as_secs_f64() * 1e3;
    println!("ticks: {:.1} ns/sample, longest {tick_max:.0} ms", per_sample(costs.tick));
    println!("syncs: {:.1} ns/sample", per_sample(costs.sync));
    println!("log: {:.2} B/sample", stats.wal_written_bytes as f64 / samples);
    let sealed = stats.segments_samples as f64;
    println!(
        "segments: {} with {:.2} B/sample, {:.1} KiB of memory each",
        stats.segments,
        stats.segments_bytes as f64 / sealed.max(1.0),
        stats.segments_memory_bytes as f64 / 1024.0 / (stats.segments as f64).max(1.0),
    );
    println!(
        "memory a series: {:.0} B resident, {:.0} B index, {:.0} B unsealed ({:.1} samples)",
        (resident_bytes() - memory_before) / series,
        stats.head.index_bytes as f64 / series,
        stats.head.samples_bytes as f64 / series,
        stats.head.samples as f64 / series,
    );
}

/// A store that has just taken all rows.
pub(crate) fn filled(settings: &Settings) -> Result<Db> {
    clean(settings)?;
    let db = open(settings)?;
    let mut writers = writers(&db, settings)?;
    write(&db, &mut writers, settings)?;
    Ok(db)
}

pub(crate) fn append(settings: &Settings) -> Result<()> {
    clean(settings)?;
    let db = open(settings)?;
    let mut writers = writers(&db, settings)?;
    let before = resident_bytes();
    let costs = write(&db, &mut writers, settings)?;
    print(&db, &costs, settings, before);
    Ok(())
}

/// Appends, seals, and merges all that there is to merge.
pub(crate) fn merge(settings: &Settings) -> Result<()> {
    append(settings)?;
    let db = open(settings)?;
    db.seal()?;
    let start = CpuClock::now();
    while db.merge(&|| true)? {}
    let stats = db.stats();
    let samples = stats.segments_samples as f64;
    println!(
        "merges: {}, {:.1} ns/sample; segments: {} with {:.3} B/sample, {:.1} KiB of memory each",
        stats.merges,
        start.elapsed().as_secs_f64() * 1e9 / samples,
        stats.segments,
        stats.segments_bytes as f64 / samples,
        stats.segments_memory_bytes as f64 / 1024.0 / stats.segments as f64,
    );
    Ok(())
}

pub(crate) fn restart(settings: &Settings) -> Result<()> {
    append(settings)?;
    // Nothing is closed: the directory is as a killed process leaves it.
    for _ in 0..3 {
        let db = open(settings)?;
        let start = CpuClock::now();
        db.tick(Timestamp(1_700_000_000_000))?;
        println!("first tick: {:.1} ms", start.elapsed().as_secs_f64() * 1e3);
    }
    Ok(())
}

//! `promtool tsdb bench write`: how many samples the store takes.
//!
//! As in the original, series come from a file, each a thousand of them have a writer, all writers work at once,
//! and all wait for each other after a hundred scrapes.

use std::collections::BTreeSet;
use std::fs::File;
use std::io::{self, BufRead as _, BufReader};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::thread::ScopedJoinHandle;
use std::time::Duration;

use regain_go_format::{append_float_g, go_duration};
use regain_model::{KeySeed, Labels, Timestamp};
use regain_storage::fs::RealFs;
use regain_storage::{Appendable as _, LaneKey, Result as StoreResult};
use regain_tsdb::{Db, Options, Retention};

use super::{Bar, TsdbError};
use crate::flags::Line;
use crate::{clock, exit, runtime};

/// The time between two scrapes.
const SCRAPE_MS: i64 = 30_000;
/// So many scrapes are one round.
const ROUND: usize = 100;
/// So many series have one writer.
const WRITER_SERIES: usize = 1000;
/// All series begin with this value and grow by that.
const FIRST_VALUE: u32 = 123_456_789;
const VALUE_STEP: u32 = 1000;
/// Where the store is below the output path.
const STORE_DIR: &str = "storage";

/// Why nothing can be measured.
#[derive(Debug, thiserror::Error)]
pub(super) enum BenchError {
    /// The input cannot be read.
    #[error("open {}: {source}", .path.display())]
    Input {
        /// The file.
        path: PathBuf,
        /// What the operating system says.
        source: io::Error,
    },
    /// A line of the input has no label set.
    #[error("{}:{line}: expected {{\"name\":\"value\",...}}", .path.display())]
    Line {
        /// The file.
        path: PathBuf,
        /// The line, from 1.
        line: usize,
    },
    /// What an earlier run has left cannot be removed.
    #[error("remove {}: {source}", .path.display())]
    Remove {
        /// The directory.
        path: PathBuf,
        /// What the operating system says.
        source: io::Error,
    },
}

pub(super) fn run(line: &Line) -> Result<(), TsdbError> {
    let out = PathBuf::from(line.text("out"));
    match std::fs::remove_dir_all(&out) {
        Err(source) if source.kind() != io::ErrorKind::NotFound => {
            return Err(BenchError::Remove { path: out, source }.into());
        }
        _ => {}
    }
    let options = Options {
        seed: KeySeed(1),
        retention: Retention::ENDLESS,
        // Scrapes come as fast as they can, from the beginning of time.
        future_max_ms: 0,
        past_max_ms: 0,
        ..Options::default()
    };
    let (db, _) = Db::open(&out.join(STORE_DIR), Arc::new(RealFs), options)?;
    let input = Path::new(line.arguments.first().map_or("", String::as_str));
    let (series, _) = measured("readData", || read_series(input, line.count("metrics")))?;
    let (samples, took) =
        measured("ingestScrapes", || ingest(&db, &series, line.count("scrapes")))?;
    exit::say(&format!(" > total samples: {samples}"));
    let mut rate = Vec::new();
    append_float_g(&mut rate, samples as f64 / took.as_secs_f64());
    exit::say(&format!(" > samples/sec: {}", String::from_utf8_lossy(&rate)));
    measured("stopStorage", || db.close())?;
    Ok(())
}

/// Does `work`, and says when it begins and how long it took.
fn measured<T, E>(stage: &str, work: impl FnOnce() -> Result<T, E>) -> Result<(T, Duration), E> {
    exit::say(&format!(">> start stage={stage}"));
    let start = clock::since_epoch();
    let done = work()?;
    let took = clock::since_epoch().saturating_sub(start);
    let shown = go_duration::format(i64::try_from(took.as_nanos()).unwrap_or(i64::MAX));
    exit::say(&format!(">> completed stage={stage} duration={shown}"));
    Ok((done, took))
}

/// Reads the first `count` different label sets of a file, one a line, written as JSON.
fn read_series(path: &Path, count: usize) -> Result<Vec<Labels>, BenchError> {
    let failed = |source| BenchError::Input { path: path.to_owned(), source };
    let lines = BufReader::new(File::open(path).map_err(failed)?).lines();
    let (mut series, mut met) = (Vec::new(), BTreeSet::new());
    for (number, line) in lines.enumerate() {
        if series.len() == count {
            break;
        }
        let line = line.map_err(failed)?;
        // Not all that is JSON: what stands between the signs that the original passes over.
        let text: String = line.chars().filter(|letter| !"\"{}".contains(*letter)).collect();
        let pairs: Option<Vec<(&str, &str)>> =
            text.split(',').map(|pair| pair.split_once(':')).collect();
        let error = || BenchError::Line { path: path.to_owned(), line: number + 1 };
        let labels = Labels::from_pairs(pairs.ok_or_else(error)?);
        if met.insert(labels.clone()) {
            series.push(labels);
        }
    }
    Ok(series)
}

/// The time before so many scrapes.
fn start_of(scrape: usize) -> i64 {
    i64::try_from(scrape).unwrap_or(i64::MAX).saturating_mul(SCRAPE_MS)
}

/// Appends so many scrapes of all series, in whole rounds, and returns how many samples these are.
fn ingest(db: &Db, series: &[Labels], scrapes: usize) -> StoreResult<u64> {
    let rounds = scrapes.div_ceil(ROUND);
    let samples = AtomicU64::new(0);
    let mut bar = Bar::new("writing");
    for round in 0..rounds {
        bar.show(round as u64, rounds as u64);
        let start = start_of(round * ROUND);
        let batches: Vec<(usize, &[Labels])> = series.chunks(WRITER_SERIES).enumerate().collect();
        let per_thread = batches.len().div_ceil(runtime::processors()).max(1);
        std::thread::scope(|scope| {
            let threads: Vec<_> = batches
                .chunks(per_thread)
                .map(|batches| {
                    let samples = &samples;
                    scope.spawn(move || {
                        batches.iter().try_for_each(|&(number, batch)| {
                            let count = scrape(db, (number, batch), start)?;
                            // Ordering: a sum that is read when all threads have ended.
                            samples.fetch_add(count, Ordering::Relaxed);
                            Ok(())
                        })
                    })
                })
                .collect();
            let mut ended = threads.into_iter().map(ScopedJoinHandle::join);
            ended.try_for_each(|ended| ended.expect("a writer does not panic"))
        })?;
        let end = start_of((round + 1) * ROUND);
        db.tick(Timestamp(end))?;
    }
    bar.clear();
    exit::say("ingestion completed");
    Ok(samples.into_inner())
}

/// Appends a round of scrapes of the series that one writer has.
fn scrape(db: &Db, (number, batch): (usize, &[Labels]), start: i64) -> StoreResult<u64> {
    let mut writer = db.appender(&LaneKey::rule("bench", &number.to_string()))?;
    let series =
        batch.iter().map(|labels| writer.series(labels)).collect::<StoreResult<Vec<_>>>()?;
    let (mut value, mut time, mut samples) = (FIRST_VALUE, start, 0);
    let mut refused = Vec::new();
    for _ in 0..ROUND {
        value = value.wrapping_add(VALUE_STEP);
        time += SCRAPE_MS;
        writer.stage_row(
            Timestamp(time),
            &series,
            &vec![f64::from(value); series.len()],
            &mut refused,
        );
        samples += writer.commit()?.samples;
    }
    Ok(samples)
}

//! Measures the store alone, in time on the processor: `cargo run --release -p regain-tsdb --example bench -- <what> [options]`.
//!
//! `append` writes rows as scrapes do and prints time, bytes and memory; `merge` then merges what it
//! sealed; `restart` does the same and
//! then opens the directory as a killed process leaves it; `query` asks, and `head` asks for what it has just written; `churn`
//! replaces all targets `rows` times. The options are `lanes=250 series=1200 rows=100 step=5000 dir=/tmp/… only=…`.
#![expect(clippy::print_stdout, reason = "a benchmark prints its results")]

mod churn;
mod cpu;
mod fleet;
mod query;
mod write;

use std::path::PathBuf;
use std::sync::Arc;

use regain_model::KeySeed;
use regain_storage::Result;
use regain_storage::fs::RealFs;
use regain_tsdb::{Db, Options};

use cpu::CpuClock;
pub(crate) use write::clean;

/// The allocator of the program.
#[global_allocator]
static ALLOCATOR: tikv_jemallocator::Jemalloc = tikv_jemallocator::Jemalloc;

/// What is measured, and how much of it.
#[derive(Clone, Debug)]
pub(crate) struct Settings {
    pub(crate) lanes: usize,
    pub(crate) series: usize,
    pub(crate) rows: usize,
    pub(crate) step_ms: i64,
    pub(crate) dir: PathBuf,
    /// Queries are asked whose names contain this.
    pub(crate) only: String,
}

impl Settings {
    fn read(options: impl Iterator<Item = String>) -> Option<Self> {
        let mut settings = Self {
            lanes: 250,
            series: 1200,
            rows: 100,
            step_ms: 5000,
            only: String::new(),
            dir: std::env::temp_dir().join("regain-bench"),
        };
        for option in options {
            let (name, value) = option.split_once('=')?;
            match name {
                "lanes" => settings.lanes = value.parse().ok()?,
                "series" => settings.series = value.parse().ok()?,
                "rows" => settings.rows = value.parse().ok()?,
                "step" => settings.step_ms = value.parse().ok()?,
                "only" => value.clone_into(&mut settings.only),
                "dir" => settings.dir = value.into(),
                _ => return None,
            }
        }
        Some(settings)
    }

    pub(crate) fn total_series(&self) -> f64 {
        (self.lanes * self.series) as f64
    }
}

pub(crate) fn open(settings: &Settings) -> Result<Db> {
    let options = Options { seed: KeySeed(1), ..Options::default() };
    let start = CpuClock::now();
    let (db, report) = Db::open(&settings.dir, Arc::new(RealFs), options)?;
    let ms = start.elapsed().as_secs_f64() * 1e3;
    println!(
        "open: {ms:.1} ms; {} series, {} segments, {} samples in {} batches replayed",
        report.series, report.segments, report.samples, report.batches
    );
    Ok(db)
}

/// The memory of this process, in bytes.
pub(crate) fn resident_bytes() -> f64 {
    let statm = std::fs::read_to_string("/proc/self/statm").unwrap_or_default();
    statm.split(' ').nth(1).and_then(|pages| pages.parse::<f64>().ok()).unwrap_or(0.0) * 4096.0
}

fn main() -> Result<()> {
    let mut arguments = std::env::args().skip(1);
    let what = arguments.next().unwrap_or_default();
    let Some(settings) = Settings::read(arguments) else {
        println!("an option is name=value; names are lanes, series, rows, step, dir and only");
        return Ok(());
    };
    match what.as_str() {
        "append" => write::append(&settings),
        "merge" => write::merge(&settings),
        "restart" => write::restart(&settings),
        "open" => open(&settings).map(drop),
        "query" => query::run(&settings),
        "head" => query::ask(&write::filled(&settings)?, &settings),
        "churn" => churn::run(&settings),
        _ => {
            println!("what to measure: append, merge, restart, open, query, head or churn");
            Ok(())
        }
    }
}

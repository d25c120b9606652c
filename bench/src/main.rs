//! Side-by-side benchmarks: a fake fleet scraped by each server in turn, the same data pushed and
//! then asked for, and tables of ratios from one run.

use std::process::ExitCode;

mod settings;

mod fleet;

mod scrape;

mod push;

mod ask;

mod promql;

mod table;

const USAGE: &str = "usage: regain-bench scrape | push | promql | all
Environment: REGAIN, PROMETHEUS, VICTORIAMETRICS name the programs (empty: without it); TARGETS,
SCRAPE_SECONDS, PUSH_INSTANCES, PUSH_MINUTES, PROMQL_INSTANCES, PROMQL_MINUTES and PROMQL_SERIES
set the sizes. In PROMQL_DIR, where it is set, what `promql` has pushed is kept for its next run.";

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let words: Vec<&str> = arguments.iter().map(String::as_str).collect();
    let result = match words.as_slice() {
        ["fleet", settings @ ..] => fleet::serve(settings),
        ["scrape"] => scrape::run(),
        ["push"] => push::run(),
        ["promql"] => promql::run(),
        ["all"] => scrape::run().and_then(|()| push::run()),
        _ => Err(anyhow::anyhow!(USAGE)),
    };
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            table::complain(&format!("{error:#}"));
            ExitCode::FAILURE
        }
    }
}

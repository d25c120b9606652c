//! Side-by-side benchmarks: a fake fleet scraped by each server in turn, the same data pushed and
//! then asked for, and tables of ratios from one run.

use std::process::ExitCode;

mod settings;

mod fleet;

mod scrape;

mod push;

mod ask;

mod table;

const USAGE: &str = "usage: regain-bench scrape | push | all
Environment: REGAIN, PROMETHEUS, VICTORIAMETRICS name the programs (empty: without it); TARGETS,
SCRAPE_SECONDS, PUSH_INSTANCES and PUSH_MINUTES set the sizes.";

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let words: Vec<&str> = arguments.iter().map(String::as_str).collect();
    let result = match words.as_slice() {
        ["fleet", settings @ ..] => fleet::serve(settings),
        ["scrape"] => scrape::run(),
        ["push"] => push::run(),
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

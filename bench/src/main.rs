//! Side-by-side benchmarks: a fake fleet scraped by each server in turn, the same data pushed and
//! then asked for, and a table of ratios from one run.

use std::process::ExitCode;

mod series;

mod fleet;
mod http;
mod process;
mod server;

mod ask;
mod push;
mod scrape;

mod table;

const USAGE: &str = "usage: regain-bench fleet PORT_FILE TARGETS | scrape | push | all
Environment: REGAIN, PROMETHEUS, VICTORIAMETRICS name the programs; SCRAPE_SECONDS, TARGETS,
PUSH_INSTANCES and PUSH_MINUTES set the sizes.";

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let words: Vec<&str> = arguments.iter().map(String::as_str).collect();
    let result = match words.as_slice() {
        ["fleet", port_file, targets] => fleet::serve(port_file, targets),
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

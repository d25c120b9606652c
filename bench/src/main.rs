//! Side-by-side benchmarks: a fake fleet scraped by each server in turn, the same data pushed and
//! then asked for, and tables of ratios from one run.

use std::process::ExitCode;

mod settings;

mod interrupt;

mod measure;

mod fleet;

mod load;

mod ask;

mod promql;

mod tsdb;

mod bar;

mod table;

const USAGE: &str = "usage: regain-bench tsdb [PART…] | promql | all
What is measured, how, and the variables that set the sizes: bench/README.md.";

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let words: Vec<&str> = arguments.iter().map(String::as_str).collect();
    match run(&words) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            table::complain(&format!("{error:#}"));
            ExitCode::FAILURE
        }
    }
}

fn run(words: &[&str]) -> anyhow::Result<()> {
    // The fleet has no children and is ended by whoever started it.
    if let ["fleet", settings @ ..] = words {
        return fleet::serve(settings);
    }
    interrupt::watch()?;
    match words {
        ["tsdb", parts @ ..] => tsdb::run(parts),
        ["promql"] => promql::run(),
        ["all"] => tsdb::run(&[]).and_then(|()| promql::run()),
        _ => Err(anyhow::anyhow!(USAGE)),
    }
}

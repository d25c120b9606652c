//! `promtool check config`: checks configuration files with what they name.

use std::path::Path;
use std::process::ExitCode;
use std::time::Duration;

use regain_config::{Checked, Config, LoadOptions};
use regain_go_format::duration;

use crate::flags::Line;
use crate::{environment, exit};

/// What to complain about beside mistakes (`--lint`).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Lint {
    /// Scrapes that come so seldom that queries see gaps.
    long_interval: Option<Duration>,
}

/// Checks each file. Mistakes are exit code 1; complaints are 3 where they are to be fatal.
pub(super) fn main(line: &Line) -> ExitCode {
    let options = LoadOptions {
        environment: environment::all(),
        agent: line.is_on("agent"),
        syntax_only: line.is_on("syntax-only"),
        ..LoadOptions::default()
    };
    let lint = lint(line);
    let (mut has_mistakes, mut has_complaints) = (false, false);
    for file in &line.arguments {
        exit::say(&format!("Checking {file}"));
        match regain_config::load_file(Path::new(file), &options) {
            Ok(config) => {
                has_mistakes |= !check(file, &config, options.syntax_only);
                has_complaints |= !options.syntax_only && complain_about(&config, lint);
            }
            Err(error) => {
                exit::complain(&format!("  FAILED: {error}"));
                exit::say("");
                has_mistakes = true;
            }
        }
    }
    match (has_mistakes, has_complaints && line.is_on("lint-fatal")) {
        (true, _) => exit::FAILURE,
        (false, true) => exit::complaint(),
        (false, false) => exit::SUCCESS,
    }
}

/// Says whether the configuration of `file` and what it names is valid, and what of it this version
/// would not run with.
fn check(file: &str, config: &Config, syntax_only: bool) -> bool {
    let checked = if syntax_only { Checked::default() } else { config.check_files() };
    for warning in &checked.warnings {
        exit::say(&format!("  WARNING: {warning}"));
    }
    for error in &checked.errors {
        exit::complain(&format!("  FAILED: {error}"));
    }
    if checked.errors.is_empty() {
        if !checked.rule_files.is_empty() {
            let count = checked.rule_files.len();
            exit::say(&format!("  SUCCESS: {count} rule files found"));
        }
        exit::say(&format!(" SUCCESS: {file} is valid prometheus config file syntax"));
    }
    for unbuilt in config.unbuilt() {
        exit::complain(&format!("  WARNING: {unbuilt}: the server refuses to run with it"));
    }
    exit::say("");
    checked.errors.is_empty()
}

/// Complains about what is valid and hardly meant so; says whether there was anything.
fn complain_about(config: &Config, lint: Lint) -> bool {
    let Some(lookback) = lint.long_interval else { return false };
    let seldom = config.jobs().find(|job| job.scrape_interval >= lookback);
    if let Some(job) = seldom {
        let interval = i64::try_from(job.scrape_interval.as_millis()).unwrap_or(i64::MAX);
        exit::complain(&format!(
            "  FAILED: too long scrape interval found, data point will be marked as stale - job: {}, \
             interval: {}",
            job.job_name,
            duration::format(interval)
        ));
    }
    seldom.is_some()
}

/// Reads the flag `lint`. Duplicate rules are complained about by whoever reads rules.
fn lint(line: &Line) -> Lint {
    let nanos = u64::try_from(line.nanos("query.lookback-delta")).unwrap_or_default();
    let lookback = Some(Duration::from_nanos(nanos)).filter(|lookback| !lookback.is_zero());
    let mut lint = Lint::default();
    let mut off = false;
    for option in line.text("lint").split(',') {
        match option {
            "all" | "too-long-scrape-interval" => lint.long_interval = lookback,
            "none" => off = true,
            "" | "duplicate-rules" => {}
            other => exit::say(&format!("WARNING: unknown lint option: {other:?}")),
        }
    }
    if off { Lint::default() } else { lint }
}

//! `promtool check config`: checks configuration files with what they name.

use std::path::Path;
use std::process::ExitCode;
use std::time::Duration;

use regain_config::{Checked, Config, LoadOptions};
use regain_go_format::duration;

use super::check_rules::{self, RuleChecks, Verdict};
use crate::flags::Line;
use crate::{environment, exit};

/// What to complain about beside mistakes (`--lint`).
#[derive(Clone, Copy, Debug)]
struct Lint {
    /// Scrapes that come so seldom that queries see gaps.
    long_interval: Option<Duration>,
    /// How rules are checked.
    rules: RuleChecks,
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
    let mut verdict = Verdict::default();
    for file in &line.arguments {
        exit::say(&format!("Checking {file}"));
        match regain_config::load_file(Path::new(file), &options) {
            Ok(config) if options.syntax_only => {
                verdict.add(check(file, &config, &Checked::default()));
            }
            Ok(config) => {
                let checked = config.check_files();
                verdict.add(check(file, &config, &checked));
                verdict.add(complain_about(&config, lint.long_interval));
                if checked.errors.is_empty() {
                    for file in &checked.rule_files {
                        verdict.add(lint.rules.check(file));
                    }
                }
            }
            Err(error) => {
                exit::complain(&format!("  FAILED: {error}"));
                exit::say("");
                verdict.has_mistakes = true;
            }
        }
    }
    verdict.exit_code(line.is_on("lint-fatal"))
}

/// Says whether the configuration of `file` and what it names is valid, and what of it this version
/// would not run with.
fn check(file: &str, config: &Config, checked: &Checked) -> Verdict {
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
    Verdict { has_mistakes: !checked.errors.is_empty(), has_complaints: false }
}

/// Complains about scrapes that come so seldom that queries see gaps.
fn complain_about(config: &Config, lookback: Option<Duration>) -> Verdict {
    let is_seldom = |interval| lookback.is_some_and(|lookback| interval >= lookback);
    let seldom = config.jobs().find(|job| is_seldom(job.scrape_interval));
    if let Some(job) = seldom {
        let interval = i64::try_from(job.scrape_interval.as_millis()).unwrap_or(i64::MAX);
        exit::complain(&format!(
            "  FAILED: too long scrape interval found, data point will be marked as stale - job: {}, \
             interval: {}",
            job.job_name,
            duration::format(interval)
        ));
    }
    Verdict { has_complaints: seldom.is_some(), has_mistakes: false }
}

/// Reads the flag `lint`.
fn lint(line: &Line) -> Lint {
    let words: Vec<&str> = line.text("lint").split(',').collect();
    let is_off = words.contains(&"none");
    let nanos = u64::try_from(line.nanos("query.lookback-delta")).unwrap_or_default();
    let lookback = Some(Duration::from_nanos(nanos)).filter(|lookback| !lookback.is_zero());
    let wants_intervals =
        words.iter().any(|word| matches!(*word, "all" | "too-long-scrape-interval"));
    // What is not about scrapes is about rules.
    let of_rules: Vec<&str> =
        words.into_iter().filter(|word| !is_off && *word != "too-long-scrape-interval").collect();
    Lint {
        long_interval: lookback.filter(|_| wants_intervals && !is_off),
        rules: RuleChecks::new(line, check_rules::lint(&of_rules.join(","))),
    }
}

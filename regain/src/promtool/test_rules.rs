//! `promtool test rules`: unit tests of rules, as promtool 3.14 runs them.
//!
//! A test has series, which come in as time goes on; the rules are evaluated again and again on them, and alerts and
//! the answers of expressions are compared with what the file says. Nothing is read but the named files, and nothing is
//! written but the document that `--junit` names.

mod alerts;
mod bench;
mod diff;
mod failure;
mod feed;
mod file;
mod junit;
mod samples;

use std::cell::LazyCell;
use std::fs::File;
use std::io::Write as _;
use std::path::Path;
use std::process::ExitCode;
use std::time::Duration;

use jiff::tz::TimeZone;
use regain_config::{RuleFileOptions, load_rule_files};
use regain_discovery::matching_files;
use regain_go_format::go_duration;
use regain_go_regexp::Regex;
use regain_http::os_text;
use regain_model::NameScheme;
use regain_promql::{Features, ParserOptions};
use tracing::subscriber::{NoSubscriber, with_default};

use self::bench::Setting;
use self::file::TestFile;
use self::junit::Suite;
use super::commands::JUNIT;
use super::features;
use crate::flags::Line;
use crate::{clock, exit};

/// The feature of `--enable-feature` that changes evaluations alone.
const DELAYED_NAME_REMOVAL: &str = "promql-delayed-name-removal";

/// How tests are run.
#[derive(Debug)]
struct Runner {
    /// Which tests are run, by name; all where it is absent.
    filter: Option<Regex>,
    parser: ParserOptions,
    features: Features,
    ignore_unknown_fields: bool,
    shows_diff: bool,
    is_debugging: bool,
}

/// Runs the tests of all files. A test that fails is exit code 1.
pub(super) fn main(line: &Line) -> ExitCode {
    let filters = line.texts("run");
    let filter = match Regex::new(&filters.join("|")) {
        Ok(filter) => (!filters.is_empty()).then_some(filter),
        Err(error) => return refuse(&error.to_string()),
    };
    let document = match line.text(JUNIT.name) {
        "" => None,
        path => match File::create(path) {
            Ok(document) => Some(document),
            Err(error) => return refuse(&format!("open {path}: {}", os_text(&error))),
        },
    };
    let runner = Runner {
        filter,
        parser: features::parser_options(line),
        features: engine_features(line),
        ignore_unknown_fields: line.is_on("ignore-unknown-fields"),
        shows_diff: line.is_on("diff"),
        is_debugging: line.is_on("debug"),
    };
    let mut has_failed = false;
    let mut suites = Vec::with_capacity(line.arguments.len());
    for name in &line.arguments {
        let mut suite = Suite::new(name);
        let failures = runner.run(Path::new(name), &mut suite);
        has_failed |= !failures.is_empty();
        say(&failures);
        suites.push(suite);
    }
    if let Some(mut document) = document
        && let Err(error) = document.write_all(junit::document(&suites).as_bytes())
    {
        exit::complain(&format!("failed to write JUnit XML: {error}"));
    }
    if has_failed { exit::FAILURE } else { exit::SUCCESS }
}

fn engine_features(line: &Line) -> Features {
    let mut named = line.texts("enable-feature").iter().flat_map(|value| value.split(','));
    let delayed_name_removal = named.any(|name| name == DELAYED_NAME_REMOVAL);
    Features { delayed_name_removal, ..Features::default() }
}

fn refuse(why: &str) -> ExitCode {
    exit::complain(&format!("promtool: error: {why}, try --help"));
    exit::FAILURE
}

/// Says how the tests of a file went.
fn say(failures: &[String]) {
    if failures.is_empty() {
        exit::say("  SUCCESS");
    } else {
        exit::complain("  FAILED:");
    }
    for failure in failures {
        exit::complain(failure);
        exit::say("");
    }
    exit::say("");
}

impl Runner {
    /// Runs the tests of a file and returns what fails.
    fn run(&self, path: &Path, suite: &mut Suite) -> Vec<String> {
        let read = std::fs::read_to_string(path)
            .map_err(|error| format!("open {}: {}", path.display(), os_text(&error)))
            .and_then(|text| file::read(path, &text).map_err(|errors| errors.to_string()));
        let file = match read {
            Ok(file) => file,
            Err(why) => {
                suite.abort(&why);
                return vec![why];
            }
        };
        for rules in &file.rule_files {
            if matching_files(&rules.pattern).is_ok_and(|files| files.is_empty()) {
                exit::complain(&format!("  WARNING: no file match pattern {}", rules.pattern));
            }
        }
        suite.start(local_time());
        // What is wrong with a rule is told as a failure of the test; it need not be logged.
        with_default(NoSubscriber::new(), || self.run_tests(path, &file, suite))
    }

    fn run_tests(&self, path: &Path, file: &TestFile, suite: &mut Suite) -> Vec<String> {
        let options = RuleFileOptions {
            scheme: NameScheme::Utf8,
            parser: self.parser,
            // Tests evaluate all groups at their own interval.
            interval: Duration::ZERO,
            ignore_unknown_fields: self.ignore_unknown_fields,
        };
        let rules = LazyCell::new(|| load_rule_files(path, &file.rule_files, &options));
        let setting = Setting {
            path,
            file,
            parser: self.parser,
            features: self.features,
            shows_diff: self.shows_diff,
            shows_samples: self.is_debugging,
        };
        let mut all = Vec::new();
        for (index, test) in file.tests.iter().enumerate() {
            if self.filter.as_ref().is_some_and(|filter| !filter.is_match(&test.name)) {
                continue;
            }
            let name = match &*test.name {
                "" => format!("unnamed#{index}"),
                name => name.to_owned(),
            };
            let run = || setting.run(test, &rules).iter().map(ToString::to_string).collect();
            let failures: Vec<String> = if self.is_debugging { timed(&name, run) } else { run() };
            suite.add(&name, &failures);
            all.extend(failures);
        }
        all
    }
}

/// Runs a test and says how long it took.
fn timed<T>(name: &str, run: impl FnOnce() -> T) -> T {
    exit::complain(&format!("DEBUG: Starting test {name}"));
    let start = clock::since_epoch();
    let result = run();
    let took = clock::since_epoch().saturating_sub(start);
    let took = go_duration::format(i64::try_from(took.as_nanos()).unwrap_or(i64::MAX));
    exit::complain(&format!("DEBUG: Test {name} finished, took {took}"));
    result
}

/// The time of day where the program runs, as `JUnit` has it.
fn local_time() -> String {
    let now = jiff::Timestamp::from_millisecond(clock::now().0).unwrap_or_default();
    now.to_zoned(TimeZone::system()).strftime("%Y-%m-%dT%H:%M:%S").to_string()
}

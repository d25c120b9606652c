//! A file of unit tests, decoded strictly: what is wrong with it is told by file, line and column.

use std::collections::BTreeSet;
use std::path::Path;
use std::time::Duration;

use regain_config::FilePattern;
use regain_discovery::{join_dir, matching_files};
use regain_go_format::quote::quote;
use regain_go_format::{duration, parse_float, time};
use regain_model::Labels;
use regain_rules::Texts;
use regain_yaml::{Decode as _, Errors, Mistakes, Node, Section, Span, parse};

use super::alerts::ShownAlert;

/// How often rules are evaluated where the file does not say.
const EVALUATION_INTERVAL_MS: i64 = 60_000;
const NANOS_PER_SECOND: f64 = 1e9;

/// A file of tests.
#[derive(Debug, Default)]
pub(super) struct TestFile {
    /// With the directory of the file before relative ones.
    pub(super) rule_files: Vec<FilePattern>,
    pub(super) evaluation_interval_ms: i64,
    /// Names of groups: who comes earlier is evaluated earlier.
    pub(super) group_order: Vec<String>,
    /// Whether numbers may differ in their last bit.
    pub(super) is_fuzzy: bool,
    pub(super) tests: Vec<Test>,
}

/// One test: series, and what becomes of them.
#[derive(Debug, Default)]
pub(super) struct Test {
    /// Empty where it has none.
    pub(super) name: String,
    /// The time between two samples of an input series.
    pub(super) interval_ms: i64,
    /// Since the Unix epoch.
    pub(super) start: Duration,
    pub(super) input: Vec<InputSeries>,
    pub(super) alerts: Vec<AlertTest>,
    pub(super) exprs: Vec<ExprTest>,
    pub(super) external_labels: Labels,
    pub(super) external_url: String,
}

/// An input series as it is written.
#[derive(Debug)]
pub(super) struct InputSeries {
    pub(super) at: Span,
    /// The series and its values.
    pub(super) text: String,
}

/// Which alerts fire at a time.
#[derive(Debug)]
pub(super) struct AlertTest {
    /// Since the start of the test, as all times of tests.
    pub(super) eval_time_ms: i64,
    /// Empty where it is missing.
    pub(super) name: String,
    pub(super) expected: Vec<ShownAlert>,
}

/// What an expression answers at a time.
#[derive(Debug)]
pub(super) struct ExprTest {
    pub(super) expr: String,
    pub(super) eval_time_ms: i64,
    pub(super) expected: Vec<ExpectedSample>,
}

/// One sample of an answer.
#[derive(Debug)]
pub(super) struct ExpectedSample {
    /// As they are written.
    pub(super) labels: String,
    pub(super) value: f64,
    /// A histogram in the notation of series; empty where the sample is a number.
    pub(super) histogram: String,
}

/// Why a start is none.
#[derive(Debug, thiserror::Error)]
enum BadStart {
    #[error("cannot parse {} to a valid timestamp", quote(.0))]
    NoTime(String),
    #[error("timestamp {} is before 1970", quote(.0))]
    TooEarly(String),
}

impl Test {
    /// The time of the last thing that is tested.
    pub(super) fn end_ms(&self) -> i64 {
        let alerts = self.alerts.iter().map(|test| test.eval_time_ms);
        alerts.chain(self.exprs.iter().map(|test| test.eval_time_ms)).max().unwrap_or(0)
    }
}

/// Reads the tests in `text`, which is what the file `path` holds.
pub(super) fn read(path: &Path, text: &str) -> Result<TestFile, Errors> {
    let mistakes = Mistakes::new();
    let node = match parse(text) {
        Ok(node) => node,
        Err(mistake) => {
            mistakes.push(mistake);
            return Err(mistakes.errors(path));
        }
    };
    let dir = path.parent().unwrap_or(Path::new(""));
    let file = Section::read(&node, "main.unitTestFile", &mistakes, |section| {
        let rule_files = section.list("rule_files", |node, mistakes| pattern(node, dir, mistakes));
        let every = millis(section, "evaluation_interval");
        let every = if every == 0 { EVALUATION_INTERVAL_MS } else { every };
        TestFile {
            rule_files,
            evaluation_interval_ms: every,
            group_order: group_order(section),
            is_fuzzy: section.or_zero("fuzzy_compare"),
            tests: section.list("tests", |node, mistakes| test(node, every, mistakes)),
        }
    });
    mistakes.finish(path, file)
}

fn millis(section: &mut Section<'_>, name: &'static str) -> i64 {
    section.parsed(name, duration::parse).unwrap_or(0)
}

fn pattern(node: &Node, dir: &Path, mistakes: &Mistakes) -> Option<FilePattern> {
    let pattern = join_dir(dir, &String::decode(node, mistakes)?);
    if matching_files(&pattern).is_err() {
        mistakes.rule(node.span, "syntax error in pattern");
        return None;
    }
    Some(FilePattern { pattern, at: node.span })
}

fn group_order(section: &mut Section<'_>) -> Vec<String> {
    let mut seen = BTreeSet::new();
    section.list("group_eval_order", |node, mistakes| {
        let name = String::decode(node, mistakes)?;
        if !seen.insert(name.clone()) {
            mistakes.rule(node.span, format!("group name repeated in evaluation order: {name}"));
        }
        Some(name)
    })
}

fn test(node: &Node, evaluation_interval_ms: i64, mistakes: &Mistakes) -> Option<Test> {
    Section::read(node, "main.testGroup", mistakes, |section| {
        let interval_ms = match millis(section, "interval") {
            0 => evaluation_interval_ms,
            given => given,
        };
        Test {
            name: section.or_zero("name"),
            interval_ms,
            start: section.parsed("start_timestamp", start).unwrap_or_default(),
            input: section.list("input_series", input_series),
            alerts: section.list("alert_rule_test", alert_test),
            exprs: section.list("promql_expr_test", expr_test),
            external_labels: Labels::from_pairs(section.or_zero::<Texts>("external_labels")),
            external_url: section.or_zero("external_url"),
        }
    })
}

/// A time in seconds since 1970 or as RFC 3339 has it.
fn start(text: &str) -> Result<Duration, BadStart> {
    let no_time = || BadStart::NoTime(text.to_owned());
    let early = || BadStart::TooEarly(text.to_owned());
    if let Some(seconds) = parse_float(text.as_bytes()) {
        if seconds < 0.0 {
            return Err(early());
        }
        let whole = Duration::try_from_secs_f64(seconds.trunc()).map_err(|_| no_time())?;
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "a fraction of a second has less than 2^32 nanoseconds"
        )]
        let nanos = (seconds.fract() * NANOS_PER_SECOND) as u64;
        return Ok(whole + Duration::from_nanos(nanos));
    }
    let instant = time::parse_rfc3339(text).ok_or_else(no_time)?;
    Duration::try_from(instant.as_duration()).map_err(|_| early())
}

fn input_series(node: &Node, mistakes: &Mistakes) -> Option<InputSeries> {
    Section::read(node, "main.series", mistakes, |section| {
        let series: String = section.or_zero("series");
        let values: String = section.or_zero("values");
        InputSeries { at: section.place_of("series"), text: format!("{series} {values}") }
    })
}

fn alert_test(node: &Node, mistakes: &Mistakes) -> Option<AlertTest> {
    Section::read(node, "main.alertTestCase", mistakes, |section| {
        let name: String = section.or_zero("alertname");
        AlertTest {
            eval_time_ms: millis(section, "eval_time"),
            expected: section.list("exp_alerts", |node, mistakes| {
                Section::read(node, "main.alert", mistakes, |section| {
                    let labels: Texts = section.or_zero("exp_labels");
                    ShownAlert::expected(&name, labels, section.or_zero("exp_annotations"))
                })
            }),
            name,
        }
    })
}

fn expr_test(node: &Node, mistakes: &Mistakes) -> Option<ExprTest> {
    Section::read(node, "main.promqlTestCase", mistakes, |section| ExprTest {
        expr: section.or_zero("expr"),
        eval_time_ms: millis(section, "eval_time"),
        expected: section.list("exp_samples", |node, mistakes| {
            Section::read(node, "main.sample", mistakes, |section| ExpectedSample {
                labels: section.or_zero("labels"),
                value: section.or_zero("value"),
                histogram: section.or_zero("histogram"),
            })
        }),
    })
}

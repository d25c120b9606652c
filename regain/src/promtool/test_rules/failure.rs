//! What fails in a test, in promtool's words.

use regain_config::LoadError;
use regain_go_format::quote::quote;
use regain_go_format::{duration, go_duration};
use regain_rules::RuleError;
use regain_yaml::Errors;

use super::alerts::{self, ShownAlert};
use super::diff::diff;
use super::feed::FeedError;
use super::samples::{self, BadSample, ShownSample};

/// How far lists of alerts stand to the right.
const INDENT: &str = "            ";

/// One thing that fails in a test.
#[derive(Debug, thiserror::Error)]
pub(super) enum Failure<'a> {
    /// Input series that are none.
    #[error(transparent)]
    Input(#[from] Errors),
    #[error("{0}")]
    RuleFiles(&'a LoadError),
    #[error("an item under alert_rule_test misses required attribute alertname at eval_time {}{}",
        duration::format(*.eval_time_ms), in_group(.test))]
    NoAlertName { eval_time_ms: i64, test: &'a str },
    #[error(transparent)]
    Feed(#[from] FeedError),
    #[error("    rule: {name}, time: {}, err: {error}", go_duration::format(*.time_ns))]
    Rule { name: String, time_ns: i64, error: String },
    #[error("{}    alertname: {alert}, time: {}, \n        {}",
        name_line(.test), duration::format(*.eval_time_ms), .found)]
    Alerts { test: &'a str, alert: &'a str, eval_time_ms: i64, found: FoundAlerts },
    #[error("    expr: {}, time: {}, err: {error}", quote(.expr), duration::format(*.eval_time_ms))]
    Query { expr: &'a str, eval_time_ms: i64, error: RuleError },
    #[error("    expr: {}, time: {}, err: labels {}: {error}",
        quote(.expr), duration::format(*.eval_time_ms), quote(.labels))]
    BadSample { expr: &'a str, eval_time_ms: i64, labels: &'a str, error: BadSample },
    #[error("    expr: {}, time: {},\n        exp: {}\n        got: {}", quote(.expr),
        duration::format(*.eval_time_ms), samples::listed(.expected), samples::listed(.got))]
    Samples { expr: &'a str, eval_time_ms: i64, expected: Vec<ShownSample>, got: Vec<ShownSample> },
}

/// Alerts that are not the expected ones.
#[derive(Debug)]
pub(super) struct FoundAlerts {
    pub(super) expected: Vec<ShownAlert>,
    pub(super) got: Vec<ShownAlert>,
    /// Whether the two are shown as one text with colours.
    pub(super) as_diff: bool,
}

impl std::fmt::Display for FoundAlerts {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        if self.as_diff {
            let diff = diff(&alerts::tree(&self.expected), &alerts::tree(&self.got));
            return write!(f, "diff: {}", indented(&diff));
        }
        let [expected, got] = [&self.expected, &self.got].map(|alerts| alerts::listed(alerts));
        write!(f, "exp:{}, \n        got:{}", indented(&expected), indented(&got))
    }
}

fn indented(lines: &str) -> String {
    lines.replace('\n', &format!("\n{INDENT}"))
}

fn name_line(test: &str) -> String {
    if test.is_empty() { String::new() } else { format!("    name: {test},\n") }
}

fn in_group(test: &str) -> String {
    if test.is_empty() { String::new() } else { format!(" (in TestGroup {test})") }
}

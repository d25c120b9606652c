//! What `promtool check rules` says of rule files.

use std::cmp::Ordering;
use std::fmt::Write as _;
use std::path::Path;

use regain_rules::{Rule, RuleGroup, Texts};
use regain_yaml::Errors;

use super::{RuleFileOptions, load_rule_file, read_rules};

/// The name of the standard input in messages.
const STDIN: &str = "standard input";

/// What to complain about beside mistakes (`--lint`).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RuleLint {
    /// Rules with the same name and labels (`duplicate-rules`).
    pub duplicates: bool,
}

/// What a check of one file prints.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct CheckedRules {
    /// The lines for the standard output.
    pub out: String,
    /// The lines for the standard error.
    pub err: String,
    /// The file has mistakes.
    pub has_errors: bool,
    /// The file has none, but something to complain about.
    pub has_complaints: bool,
}

/// Checks a file.
pub fn check_rule_file(path: &Path, options: &RuleFileOptions, lint: RuleLint) -> CheckedRules {
    let heading = format!("Checking {}\n", path.display());
    check(heading, load_rule_file(path, options), lint)
}

/// Checks what came through the standard input.
pub fn check_rule_text(text: &str, options: &RuleFileOptions, lint: RuleLint) -> CheckedRules {
    check(format!("Checking {STDIN}\n"), read_rules(Path::new(STDIN), text, options), lint)
}

fn check(heading: String, groups: Result<Vec<RuleGroup>, Errors>, lint: RuleLint) -> CheckedRules {
    let mut checked = CheckedRules { out: heading, ..CheckedRules::default() };
    let groups = match groups {
        Ok(groups) => groups,
        Err(errors) => {
            checked.err = format!("  FAILED:\n{errors}\n");
            checked.has_errors = true;
            return checked;
        }
    };
    let duplicates = if lint.duplicates { duplicates(&groups) } else { Vec::new() };
    if duplicates.is_empty() {
        let count: usize = groups.iter().map(|group| group.rules.len()).sum();
        writeln!(checked.out, "  SUCCESS: {count} rules found").expect("a string takes all text");
    } else {
        checked.err = format!("  FAILED:\nlint error {}\n", complaint(&duplicates));
        checked.has_complaints = true;
    }
    checked.out.push('\n');
    checked
}

/// Returns one of each set of rules with the same name and labels, in the order of both.
fn duplicates(groups: &[RuleGroup]) -> Vec<&Rule> {
    let mut rules: Vec<&Rule> =
        groups.iter().flat_map(|group| &group.rules).map(|rule| &**rule).collect();
    rules.sort_by(|a, b| compare(a, b));
    let mut duplicates: Vec<&Rule> = Vec::new();
    for pair in rules.windows(2) {
        let is_new = || duplicates.last().is_none_or(|last| compare(last, pair[0]).is_ne());
        if compare(pair[0], pair[1]).is_eq() && is_new() {
            duplicates.push(pair[1]);
        }
    }
    duplicates
}

fn compare(a: &Rule, b: &Rule) -> Ordering {
    let labels = |texts: &Texts| texts.clone().into_iter();
    a.name.cmp(&b.name).then_with(|| labels(&a.labels).cmp(labels(&b.labels)))
}

fn complaint(duplicates: &[&Rule]) -> String {
    let mut text = format!("{} duplicate rule(s) found.\n", duplicates.len());
    for rule in duplicates {
        writeln!(text, "Metric: {}\nLabel(s):", rule.name).expect("a string takes all text");
        for (name, value) in &rule.labels {
            writeln!(text, "\t{name}: {value}").expect("a string takes all text");
        }
    }
    text.push_str("Might cause inconsistency while recording expressions");
    text
}

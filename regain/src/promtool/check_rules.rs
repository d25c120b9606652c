//! `promtool check rules`: checks rule files, or what comes through the standard input.

use std::io::{Read as _, stdin};
use std::path::Path;
use std::process::ExitCode;
use std::time::Duration;

use regain_config::{CheckedRules, RuleFileOptions, RuleLint, check_rule_file, check_rule_text};
use regain_model::NameScheme;

use super::features;
use crate::exit;
use crate::flags::Line;

/// How rules are checked.
#[derive(Clone, Copy, Debug)]
pub(super) struct RuleChecks {
    options: RuleFileOptions,
    lint: RuleLint,
}

/// What checks came to.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Verdict {
    /// Something is wrong.
    pub(super) has_mistakes: bool,
    /// There is something to complain about.
    pub(super) has_complaints: bool,
}

/// Checks each file. Mistakes are exit code 1; complaints are 3 where they are to be fatal.
pub(super) fn main(line: &Line) -> ExitCode {
    let checks = RuleChecks::new(line, lint(line.text("lint")));
    let mut verdict = Verdict::default();
    if line.arguments.is_empty() {
        verdict.add(checks.check_stdin());
    }
    for file in &line.arguments {
        verdict.add(checks.check(Path::new(file)));
    }
    verdict.exit_code(line.is_on("lint-fatal"))
}

/// Reads what to complain about, with commas between words; says which words mean nothing.
pub(super) fn lint(words: &str) -> RuleLint {
    let mut lint = RuleLint { duplicates: false };
    for word in words.split(',') {
        match word {
            "all" | "duplicate-rules" => lint.duplicates = true,
            "" | "none" => {}
            other => exit::say(&format!("WARNING: unknown lint option: {other:?}")),
        }
    }
    lint
}

impl RuleChecks {
    pub(super) fn new(line: &Line, lint: RuleLint) -> Self {
        let options = RuleFileOptions {
            scheme: NameScheme::Utf8,
            parser: features::parser_options(line),
            // Nothing that is said of a file depends on it.
            interval: Duration::ZERO,
            ignore_unknown_fields: line.is_on("ignore-unknown-fields"),
        };
        Self { options, lint }
    }

    /// Checks a file and says what is found.
    pub(super) fn check(&self, file: &Path) -> Verdict {
        say(&check_rule_file(file, &self.options, self.lint))
    }

    fn check_stdin(&self) -> Verdict {
        let mut text = String::new();
        match stdin().read_to_string(&mut text) {
            Ok(_) => say(&check_rule_text(&text, &self.options, self.lint)),
            Err(error) => {
                exit::say("Checking standard input");
                exit::complain(&format!("  FAILED: {error}"));
                Verdict { has_mistakes: true, ..Verdict::default() }
            }
        }
    }
}

fn say(checked: &CheckedRules) -> Verdict {
    let CheckedRules { out, err, has_errors, has_complaints } = checked;
    exit::say(out.strip_suffix('\n').unwrap_or(out));
    if !err.is_empty() {
        exit::complain(err.strip_suffix('\n').unwrap_or(err));
    }
    Verdict { has_mistakes: *has_errors, has_complaints: *has_complaints }
}

impl Verdict {
    /// Takes another one in.
    pub(super) fn add(&mut self, other: Self) {
        self.has_mistakes |= other.has_mistakes;
        self.has_complaints |= other.has_complaints;
    }

    /// What the program ends with; `fatal` says whether complaints count.
    pub(super) fn exit_code(self, fatal: bool) -> ExitCode {
        match (self.has_mistakes, self.has_complaints && fatal) {
            (true, _) => exit::FAILURE,
            (false, true) => exit::complaint(),
            (false, false) => exit::SUCCESS,
        }
    }
}

//! Which info metrics and which of their labels `info` asks for.

use std::collections::BTreeSet;

use regain_model::{INSTANCE_NAME, JOB_NAME, Labels, METRIC_NAME, MatchOp, Matcher};

/// The info metric that is meant when none is named.
const TARGET_INFO: &str = "target_info";
/// What info metrics are called when it is only said which are not meant.
const INFO_NAMES: &str = ".+_info";

/// The second argument of `info`.
pub(super) struct InfoMatchers {
    /// What the names of info metrics must satisfy.
    names: Vec<Matcher>,
    /// What their other labels must satisfy.
    data: Vec<Matcher>,
    /// Whether a series without an info series is left out.
    pub(super) required: bool,
}

impl InfoMatchers {
    pub(super) fn new(matchers: &[Matcher]) -> Self {
        let (mut names, data): (Vec<Matcher>, Vec<Matcher>) =
            matchers.iter().cloned().partition(|matcher| matcher.name() == METRIC_NAME);
        if names.is_empty() {
            names.push(Matcher::equal(METRIC_NAME, TARGET_INFO));
        } else if names.iter().all(|matcher| matcher.op().is_negative()) {
            let any = Matcher::new(METRIC_NAME, MatchOp::Regex, INFO_NAMES);
            names.insert(0, any.expect("the expression is valid"));
        }
        let required = data.iter().any(|matcher| !matcher.matches_empty());
        Self { names, data, required }
    }

    /// Whether a metric of this name is an info metric itself.
    pub(super) fn is_info(&self, name: &str) -> bool {
        self.names.iter().all(|matcher| matcher.matches(name))
    }

    /// Whether the label is asked for.
    pub(super) fn wants(&self, label: &str) -> bool {
        self.data.is_empty() || self.data.iter().any(|matcher| matcher.name() == label)
    }

    /// The matchers of the info series that can describe any of `series`.
    pub(super) fn selection(&self, series: &[&Labels]) -> Option<Vec<Matcher>> {
        let mut matchers = Vec::new();
        for label in [INSTANCE_NAME, JOB_NAME] {
            let values: BTreeSet<&str> = series.iter().filter_map(|s| s.get(label)).collect();
            if values.is_empty() {
                continue;
            }
            let quoted: Vec<String> = values.into_iter().map(quote).collect();
            let matcher = Matcher::new(label, MatchOp::Regex, quoted.join("|"));
            matchers.push(matcher.expect("quoted texts are valid expressions"));
        }
        if matchers.is_empty() {
            return None;
        }
        matchers.extend(self.data.iter().chain(&self.names).cloned());
        Some(matchers)
    }
}

/// `text` as a regular expression that matches nothing else.
fn quote(text: &str) -> String {
    let mut quoted = String::with_capacity(text.len());
    for c in text.chars() {
        if c.is_ascii_punctuation() {
            quoted.push('\\');
        }
        quoted.push(c);
    }
    quoted
}

//! What rule files say, resolved: what crate `config` makes of them.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use regain_model::Labels;
use regain_promql::Expr;

/// Names with texts: the labels of a rule, which may be templates or empty, or annotations.
pub type Texts = BTreeMap<String, String>;

/// Holds all groups and what they have in common.
#[derive(Clone, Debug, Default)]
pub struct RuleSet {
    /// Have different pairs of file and name.
    pub groups: Vec<RuleGroup>,
    /// Is what templates see as `$externalLabels`.
    pub external_labels: Labels,
    /// Is how far in the past groups ask that say nothing of it.
    pub query_offset: Duration,
}

/// Is a group of rules that are evaluated one after another.
#[derive(Clone, Debug, PartialEq)]
pub struct RuleGroup {
    /// Is the path of the file.
    pub file: Arc<str>,
    pub name: Arc<str>,
    /// Is how often the rules are evaluated.
    pub interval: Duration,
    /// Is how far in the past the group asks, where the file says so.
    pub query_offset: Option<Duration>,
    /// Is how many series or alerts each rule may yield; none where it is not positive.
    pub limit: i64,
    pub rules: Vec<Arc<Rule>>,
}

impl RuleGroup {
    /// Returns what identifies the group, in metrics too.
    pub fn key(&self) -> String {
        format!("{};{}", self.file, self.name)
    }
}

/// Is one rule.
#[derive(Clone, Debug)]
pub struct Rule {
    /// Is the name of the alert or of the metric.
    pub name: Arc<str>,
    pub expr: Expr,
    /// Is the expression as it is printed.
    pub query: Arc<str>,
    /// Holds the labels of the group and, over them, those of the rule.
    pub labels: Texts,
    pub kind: RuleKind,
}

impl Rule {
    /// Makes a rule of an expression, which is printed.
    pub fn new(name: impl Into<Arc<str>>, expr: Expr, labels: Texts, kind: RuleKind) -> Self {
        let query = expr.to_string().into();
        Self { name: name.into(), expr, query, labels, kind }
    }

    /// Returns what an alerting rule says beside its expression.
    pub const fn alerting(&self) -> Option<&AlertSettings> {
        match &self.kind {
            RuleKind::Alerting(settings) => Some(settings),
            RuleKind::Recording => None,
        }
    }

    /// Tells whether the alerts and series of `other` go on as those of this rule.
    pub(crate) fn continues(&self, other: &Self) -> bool {
        self.name == other.name && self.labels == other.labels
    }
}

impl PartialEq for Rule {
    /// Expressions are the same where they are printed so: places in a file do not count.
    fn eq(&self, other: &Self) -> bool {
        self.continues(other) && self.query == other.query && self.kind == other.kind
    }
}

/// Tells the two kinds of rules apart.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum RuleKind {
    Recording,
    Alerting(AlertSettings),
}

/// Is what an alerting rule says beside its expression.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct AlertSettings {
    /// Is how long an alert stays pending (`for`).
    pub hold: Duration,
    /// Is how long an alert goes on firing when its condition is gone.
    pub keep_firing_for: Duration,
    /// Holds templates.
    pub annotations: Texts,
}

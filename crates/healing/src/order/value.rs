//! Texts of an action: fixed by the configuration, or taken from a label under a condition.
//!
//! Labels come from scraped targets, so that whoever runs a target writes them. A label's value goes into
//! an action only whole, only if an expression of the configuration matches all of it, and only up to a
//! length. A label that is absent or does not match stops the action: it fails closed.

use regain_go_regexp as go_regexp;
use regain_model::Labels;

/// Is the longest value that a label may contribute, in bytes, where the configuration sets no other limit.
pub const VALUE_BYTES_MAX: usize = 256;

/// Matches whole texts.
#[derive(Clone, Debug)]
pub struct Pattern(go_regexp::Matcher);

impl Pattern {
    /// Compiles an expression, which has to match the whole of a text.
    pub fn new(expression: &str) -> Result<Self, go_regexp::Error> {
        go_regexp::Matcher::new(expression).map(Self)
    }

    /// Returns the expression.
    pub fn as_str(&self) -> &str {
        self.0.as_str()
    }

    /// Says whether the expression matches the whole text.
    pub fn matches(&self, text: &str) -> bool {
        self.0.matches(text)
    }
}

impl PartialEq for Pattern {
    fn eq(&self, other: &Self) -> bool {
        self.as_str() == other.as_str()
    }
}

impl Eq for Pattern {}

/// Takes a text from a label of the alert.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LabelValue {
    /// The name of the label.
    pub label: String,
    /// What the whole value has to match.
    pub pattern: Pattern,
    /// The longest value that is taken, in bytes.
    pub bytes_max: usize,
}

impl LabelValue {
    /// Returns the label's value, if it keeps the conditions. Control characters are refused whatever the
    /// expression says, because the dot of an expression matches line feeds.
    pub fn resolve<'a>(&self, labels: &'a Labels) -> Result<&'a str, ValueError> {
        let label = || self.label.clone();
        let value = labels.get(&self.label).ok_or_else(|| ValueError::Absent { label: label() })?;
        if value.len() > self.bytes_max {
            return Err(ValueError::TooLong { label: label(), bytes_max: self.bytes_max });
        }
        if value.chars().any(char::is_control) {
            return Err(ValueError::Control { label: label() });
        }
        if !self.pattern.matches(value) {
            let pattern = self.pattern.as_str().to_owned();
            return Err(ValueError::Mismatch { label: label(), pattern });
        }
        Ok(value)
    }
}

/// Is a text of an action.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Value {
    /// The configuration says it.
    Fixed(String),
    /// A label of the alert says it.
    Label(LabelValue),
}

impl Value {
    /// Returns the text for an alert with these labels.
    pub fn resolve<'a>(&'a self, labels: &'a Labels) -> Result<&'a str, ValueError> {
        match self {
            Self::Fixed(text) => Ok(text),
            Self::Label(label) => label.resolve(labels),
        }
    }
}

/// Says why a label's value does not go into an action. The value itself is not repeated.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ValueError {
    /// The alert has no such label.
    #[error("the alert has no label {label:?}")]
    Absent {
        /// The label.
        label: String,
    },
    /// The value is too long.
    #[error("the value of label {label:?} is longer than {bytes_max} bytes")]
    TooLong {
        /// The label.
        label: String,
        /// The limit.
        bytes_max: usize,
    },
    /// The value holds a control character.
    #[error("the value of label {label:?} holds a control character")]
    Control {
        /// The label.
        label: String,
    },
    /// The value does not match.
    #[error("the value of label {label:?} does not match {pattern:?}")]
    Mismatch {
        /// The label.
        label: String,
        /// The expression.
        pattern: String,
    },
    /// The value is not on the list of what is allowed.
    #[error("the value of label {label:?} is not on the list of what is allowed")]
    NotAllowed {
        /// The label.
        label: String,
    },
}

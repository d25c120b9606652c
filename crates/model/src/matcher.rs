//! Label matchers: one condition on the value of one label.

use std::fmt;

use regain_go_regexp as go_regexp;

use crate::names::is_legacy_label_name;

/// How a matcher compares.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum MatchOp {
    /// `=`: the value is this text.
    Equal,
    /// `!=`: the value is another text.
    NotEqual,
    /// `=~`: the whole value matches this regular expression.
    Regex,
    /// `!~`: the whole value does not match this regular expression.
    NotRegex,
}

impl MatchOp {
    /// The operator as it is written.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Equal => "=",
            Self::NotEqual => "!=",
            Self::Regex => "=~",
            Self::NotRegex => "!~",
        }
    }

    /// Whether the operator says what must not be.
    pub const fn is_negative(self) -> bool {
        matches!(self, Self::NotEqual | Self::NotRegex)
    }
}

impl fmt::Display for MatchOp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// One condition on the value of one label; an absent label has the empty value.
#[derive(Clone, Debug)]
pub struct Matcher {
    name: String,
    op: MatchOp,
    value: String,
    regex: Option<go_regexp::Matcher>,
}

impl Matcher {
    /// A matcher; fails when `value` is no regular expression and `op` needs one.
    pub fn new(
        name: impl Into<String>,
        op: MatchOp,
        value: impl Into<String>,
    ) -> Result<Self, go_regexp::Error> {
        let (name, value) = (name.into(), value.into());
        let regex = match op {
            MatchOp::Equal | MatchOp::NotEqual => None,
            MatchOp::Regex | MatchOp::NotRegex => Some(go_regexp::Matcher::new(&value)?),
        };
        Ok(Self { name, op, value, regex })
    }

    /// A matcher with `=~` or `!~` whose expression was compiled beforehand, because it means something
    /// else than `value` by itself would.
    pub fn with_regex(
        name: impl Into<String>,
        op: MatchOp,
        value: impl Into<String>,
        regex: go_regexp::Matcher,
    ) -> Self {
        Self { name: name.into(), op, value: value.into(), regex: Some(regex) }
    }

    /// The matcher `name="value"`.
    pub fn equal(name: impl Into<String>, value: impl Into<String>) -> Self {
        Self { name: name.into(), op: MatchOp::Equal, value: value.into(), regex: None }
    }

    /// The label that is looked at.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// How it is compared.
    pub const fn op(&self) -> MatchOp {
        self.op
    }

    /// The text or the regular expression it is compared with.
    pub fn value(&self) -> &str {
        &self.value
    }

    /// The compiled regular expression of `=~` and `!~`.
    pub const fn regex(&self) -> Option<&go_regexp::Matcher> {
        self.regex.as_ref()
    }

    /// Whether a label with this value satisfies the matcher.
    #[inline]
    pub fn matches(&self, value: &str) -> bool {
        let same = match &self.regex {
            None => self.value == value,
            Some(regex) => regex.matches(value),
        };
        same != self.op.is_negative()
    }

    /// Whether a series without the label satisfies the matcher.
    pub fn matches_empty(&self) -> bool {
        self.matches("")
    }
}

impl PartialEq for Matcher {
    fn eq(&self, other: &Self) -> bool {
        (self.op, &self.name, &self.value) == (other.op, &other.name, &other.value)
    }
}

impl Eq for Matcher {}

impl fmt::Display for Matcher {
    /// Writes the matcher as a selector would: `job=~"a|b"`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let value = regain_go_format::quote::quote(&self.value);
        if is_legacy_label_name(&self.name) {
            write!(f, "{}{}{value}", self.name, self.op)
        } else {
            write!(f, "{}{}{value}", regain_go_format::quote::quote(&self.name), self.op)
        }
    }
}

//! A silence, and what makes one valid.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;

use jiff::Timestamp;
use regain_go_format::quote::quote;
use regain_go_regexp as go_regexp;
use regain_model::{Labels, MatchOp, Matcher};

use crate::clock::is_go_zero;
use crate::matcher::{self, MatcherMode, all_match};

/// Keeps alerts from being notified for a while.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Silence {
    /// A UUID in text.
    pub id: Arc<str>,
    /// An alert is silenced when all matchers of one of these sets match it.
    pub matcher_sets: Vec<Vec<Matcher>>,
    /// From when on.
    pub starts_at: Timestamp,
    /// Until when.
    pub ends_at: Timestamp,
    /// When it was changed last.
    pub updated_at: Timestamp,
    /// Who made it, as that person says.
    pub created_by: String,
    /// Why.
    pub comment: String,
    /// More about it.
    pub annotations: BTreeMap<String, String>,
}

/// Where a silence is in its life.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum SilenceState {
    /// It silences.
    Active,
    /// It has not started.
    Pending,
    /// It has ended.
    Expired,
}

impl SilenceState {
    /// All states, in the order in which silences are listed.
    pub const ALL: [Self; 3] = [Self::Active, Self::Pending, Self::Expired];

    /// The state as the API and the metrics write it.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Active => "active",
            Self::Pending => "pending",
            Self::Expired => "expired",
        }
    }
}

impl fmt::Display for SilenceState {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl Silence {
    /// The state at `now`.
    pub fn state(&self, now: Timestamp) -> SilenceState {
        if now < self.starts_at {
            SilenceState::Pending
        } else if now < self.ends_at {
            SilenceState::Active
        } else {
            SilenceState::Expired
        }
    }

    /// Whether an alert with these labels is meant.
    pub fn matches(&self, labels: &Labels) -> bool {
        self.matcher_sets.iter().any(|set| all_match(set, labels))
    }

    /// Whether the silence can become `other` without rewriting what has been silenced already.
    pub(super) fn can_become(&self, other: &Self, now: Timestamp) -> bool {
        let times_allow = match self.state(now) {
            SilenceState::Active => {
                self.starts_at.as_second() == other.starts_at.as_second() && other.ends_at >= now
            }
            SilenceState::Pending => other.starts_at >= now,
            SilenceState::Expired => false,
        };
        times_allow && self.matcher_sets == other.matcher_sets
    }

    /// The matchers as logs show them.
    pub(super) fn matchers_text(&self) -> String {
        let texts = self.matcher_sets.iter().flatten();
        let texts: Vec<_> = texts.map(|m| format!("{}{}{}", m.name(), m.op(), m.value())).collect();
        texts.join(",")
    }
}

/// A silence as somebody asks for it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct SilenceDraft {
    /// The silence to change, or nothing for a new one.
    pub id: Option<String>,
    /// See [`Silence::matcher_sets`].
    pub matcher_sets: Vec<Vec<MatcherDraft>>,
    /// From when on; nothing is from now on.
    pub starts_at: Option<Timestamp>,
    /// Until when.
    pub ends_at: Option<Timestamp>,
    /// Who asks.
    pub created_by: String,
    /// Why.
    pub comment: String,
    /// More about it.
    pub annotations: BTreeMap<String, String>,
}

/// A matcher whose expression nobody has looked at.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MatcherDraft {
    /// The label.
    pub name: String,
    /// How it is compared.
    pub op: MatchOp,
    /// With what.
    pub value: String,
}

/// Why a silence is refused; the texts are upstream's.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum InvalidSilence {
    /// There are no matchers at all.
    #[error("at least one matcher set required")]
    NoMatcherSets,
    /// A set has no matchers.
    #[error("matcher set {set} is empty")]
    EmptySet {
        /// Its index.
        set: usize,
    },
    /// A matcher is wrong.
    #[error("invalid label matcher {index} in set {set}: {source}")]
    Matcher {
        /// Its index in the set.
        index: usize,
        /// The index of the set.
        set: usize,
        /// What is wrong.
        source: InvalidMatcher,
    },
    /// A set would match alerts that have none of its labels.
    #[error("matcher set {set}: at least one matcher must not match the empty string")]
    MatchesEmpty {
        /// Its index.
        set: usize,
    },
    /// There is no end.
    #[error("invalid zero end timestamp")]
    NoEnd,
    /// The end is before the start.
    #[error("end time must not be before start time")]
    EndBeforeStart,
}

/// Why a matcher is refused; the texts are upstream's.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum InvalidMatcher {
    /// No label can have this name.
    #[error("invalid label name {}", quote(name))]
    Name {
        /// The name.
        name: String,
    },
    /// The value is no regular expression.
    #[error("invalid regular expression {}: {source}", quote(value))]
    Regex {
        /// The value.
        value: String,
        /// What is wrong with it.
        source: go_regexp::Error,
    },
}

impl SilenceDraft {
    /// The valid silence that the draft describes, without an id; `now` takes the place of a missing start.
    pub(super) fn check(
        self,
        now: Timestamp,
        mode: MatcherMode,
    ) -> Result<Silence, InvalidSilence> {
        if self.matcher_sets.is_empty() {
            return Err(InvalidSilence::NoMatcherSets);
        }
        let sets = self.matcher_sets.into_iter().enumerate();
        let matcher_sets =
            sets.map(|(set, drafts)| check_set(set, drafts, mode)).collect::<Result<_, _>>()?;
        let is_set = |time: &Timestamp| !is_go_zero(*time);
        let starts_at = self.starts_at.filter(is_set).unwrap_or(now);
        let ends_at = self.ends_at.filter(is_set).ok_or(InvalidSilence::NoEnd)?;
        if ends_at < starts_at {
            return Err(InvalidSilence::EndBeforeStart);
        }
        Ok(Silence {
            id: self.id.unwrap_or_default().into(),
            matcher_sets,
            starts_at,
            ends_at,
            updated_at: now,
            created_by: self.created_by,
            comment: self.comment,
            annotations: self.annotations,
        })
    }
}

fn check_set(
    set: usize,
    drafts: Vec<MatcherDraft>,
    mode: MatcherMode,
) -> Result<Vec<Matcher>, InvalidSilence> {
    if drafts.is_empty() {
        return Err(InvalidSilence::EmptySet { set });
    }
    let drafts = drafts.into_iter().enumerate();
    let matchers = drafts
        .map(|(index, draft)| {
            draft.check(mode).map_err(|source| InvalidSilence::Matcher { index, set, source })
        })
        .collect::<Result<Vec<_>, _>>()?;
    // A negative matcher counts as one that wants something, even where it matches the empty text.
    if matchers.iter().all(|matcher| !matcher.op().is_negative() && matcher.matches_empty()) {
        return Err(InvalidSilence::MatchesEmpty { set });
    }
    Ok(matchers)
}

impl MatcherDraft {
    fn check(self, mode: MatcherMode) -> Result<Matcher, InvalidMatcher> {
        if !mode.is_valid_label_name(&self.name) {
            return Err(InvalidMatcher::Name { name: self.name });
        }
        let made = matcher::new(&self.name, self.op, &self.value);
        made.map_err(|error| {
            // Upstream reads the expression on its own first, so its message shows it as it was given.
            let source = go_regexp::Regex::new(&self.value).err().unwrap_or(error);
            InvalidMatcher::Regex { value: self.value, source }
        })
    }
}

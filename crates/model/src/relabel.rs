//! Relabelling: rules that rewrite a label set or drop it.
//!
//! The semantics are upstream's `model/relabel` (3.14): regular expressions are anchored, actions
//! apply in order, and a drop ends the work.

use md5::{Digest as _, Md5};
use regain_go_regexp::Regex;

use crate::labels_builder::LabelsBuilder;
use crate::names::{NameScheme, is_legacy_label_name, is_valid_label_name};

/// What a rule does.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Action {
    /// Sets the target label to the expanded replacement where the source matches.
    #[default]
    Replace,
    /// Drops the set unless the source matches.
    Keep,
    /// Drops the set if the source matches.
    Drop,
    /// Drops the set unless the source equals the target label.
    KeepEqual,
    /// Drops the set if the source equals the target label.
    DropEqual,
    /// Sets the target label to a hash of the source, modulo the modulus.
    HashMod,
    /// Copies labels whose name matches to the expanded replacement.
    LabelMap,
    /// Deletes labels whose name matches.
    LabelDrop,
    /// Deletes labels whose name does not match.
    LabelKeep,
    /// Sets the target label to the source in lower case.
    Lowercase,
    /// Sets the target label to the source in upper case.
    Uppercase,
}

impl Action {
    /// All actions, in the order in which messages list them.
    pub const ALL: [Self; 11] = [
        Self::Replace,
        Self::Keep,
        Self::Drop,
        Self::KeepEqual,
        Self::DropEqual,
        Self::HashMod,
        Self::LabelMap,
        Self::LabelDrop,
        Self::LabelKeep,
        Self::Lowercase,
        Self::Uppercase,
    ];

    /// The word for the action in a configuration file.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Replace => "replace",
            Self::Keep => "keep",
            Self::Drop => "drop",
            Self::KeepEqual => "keepequal",
            Self::DropEqual => "dropequal",
            Self::HashMod => "hashmod",
            Self::LabelMap => "labelmap",
            Self::LabelDrop => "labeldrop",
            Self::LabelKeep => "labelkeep",
            Self::Lowercase => "lowercase",
            Self::Uppercase => "uppercase",
        }
    }

    /// The action that `word` names, in any case.
    pub fn from_word(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|action| action.as_str().eq_ignore_ascii_case(word))
    }
}

/// One rule. Whoever builds it has checked what the action needs (`config`).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RelabelConfig {
    /// The labels whose values are joined into the source.
    pub source_labels: Vec<String>,
    /// What stands between the joined values.
    pub separator: String,
    /// The anchored expression that the source, or a label's name, is matched with.
    pub regex: Regex,
    /// The modulus of `hashmod`.
    pub modulus: u64,
    /// The label that is written, as a template.
    pub target_label: String,
    /// The value that is written, as a template.
    pub replacement: String,
    /// What the rule does.
    pub action: Action,
    /// Which label names may be written.
    pub scheme: NameScheme,
}

/// The separator where a rule names none.
pub const DEFAULT_SEPARATOR: &str = ";";
/// The expression where a rule names none.
pub const DEFAULT_REGEX: &str = "(.*)";
/// The replacement where a rule names none.
pub const DEFAULT_REPLACEMENT: &str = "$1";

impl Default for RelabelConfig {
    fn default() -> Self {
        Self {
            source_labels: Vec::new(),
            separator: DEFAULT_SEPARATOR.to_owned(),
            regex: Regex::anchored(DEFAULT_REGEX).expect("the default expression is valid"),
            modulus: 0,
            target_label: String::new(),
            replacement: DEFAULT_REPLACEMENT.to_owned(),
            action: Action::Replace,
            scheme: NameScheme::Utf8,
        }
    }
}

/// Applies `rules` in order and says whether the set is kept.
pub fn process(rules: &[RelabelConfig], labels: &mut LabelsBuilder) -> bool {
    rules.iter().all(|rule| rule.apply(labels))
}

impl RelabelConfig {
    /// Applies this rule and says whether the set is kept.
    pub fn apply(&self, labels: &mut LabelsBuilder) -> bool {
        match self.action {
            Action::Replace => self.replace(labels),
            Action::Keep => return self.regex.is_match(&self.source(labels)),
            Action::Drop => return !self.regex.is_match(&self.source(labels)),
            Action::KeepEqual => return self.source(labels) == self.target(labels),
            Action::DropEqual => return self.source(labels) != self.target(labels),
            Action::HashMod => {
                let hash = low_md5(self.source(labels).as_bytes()) % self.modulus;
                labels.set(&self.target_label, &hash.to_string());
            }
            Action::LabelMap => self.map(labels),
            Action::LabelDrop => labels.retain(|name, _| !self.regex.is_match(name)),
            Action::LabelKeep => labels.retain(|name, _| self.regex.is_match(name)),
            Action::Lowercase => {
                let value = self.source(labels).to_lowercase();
                labels.set(&self.target_label, &value);
            }
            Action::Uppercase => {
                let value = self.source(labels).to_uppercase();
                labels.set(&self.target_label, &value);
            }
        }
        true
    }

    fn source(&self, labels: &LabelsBuilder) -> String {
        let mut source = String::new();
        for (index, name) in self.source_labels.iter().enumerate() {
            if index > 0 {
                source.push_str(&self.separator);
            }
            source.push_str(labels.get(name).unwrap_or_default());
        }
        source
    }

    fn target<'a>(&self, labels: &'a LabelsBuilder) -> &'a str {
        labels.get(&self.target_label).unwrap_or_default()
    }

    fn replace(&self, labels: &mut LabelsBuilder) {
        let source = self.source(labels);
        let Some(captures) = self.regex.captures(&source) else { return };
        let (mut name, mut value) = (String::new(), String::new());
        captures.expand(&self.target_label, &mut name);
        if !self.accepts(&name) {
            return;
        }
        captures.expand(&self.replacement, &mut value);
        labels.set(&name, &value);
    }

    /// Whether a label called `name` may be written. A target that comes out of a template has to
    /// be valid under the scheme, a fixed one was checked with the configuration.
    fn accepts(&self, name: &str) -> bool {
        match self.scheme {
            NameScheme::Utf8 => is_valid_label_name(name, NameScheme::Utf8),
            NameScheme::Legacy => is_legacy_label_name(name),
        }
    }

    fn map(&self, labels: &mut LabelsBuilder) {
        let mut copies = Vec::new();
        for (name, value) in labels.iter() {
            if let Some(captures) = self.regex.captures(name) {
                let mut copy = String::new();
                captures.expand(&self.replacement, &mut copy);
                copies.push((copy, value.to_owned()));
            }
        }
        for (name, value) in copies {
            labels.set(&name, &value);
        }
    }
}

/// The last eight bytes of the MD5 digest, big-endian, as upstream's `hashmod` takes them.
fn low_md5(source: &[u8]) -> u64 {
    let digest = Md5::digest(source);
    let low: [u8; 8] = std::array::from_fn(|at| digest[8 + at]);
    u64::from_be_bytes(low)
}

#[cfg(test)]
mod tests;

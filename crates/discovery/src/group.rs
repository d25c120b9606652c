//! A group of targets with the labels they have in common.

use std::sync::Arc;

use regain_model::{Labels, MAX_LABEL_BYTES};
use regain_yaml::{Decode as _, Mistakes, Node, Section, pairs};

/// The label that holds the address of a target.
pub const ADDRESS_LABEL: &str = "__address__";

/// The groups that a mechanism knows at one moment.
pub type Groups = Arc<[TargetGroup]>;

/// A set of targets with common labels.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct TargetGroup {
    /// What identifies the group within its mechanism.
    pub source: Arc<str>,
    /// The labels that all targets have.
    pub labels: Labels,
    /// The targets; each has at least an address.
    pub targets: Vec<Labels>,
}

impl TargetGroup {
    /// Builds a group of `addresses` with common `labels`.
    pub fn new<'a>(
        source: impl Into<Arc<str>>,
        labels: Labels,
        addresses: impl IntoIterator<Item = &'a str>,
    ) -> Self {
        let target = |address| Labels::from_pairs([(ADDRESS_LABEL, address)]);
        Self { source: source.into(), labels, targets: addresses.into_iter().map(target).collect() }
    }

    /// Reads a group from `node`, a mapping of `targets` and `labels`.
    pub fn decode(source: &str, node: &Node, mistakes: &Mistakes) -> Option<Self> {
        Section::read(node, "targetgroup.Group", mistakes, |section| {
            let at = section.place_of("targets");
            let addresses: Vec<String> = section.or_zero("targets");
            if addresses.iter().any(|address| address.len() > MAX_LABEL_BYTES) {
                mistakes.rule(at, "target address is too long");
                return None;
            }
            let labels = match section.field("labels") {
                Some(labels) => decode_labels(labels, mistakes)?,
                None => Labels::empty(),
            };
            Some(Self::new(source, labels, addresses.iter().map(String::as_str)))
        })
        .flatten()
    }

    /// The addresses of the targets.
    pub fn addresses(&self) -> impl Iterator<Item = &str> {
        self.targets.iter().map(|target| target.get(ADDRESS_LABEL).unwrap_or_default())
    }
}

/// Reads a mapping from label names to values.
fn decode_labels(node: &Node, mistakes: &Mistakes) -> Option<Labels> {
    let mut labels = Vec::new();
    let mut valid = true;
    for (name, at, value) in pairs(node, mistakes)? {
        if name.is_empty() {
            mistakes.rule(at, "\"\" is not a valid label name");
            valid = false;
        }
        let text = String::decode(value, mistakes)?;
        if name.len() > MAX_LABEL_BYTES || text.len() > MAX_LABEL_BYTES {
            mistakes.rule(at, "label is too long");
            valid = false;
        }
        labels.push((name, text));
    }
    valid.then(|| Labels::from_pairs(labels))
}

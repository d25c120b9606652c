//! Targets that are written in the configuration itself.

use regain_yaml::{Mistakes, Node};

use crate::group::{Groups, TargetGroup};

/// The groups of a `static_configs` list; the index of a group is its source.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct StaticConfig {
    /// The groups in the order of the file.
    pub groups: Vec<TargetGroup>,
}

impl StaticConfig {
    /// Reads the items of a `static_configs` list.
    pub fn decode<'a>(items: impl IntoIterator<Item = &'a Node>, mistakes: &Mistakes) -> Self {
        let mut groups = Vec::new();
        for (index, item) in items.into_iter().enumerate() {
            if item.is_null() {
                mistakes.rule(item.span, "empty or null section in static_configs");
            } else if let Some(group) = TargetGroup::decode(&index.to_string(), item, mistakes) {
                groups.push(group);
            }
        }
        Self { groups }
    }

    /// The groups, which never change.
    pub fn groups(&self) -> Groups {
        self.groups.clone().into()
    }
}

//! The section `inhibit_rules`.

use regain_alerting::settings::InhibitRuleSettings;
use regain_yaml::{Node, Section};

use super::context::Context;
use super::matchers::{Keys, Matchers};
use crate::marshal::{Fields, texts};
use crate::value::texts as located_texts;

const SOURCE: Keys =
    Keys { equal: "source_match", regex: "source_match_re", matchers: "source_matchers" };
const TARGET: Keys =
    Keys { equal: "target_match", regex: "target_match_re", matchers: "target_matchers" };

/// One rule.
#[derive(Clone, Debug)]
pub(super) struct InhibitRule {
    name: String,
    source: Matchers,
    target: Matchers,
    equal: Vec<String>,
}

impl InhibitRule {
    pub(super) fn decode(node: &Node, context: &Context<'_>) -> Option<Self> {
        Section::read(node, "common.plain", context.mistakes, |section| {
            let equal = located_texts(section, "equal");
            for (at, name) in &equal {
                if !context.mode.is_valid_label_name(name) {
                    let message = format!("invalid label name {name:?} in equal list");
                    context.mistakes.rule(*at, message);
                }
            }
            Self {
                name: section.or_zero("name"),
                source: Matchers::decode(section, SOURCE, context),
                target: Matchers::decode(section, TARGET, context),
                equal: equal.into_iter().map(|(_, name)| name).collect(),
            }
        })
    }

    pub(super) fn write(&self, fields: &mut Fields) {
        fields.some("name", &*self.name);
        self.source.write(SOURCE, fields);
        self.target.write(TARGET, fields);
        fields.some("equal", texts(&self.equal));
    }

    pub(super) fn settings(&self) -> InhibitRuleSettings {
        InhibitRuleSettings {
            name: self.name.clone(),
            source: self.source.all.clone(),
            target: self.target.all.clone(),
            equal: self.equal.clone(),
        }
    }
}

//! The section `otlp`.

use std::collections::BTreeSet;

use regain_model::NameScheme;
use regain_yaml::{Node, Section};

use crate::marshal::{self, Fields};
use crate::value::texts;

/// How OTLP data becomes series.
#[derive(Clone, Debug, PartialEq, Eq)]
#[expect(clippy::struct_excessive_bools, reason = "each is a key of the file of its own")]
pub struct OtlpConfig {
    /// Whether all resource attributes become labels.
    pub promote_all_resource_attributes: bool,
    /// The resource attributes that become labels.
    pub promote_resource_attributes: Vec<String>,
    /// The resource attributes that do not become labels where all others do.
    pub ignore_resource_attributes: Vec<String>,
    /// How names are made, where the file does not leave that empty.
    pub translation_strategy: Option<TranslationStrategy>,
    /// Whether the attributes that make up `job` and `instance` are kept.
    pub keep_identifying_resource_attributes: bool,
    /// Whether explicit histograms are stored as native ones with custom buckets.
    pub convert_histograms_to_nhcb: bool,
    /// Whether the scope becomes labels.
    pub promote_scope_metadata: bool,
    /// Whether a label that starts with an underscore gets a prefix.
    pub label_name_underscore_sanitization: bool,
    /// Whether underscores in a row are kept.
    pub label_name_preserve_multiple_underscores: bool,
}

/// How names of OTLP become names of series.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum TranslationStrategy {
    /// Foreign characters become underscores, units and types suffixes.
    #[default]
    UnderscoreEscapingWithSuffixes,
    /// Foreign characters become underscores.
    UnderscoreEscapingWithoutSuffixes,
    /// Units and types become suffixes.
    NoUtf8EscapingWithSuffixes,
    /// Names stay as they are.
    NoTranslation,
}

impl TranslationStrategy {
    const ALL: [Self; 4] = [
        Self::UnderscoreEscapingWithSuffixes,
        Self::UnderscoreEscapingWithoutSuffixes,
        Self::NoUtf8EscapingWithSuffixes,
        Self::NoTranslation,
    ];

    /// The word for the strategy in a configuration file.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::UnderscoreEscapingWithSuffixes => "UnderscoreEscapingWithSuffixes",
            Self::UnderscoreEscapingWithoutSuffixes => "UnderscoreEscapingWithoutSuffixes",
            Self::NoUtf8EscapingWithSuffixes => "NoUTF8EscapingWithSuffixes",
            Self::NoTranslation => "NoTranslation",
        }
    }

    /// Whether names may come out that only the UTF-8 scheme accepts.
    const fn needs_utf8(self) -> bool {
        matches!(self, Self::NoUtf8EscapingWithSuffixes | Self::NoTranslation)
    }
}

impl Default for OtlpConfig {
    fn default() -> Self {
        Self {
            promote_all_resource_attributes: false,
            promote_resource_attributes: Vec::new(),
            ignore_resource_attributes: Vec::new(),
            translation_strategy: Some(TranslationStrategy::default()),
            keep_identifying_resource_attributes: false,
            convert_histograms_to_nhcb: false,
            promote_scope_metadata: false,
            label_name_underscore_sanitization: true,
            label_name_preserve_multiple_underscores: true,
        }
    }
}

impl OtlpConfig {
    /// Reads the field `otlp`; a key without a value is a section in which everything is off.
    pub(crate) fn decode(parent: &mut Section<'_>, scheme: NameScheme) -> Self {
        const NAME: &str = "otlp";
        if parent.peek(NAME).is_some_and(Node::is_null) {
            parent.field(NAME);
            return Self {
                translation_strategy: None,
                label_name_underscore_sanitization: false,
                label_name_preserve_multiple_underscores: false,
                ..Self::default()
            };
        }
        let read = |section: &mut Section<'_>| Self::read(section, scheme);
        parent.section(NAME, "config.OTLPConfig", read).unwrap_or_default()
    }

    fn read(section: &mut Section<'_>, scheme: NameScheme) -> Self {
        if !section.is_empty() {
            section.mistakes().remark(section.at(), "otlp");
        }
        let promote_all = section.or_zero("promote_all_resource_attributes");
        let promoted = attributes(section, "promote_resource_attributes", "promoted");
        let ignored = attributes(section, "ignore_resource_attributes", "ignored");
        if promote_all && !promoted.is_empty() {
            let message = "'promote_all_resource_attributes' and 'promote_resource_attributes' \
                           cannot be configured simultaneously";
            section.rule("promote_resource_attributes", message);
        }
        if !promote_all && !ignored.is_empty() {
            let message = "'ignore_resource_attributes' cannot be configured unless \
                           'promote_all_resource_attributes' is true";
            section.rule("ignore_resource_attributes", message);
        }
        Self {
            promote_all_resource_attributes: promote_all,
            promote_resource_attributes: promoted,
            ignore_resource_attributes: ignored,
            translation_strategy: strategy(section, scheme),
            keep_identifying_resource_attributes: section
                .or_zero("keep_identifying_resource_attributes"),
            convert_histograms_to_nhcb: section.or_zero("convert_histograms_to_nhcb"),
            promote_scope_metadata: section.or_zero("promote_scope_metadata"),
            label_name_underscore_sanitization: section
                .or("label_name_underscore_sanitization", true),
            label_name_preserve_multiple_underscores: section
                .or("label_name_preserve_multiple_underscores", true),
        }
    }

    /// Writes the field `otlp` unless everything is off.
    pub(crate) fn write(&self, fields: &mut Fields) {
        let otlp = Fields::map(|fields| {
            fields.some("promote_all_resource_attributes", self.promote_all_resource_attributes);
            let promoted = marshal::texts(&self.promote_resource_attributes);
            fields.some("promote_resource_attributes", promoted);
            let ignored = marshal::texts(&self.ignore_resource_attributes);
            fields.some("ignore_resource_attributes", ignored);
            let strategy = self.translation_strategy.map_or("", TranslationStrategy::as_str);
            fields.some("translation_strategy", strategy);
            for (key, on) in [
                ("keep_identifying_resource_attributes", self.keep_identifying_resource_attributes),
                ("convert_histograms_to_nhcb", self.convert_histograms_to_nhcb),
                ("promote_scope_metadata", self.promote_scope_metadata),
                ("label_name_underscore_sanitization", self.label_name_underscore_sanitization),
                (
                    "label_name_preserve_multiple_underscores",
                    self.label_name_preserve_multiple_underscores,
                ),
            ] {
                fields.some(key, on);
            }
        });
        fields.some("otlp", otlp);
    }
}

fn strategy(section: &mut Section<'_>, scheme: NameScheme) -> Option<TranslationStrategy> {
    const NAME: &str = "translation_strategy";
    if section.peek(NAME).is_none() {
        section.field(NAME);
        return Some(TranslationStrategy::default());
    }
    let parse = |word: &str| {
        let found = TranslationStrategy::ALL.into_iter().find(|strategy| strategy.as_str() == word);
        match found {
            Some(strategy) if strategy.needs_utf8() && scheme == NameScheme::Legacy => Err(
                format!("OTLP translation strategy {word:?} is not allowed when UTF8 is disabled"),
            ),
            Some(strategy) => Ok(Some(strategy)),
            None if word.is_empty() => Ok(None),
            None => Err(format!("unsupported OTLP translation strategy {word:?}")),
        }
    };
    section.parsed(NAME, parse).flatten()
}

/// A list of attributes, without space around them, none empty and none twice.
fn attributes(section: &mut Section<'_>, name: &'static str, adjective: &str) -> Vec<String> {
    let mut seen = BTreeSet::new();
    let mut attributes = Vec::new();
    let mistakes = section.mistakes();
    for (at, attribute) in texts(section, name) {
        let attribute = attribute.trim().to_owned();
        if attribute.is_empty() {
            let message = format!("invalid '{name}': empty {adjective} OTel resource attribute");
            mistakes.rule(at, message);
        } else if !seen.insert(attribute.clone()) {
            let message = format!(
                "invalid '{name}': duplicated {adjective} OTel resource attribute {attribute:?}"
            );
            mistakes.rule(at, message);
        }
        attributes.push(attribute);
    }
    attributes
}

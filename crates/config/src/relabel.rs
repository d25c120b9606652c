//! Relabelling rules in a file, and what each action demands.

use regain_go_regexp::Regex;
use regain_model::relabel::{
    Action, DEFAULT_REGEX, DEFAULT_REPLACEMENT, DEFAULT_SEPARATOR, RelabelConfig,
};
use regain_model::{NameScheme, is_valid_label_name};
use regain_yaml::{Mistakes, Node, Section, Value, closest};

use crate::marshal::{Fields, texts};
use crate::value::items;

/// A rule as a file has it.
#[derive(Clone, Debug)]
pub struct RelabelRule {
    /// The rule.
    pub config: RelabelConfig,
    /// Whether the file has the expression, which is then shown even if it is the default one.
    has_regex: bool,
}

/// The rules in the field `name`; `empty` is the message for a rule without content.
pub(crate) fn relabel_configs(
    section: &mut Section<'_>,
    name: &'static str,
    empty: &str,
    scheme: NameScheme,
) -> Vec<RelabelRule> {
    items(section, name, empty, |node, mistakes| decode(node, mistakes, scheme))
}

/// Writes rules under the key `name` unless there are none.
pub(crate) fn write_rules(name: &str, rules: &[RelabelRule], fields: &mut Fields) {
    fields.sections(name, rules, |RelabelRule { config, has_regex }, fields| {
        if let Value::List(labels) = texts(&config.source_labels) {
            fields.some("source_labels", Value::FlowList(labels));
        }
        fields.always("separator", &*config.separator);
        if *has_regex {
            fields.always("regex", config.regex.as_str());
        }
        fields.some("modulus", config.modulus);
        fields.some("target_label", &*config.target_label);
        fields.always("replacement", &*config.replacement);
        fields.some("action", config.action.as_str());
    });
}

fn decode(node: &Node, mistakes: &Mistakes, scheme: NameScheme) -> Option<RelabelRule> {
    let rule = |section: &mut Section<'_>| {
        let action = action(section)?;
        let regex = regex(section)?;
        let has_regex = section.peek("regex").is_some();
        let rule = RelabelConfig {
            source_labels: section.or_zero("source_labels"),
            separator: section.or("separator", DEFAULT_SEPARATOR.to_owned()),
            regex,
            modulus: section.or_zero("modulus"),
            target_label: section.or_zero("target_label"),
            replacement: section.or("replacement", DEFAULT_REPLACEMENT.to_owned()),
            action,
            scheme,
        };
        if let Err(message) = check(&rule, section) {
            mistakes.rule(section.at(), message);
        }
        Some(RelabelRule { config: rule, has_regex })
    };
    Section::read(node, "relabel.Config", mistakes, |section| {
        let read = rule(section);
        if read.is_none() {
            // The other keys are known even where the rule could not be read.
            for name in
                ["source_labels", "separator", "modulus", "target_label", "replacement", "regex"]
            {
                section.field(name);
            }
        }
        read
    })
    .flatten()
}

fn action(section: &mut Section<'_>) -> Option<Action> {
    const NAME: &str = "action";
    if section.peek(NAME).is_none() {
        section.field(NAME);
        return Some(Action::Replace);
    }
    if section.peek(NAME).is_some_and(Node::is_null) {
        section.field(NAME);
        section.rule(NAME, "relabel action cannot be empty");
        return None;
    }
    section.parsed(NAME, |word| {
        Action::from_word(word).ok_or_else(|| {
            match closest(word, Action::ALL.map(Action::as_str)) {
                Some(meant) => format!("unknown relabel action {word:?} (did you mean {meant:?}?)"),
                None => format!("unknown relabel action {word:?}"),
            }
        })
    })
}

/// The expression; a key without a value means the expression that matches nothing but nothing.
fn regex(section: &mut Section<'_>) -> Option<Regex> {
    let node = section.peek("regex");
    let text = match node {
        None => DEFAULT_REGEX.to_owned(),
        Some(_) => section.or_zero("regex"),
    };
    section.field("regex");
    match Regex::anchored(&text) {
        Ok(regex) => Some(regex),
        Err(error) => {
            section.rule("regex", error.to_string());
            None
        }
    }
}

/// The rules of upstream's `relabel.Config.Validate`, with its texts.
fn check(rule: &RelabelConfig, section: &Section<'_>) -> Result<(), String> {
    let action = rule.action.as_str();
    let target = rule.target_label.as_str();
    if rule.action == Action::HashMod && rule.modulus == 0 {
        return Err("relabel configuration for hashmod requires non-zero modulus".to_owned());
    }
    let compares = matches!(rule.action, Action::KeepEqual | Action::DropEqual);
    let changes_case = matches!(rule.action, Action::Lowercase | Action::Uppercase);
    let writes = matches!(rule.action, Action::Replace | Action::HashMod);
    if (compares || changes_case || writes) && target.is_empty() {
        return Err(format!(
            "relabel configuration for {action} action requires 'target_label' value"
        ));
    }
    let valid = |name: &str| is_valid_label_name(name, rule.scheme);
    let valid_target = match rule.action {
        Action::Replace if target.contains('$') => is_name_template(target, rule.scheme),
        Action::Replace | Action::HashMod => valid(target),
        _ if compares || changes_case => valid(target),
        _ => true,
    };
    if !valid_target {
        return Err(format!("{target:?} is invalid 'target_label' for {action} action"));
    }
    let replaces = rule.replacement != DEFAULT_REPLACEMENT;
    if (compares || changes_case) && replaces {
        return Err(format!("'replacement' can not be set for {action} action"));
    }
    if rule.action == Action::LabelMap && !is_name_template(&rule.replacement, rule.scheme) {
        let replacement = &rule.replacement;
        return Err(format!("{replacement:?} is invalid 'replacement' for {action} action"));
    }
    let separates = rule.separator != DEFAULT_SEPARATOR;
    // Upstream compares expressions by identity: even the default one counts when it is written out.
    if compares && (section.peek("regex").is_some() || rule.modulus != 0 || separates) {
        return Err(format!(
            "{action} action requires only 'source_labels' and `target_label`, and no other fields"
        ));
    }
    let by_name = matches!(rule.action, Action::LabelDrop | Action::LabelKeep);
    let sources = section.peek("source_labels").is_some_and(|node| !node.is_null());
    if by_name && (sources || !target.is_empty() || rule.modulus != 0 || separates || replaces) {
        return Err(format!("{action} action requires only 'regex', and no other fields"));
    }
    Ok(())
}

/// Whether a name with references to groups can become a label name.
///
/// For the legacy scheme that is upstream's `^(?:(?:[a-zA-Z_]|\$(?:\{\w+\}|\w+))+\w*)+$`; with UTF-8
/// names a reference is as good as any other text.
fn is_name_template(template: &str, scheme: NameScheme) -> bool {
    if scheme == NameScheme::Utf8 {
        return is_valid_label_name(template, scheme);
    }
    let word = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'_';
    let bytes = template.as_bytes();
    let mut at = 0;
    while let Some(&byte) = bytes.get(at) {
        at += match byte {
            b'$' => {
                let rest = &bytes[at + 1..];
                let braced = rest.first() == Some(&b'{');
                let name = if braced { &rest[1..] } else { rest };
                let len = name.iter().take_while(|&&byte| word(byte)).count();
                if len == 0 || braced && name.get(len) != Some(&b'}') {
                    return false;
                }
                1 + len + if braced { 2 } else { 0 }
            }
            b'0'..=b'9' if at == 0 => return false,
            _ if word(byte) => 1,
            _ => return false,
        };
    }
    at > 0
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn legacy_templates_are_names_with_references() {
        for (template, valid) in [
            ("foo", true),
            ("$1", true),
            ("foo_$1_bar", true),
            ("${1}bar", true),
            ("${name}", true),
            ("1foo", false),
            ("foo-$1", false),
            ("$", false),
            ("${1", false),
            ("${}", false),
            ("", false),
        ] {
            assert_eq!(is_name_template(template, NameScheme::Legacy), valid, "{template}");
        }
    }
}

//! Texts that the file fixes or that a label of the alert gives.

use regain_healing::order::{JsonTemplate, LabelValue, Pattern, VALUE_BYTES_MAX, Value};
use regain_yaml::{Kind, Mistakes, Node, Resolved, Section};

/// What a label's value has to match where nothing is configured: what names of hosts, instances and units
/// consist of, and no dash at the beginning.
const DEFAULT_PATTERN: &str = "[a-zA-Z0-9_.:][a-zA-Z0-9_.:@-]*";

/// Reads a text, or `{label: …, regex: …, max_bytes: …}`.
pub(super) fn value(node: &Node, mistakes: &Mistakes) -> Option<Value> {
    match &node.kind {
        Kind::Map(_) => label_value(node, mistakes).map(Value::Label),
        Kind::Scalar(_) | Kind::List(_) => {
            let text = regain_yaml::Decode::decode(node, mistakes)?;
            Some(Value::Fixed(text))
        }
    }
}

fn label_value(node: &Node, mistakes: &Mistakes) -> Option<LabelValue> {
    let value = Section::read(node, "label value", mistakes, |section| {
        let label: String = section.required("label")?;
        let bytes_max = section.or("max_bytes", VALUE_BYTES_MAX);
        let pattern = pattern(section, "regex");
        let default = || Pattern::new(DEFAULT_PATTERN).expect("the default is an expression");
        Some(LabelValue { label, pattern: pattern.unwrap_or_else(default), bytes_max })
    });
    value.flatten()
}

fn pattern(section: &mut Section<'_>, name: &'static str) -> Option<Pattern> {
    section.parsed(name, Pattern::new)
}

/// Reads a JSON document whose texts may come from labels: a mapping with the key `label`, and nothing but
/// keys of a label's value, is one.
pub(super) fn json(node: &Node, mistakes: &Mistakes) -> Option<JsonTemplate> {
    const LABEL_KEYS: [&str; 3] = ["label", "regex", "max_bytes"];
    match &node.kind {
        Kind::Scalar(scalar) => Some(match scalar.resolve() {
            Resolved::Null => JsonTemplate::Null,
            Resolved::Bool(value) => JsonTemplate::Bool(value),
            Resolved::Int(value) => JsonTemplate::Number(value.into()),
            Resolved::Uint(value) => JsonTemplate::Number(value.into()),
            Resolved::Float(value) => {
                let Some(number) = serde_json::Number::from_f64(value) else {
                    mistakes.rule(node.span, "JSON has no such number");
                    return None;
                };
                JsonTemplate::Number(number)
            }
            Resolved::Str => {
                JsonTemplate::Text(Value::Fixed(node.text().unwrap_or_default().to_owned()))
            }
        }),
        Kind::List(items) => {
            let items: Option<Vec<_>> = items.iter().map(|item| json(item, mistakes)).collect();
            items.map(JsonTemplate::List)
        }
        Kind::Map(entries) => {
            let is_label = node.get("label").is_some()
                && entries.iter().all(|entry| LABEL_KEYS.contains(&entry.key.as_str()));
            if is_label {
                return label_value(node, mistakes)
                    .map(|value| JsonTemplate::Text(Value::Label(value)));
            }
            let fields: Option<Vec<_>> = entries
                .iter()
                .map(|entry| Some((entry.key.clone(), json(&entry.value, mistakes)?)))
                .collect();
            fields.map(JsonTemplate::Object)
        }
    }
}

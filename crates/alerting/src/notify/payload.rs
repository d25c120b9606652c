//! A webhook's own payload: JSON whose every text is a template.

use regain_go_template::{List, Map, Value};
use regain_yaml::{Kind, Node, Resolved};
use serde_json::Value as Json;

use crate::template::{RenderError, Renderer};

/// `payload` with its texts and keys rendered.
///
/// A text that comes out as YAML of anything but a text becomes that: a number, a list, a map. What is in it is
/// final.
pub(super) fn render(payload: &Json, renderer: &Renderer<'_>) -> Result<Value, RenderError> {
    Ok(match payload {
        Json::Null => Value::Nil,
        Json::Bool(value) => Value::Bool(*value),
        Json::Number(number) => match number.as_i64() {
            Some(int) => Value::Int(int),
            None => Value::Float(number.as_f64().unwrap_or_default()),
        },
        Json::String(text) => interpreted(renderer.render(text)?),
        Json::Array(items) => {
            let items: Result<Vec<Value>, RenderError> =
                items.iter().map(|item| render(item, renderer)).collect();
            List::any(items?).into()
        }
        Json::Object(entries) => {
            let mut rendered = Vec::with_capacity(entries.len());
            for (key, value) in entries {
                rendered.push((renderer.render(key)?, render(value, renderer)?));
            }
            Map::any(rendered).into()
        }
    })
}

fn interpreted(text: String) -> Value {
    let node = regain_yaml::parse(&text).ok().or_else(|| leading_collection(&text));
    match node {
        Some(node) if scalar_text(&node).is_none() => structured(&node),
        _ => Value::from(text),
    }
}

/// The list or map in brackets that a text starts with.
///
/// The reader that upstream uses stops behind the first value and does not mind what follows, so that a subject such
/// as `[FIRING:1] Down` is a list to it.
fn leading_collection(text: &str) -> Option<Node> {
    if !text.starts_with(['[', '{']) {
        return None;
    }
    let mut open = 0_usize;
    let end = text.char_indices().find_map(|(at, c)| {
        match c {
            '[' | '{' => open += 1,
            ']' | '}' => open = open.saturating_sub(1),
            _ => {}
        }
        (open == 0).then_some(at + c.len_utf8())
    })?;
    regain_yaml::parse(text.get(..end)?).ok()
}

/// The text of a node that is a text.
fn scalar_text(node: &Node) -> Option<&str> {
    match &node.kind {
        Kind::Scalar(scalar) if scalar.resolve() == Resolved::Str => Some(scalar.text()),
        _ => None,
    }
}

fn structured(node: &Node) -> Value {
    match &node.kind {
        Kind::List(items) => List::any(items.iter().map(structured)).into(),
        Kind::Map(entries) => {
            let entries =
                entries.iter().map(|entry| (entry.key.as_str(), structured(&entry.value)));
            Map::any(entries).into()
        }
        Kind::Scalar(scalar) => match scalar.resolve() {
            Resolved::Null => Value::Nil,
            Resolved::Bool(value) => Value::Bool(value),
            Resolved::Int(value) => Value::Int(value),
            Resolved::Uint(value) => Value::Float(value as f64),
            Resolved::Float(value) => Value::Float(value),
            Resolved::Str => Value::from(scalar.text()),
        },
    }
}

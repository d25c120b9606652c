//! Reading one file of target groups.

use std::fs::File;
use std::io::{self, Read as _};
use std::path::Path;
use std::time::{SystemTime, UNIX_EPOCH};

use regain_model::{Labels, MAX_LABEL_BYTES};
use regain_yaml::{Kind, MistakeKind, Mistakes, Node};
use serde_json::Value;

use crate::group::TargetGroup;

/// The longest target file that is read.
const MAX_FILE_BYTES: u64 = 64 << 20;
const FILEPATH_LABEL: &str = "__meta_filepath";

/// Why a file has no groups.
#[derive(Debug, thiserror::Error)]
pub enum ReadError {
    /// The file cannot be read, or is no text.
    #[error("read target file: {0}")]
    Io(#[from] io::Error),
    /// The file is too long.
    #[error("target file is longer than {MAX_FILE_BYTES} bytes")]
    TooLong,
    /// A YAML file has mistakes.
    #[error(transparent)]
    Yaml(#[from] regain_yaml::Errors),
    /// A JSON file has a mistake.
    #[error("parse JSON: {0}")]
    Json(#[from] serde_json::Error),
    /// A group of a JSON file has another shape.
    #[error("target group {index}: {reason}")]
    Group {
        /// The position in the file, from zero.
        index: usize,
        /// What is wrong.
        reason: &'static str,
    },
}

/// Reads the groups in a file of targets, as a check does before the discovery runs.
pub fn read_target_file(path: &Path) -> Result<Vec<TargetGroup>, ReadError> {
    read(path).map(|content| content.groups)
}

/// The groups of one file, and when it was written.
pub(super) struct Content {
    pub(super) groups: Vec<TargetGroup>,
    pub(super) mtime_seconds: f64,
}

pub(super) fn read(path: &Path) -> Result<Content, ReadError> {
    let file = File::open(path)?;
    let modified = file.metadata()?.modified()?;
    let mut text = String::new();
    file.take(MAX_FILE_BYTES + 1).read_to_string(&mut text)?;
    if text.len() as u64 > MAX_FILE_BYTES {
        return Err(ReadError::TooLong);
    }
    let json = path.extension().is_some_and(|extension| extension.eq_ignore_ascii_case("json"));
    let mut groups = if json { from_json(&text)? } else { from_yaml(path, &text)? };
    let name = path.to_string_lossy();
    for (index, group) in groups.iter_mut().enumerate() {
        group.source = format!("{name}:{index}").into();
        let labels = group.labels.iter().chain([(FILEPATH_LABEL, &*name)]);
        group.labels = Labels::from_pairs(labels);
    }
    Ok(Content { groups, mtime_seconds: whole_seconds(modified) })
}

fn whole_seconds(time: SystemTime) -> f64 {
    time.duration_since(UNIX_EPOCH).map_or(0.0, |since| since.as_secs() as f64)
}

fn from_yaml(path: &Path, text: &str) -> Result<Vec<TargetGroup>, regain_yaml::Errors> {
    regain_yaml::read(path, text, |node, mistakes| Some(decode_groups(node, mistakes)))
}

fn decode_groups(node: &Node, mistakes: &Mistakes) -> Vec<TargetGroup> {
    match &node.kind {
        Kind::List(items) => items.iter().filter_map(|item| decode_group(item, mistakes)).collect(),
        _ if node.is_null() => Vec::new(),
        Kind::Scalar(_) | Kind::Map(_) => {
            let kind =
                MistakeKind::WrongKind { found: node.describe(), wanted: "list of target groups" };
            mistakes.add(node.span, kind);
            Vec::new()
        }
    }
}

fn decode_group(node: &Node, mistakes: &Mistakes) -> Option<TargetGroup> {
    if node.is_null() {
        mistakes.rule(node.span, "nil target group item found");
        return None;
    }
    TargetGroup::decode("", node, mistakes)
}

fn from_json(text: &str) -> Result<Vec<TargetGroup>, ReadError> {
    let values: Option<Vec<Value>> = serde_json::from_str(text)?;
    let group =
        |(index, value)| json_group(value).map_err(|reason| ReadError::Group { index, reason });
    values.unwrap_or_default().into_iter().enumerate().map(group).collect()
}

/// Reads a group as Go's JSON decoder does: keys in any case, null for nothing.
fn json_group(value: Value) -> Result<TargetGroup, &'static str> {
    let fields = match value {
        Value::Object(fields) => fields,
        Value::Null => return Err("nil target group item found"),
        _ => return Err("is not an object"),
    };
    let (mut addresses, mut labels) = (Vec::new(), Vec::new());
    for (key, value) in fields {
        match value {
            Value::Null if key.eq_ignore_ascii_case("targets") => {}
            Value::Null if key.eq_ignore_ascii_case("labels") => {}
            Value::Array(items) if key.eq_ignore_ascii_case("targets") => {
                addresses = items.into_iter().map(json_text).collect::<Result<_, _>>()?;
            }
            Value::Object(pairs) if key.eq_ignore_ascii_case("labels") => {
                for (name, value) in pairs {
                    if name.is_empty() || name.len() > MAX_LABEL_BYTES {
                        return Err("has an invalid label name");
                    }
                    labels.push((name, json_text(value)?));
                }
            }
            _ if key.eq_ignore_ascii_case("targets") => return Err("targets is not an array"),
            _ if key.eq_ignore_ascii_case("labels") => return Err("labels is not an object"),
            _ => return Err("has a field that is neither targets nor labels"),
        }
    }
    Ok(TargetGroup::new("", Labels::from_pairs(labels), addresses.iter().map(String::as_str)))
}

fn json_text(value: Value) -> Result<String, &'static str> {
    match value {
        Value::String(text) if text.len() <= MAX_LABEL_BYTES => Ok(text),
        Value::String(_) => Err("has a text that is too long"),
        Value::Null => Ok(String::new()),
        _ => Err("has a value that is not a string"),
    }
}

//! `targets/relabel_steps`: what each rule of a pool makes of a target's labels.

use regain_go_format::quote::quote;
use regain_model::relabel::{RelabelConfig, process};
use regain_model::{Labels, LabelsBuilder, MAX_LABEL_BYTES};
use serde::Serialize;
use serde_json::Value;

use super::super::labels_object::LabelsObject;
use crate::door::Open;
use crate::envelope::{ApiError, Success};
use crate::params::Params;

/// The longest text of labels that is taken: rules can make it many times longer.
const LABELS_BYTES_MAX: usize = 1 << 20;

#[derive(Serialize)]
struct Steps {
    steps: Vec<Step>,
}

#[derive(Serialize)]
struct Step {
    rule: Rule,
    /// Empty from where the target is dropped.
    output: LabelsObject<Labels>,
    keep: bool,
}

/// A rule; upstream leaves out some fields that are empty, but not all.
#[derive(Serialize)]
struct Rule {
    #[serde(skip_serializing_if = "Vec::is_empty")]
    source_labels: Vec<String>,
    separator: String,
    regex: String,
    #[serde(skip_serializing_if = "is_zero")]
    modulus: u64,
    #[serde(skip_serializing_if = "String::is_empty")]
    target_label: String,
    replacement: String,
    action: &'static str,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "the signature is serde's")]
const fn is_zero(number: &u64) -> bool {
    *number == 0
}

/// `/api/v1/targets/relabel_steps`. Upstream takes GET alone; labels may be longer than an address can be.
pub(crate) async fn relabel_steps(
    Open(serving): Open,
    params: Params,
) -> Result<Success, ApiError> {
    let pool = params.text("scrapePool");
    if pool.is_empty() {
        return Err(ApiError::bad_data("no scrapePool parameter provided"));
    }
    let labels = match params.text("labels") {
        "" => return Err(ApiError::bad_data("no labels parameter provided")),
        text => parse_labels(text)
            .map_err(|why| ApiError::bad_data(format!("error parsing labels: {why}")))?,
    };
    let rules = serving.targets.relabel_rules(pool).ok_or_else(|| {
        let why = format!("scrape pool {} not found", quote(pool));
        ApiError::bad_data(format!("error retrieving scrape config: {why}"))
    })?;
    Ok(Success::json(&Steps { steps: steps(rules, &labels)? }))
}

fn steps(rules: Vec<RelabelConfig>, labels: &Labels) -> Result<Vec<Step>, ApiError> {
    let mut labels = LabelsBuilder::from(labels);
    let mut keep = true;
    let mut steps = Vec::with_capacity(rules.len());
    for rule in rules {
        keep = keep && process(std::slice::from_ref(&rule), &mut labels);
        if labels.iter().any(|(name, value)| name.len().max(value.len()) > MAX_LABEL_BYTES) {
            return Err(ApiError::bad_data("a rule makes a label longer than the limit"));
        }
        let output = if keep { labels.labels() } else { Labels::empty() };
        steps.push(Step { rule: rule.into(), output: LabelsObject(output), keep });
    }
    Ok(steps)
}

impl From<RelabelConfig> for Rule {
    fn from(rule: RelabelConfig) -> Self {
        Self {
            source_labels: rule.source_labels,
            separator: rule.separator,
            regex: rule.regex.as_str().to_owned(),
            modulus: rule.modulus,
            target_label: rule.target_label,
            replacement: rule.replacement,
            action: rule.action.as_str(),
        }
    }
}

/// Reads an object of texts. What does not fit is told in the words of Go's decoder, what is no JSON in
/// those of ours.
fn parse_labels(text: &str) -> Result<Labels, String> {
    if text.len() > LABELS_BYTES_MAX {
        return Err(format!("more than {LABELS_BYTES_MAX} bytes"));
    }
    let value = serde_json::from_str(text).map_err(|error| {
        if error.is_eof() { "unexpected end of JSON input".to_owned() } else { error.to_string() }
    })?;
    let pairs = match value {
        Value::Null => return Ok(Labels::empty()),
        Value::Object(pairs) => pairs,
        other => return Err(misfit(&other, "map[string]string")),
    };
    let text = |(name, value)| match value {
        Value::String(text) => Ok((name, text)),
        Value::Null => Ok((name, String::new())),
        other => Err(misfit(&other, "string")),
    };
    let pairs: Vec<(String, String)> = pairs.into_iter().map(text).collect::<Result<_, _>>()?;
    Ok(Labels::from_pairs(pairs))
}

fn misfit(value: &Value, wanted: &str) -> String {
    let kind = match value {
        Value::Null => "null",
        Value::Bool(_) => "bool",
        Value::Number(_) => "number",
        Value::String(_) => "string",
        Value::Array(_) => "array",
        Value::Object(_) => "object",
    };
    format!("json: cannot unmarshal {kind} into Go value of type {wanted}")
}

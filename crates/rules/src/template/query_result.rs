//! The answer of a query, as templates see it.

use std::borrow::Cow;

use regain_go_template::{Element, List, Map, Object, Value};
use regain_promql::Sample;

pub(super) const QUERY_RESULT: &str = "template.queryResult";
pub(super) const SAMPLE: &str = "*template.sample";

/// Is the samples of an answer.
#[derive(Debug)]
struct QueryResult(List);

/// Is one sample.
#[derive(Debug)]
struct QuerySample {
    labels: Value,
    value: Value,
}

/// Makes a value of an answer.
pub(super) fn query_result(samples: Vec<Sample>) -> Value {
    of_samples(samples.into_iter().map(|sample| {
        Value::object(QuerySample {
            labels: Map::strings(sample.labels.iter()).into(),
            value: Value::Float(sample.value),
        })
    }))
}

/// Makes a value of samples that are values already.
pub(super) fn of_samples(samples: impl IntoIterator<Item = Value>) -> Value {
    Value::object(QueryResult(List::new(Element::Named(SAMPLE), samples)))
}

/// Returns the samples in the value of an answer.
pub(super) fn samples(result: &Value) -> Vec<Value> {
    let list = match result {
        Value::Object(object) => object.underlying(),
        _ => None,
    };
    match list {
        Some(Value::List(list)) => list.iter().cloned().collect(),
        _ => Vec::new(),
    }
}

/// Returns a label of a sample; an absent one is empty.
pub(super) fn label(sample: &Value, name: &str) -> Value {
    let labels = field(sample, "Labels");
    let value = match &labels {
        Some(Value::Map(labels)) => labels.get(name).cloned(),
        _ => None,
    };
    value.unwrap_or_else(|| Value::from(""))
}

/// Returns a field of a sample.
pub(super) fn field(sample: &Value, name: &str) -> Option<Value> {
    match sample {
        Value::Object(object) => object.field(name),
        _ => None,
    }
}

impl Object for QueryResult {
    fn type_name(&self) -> Cow<'_, str> {
        Cow::Borrowed(QUERY_RESULT)
    }

    fn underlying(&self) -> Option<Value> {
        Some(self.0.clone().into())
    }
}

impl Object for QuerySample {
    fn type_name(&self) -> Cow<'_, str> {
        Cow::Borrowed(SAMPLE)
    }

    fn field(&self, name: &str) -> Option<Value> {
        match name {
            "Labels" => Some(self.labels.clone()),
            "Value" => Some(self.value.clone()),
            _ => None,
        }
    }

    fn fields(&self) -> Vec<(&'static str, Value)> {
        vec![("Labels", self.labels.clone()), ("Value", self.value.clone())]
    }
}

//! The templates in labels and annotations of alerting rules.
//!
//! A text is parsed once, behind a prelude that names what it can use, so that places in messages are upstream's. A
//! text that fails comes out as its failure: an alert with a broken text is better than none.

use std::borrow::Cow;
use std::sync::Arc;

use regain_go_template::{ExecError, Functions, Map, Object, ParseError, Template, Value};
use regain_model::Labels;
use regain_promql::Sample;

use crate::metrics::TemplateCounters;
use crate::scene::Scene;
use crate::settings::{Rule, Texts};

mod convert;
mod functions;
mod host;
mod humanize;
mod query_result;
mod title;

const PRELUDE: &str = "{{$labels := .Labels}}{{$externalLabels := .ExternalLabels}}\
    {{$externalURL := .ExternalURL}}{{$value := .Value}}";
/// Is what every action begins with.
const ACTION: &str = "{{";

/// Says what is wrong with a text, and where.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{source}")]
pub struct TemplateMistake {
    /// Is the byte of the text at which the mistake was found.
    pub offset: usize,
    source: ParseError,
}

/// Checks that `text` is a template that an alert called `alert` can have.
pub fn check_template(alert: &str, text: &str) -> Result<(), TemplateMistake> {
    if is_plain(text) {
        return Ok(());
    }
    parse(alert, text).map(drop).map_err(|source| {
        let offset = source.offset.saturating_sub(PRELUDE.len()).min(text.len());
        TemplateMistake { offset, source }
    })
}

fn is_plain(text: &str) -> bool {
    !text.contains(ACTION)
}

fn parse(alert: &str, text: &str) -> Result<Template, ParseError> {
    Template::parse(&name(alert), &format!("{PRELUDE}{text}"), functions::declared())
}

fn name(alert: &str) -> String {
    format!("__alert_{alert}")
}

/// Says why a text could not be expanded.
#[derive(Debug, thiserror::Error)]
enum ExpandError {
    #[error("error parsing template {name}: {source}")]
    Parse { name: String, source: ParseError },
    #[error("error executing template {name}: {source}")]
    Execute { name: String, source: ExecError },
}

/// Holds the texts of one rule.
#[derive(Debug)]
pub(crate) struct RuleTemplates {
    alert: Arc<str>,
    labels: Vec<(String, Text)>,
    annotations: Vec<(String, Text)>,
}

#[derive(Debug)]
enum Text {
    Plain(String),
    Template(Result<Template, ParseError>),
}

impl RuleTemplates {
    pub(crate) fn new(rule: &Rule) -> Self {
        let Some(settings) = rule.alerting() else {
            return Self {
                alert: Arc::clone(&rule.name),
                labels: Vec::new(),
                annotations: Vec::new(),
            };
        };
        let text = |text: &String| {
            if is_plain(text) {
                Text::Plain(text.clone())
            } else {
                Text::Template(parse(&rule.name, text))
            }
        };
        let all = |texts: &Texts| texts.iter().map(|(name, t)| (name.clone(), text(t))).collect();
        Self {
            alert: Arc::clone(&rule.name),
            labels: all(&rule.labels),
            annotations: all(&settings.annotations),
        }
    }

    /// Prepares to expand the texts in one evaluation.
    pub(crate) fn stage<'a>(&'a self, scene: &'a Scene<'_>) -> Stage<'a> {
        let mut texts = self.labels.iter().chain(&self.annotations);
        let has_templates = texts.any(|(_, text)| matches!(text, Text::Template(_)));
        Stage {
            templates: self,
            functions: has_templates.then(|| functions::in_scene(scene)),
            external_labels: label_map(scene.external_labels),
            external_url: Value::string(Arc::clone(&scene.external_url.url)),
            counters: scene.templates,
        }
    }
}

/// Expands the texts of one rule in one evaluation.
#[derive(Debug)]
pub(crate) struct Stage<'a> {
    templates: &'a RuleTemplates,
    /// Are absent where nothing calls any.
    functions: Option<Functions>,
    external_labels: Value,
    external_url: Value,
    counters: &'a TemplateCounters,
}

impl Stage<'_> {
    /// Returns the labels and the annotations of the alert that a sample makes.
    pub(crate) fn expand(&self, sample: &Sample) -> (Vec<(&str, String)>, Texts) {
        let Some(functions) = &self.functions else {
            let labels = self.plain(&self.templates.labels);
            let annotations = self.plain(&self.templates.annotations);
            return (
                labels.collect(),
                annotations.map(|(name, text)| (name.to_owned(), text)).collect(),
            );
        };
        let data = Value::object(AlertData {
            labels: label_map(&sample.labels),
            external_labels: self.external_labels.clone(),
            external_url: self.external_url.clone(),
            value: Value::Float(sample.value),
        });
        let text = |text: &Text| self.expand_text(text, functions, &data);
        let labels = self.templates.labels.iter();
        let annotations = self.templates.annotations.iter();
        (
            labels.map(|(name, t)| (name.as_str(), text(t))).collect(),
            annotations.map(|(name, t)| (name.clone(), text(t))).collect(),
        )
    }

    fn plain<'t>(
        &self,
        texts: &'t [(String, Text)],
    ) -> impl Iterator<Item = (&'t str, String)> + use<'t> {
        self.counters.expanded.add(texts.len() as u64);
        texts.iter().filter_map(|(name, text)| match text {
            Text::Plain(text) => Some((name.as_str(), text.clone())),
            Text::Template(_) => None,
        })
    }

    fn expand_text(&self, text: &Text, functions: &Functions, data: &Value) -> String {
        self.counters.expanded.inc();
        let template = match text {
            Text::Plain(text) => return text.clone(),
            Text::Template(template) => template,
        };
        let alert = &*self.templates.alert;
        let expanded = match template {
            Ok(template) => template
                .execute(data.clone(), functions)
                .map_err(|source| ExpandError::Execute { name: name(alert), source }),
            Err(error) => Err(ExpandError::Parse { name: name(alert), source: error.clone() }),
        };
        expanded.unwrap_or_else(|err| {
            self.counters.failed.inc();
            tracing::warn!(alert, %err, "Expanding alert template failed");
            format!("<error expanding template: {err}>")
        })
    }
}

fn label_map(labels: &Labels) -> Value {
    Map::strings(labels.iter()).into()
}

/// Is the dot of an alert's templates.
#[derive(Debug)]
struct AlertData {
    labels: Value,
    external_labels: Value,
    external_url: Value,
    value: Value,
}

impl Object for AlertData {
    fn type_name(&self) -> Cow<'_, str> {
        Cow::Borrowed(
            "struct { Labels map[string]string; ExternalLabels map[string]string; \
             ExternalURL string; Value interface {} }",
        )
    }

    fn field(&self, name: &str) -> Option<Value> {
        self.fields().into_iter().find(|(field, _)| *field == name).map(|(_, value)| value)
    }

    fn fields(&self) -> Vec<(&'static str, Value)> {
        vec![
            ("Labels", self.labels.clone()),
            ("ExternalLabels", self.external_labels.clone()),
            ("ExternalURL", self.external_url.clone()),
            ("Value", self.value.clone()),
        ]
    }
}
#[cfg(test)]
mod tests;

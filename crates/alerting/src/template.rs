//! Notification templates: the default definitions, those of the user's files, and the texts of the configuration.
//!
//! A text of the configuration is parsed each time it is rendered, as upstream does, because a text that cannot be
//! parsed fails its notification and nothing else.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};

use regain_go_template::{
    ExecError, Function, FunctionError, Functions, ParseError, Template, Type, Value,
};
use regain_model::Labels;

use crate::notify::Notification;

mod data;
mod defaults;
mod functions;
mod json;
mod title;

#[cfg(test)]
mod tests;

pub(crate) use data::Data;
pub(crate) use json::{append_json, append_json_string};

/// How many labels of a route may refer to each other in a row.
const ROUTE_LABEL_DEPTH_MAX: usize = 8;

/// The definitions that all texts of a configuration can use.
pub struct Templates {
    set: Template,
    functions: Functions,
}

impl fmt::Debug for Templates {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.set.names()).finish()
    }
}

/// Why a text could not be rendered.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum RenderError {
    /// The text is no template.
    #[error(transparent)]
    Parse(#[from] ParseError),
    /// The template failed.
    #[error(transparent)]
    Execute(#[from] ExecError),
}

impl Templates {
    /// The default definitions and those of `files`, names and texts, of which later ones replace earlier ones.
    pub fn new<'a>(
        files: impl IntoIterator<Item = (&'a str, &'a str)>,
    ) -> Result<Self, ParseError> {
        let functions = functions::fixed();
        let mut set = Template::parse("", defaults::TEXT, &functions)?;
        for (name, text) in files {
            set.add(name, text, &functions)?;
        }
        Ok(Self { set, functions })
    }

    /// Renders the labels of a route, whose values are templates and may refer to each other; a label that fails is
    /// left out.
    pub fn route_labels(self: &Arc<Self>, notification: &Notification) -> Labels {
        let resolver = Arc::new(RouteLabels::new(self, notification));
        let rendered =
            notification.route_labels.iter().filter_map(|(name, _)| match resolver.resolve(name) {
                Ok(value) => Some((name, value)),
                Err(error) => {
                    tracing::error!(label = name, err = %error, "failed to render route label");
                    None
                }
            });
        Labels::from_pairs(rendered.collect::<Vec<_>>())
    }

    fn execute(
        &self,
        text: &str,
        data: &Value,
        functions: &Functions,
        out: &mut String,
    ) -> Result<(), RenderError> {
        let template = self.set.derive("", text, functions)?;
        Ok(template.execute_into(out, data.clone(), functions)?)
    }
}

/// Renders the texts of one notification.
#[derive(Debug)]
pub(crate) struct Renderer<'a> {
    templates: &'a Templates,
    data: Value,
    functions: Functions,
}

impl<'a> Renderer<'a> {
    /// A renderer whose data is `data`; `routeLabels` gives the labels of the route as they are.
    pub(crate) fn new(
        templates: &'a Templates,
        notification: &Notification,
        data: &Arc<Data>,
    ) -> Self {
        let mut functions = templates.functions.clone();
        functions::add_clock(&mut functions, notification.now);
        let labels = notification.route_labels.clone();
        let route_label = Function::new(&[Type::String], move |arguments| {
            let name = arguments.first().and_then(Value::as_str).unwrap_or_default();
            Ok(Value::from(labels.get(name).unwrap_or_default()))
        });
        functions.add("routeLabels", route_label);
        Self { templates, data: Value::Object(Arc::clone(data) as _), functions }
    }

    /// Renders a text; an empty one stays empty.
    pub(crate) fn render(&self, text: &str) -> Result<String, RenderError> {
        let mut out = String::new();
        self.render_into(&mut out, text)?;
        Ok(out)
    }

    /// Renders a text; what was printed before an error is in `out` too.
    pub(crate) fn render_into(&self, out: &mut String, text: &str) -> Result<(), RenderError> {
        if text.is_empty() {
            return Ok(());
        }
        self.templates.execute(text, &self.data, &self.functions, out)
    }
}

/// Renders the labels of a route, each at most once.
struct RouteLabels {
    templates: Arc<Templates>,
    raw: BTreeMap<String, String>,
    data: Value,
    functions: Functions,
    progress: Mutex<Progress>,
}

#[derive(Default)]
struct Progress {
    rendered: BTreeMap<String, String>,
    /// The labels that are being rendered, each because the one before refers to it.
    stack: Vec<String>,
}

impl RouteLabels {
    fn new(templates: &Arc<Templates>, notification: &Notification) -> Self {
        let mut functions = templates.functions.clone();
        functions::add_clock(&mut functions, notification.now);
        let pairs = notification.route_labels.iter();
        Self {
            templates: Arc::clone(templates),
            raw: pairs.map(|(name, value)| (name.to_owned(), value.to_owned())).collect(),
            data: Value::object(Data::new(notification, &notification.alerts)),
            functions,
            progress: Mutex::default(),
        }
    }

    fn resolve(self: &Arc<Self>, name: &str) -> Result<String, FunctionError> {
        let Some(raw) = self.raw.get(name) else { return Ok(String::new()) };
        self.begin(name)?;
        if let Some(value) = self.rendered(name) {
            return Ok(value);
        }
        let functions = self.functions_with_labels();
        let mut value = String::new();
        let rendered = self.templates.execute(raw, &self.data, &functions, &mut value);
        let mut progress = self.progress.lock().unwrap_or_else(PoisonError::into_inner);
        progress.stack.pop();
        rendered.map_err(|error| FunctionError::new(error.to_string()))?;
        progress.rendered.insert(name.to_owned(), value.clone());
        Ok(value)
    }

    fn rendered(&self, name: &str) -> Option<String> {
        let progress = self.progress.lock().unwrap_or_else(PoisonError::into_inner);
        progress.rendered.get(name).cloned()
    }

    /// Notes that a label is being rendered, unless it is done already; one that waits for itself is an error.
    fn begin(&self, name: &str) -> Result<(), FunctionError> {
        let mut progress = self.progress.lock().unwrap_or_else(PoisonError::into_inner);
        if progress.rendered.contains_key(name) {
            return Ok(());
        }
        if progress.stack.iter().any(|known| known == name) {
            let cycle = format!("{} -> {name}", progress.stack.join(" -> "));
            return Err(FunctionError::new(format!("route label cycle detected: {cycle}")));
        }
        if progress.stack.len() >= ROUTE_LABEL_DEPTH_MAX {
            let message = format!(
                "route labels refer to each other over more than {ROUTE_LABEL_DEPTH_MAX} steps"
            );
            return Err(FunctionError::new(message));
        }
        progress.stack.push(name.to_owned());
        Ok(())
    }

    fn functions_with_labels(self: &Arc<Self>) -> Functions {
        let mut functions = self.functions.clone();
        let resolver = Arc::clone(self);
        let route_label = Function::new(&[Type::String], move |arguments| {
            let name = arguments.first().and_then(Value::as_str).unwrap_or_default();
            resolver.resolve(name).map(Value::from)
        });
        functions.add("routeLabels", route_label);
        functions
    }
}

//! The file format of scenarios: what a server is given, what it is asked, what it must answer.
//!
//! A file is YAML, and JSON inside it is YAML too. `tests/scenarios/0001-grafana.yaml` shows most of it.

use std::collections::BTreeMap;

use regain_yaml::{Decode as _, Kind, Mistakes, Node, Resolved, Section};
use serde_json::Value;

use super::peer::{ANY, Version, numbers};

/// One file.
#[derive(Debug)]
pub(crate) struct Scenario {
    /// What it shows.
    pub(crate) about: String,
    /// What is asked.
    pub(crate) kind: ServerKind,
    /// Whether Prometheus 2 does it otherwise.
    pub(crate) modern: bool,
    /// The oldest Alertmanager that does it.
    pub(crate) since: Version,
    /// Why no other program than Regain does it; empty where the original does.
    pub(crate) ours: String,
    /// Further flags of the server.
    pub(crate) flags: Vec<String>,
    /// The server's configuration, in which `${NAME}` is the address of a target.
    pub(crate) config: String,
    /// Texts of more files beside the configuration, by their names.
    pub(crate) files: BTreeMap<String, String>,
    /// What targets expose, by their names.
    pub(crate) targets: Vec<Exposed>,
    /// What is pushed before the requests.
    pub(crate) push: Vec<Pushed>,
    /// What is asked, in this order.
    pub(crate) requests: Vec<Request>,
}

/// Which of the servers is asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum ServerKind {
    /// The one that scrapes and answers queries.
    Prometheus,
    /// The receiver of alerts.
    Alertmanager,
}

/// What a target exposes.
#[derive(Clone, Debug)]
pub(crate) struct Exposed {
    pub(crate) name: String,
    pub(crate) content_type: String,
    pub(crate) body: String,
}

/// A series that is pushed.
#[derive(Debug)]
pub(crate) struct Pushed {
    /// Its labels, sorted by name.
    pub(crate) labels: BTreeMap<String, String>,
    /// The time of the first sample and the distance to the next, in seconds.
    pub(crate) from_s: f64,
    pub(crate) step_s: f64,
    /// One after another; an underscore leaves a sample out.
    pub(crate) values: String,
}

/// A request and its answer.
#[derive(Clone, Debug)]
pub(crate) struct Request {
    /// The line of the file where it stands.
    pub(crate) line: u32,
    pub(crate) method: &'static str,
    pub(crate) path: String,
    /// Parameters: a query string for GET, a form for POST.
    pub(crate) with: Vec<(String, String)>,
    /// Header fields that are sent.
    pub(crate) send: BTreeMap<String, String>,
    /// What is sent as it is, instead of a form.
    pub(crate) body: Option<String>,
    /// What later requests and answers name `${NAME}`: pointers into the JSON of the answer, by names.
    pub(crate) keep: BTreeMap<String, String>,
    /// Whether to ask again until the answer is right, because it takes a scrape to be.
    pub(crate) eventually: bool,
    pub(crate) answer: Expected,
}

/// What an answer must be.
#[derive(Clone, Debug)]
pub(crate) struct Expected {
    pub(crate) status: u16,
    /// Header fields, named in lower case.
    pub(crate) headers: BTreeMap<String, String>,
    /// What the JSON must hold.
    pub(crate) json: Option<Value>,
    /// Texts that the body must contain, and must not.
    pub(crate) contains: Vec<String>,
    pub(crate) lacks: Vec<String>,
}

impl Scenario {
    /// Reads a file; the error names every mistake with its place.
    pub(crate) fn parse(file: &std::path::Path, text: &str) -> anyhow::Result<Self> {
        Ok(regain_yaml::read(file, text, |node, mistakes| {
            Section::read(node, "scenario", mistakes, Self::decode)
        })?)
    }

    fn decode(section: &mut Section<'_>) -> Self {
        Self {
            about: section.required("about").unwrap_or_default(),
            kind: kind(section),
            modern: section.or("modern", false),
            since: since(section),
            ours: section.or_zero("ours"),
            flags: section.or_zero("flags"),
            config: section.or("config", "global: {}\n".to_owned()),
            files: section.or_zero("files"),
            targets: targets(section),
            push: section.list("push", |node, mistakes| {
                Section::read(node, "push", mistakes, Pushed::decode)
            }),
            requests: section.list("requests", |node, mistakes| {
                let line = node.span.line;
                Section::read(node, "request", mistakes, |section| Request::decode(section, line))
            }),
        }
    }
}

fn kind(section: &mut Section<'_>) -> ServerKind {
    match section.or("program", "prometheus".to_owned()).as_str() {
        "alertmanager" => ServerKind::Alertmanager,
        word => {
            if word != "prometheus" {
                section.rule("program", "a program is prometheus or alertmanager");
            }
            ServerKind::Prometheus
        }
    }
}

fn since(section: &mut Section<'_>) -> Version {
    let text: String = section.or("since", "0.0.0".to_owned());
    numbers(&text).unwrap_or_else(|| {
        section.rule("since", "a version is three numbers");
        ANY
    })
}

fn targets(section: &mut Section<'_>) -> Vec<Exposed> {
    let mistakes = section.mistakes();
    let Some(node) = section.field("targets") else { return Vec::new() };
    let entries = regain_yaml::pairs(node, mistakes).unwrap_or_default();
    let read = |(name, _, node): (&str, _, &Node)| {
        Section::read(node, "target", mistakes, |section| Exposed {
            name: name.to_owned(),
            content_type: section.or("content_type", super::target::TEXT.to_owned()),
            body: section.or_zero("body"),
        })
    };
    entries.into_iter().filter_map(read).collect()
}

impl Pushed {
    fn decode(section: &mut Section<'_>) -> Self {
        Self {
            labels: section.or_zero("labels"),
            from_s: section.or_zero("from"),
            step_s: section.or("step", 15.0),
            values: section.or_zero("values"),
        }
    }

    /// The samples, each a time in milliseconds and a value.
    pub(crate) fn samples(&self) -> Vec<(i64, f64)> {
        let time_ms = |index: usize| {
            let seconds = self.from_s + self.step_s * index as f64;
            #[expect(clippy::cast_possible_truncation, reason = "times in files are whole")]
            let time_ms = (seconds * 1000.0).round() as i64;
            time_ms
        };
        self.values
            .split_whitespace()
            .enumerate()
            .filter(|(_, word)| *word != "_")
            .map(|(index, word)| (time_ms(index), value(word)))
            .collect()
    }
}

/// The bits of a staleness marker, which marks the end of a series.
pub(crate) const STALE: u64 = 0x7ff0_0000_0000_0002;

fn value(word: &str) -> f64 {
    if word == "stale" { f64::from_bits(STALE) } else { word.parse().unwrap() }
}

/// The methods by the keys under which a request names its path.
const METHODS: [(&str, &str); 5] = [
    ("get", "GET"),
    ("post", "POST"),
    ("put", "PUT"),
    ("delete", "DELETE"),
    ("options", "OPTIONS"),
];

impl Request {
    fn decode(section: &mut Section<'_>, line: u32) -> Self {
        let mut methods = METHODS
            .iter()
            .filter_map(|(key, method)| section.optional(key).map(|path: String| (*method, path)));
        let (first, second) = (methods.next(), methods.next());
        if first.is_none() || second.is_some() {
            section.rule("get", "a request has one method");
        }
        let (method, path) = first.unwrap_or_default();
        Self {
            line,
            method,
            path,
            with: section.field("with").map(parameters).unwrap_or_default(),
            send: section.or_zero("send"),
            body: section.optional("body"),
            keep: section.or_zero("keep"),
            eventually: section.or("eventually", false),
            answer: Expected {
                status: section.or("status", 200),
                headers: section.or_zero("headers"),
                json: section.field("json").map(json),
                contains: section.field("contains").map(texts).unwrap_or_default(),
                lacks: section.field("lacks").map(texts).unwrap_or_default(),
            },
        }
    }
}

/// A mapping whose values are texts, or lists of texts for parameters that occur several times.
fn parameters(node: &Node) -> Vec<(String, String)> {
    let Kind::Map(entries) = &node.kind else { return Vec::new() };
    let each = |entry: &regain_yaml::Entry| {
        let name = entry.key.clone();
        texts(&entry.value).into_iter().map(move |text| (name.clone(), text)).collect::<Vec<_>>()
    };
    entries.iter().flat_map(each).collect()
}

/// One text or several.
fn texts(node: &Node) -> Vec<String> {
    let items = match &node.kind {
        Kind::List(items) => items.as_slice(),
        Kind::Scalar(_) | Kind::Map(_) => std::slice::from_ref(node),
    };
    items.iter().filter_map(|item| String::decode(item, &Mistakes::default())).collect()
}

/// The tree as JSON.
fn json(node: &Node) -> Value {
    match &node.kind {
        Kind::Map(entries) => {
            entries.iter().map(|entry| (entry.key.clone(), json(&entry.value))).collect()
        }
        Kind::List(items) => items.iter().map(json).collect(),
        Kind::Scalar(scalar) => match scalar.resolve() {
            Resolved::Null => Value::Null,
            Resolved::Bool(value) => value.into(),
            Resolved::Int(value) => value.into(),
            Resolved::Uint(value) => value.into(),
            Resolved::Float(value) => value.into(),
            Resolved::Str => scalar.text().into(),
        },
    }
}

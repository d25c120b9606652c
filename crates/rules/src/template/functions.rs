//! The functions that alert templates can call.

use std::sync::{Arc, LazyLock};
use std::time::Duration;

use regain_go_format::duration::parse_signed;
use regain_go_regexp::Regex;
use regain_go_template::{Function, FunctionError, Functions, Map, Type, Value};

use super::convert::{to_float, to_time};
use super::host::{strip_domain, strip_port};
use super::humanize::{
    humanize, humanize_1024, humanize_duration, humanize_percentage, humanize_timestamp,
};
use super::query_result::{QUERY_RESULT, SAMPLE, field, label, of_samples, query_result, samples};
use super::title::title;
use crate::clock::timestamp;
use crate::external_url::{graph_link, query_escape, table_link};
use crate::scene::Scene;

type Answer = Result<Value, FunctionError>;

const MILLIS_PER_SECOND: f64 = 1e3;
const NANOS_PER_SECOND: f64 = 1e9;

/// Returns the functions whose names a text may have; those that depend on an evaluation do not answer.
pub(super) fn declared() -> &'static Functions {
    static DECLARED: LazyLock<Functions> = LazyLock::new(|| {
        let nowhere = |_: &[Value]| Err(FunctionError::new("there is no evaluation"));
        let mut functions = pure();
        functions.add("query", Function::new(&[Type::String], nowhere));
        for name in ["now", "pathPrefix", "externalURL"] {
            functions.add(name, Function::new(&[], nowhere));
        }
        functions
    });
    &DECLARED
}

/// Returns the functions in an evaluation. Queries are asked at its slot, whatever the query offset.
pub(super) fn in_scene(scene: &Scene<'_>) -> Functions {
    let mut functions = declared().clone();
    let at = timestamp(scene.slot, Duration::ZERO);
    let ask = scene.ask.clone();
    let query = move |arguments: &[Value]| {
        let samples = ask.text(text(arguments, 0), at);
        samples.map(query_result).map_err(|error| FunctionError::new(error.to_string()))
    };
    functions.add("query", Function::new(&[Type::String], query));
    let now = Value::Float(at.0 as f64 / MILLIS_PER_SECOND);
    let url = Value::string(Arc::clone(&scene.external_url.url));
    let path = Value::string(Arc::clone(&scene.external_url.path));
    for (name, value) in [("now", now), ("externalURL", url), ("pathPrefix", path)] {
        functions.add(name, Function::new(&[], move |_| Ok(value.clone())));
    }
    functions
}

/// Returns the functions that depend on their arguments alone.
fn pure() -> Functions {
    let mut functions = Functions::new();
    add_texts(&mut functions);
    add_numbers(&mut functions);
    add_queries(&mut functions);
    functions
}

fn add_texts(functions: &mut Functions) {
    let mut add = |name, map: fn(&str) -> String| {
        let run = move |arguments: &[Value]| Ok(Value::from(map(text(arguments, 0))));
        functions.add(name, Function::new(&[Type::String], run));
    };
    add("title", title);
    add("toUpper", str::to_uppercase);
    add("toLower", str::to_lowercase);
    add("graphLink", graph_link);
    add("tableLink", table_link);
    add("stripPort", |host| strip_port(host).to_owned());
    add("stripDomain", strip_domain);
    add("safeHtml", str::to_owned);
    add("urlQueryEscape", query_escape);
    functions.add("match", Function::new(&[Type::String; 2], is_match));
    functions.add("reReplaceAll", Function::new(&[Type::String; 3], replace_all));
    functions.add("args", Function::variadic(&[], Type::Any, |arguments| Ok(args(arguments))));
}

fn add_numbers(functions: &mut Functions) {
    let mut add = |name, map: fn(f64) -> Answer| {
        let run = move |arguments: &[Value]| map(to_float(&arguments[0])?);
        functions.add(name, Function::new(&[Type::Any], run));
    };
    add("humanize", |number| Ok(humanize(number).into()));
    add("humanize1024", |number| Ok(humanize_1024(number).into()));
    add("humanizePercentage", |number| Ok(humanize_percentage(number).into()));
    add("humanizeDuration", |number| Ok(humanize_duration(number).into()));
    add("humanizeTimestamp", |number| Ok(humanize_timestamp(number)?.into()));
    add("toTime", |number| Ok(to_time(number)?.into()));
    #[expect(clippy::cast_possible_truncation, reason = "a cast to an integer saturates")]
    add("toDuration", |number| Ok(Value::Duration((number * NANOS_PER_SECOND) as i64)));
    functions.add("parseDuration", Function::new(&[Type::String], parse_duration));
}

fn add_queries(functions: &mut Functions) {
    functions.add("first", Function::new(&[Type::Named(QUERY_RESULT)], first));
    let mut add = |name, types, run: fn(&[Value]) -> Value| {
        functions.add(name, Function::new(types, move |arguments| Ok(run(arguments))));
    };
    add("label", &[Type::String, Type::Named(SAMPLE)], |given| label(&given[1], text(given, 0)));
    add("value", &[Type::Named(SAMPLE)], |given| field(&given[0], "Value").unwrap_or_default());
    add("strvalue", &[Type::Named(SAMPLE)], |given| label(&given[0], "__value__"));
    add("sortByLabel", &[Type::String, Type::Named(QUERY_RESULT)], sort_by_label);
}

/// Returns an argument whose type the signature says is a text.
fn text(arguments: &[Value], index: usize) -> &str {
    arguments.get(index).and_then(Value::as_str).unwrap_or_default()
}

fn is_match(arguments: &[Value]) -> Answer {
    let regex = Regex::new(text(arguments, 0));
    let regex = regex.map_err(|error| FunctionError::new(error.to_string()))?;
    Ok(Value::Bool(regex.is_match(text(arguments, 1))))
}

fn replace_all(arguments: &[Value]) -> Answer {
    let pattern = text(arguments, 0);
    let regex = Regex::new(pattern).map_err(|error| {
        let quoted = if pattern.contains('`') {
            regain_go_format::quote::quote(pattern)
        } else {
            format!("`{pattern}`")
        };
        FunctionError::new(format!("regexp: Compile({quoted}): {error}"))
    })?;
    Ok(regex.replace_all(text(arguments, 2), text(arguments, 1)).into())
}

fn args(arguments: &[Value]) -> Value {
    let entries = arguments.iter().enumerate();
    Map::any(entries.map(|(at, value)| (format!("arg{at}"), value.clone()))).into()
}

fn parse_duration(arguments: &[Value]) -> Answer {
    let millis = parse_signed(text(arguments, 0));
    let millis = millis.map_err(|error| FunctionError::new(error.to_string()))?;
    Ok(Value::Float(millis as f64 / MILLIS_PER_SECOND))
}

fn first(arguments: &[Value]) -> Answer {
    let first = samples(&arguments[0]).into_iter().next();
    first.ok_or_else(|| FunctionError::new("first() called on vector with no elements"))
}

fn sort_by_label(arguments: &[Value]) -> Value {
    let name = text(arguments, 0);
    let mut samples = samples(&arguments[1]);
    samples.sort_by_key(|sample| label(sample, name).as_str().unwrap_or_default().to_owned());
    of_samples(samples)
}

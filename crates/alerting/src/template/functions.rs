//! The functions of notification templates.

use std::sync::Arc;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE;
use jiff::Timestamp;
use jiff::tz::TimeZone;
use regain_go_format::quote::quote;
use regain_go_format::time::layout;
use regain_go_format::{FloatFormat, append_float_with_precision, parse_float};
use regain_go_regexp::Regex;
use regain_go_template::{Function, FunctionError, Functions, List, Map, Time, Type, Value};

use super::data::join;
use super::json::append_json;
use super::title::title;

type Outcome = Result<Value, FunctionError>;

/// The functions that are the same for all notifications; `now`, `since` and `routeLabels` are among them, so that
/// templates with them can be parsed, and are replaced before a template runs.
pub(super) fn fixed() -> Functions {
    let mut functions = Functions::new();
    texts(&mut functions);
    times(&mut functions);
    collections(&mut functions);
    add_clock(&mut functions, Timestamp::UNIX_EPOCH);
    functions
        .with("routeLabels", Function::new(&[Type::String], |_| Ok(Value::from(""))))
        .with("humanizeDuration", Function::new(&[Type::Any], humanize_duration))
}

/// Sets the time of `now` and `since`.
pub(super) fn add_clock(functions: &mut Functions, now: Timestamp) {
    functions.add("now", Function::new(&[], move |_| Ok(Time::utc(now).into())));
    let since = move |arguments: &[Value]| match arguments {
        [Value::Time(time)] => {
            let elapsed_ns = now.as_nanosecond() - time.instant().as_nanosecond();
            let limit = if elapsed_ns < 0 { i64::MIN } else { i64::MAX };
            Ok(Value::Duration(i64::try_from(elapsed_ns).unwrap_or(limit)))
        }
        _ => Err(FunctionError::new("expected a time")),
    };
    functions.add("since", Function::new(&[Type::Time], since));
}

/// The text at `index`, which the signature promises.
fn text(arguments: &[Value], index: usize) -> &str {
    arguments.get(index).and_then(Value::as_str).unwrap_or_default()
}

fn of_text(convert: fn(&str) -> String) -> Function {
    Function::new(&[Type::String], move |arguments| Ok(Value::from(convert(text(arguments, 0)))))
}

/// Upper case letter by letter: one that would become two stays, as in Go.
fn upper(text: &str) -> String {
    text.chars().map(|c| single(c, c.to_uppercase())).collect()
}

fn lower(text: &str) -> String {
    text.chars().map(|c| single(c, c.to_lowercase())).collect()
}

fn single(c: char, mut mapped: impl ExactSizeIterator<Item = char>) -> char {
    if mapped.len() == 1 { mapped.next().unwrap_or(c) } else { c }
}

fn texts(functions: &mut Functions) {
    functions.add("toUpper", of_text(upper));
    functions.add("toLower", of_text(lower));
    functions.add("title", of_text(title));
    functions.add("trimSpace", of_text(|text| text.trim().to_owned()));
    functions.add("safeHtml", of_text(str::to_owned));
    functions.add("safeUrl", of_text(str::to_owned));
    functions.add("base64encode", of_text(|text| URL_SAFE.encode(text)));
    functions.add("base64decode", Function::new(&[Type::String], base64_decode));
    functions.add("urlUnescape", Function::new(&[Type::String], url_unescape));
    functions.add("match", Function::new(&[Type::String, Type::String], matches));
    let replace = Function::new(&[Type::String, Type::String, Type::String], replace_all);
    functions.add("reReplaceAll", replace);
    functions.add(
        "join",
        Function::new(&[Type::String, Type::Strings], |arguments| match arguments {
            [Value::String(separator), Value::List(list)] => Ok(Value::from(join(list, separator))),
            _ => Ok(Value::from("")),
        }),
    );
}

fn times(functions: &mut Functions) {
    functions.add(
        "date",
        Function::new(&[Type::String, Type::Time], |arguments| match arguments {
            [Value::String(layout), Value::Time(time)] => Ok(Value::from(time.format(layout))),
            _ => Err(FunctionError::new("expected a time")),
        }),
    );
    functions.add(
        "tz",
        Function::new(&[Type::String, Type::Time], |arguments| match arguments {
            [Value::String(name), Value::Time(time)] => Ok(time.in_zone(name)?.into()),
            _ => Err(FunctionError::new("expected a time")),
        }),
    );
    functions.add("mustToDate", Function::new(&[Type::String, Type::String], to_date));
    functions.add(
        "toDate",
        Function::new(&[Type::String, Type::String], |arguments| {
            Ok(to_date(arguments).unwrap_or_else(|_| Time::zero().into()))
        }),
    );
}

fn collections(functions: &mut Functions) {
    functions.add(
        "stringSlice",
        Function::variadic(&[], Type::String, |arguments| {
            Ok(List::strings(arguments.iter().cloned()).into())
        }),
    );
    functions.add(
        "list",
        Function::variadic(&[], Type::Any, |arguments| {
            Ok(List::any(arguments.iter().cloned()).into())
        }),
    );
    functions.add(
        "append",
        Function::variadic(&[Type::List], Type::Any, |arguments| {
            let (list, more) = arguments.split_first().unwrap_or((&Value::Nil, &[]));
            let items = if let Value::List(list) = list {
                list.iter().cloned().collect()
            } else {
                Vec::new()
            };
            Ok(List::any(items.into_iter().chain(more.iter().cloned())).into())
        }),
    );
    functions.add("dict", Function::variadic(&[], Type::Any, dict));
    functions.add(
        "toJson",
        Function::new(&[Type::Any], |arguments| {
            let mut json = String::new();
            append_json(&mut json, arguments.first().unwrap_or(&Value::Nil))?;
            Ok(Value::from(json))
        }),
    );
}

fn matches(arguments: &[Value]) -> Outcome {
    let regex =
        Regex::new(text(arguments, 0)).map_err(|error| FunctionError::new(error.to_string()))?;
    Ok(Value::Bool(regex.is_match(text(arguments, 1))))
}

fn replace_all(arguments: &[Value]) -> Outcome {
    let pattern = text(arguments, 0);
    let regex = Regex::new(pattern).map_err(|error| {
        let raw = !pattern.chars().any(|c| c == '`' || c.is_control() && c != '\t');
        let shown = if raw { format!("`{pattern}`") } else { quote(pattern) };
        FunctionError::new(format!("regexp: Compile({shown}): {error}"))
    })?;
    Ok(Value::from(regex.replace_all(text(arguments, 2), text(arguments, 1))))
}

fn base64_decode(arguments: &[Value]) -> Outcome {
    let encoded: String =
        text(arguments, 0).chars().filter(|c| !matches!(c, '\r' | '\n')).collect();
    let decoded = URL_SAFE.decode(&encoded).map_err(|error| {
        let at = match error {
            base64::DecodeError::InvalidByte(at, _)
            | base64::DecodeError::InvalidLastSymbol { offset: at, .. } => at,
            _ => encoded.len(),
        };
        FunctionError::new(format!("illegal base64 data at input byte {at}"))
    })?;
    Ok(Value::from(String::from_utf8_lossy(&decoded).into_owned()))
}

/// Decodes a query: `+` is a space, `%41` is an `A`.
fn url_unescape(arguments: &[Value]) -> Outcome {
    let mut rest = text(arguments, 0);
    let mut bytes = Vec::with_capacity(rest.len());
    while let Some(byte) = rest.bytes().next() {
        let digits = rest.as_bytes().get(1..3).and_then(|digits| std::str::from_utf8(digits).ok());
        let digits = digits.filter(|digits| digits.bytes().all(|byte| byte.is_ascii_hexdigit()));
        match (byte, digits.and_then(|digits| u8::from_str_radix(digits, 16).ok())) {
            (b'%', Some(decoded)) => {
                bytes.push(decoded);
                rest = rest.get(3..).unwrap_or_default();
                continue;
            }
            (b'%', None) => {
                let escape: String = rest.chars().take(3).collect();
                return Err(FunctionError::new(format!("invalid URL escape {}", quote(&escape))));
            }
            (b'+', _) => bytes.push(b' '),
            _ => {
                let len = rest.chars().next().map_or(1, char::len_utf8);
                bytes.extend_from_slice(rest.as_bytes().get(..len).unwrap_or_default());
                rest = rest.get(len..).unwrap_or_default();
                continue;
            }
        }
        rest = rest.get(1..).unwrap_or_default();
    }
    Ok(Value::from(String::from_utf8_lossy(&bytes).into_owned()))
}

fn to_date(arguments: &[Value]) -> Outcome {
    let moment = layout::parse(text(arguments, 0), text(arguments, 1))
        .map_err(|error| FunctionError::new(error.to_string()))?;
    let out_of_range = || FunctionError::new("time out of range");
    let local = moment.civil.to_zoned(TimeZone::UTC).map_err(|_| out_of_range())?.timestamp();
    let offset = jiff::SignedDuration::from_secs(i64::from(moment.offset_s));
    let instant = local.checked_sub(offset).map_err(|_| out_of_range())?;
    let is_utc = !moment.abbreviation.is_empty();
    let time =
        if is_utc { Time::utc(instant) } else { Time::with_offset(instant, moment.offset_s) };
    Ok(time.into())
}

fn dict(arguments: &[Value]) -> Outcome {
    if !arguments.len().is_multiple_of(2) {
        return Err(FunctionError::new("dict requires an even number of arguments"));
    }
    let mut entries = Vec::with_capacity(arguments.len() / 2);
    for pair in arguments.chunks_exact(2) {
        let [Value::String(key), value] = pair else {
            return Err(FunctionError::new("dict keys must be strings"));
        };
        entries.push((Arc::clone(key), value.clone()));
    }
    Ok(Map::any(entries).into())
}

fn humanize_duration(arguments: &[Value]) -> Outcome {
    let value = arguments.first().unwrap_or(&Value::Nil);
    let seconds = match value {
        Value::Float(value) => *value,
        Value::Int(value) => *value as f64,
        Value::Byte(value) => f64::from(*value),
        Value::Duration(duration_ns) => *duration_ns as f64 / 1e9,
        Value::String(text) => parse_float(text.as_bytes()).ok_or_else(|| {
            FunctionError::new(format!(
                "strconv.ParseFloat: parsing {}: invalid syntax",
                quote(text)
            ))
        })?,
        other => {
            let name = other.type_name();
            let name = if name.is_empty() { "<nil>".into() } else { name };
            return Err(FunctionError::new(format!("can't convert {name} to float")));
        }
    };
    Ok(Value::from(humanized(seconds)))
}

/// Seconds as days, hours, minutes and seconds; below a second with a metric prefix.
fn humanized(seconds: f64) -> String {
    if !seconds.is_finite() {
        return four_digits(seconds);
    }
    let sign = if seconds < 0.0 { "-" } else { "" };
    let magnitude = seconds.abs();
    if seconds == 0.0 || magnitude < 1.0 {
        let (mut scaled, mut prefix) = (seconds, "");
        let mut prefixes = ["m", "u", "n", "p", "f", "a", "z", "y"].into_iter();
        while scaled != 0.0 && scaled.abs() < 1.0 {
            let Some(next) = prefixes.next() else { break };
            prefix = next;
            scaled *= 1000.0;
        }
        return format!("{}{prefix}s", four_digits(scaled));
    }
    #[expect(clippy::cast_possible_truncation, reason = "the fraction is cut on purpose")]
    let whole = magnitude as i64;
    let (days, hours, minutes) = (whole / 86_400, whole / 3_600 % 24, whole / 60 % 60);
    let rest = whole % 60;
    match (days, hours, minutes) {
        (0, 0, 0) => format!("{sign}{}s", four_digits(magnitude)),
        (0, 0, _) => format!("{sign}{minutes}m {rest}s"),
        (0, ..) => format!("{sign}{hours}h {minutes}m {rest}s"),
        _ => format!("{sign}{days}d {hours}h {minutes}m {rest}s"),
    }
}

/// `%.4g`.
fn four_digits(value: f64) -> String {
    let mut text = Vec::new();
    append_float_with_precision(&mut text, value, FloatFormat::G, 4);
    String::from_utf8_lossy(&text).into_owned()
}

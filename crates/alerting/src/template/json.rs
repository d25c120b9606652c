//! Values as Go's JSON encoder writes them: keys sorted, `<`, `>` and `&` escaped.

use std::fmt::Write as _;

use regain_go_format::time::format_rfc3339_nano;
use regain_go_format::{FloatFormat, append_float};
use regain_go_template::{FunctionError, Object, Value};

/// From here on Go writes small and large floats with an exponent.
const PLAIN_FLOATS: std::ops::Range<f64> = 1e-6..1e21;

/// Appends `value`.
pub(crate) fn append_json(dst: &mut String, value: &Value) -> Result<(), FunctionError> {
    match value {
        Value::Nil => dst.push_str("null"),
        Value::Bool(value) => dst.push_str(if *value { "true" } else { "false" }),
        Value::Int(value) | Value::Duration(value) => append_display(dst, value),
        Value::Byte(value) => append_display(dst, value),
        Value::Float(value) => append_json_float(dst, *value)?,
        Value::String(text) => append_json_string(dst, text),
        Value::Time(time) => {
            let text = format_rfc3339_nano(time.instant());
            append_json_string(dst, &text);
        }
        Value::List(list) => append_items(dst, ('[', ']'), list.iter(), append_json)?,
        Value::Map(map) => append_items(dst, ('{', '}'), map.iter(), |dst, (key, value)| {
            append_json_string(dst, key);
            dst.push(':');
            append_json(dst, value)
        })?,
        Value::Object(object) => match object.underlying() {
            Some(value) => append_json(dst, &value)?,
            None => append_struct(dst, &**object)?,
        },
        Value::Function(_) => return Err(FunctionError::new("json: unsupported type: func")),
    }
    Ok(())
}

fn append_items<T>(
    dst: &mut String,
    (open, close): (char, char),
    items: impl Iterator<Item = T>,
    mut append: impl FnMut(&mut String, T) -> Result<(), FunctionError>,
) -> Result<(), FunctionError> {
    dst.push(open);
    for (index, item) in items.enumerate() {
        if index > 0 {
            dst.push(',');
        }
        append(dst, item)?;
    }
    dst.push(close);
    Ok(())
}

fn append_struct(dst: &mut String, object: &dyn Object) -> Result<(), FunctionError> {
    let named_as_declared = object.type_name() == "template.Pair";
    append_items(dst, ('{', '}'), object.fields().into_iter(), |dst, (name, value)| {
        let name = if named_as_declared { name } else { json_name(name) };
        append_json_string(dst, name);
        dst.push(':');
        append_json(dst, &value)
    })
}

/// The key of a field of [`Data`](super::Data) and its alerts.
fn json_name(field: &'static str) -> &'static str {
    match field {
        "Receiver" => "receiver",
        "Status" => "status",
        "Alerts" => "alerts",
        "NotificationReason" => "notification_reason",
        "GroupLabels" => "groupLabels",
        "CommonLabels" => "commonLabels",
        "CommonAnnotations" => "commonAnnotations",
        "RouteLabels" => "routeLabels",
        "ExternalURL" => "externalURL",
        "Labels" => "labels",
        "Annotations" => "annotations",
        "StartsAt" => "startsAt",
        "EndsAt" => "endsAt",
        "GeneratorURL" => "generatorURL",
        "Fingerprint" => "fingerprint",
        _ => field,
    }
}

fn append_display(dst: &mut String, value: &impl std::fmt::Display) {
    write!(dst, "{value}").expect("writing to a string cannot fail");
}

fn append_json_float(dst: &mut String, value: f64) -> Result<(), FunctionError> {
    if !value.is_finite() {
        let mut text = Vec::new();
        append_float(&mut text, value, FloatFormat::G);
        let text = String::from_utf8_lossy(&text);
        return Err(FunctionError::new(format!("json: unsupported value: {text}")));
    }
    let plain = value == 0.0 || PLAIN_FLOATS.contains(&value.abs());
    let mut text = Vec::new();
    append_float(&mut text, value, if plain { FloatFormat::F } else { FloatFormat::E });
    let text = String::from_utf8_lossy(&text);
    // JSON's small exponents have one digit.
    match text.split_once("e-0") {
        Some((mantissa, digit)) => dst.extend([mantissa, "e-", digit]),
        None => dst.push_str(&text),
    }
    Ok(())
}

/// Appends a text in quotes.
pub(crate) fn append_json_string(dst: &mut String, text: &str) {
    dst.push('"');
    for c in text.chars() {
        match c {
            '"' => dst.push_str("\\\""),
            '\\' => dst.push_str("\\\\"),
            '\u{8}' => dst.push_str("\\b"),
            '\u{c}' => dst.push_str("\\f"),
            '\n' => dst.push_str("\\n"),
            '\r' => dst.push_str("\\r"),
            '\t' => dst.push_str("\\t"),
            '\0'..' ' | '<' | '>' | '&' | '\u{2028}' | '\u{2029}' => {
                write!(dst, "\\u{:04x}", u32::from(c)).expect("writing to a string cannot fail");
            }
            _ => dst.push(c),
        }
    }
    dst.push('"');
}

//! `html`, `js` and `urlquery`: texts made safe for another language.

use std::fmt::Write as _;

use regain_go_format::quote::quote;
use regain_go_format::verbs;

use super::{Outcome, text};
use crate::error::FunctionError;
use crate::limits::OUTPUT_BYTES_MAX;
use crate::run::NO_VALUE;
use crate::value::Value;

pub(super) fn html(arguments: &[Value]) -> Outcome {
    escaped(arguments, |dst, c| match c {
        '\0' => dst.push('\u{fffd}'),
        '"' => dst.push_str("&#34;"),
        '\'' => dst.push_str("&#39;"),
        '&' => dst.push_str("&amp;"),
        '<' => dst.push_str("&lt;"),
        '>' => dst.push_str("&gt;"),
        _ => dst.push(c),
    })
}

pub(super) fn js(arguments: &[Value]) -> Outcome {
    escaped(arguments, |dst, c| match c {
        '\\' | '\'' | '"' => dst.extend(['\\', c]),
        '<' | '>' | '&' | '=' | '\0'..' ' => code_point(dst, c),
        // What the quoted form leaves alone is printable.
        _ if c.is_ascii() || quote(c.encode_utf8(&mut [0; 4])).contains(c) => dst.push(c),
        _ => code_point(dst, c),
    })
}

pub(super) fn url_query(arguments: &[Value]) -> Outcome {
    escaped(arguments, |dst, c| match c {
        'a'..='z' | 'A'..='Z' | '0'..='9' | '-' | '_' | '.' | '~' => dst.push(c),
        ' ' => dst.push('+'),
        _ => {
            for byte in c.encode_utf8(&mut [0; 4]).bytes() {
                write!(dst, "%{byte:02X}").expect("writing to a string cannot fail");
            }
        }
    })
}

fn code_point(dst: &mut String, c: char) {
    write!(dst, "\\u{:04X}", u32::from(c)).expect("writing to a string cannot fail");
}

/// The arguments as one text, every character of it written by `escape`.
fn escaped(arguments: &[Value], escape: impl Fn(&mut String, char)) -> Outcome {
    let printable: Vec<Value> = arguments
        .iter()
        .map(|value| if let Value::Nil = value { Value::from(NO_VALUE) } else { value.pointee() })
        .collect();
    let plain = verbs::sprint(&printable, OUTPUT_BYTES_MAX)
        .map_err(|error| FunctionError::new(error.to_string()))?;
    let mut result = String::with_capacity(plain.len());
    for c in plain.chars() {
        escape(&mut result, c);
        if result.len() > OUTPUT_BYTES_MAX {
            return text(Err(verbs::TooLong { limit: OUTPUT_BYTES_MAX }));
        }
    }
    Ok(Value::from(result))
}

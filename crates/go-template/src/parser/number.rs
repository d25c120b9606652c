//! Numbers and characters as Go reads constants: the syntax decides which types can hold one.

use regain_go_format::quote::{quote, unquote_bytes};
use regain_go_format::{parse_float, parse_int_base0};

use super::Parsed;
use crate::ast::Number;
use crate::lexer::{Kind, Token};

/// Reads a number or character token.
pub(super) fn parse(token: Token<'_>) -> Parsed<Number> {
    let text = token.text;
    if token.kind == Kind::CharConstant {
        let code = i64::from(u32::from(character(text)?));
        return Ok(number(text, Some(code), Some(code as f64)));
    }
    if token.kind == Kind::Complex || is_imaginary(text) {
        return Err(format!("imaginary numbers are not supported: {}", quote(text)));
    }
    if let Some(int) = parse_int_base0(text.as_bytes()) {
        return Ok(number(text, Some(int), Some(int as f64)));
    }
    if is_unsigned_integer(text) {
        return Ok(number(text, None, None));
    }
    match parse_float(text.as_bytes()) {
        Some(_) if !text.contains(['.', 'e', 'E', 'p', 'P']) => {
            Err(format!("integer overflow: {}", quote(text)))
        }
        Some(float) => Ok(number(text, exact_int(float), Some(float))),
        None => Err(format!("illegal number syntax: {}", quote(text))),
    }
}

fn number(text: &str, int: Option<i64>, float: Option<f64>) -> Number {
    Number { text: text.into(), int, float }
}

fn is_imaginary(text: &str) -> bool {
    text.strip_suffix('i').is_some_and(|number| parse_float(number.as_bytes()).is_some())
}

/// Whether the number needs the 64th bit; every such constant is refused where it is used.
fn is_unsigned_integer(text: &str) -> bool {
    let (radix, digits) = match text.as_bytes() {
        [b'0', b'x' | b'X', ..] => (16, text.get(2..)),
        [b'0', b'o' | b'O', ..] => (8, text.get(2..)),
        [b'0', b'b' | b'B', ..] => (2, text.get(2..)),
        [b'0', _, ..] => (8, text.get(1..)),
        _ => (10, Some(text)),
    };
    let digits = digits.unwrap_or_default().replace('_', "");
    !digits.starts_with('+') && u64::from_str_radix(&digits, radix).is_ok()
}

/// The integer that a float is, where it is one.
fn exact_int(float: f64) -> Option<i64> {
    const LIMIT: f64 = 9_223_372_036_854_775_808.0;
    if float.fract() != 0.0 || !(-LIMIT..LIMIT).contains(&float) {
        return None;
    }
    #[expect(clippy::cast_possible_truncation, reason = "the range was checked")]
    let int = float as i64;
    Some(int)
}

/// The character of a constant such as `'a'` or `'\n'`.
fn character(text: &str) -> Parsed<char> {
    let malformed = || format!("malformed character constant: {text}");
    let inner = text.get(1..text.len() - 1).ok_or_else(malformed)?;
    // An empty constant and a bare quote are no characters to Go, whatever follows.
    let bytes = unquote_bytes(text.as_bytes()).map_err(|error| error.to_string())?;
    if inner.is_empty() {
        return Err("invalid syntax".to_owned());
    }
    // A byte written as `\xff` is the character of that number.
    if let ([byte], true) = (bytes.as_slice(), inner.starts_with('\\')) {
        return Ok(char::from(*byte));
    }
    let decoded = String::from_utf8(bytes).map_err(|_| malformed())?;
    let mut characters = decoded.chars();
    match (characters.next(), characters.next()) {
        (Some(c), None) => Ok(c),
        _ => Err(malformed()),
    }
}

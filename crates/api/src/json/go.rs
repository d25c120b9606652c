//! Serialised values as Go's standard encoder writes them: markup escaped, floats in Go's form.

use std::io;

use regain_go_format::float::{FloatFormat, append_float as append_go_float};
use serde::Serialize;
use serde_json::ser::{Formatter, Serializer};

use super::append_html_escaped;

/// Appends a value that serialises.
pub(crate) fn append_value(body: &mut Vec<u8>, value: &impl Serialize) {
    append_with(body, value, GoFormatter { escapes_markup: true });
}

/// Appends a value that serialises as Go's loggers do: markup stays as it is.
pub(crate) fn append_logged(body: &mut Vec<u8>, value: &impl Serialize) {
    append_with(body, value, GoFormatter { escapes_markup: false });
}

fn append_with(body: &mut Vec<u8>, value: &impl Serialize, formatter: GoFormatter) {
    let mut serializer = Serializer::with_formatter(body, formatter);
    value.serialize(&mut serializer).expect("wire values have text keys and write to memory");
}

/// Appends a finite float as Go's encoder writes it: with an exponent below 1e-6 and from 1e21 up, and
/// without a leading zero in a negative exponent.
pub(super) fn append_float(body: &mut Vec<u8>, value: f64) {
    let magnitude = value.abs();
    if magnitude == 0.0 || (1e-6..1e21).contains(&magnitude) {
        append_go_float(body, value, FloatFormat::F);
        return;
    }
    let start = body.len();
    append_go_float(body, value, FloatFormat::E);
    if let [.., b'e', b'-', b'0', _] = body[start..] {
        body.remove(body.len() - 2);
    }
}

struct GoFormatter {
    escapes_markup: bool,
}

impl Formatter for GoFormatter {
    fn write_f64<W: io::Write + ?Sized>(&mut self, writer: &mut W, value: f64) -> io::Result<()> {
        let mut text = Vec::with_capacity(24);
        append_float(&mut text, value);
        writer.write_all(&text)
    }

    fn write_string_fragment<W: io::Write + ?Sized>(
        &mut self,
        writer: &mut W,
        fragment: &str,
    ) -> io::Result<()> {
        if !self.escapes_markup {
            return writer.write_all(fragment.as_bytes());
        }
        let mut text = Vec::with_capacity(fragment.len());
        append_html_escaped(&mut text, fragment);
        writer.write_all(&text)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn floats_are_written_as_go_writes_them() {
        let cases = [
            (0.0, "0"),
            (1.0, "1"),
            (0.25, "0.25"),
            (1e-6, "0.000001"),
            (1e-7, "1e-7"),
            (1.5e-10, "1.5e-10"),
            (1e21, "1e+21"),
        ];
        for (value, expected) in cases {
            let mut body = Vec::new();
            append_float(&mut body, value);
            assert_eq!(String::from_utf8(body).unwrap(), expected);
        }
    }

    #[test]
    fn markup_in_serialised_texts_is_escaped() {
        let mut body = Vec::new();
        append_value(&mut body, &serde_json::json!({"op": ">=", "val": 0.5, "a\"": "\n&"}));
        let expected = r#"{"a\"":"\n\u0026","op":"\u003e=","val":0.5}"#;
        assert_eq!(String::from_utf8(body).unwrap(), expected);
        let mut line = Vec::new();
        append_logged(&mut line, &serde_json::json!({"query": "a < b\n", "step": 0.0}));
        assert_eq!(String::from_utf8(line).unwrap(), r#"{"query":"a < b\n","step":0}"#);
    }
}

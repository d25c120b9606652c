//! Formats and what Go makes of them.

use std::borrow::Cow;

use super::{Operand, Shape, TooLong, sprint, sprintf, sprintln};

#[derive(Clone, Debug)]
enum Value {
    Nil,
    Bool(bool),
    Int(i64),
    Float(f64),
    Text(&'static str),
    List(Vec<Self>),
    /// Prints as `1m0s`, is an integer inside.
    Named(i64),
}

impl Operand for Value {
    fn shape(&self) -> Shape<'_, Self> {
        match self {
            Self::Nil => Shape::Nil,
            Self::Bool(value) => Shape::Bool(*value),
            Self::Int(value) | Self::Named(value) => Shape::Int(*value),
            Self::Float(value) => Shape::Float(*value),
            Self::Text(text) => Shape::Text(Cow::Borrowed(text)),
            Self::List(items) => Shape::List(items.clone()),
        }
    }

    fn type_name(&self) -> Cow<'_, str> {
        Cow::Borrowed(match self {
            Self::Nil => unreachable!("nil has no type"),
            Self::Bool(_) => "bool",
            Self::Int(_) => "int",
            Self::Float(_) => "float64",
            Self::Text(_) => "string",
            Self::List(_) => "[]interface {}",
            Self::Named(_) => "time.Duration",
        })
    }

    fn string(&self) -> Option<String> {
        matches!(self, Self::Named(_)).then(|| "1m0s".to_owned())
    }
}

const LIMIT: usize = 1 << 20;

fn check(format: &str, operands: &[Value], expected: &str) {
    assert_eq!(sprintf(format, operands, LIMIT).as_deref(), Ok(expected), "{format}");
}

#[test]
fn numbers_are_laid_out_by_flags() {
    let number = [Value::Int(-42)];
    for (format, expected) in [
        ("%6d|", "   -42|"),
        ("%-6d|", "-42   |"),
        ("%06d", "-00042"),
        ("%.5d", "-00042"),
        ("%x", "-2a"),
        ("%#X", "-0X2A"),
        ("%c", "\u{fffd}"),
    ] {
        check(format, &number, expected);
    }
    check("%d|%5d", &number, "-42|%!d(MISSING)");
    check(
        "%6.2f|%-8.1e|%+g",
        &[Value::Float(3.1), Value::Float(1234.5), Value::Float(2.0)],
        "  3.10|1.2e+03 |+2",
    );
    check("%08.3f", &[Value::Float(-1.5)], "-001.500");
    check("%x %b", &[Value::Float(1.5), Value::Float(1.0)], "0x1.8p+00 4503599627370496p-52");
}

#[test]
fn texts_are_cut_filled_and_quoted() {
    let text = [Value::Text("日本語")];
    for (format, expected) in [
        ("%5s|", "  日本語|"),
        ("%-5s|", "日本語  |"),
        ("%.2s", "日本"),
        ("%q", "\"日本語\""),
        ("%+q", r#""\u65e5\u672c\u8a9e""#),
        ("%.1x", "e6"),
    ] {
        check(format, &text, expected);
    }
}

#[test]
fn complaints_are_gos() {
    check("%d", &[Value::Text("x")], "%!d(string=x)");
    check("%t", &[Value::Int(1)], "%!t(int=1)");
    check("%s", &[Value::Nil], "%!s(<nil>)");
    check("%d", &[Value::Bool(true), Value::Int(2)], "%!d(bool=true)%!(EXTRA int=2)");
    check("%", &[], "%!(NOVERB)");
    check("%[3]d", &[Value::Int(1)], "%!d(BADINDEX)");
    check("%*d", &[Value::Text("x"), Value::Int(1)], "%!(BADWIDTH)1");
}

#[test]
fn named_types_print_their_text_where_a_text_may_stand() {
    let minute = || Value::Named(60_000_000_000);
    check("%v %s %q", &[minute(), minute(), minute()], r#"1m0s 1m0s "1m0s""#);
    check("%d", &[minute()], "60000000000");
    check("%t", &[minute()], "%!t(time.Duration=60000000000)");
    check("%v", &[Value::List(vec![minute(), Value::Nil, Value::Text("x")])], "[1m0s <nil> x]");
    check("%#v", &[Value::List(vec![Value::Text("x")])], r#"[]interface {}{"x"}"#);
}

#[test]
fn print_puts_spaces_where_no_text_is() {
    let operands =
        [Value::Int(1), Value::Int(2), Value::Text("a"), Value::Text("b"), Value::Bool(true)];
    assert_eq!(sprint(&operands, LIMIT).as_deref(), Ok("1 2abtrue"));
    assert_eq!(sprintln(&operands, LIMIT).as_deref(), Ok("1 2 a b true\n"));
}

#[test]
fn the_limit_ends_what_a_width_asks_for() {
    assert_eq!(sprintf("%100d", &[Value::Int(1)], 100).map(|text| text.len()), Ok(100));
    assert_eq!(sprintf("%101d", &[Value::Int(1)], 100), Err(TooLong { limit: 100 }));
}

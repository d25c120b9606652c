//! Go's `fmt`: `Sprintf`, `Sprint` and `Sprintln` for values of any kind.
//!
//! What is printed implements [`Operand`]; the verbs, flags and complaints (`%!d(string=x)`) are Go's. Output has a
//! limit, because a width is a short way to ask for a long text.

use std::borrow::Cow;

mod format;
mod number;
mod text;
mod value;

#[cfg(test)]
mod tests;

/// The largest width, precision and argument number that Go takes from a format.
const NUMBER_MAX: usize = 1_000_000;

/// A value as the printer sees it.
pub trait Operand: Sized {
    /// What the value is made of.
    fn shape(&self) -> Shape<'_, Self>;

    /// The name of the type, as `%T` prints it; not asked for [`Shape::Nil`].
    fn type_name(&self) -> Cow<'_, str>;

    /// What the value's `String` method returns, where it has one.
    fn string(&self) -> Option<String>;
}

/// What a value is made of.
#[derive(Debug)]
pub enum Shape<'a, T> {
    /// No value at all.
    Nil,
    /// A boolean.
    Bool(bool),
    /// A signed integer.
    Int(i64),
    /// An unsigned integer.
    Uint(u64),
    /// A float.
    Float(f64),
    /// A text.
    Text(Cow<'a, str>),
    /// A slice.
    List(Vec<T>),
    /// A map with text as keys, in the order of the keys.
    Map(Vec<(String, T)>),
    /// A struct, or a pointer to one.
    Struct {
        /// Whether the value is a pointer to the struct.
        pointer: bool,
        /// Names and values in the order of the declaration.
        fields: Vec<(&'static str, T)>,
    },
    /// Something that prints as an address.
    Address,
}

/// The text would be longer than its limit.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("text is longer than {limit} bytes")]
pub struct TooLong {
    /// The limit in bytes.
    pub limit: usize,
}

/// `format` with its verbs replaced by `operands`, as `fmt.Sprintf` does it.
pub fn sprintf<T: Operand>(format: &str, operands: &[T], limit: usize) -> Result<String, TooLong> {
    let mut printer = Printer::new(limit);
    format::print(&mut printer, format, operands);
    printer.finish()
}

/// The operands one after the other, with spaces between two that are no texts, as `fmt.Sprint` does it.
pub fn sprint<T: Operand>(operands: &[T], limit: usize) -> Result<String, TooLong> {
    let mut printer = Printer::new(limit);
    let mut after_text = true;
    for operand in operands {
        let is_text = matches!(operand.shape(), Shape::Text(_));
        if !is_text && !after_text {
            printer.push_char(' ');
        }
        printer.operand(operand, 'v');
        after_text = is_text;
    }
    printer.finish()
}

/// The operands with spaces between them and a line feed behind, as `fmt.Sprintln` does it.
pub fn sprintln<T: Operand>(operands: &[T], limit: usize) -> Result<String, TooLong> {
    let mut printer = Printer::new(limit);
    for (index, operand) in operands.iter().enumerate() {
        if index > 0 {
            printer.push_char(' ');
        }
        printer.operand(operand, 'v');
    }
    printer.push_char('\n');
    printer.finish()
}

/// What stands between the percent sign and the verb.
#[derive(Clone, Copy, Debug, Default)]
#[expect(
    clippy::struct_excessive_bools,
    reason = "the flags of a format are independent of each other"
)]
struct Flags {
    width: Option<usize>,
    precision: Option<usize>,
    plus: bool,
    minus: bool,
    sharp: bool,
    space: bool,
    zero: bool,
    /// `%+v`: structs with names.
    plus_v: bool,
    /// `%#v`: as Go source.
    sharp_v: bool,
}

/// The text so far and how the next operand is laid out.
struct Printer {
    out: String,
    limit: usize,
    too_long: bool,
    flags: Flags,
    /// Within a complaint `String` methods are not asked.
    complaining: bool,
}

impl Printer {
    fn new(limit: usize) -> Self {
        let flags = Flags::default();
        Self { out: String::new(), limit, too_long: false, flags, complaining: false }
    }

    fn finish(self) -> Result<String, TooLong> {
        if self.too_long { Err(TooLong { limit: self.limit }) } else { Ok(self.out) }
    }

    fn push(&mut self, text: &str) {
        if self.out.len() + text.len() > self.limit {
            self.too_long = true;
        } else {
            self.out.push_str(text);
        }
    }

    fn push_char(&mut self, c: char) {
        self.push(c.encode_utf8(&mut [0; 4]));
    }

    fn fill(&mut self, count: usize) {
        if self.out.len() + count > self.limit {
            self.too_long = true;
            return;
        }
        let fill = if self.flags.zero && !self.flags.minus { '0' } else { ' ' };
        self.out.extend(std::iter::repeat_n(fill, count));
    }

    /// Appends `text` and fills it up to the width, which counts characters.
    fn pad(&mut self, text: &str) {
        let missing = match self.flags.width {
            Some(width) => width.saturating_sub(text.chars().count()),
            None => 0,
        };
        if self.flags.minus {
            self.push(text);
            self.fill(missing);
        } else {
            self.fill(missing);
            self.push(text);
        }
    }

    /// Does `print` without filling up by zeros, because the zeros are in the text already or do not belong there.
    fn pad_with_spaces(&mut self, text: &str) {
        let zero = std::mem::take(&mut self.flags.zero);
        self.pad(text);
        self.flags.zero = zero;
    }
}

//! The four ways to write a text, and which of them a text admits.

use super::{BEST_WIDTH, INDENT_STEP, Writer};
use crate::scalar::{Resolved, Scalar};

/// A way to write a text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Style {
    Plain,
    Single,
    Double,
    Literal,
}

impl Style {
    /// The style that is wanted for a text, wherever it stands.
    pub(super) fn of(text: &str) -> Self {
        if text.contains('\n') {
            Self::Literal
        } else if reads_as_text(text) {
            Self::Plain
        } else {
            Self::Double
        }
    }

    /// This style, or the next one that can express `text` inside of brackets (`flow`) or as a key.
    pub(super) fn fit(self, text: &str, flow: bool, key: bool) -> Self {
        let admits = Admits::of(text);
        let mut style = if key && has_break(text) { Self::Double } else { self };
        if style == Self::Plain {
            let plain = if flow { admits.flow_plain } else { admits.block_plain };
            if !plain || text.is_empty() && (flow || key) {
                style = Self::Single;
            }
        }
        match style {
            Self::Single if !admits.single => Self::Double,
            Self::Literal if !admits.literal || flow || key => Self::Double,
            style => style,
        }
    }
}

/// Whether a plain `text` is read as a text and as nothing else, by readers of YAML 1.1 too.
fn reads_as_text(text: &str) -> bool {
    Scalar::plain(text).resolve() == Resolved::Str && !is_base_60(text) && !is_date(text)
}

/// Whether `text` is a number in base 60: `[-+]?[0-9][0-9_]*(:[0-5]?[0-9])+(\.[0-9_]*)?`.
fn is_base_60(text: &str) -> bool {
    let digits = text.strip_prefix(['-', '+']).unwrap_or(text);
    let (places, fraction) = digits.split_once('.').unwrap_or((digits, ""));
    let mut places = places.split(':');
    let numeric = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit() || byte == b'_');
    let sixtieth = |place: &str| match place.as_bytes() {
        [last] => last.is_ascii_digit(),
        [first, last] => (b'0'..=b'5').contains(first) && last.is_ascii_digit(),
        _ => false,
    };
    let first = places.next().unwrap_or_default();
    let rest: Vec<&str> = places.collect();
    first.starts_with(|c: char| c.is_ascii_digit())
        && numeric(first)
        && numeric(fraction)
        && !rest.is_empty()
        && rest.into_iter().all(sixtieth)
}

/// Whether `text` is a date, alone or with a time of day, which readers take for a timestamp.
fn is_date(text: &str) -> bool {
    let (date, time) = match text.find(['T', 't', ' ']) {
        Some(at) => text.split_at(at),
        None => (text, ""),
    };
    let parts: Vec<&str> = date.split('-').collect();
    let [year, month, day] = parts[..] else { return false };
    let valid = year.len() == 4
        && year.bytes().all(|byte| byte.is_ascii_digit())
        && is_number(month, 1, 12)
        && is_number(day, 1, 31);
    valid && (time.is_empty() || is_time_of_day(time))
}

/// Whether `text` is a separator and a time of day, after a `T` with a zone, after a space without.
fn is_time_of_day(text: &str) -> bool {
    let (separator, text) = text.split_at(1);
    let zoned = separator != " ";
    let clock = match (zoned, text.strip_suffix('Z')) {
        (false, _) => text.trim_start_matches(' '),
        (true, Some(clock)) => clock,
        (true, None) => match text.rfind(['+', '-']).and_then(|at| text.split_at_checked(at)) {
            Some((clock, zone)) if zone.len() == 6 && zone.as_bytes()[3] == b':' => clock,
            _ => return false,
        },
    };
    let (clock, fraction) = clock.split_once('.').unwrap_or((clock, "0"));
    let parts: Vec<&str> = clock.split(':').collect();
    let [hour, minute, second] = parts[..] else { return false };
    is_number(hour, 0, 23)
        && is_number(minute, 0, 59)
        && is_number(second, 0, 59)
        && !fraction.is_empty()
        && fraction.bytes().all(|byte| byte.is_ascii_digit())
}

/// Whether `text` is a number of one or two digits in the range.
fn is_number(text: &str, min: u32, max: u32) -> bool {
    let fits = (1..=2).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_digit());
    fits && text.parse::<u32>().is_ok_and(|value| (min..=max).contains(&value))
}

pub(super) fn has_break(text: &str) -> bool {
    text.contains(is_break)
}

fn is_break(character: char) -> bool {
    matches!(character, '\r' | '\n' | '\u{85}' | '\u{2028}' | '\u{2029}')
}

/// Whether a character stands for itself; those beyond the basic plane do not, as in yaml.v2.
fn is_printable(character: char) -> bool {
    matches!(character, '\n' | ' '..='~' | '\u{a0}'..='\u{fffd}') && character != '\u{feff}'
}

/// The styles that can express a text.
#[expect(clippy::struct_excessive_bools, reason = "each is the answer to a question of its own")]
struct Admits {
    block_plain: bool,
    flow_plain: bool,
    single: bool,
    literal: bool,
}

impl Admits {
    fn of(text: &str) -> Self {
        if text.is_empty() {
            return Self { block_plain: true, flow_plain: false, single: true, literal: false };
        }
        let (block_indicators, flow_indicators) = indicators(text);
        let pair = |first: fn(char) -> bool, second: fn(char) -> bool| {
            text.chars().zip(text.chars().skip(1)).any(|(a, b)| first(a) && second(b))
        };
        let is_space = |character| character == ' ';
        let outer = |character| is_space(character) || is_break(character);
        let special = text.chars().any(|character| !is_printable(character));
        let break_space = pair(is_break, is_space);
        let space_break = pair(is_space, is_break);
        let plain = !text.starts_with(outer)
            && !text.ends_with(outer)
            && !has_break(text)
            && !break_space
            && !space_break
            && !special;
        Self {
            block_plain: plain && !block_indicators,
            flow_plain: plain && !flow_indicators,
            single: !break_space && !space_break && !special,
            literal: !text.ends_with(' ') && !space_break && !special,
        }
    }
}

/// Whether a plain `text` would be taken for something else in a block, and inside of brackets.
fn indicators(text: &str) -> (bool, bool) {
    let marker = text.starts_with("---") || text.starts_with("...");
    let (mut block, mut flow) = (marker, marker);
    let mut before = ' ';
    let mut characters = text.chars().peekable();
    let mut first = true;
    while let Some(character) = characters.next() {
        let ends_word = characters.peek().is_none_or(|&next| matches!(next, ' ' | '\t'));
        let starts_word = matches!(before, ' ' | '\t' | '\0') || is_break(before);
        let (in_block, in_flow) = match character {
            '#' | ',' | '[' | ']' | '{' | '}' | '&' | '*' | '!' | '|' | '>' | '\'' | '"' | '%'
            | '@' | '`'
                if first =>
            {
                (true, true)
            }
            '-' if first => (ends_word, ends_word),
            '?' if first => (ends_word, true),
            ':' => (ends_word, true),
            ',' | '?' | '[' | ']' | '{' | '}' => (false, true),
            '#' => (starts_word, starts_word),
            _ => (false, false),
        };
        (block, flow) = (block || in_block, flow || in_flow);
        (before, first) = (character, false);
    }
    (block, flow)
}

impl Writer {
    pub(super) fn plain(&mut self, text: &str, folds: bool) {
        if !self.after_space {
            self.put(' ');
        }
        self.words(text, folds, false, |_| false);
        self.after_space = false;
        self.at_indention = false;
    }

    pub(super) fn single_quoted(&mut self, text: &str, folds: bool) {
        self.indicator("'", true, false, false);
        self.words(text, folds, true, |character| character == '\'');
        self.indicator("'", false, false, false);
    }

    /// Writes a text whose long lines may be folded at single spaces; `doubled` characters are
    /// written twice. Inside of `quotes` the outermost characters are no place to fold.
    fn words(&mut self, text: &str, folds: bool, quotes: bool, doubled: impl Fn(char) -> bool) {
        let (mut after_space, mut after_break) = (false, false);
        let mut characters = text.char_indices().peekable();
        while let Some((at, character)) = characters.next() {
            let next = characters.peek().map(|&(_, next)| next);
            let inner = !quotes || at > 0 && next.is_some();
            if character == ' ' {
                let wide = self.column > BEST_WIDTH;
                if folds && !after_space && wide && inner && next != Some(' ') {
                    self.start_line();
                } else {
                    self.put(' ');
                }
                after_space = true;
            } else if is_break(character) {
                if !after_break && character == '\n' {
                    self.put_break();
                }
                self.text_break(character);
                (self.at_indention, after_break) = (true, true);
            } else {
                if after_break {
                    self.start_line();
                }
                if doubled(character) {
                    self.put(character);
                }
                self.put(character);
                self.at_indention = false;
                (after_space, after_break) = (false, false);
            }
        }
    }

    fn text_break(&mut self, character: char) {
        if character == '\n' {
            self.put_break();
        } else {
            self.out.push(character);
            self.column = 0;
        }
    }

    pub(super) fn double_quoted(&mut self, text: &str, folds: bool) {
        self.indicator("\"", true, false, false);
        // yaml.v2 looks for the mark in front of a text at each of its characters.
        let marked = text.starts_with('\u{feff}');
        let mut after_space = false;
        let mut characters = text.char_indices().peekable();
        while let Some((at, character)) = characters.next() {
            let next = characters.peek().map(|&(_, next)| next);
            let special = !is_printable(character) || is_break(character);
            let is_space = character == ' ';
            let wide = self.column > BEST_WIDTH;
            if marked || special || matches!(character, '"' | '\\') {
                self.escape(character);
            } else if is_space && folds && !after_space && wide && at > 0 && next.is_some() {
                self.start_line();
                if next == Some(' ') {
                    self.put('\\');
                }
            } else {
                self.put(character);
            }
            after_space = is_space && !marked;
        }
        self.indicator("\"", false, false, false);
    }

    fn escape(&mut self, character: char) {
        let short = match character {
            '\0' => "0",
            '\u{7}' => "a",
            '\u{8}' => "b",
            '\t' => "t",
            '\n' => "n",
            '\u{b}' => "v",
            '\u{c}' => "f",
            '\r' => "r",
            '\u{1b}' => "e",
            '"' => "\"",
            '\\' => "\\",
            '\u{85}' => "N",
            '\u{a0}' => "_",
            '\u{2028}' => "L",
            '\u{2029}' => "P",
            _ => "",
        };
        let code = u32::from(character);
        let escaped = match code {
            _ if !short.is_empty() => short.to_owned(),
            0..=0xff => format!("x{code:02X}"),
            0x100..=0xffff => format!("u{code:04X}"),
            _ => format!("U{code:08X}"),
        };
        self.put('\\');
        escaped.chars().for_each(|character| self.put(character));
    }

    /// Writes a text line by line after a bar, with a sign that says how it ends.
    pub(super) fn literal(&mut self, text: &str) {
        self.indicator("|", true, false, false);
        if text.starts_with(|first| first == ' ' || is_break(first)) {
            self.indicator(&INDENT_STEP.to_string(), false, false, false);
        }
        let mut from_end = text.chars().rev();
        match (from_end.next().is_some_and(is_break), from_end.next().is_none_or(is_break)) {
            (false, _) => self.indicator("-", false, false, false),
            (true, true) => self.indicator("+", false, false, false),
            (true, false) => {}
        }
        self.put_break();
        (self.at_indention, self.after_space) = (true, true);
        let mut after_break = true;
        for character in text.chars() {
            if is_break(character) {
                self.text_break(character);
                self.at_indention = true;
            } else {
                if after_break {
                    self.start_line();
                }
                self.put(character);
                self.at_indention = false;
            }
            after_break = is_break(character);
        }
    }
}

//! Classes of characters: `[a-z]`, `\d`, `[:alpha:]`, `\p{Greek}`.

mod unicode;

use regex_syntax::hir::{ClassUnicode, ClassUnicodeRange};

use super::{Error, ErrorKind, Parser};

/// A named set of ASCII characters.
type AsciiRanges = &'static [(char, char)];

const DIGIT: AsciiRanges = &[('0', '9')];
const SPACE: AsciiRanges = &[('\t', '\n'), ('\x0c', '\r'), (' ', ' ')];
const WORD: AsciiRanges = &[('0', '9'), ('A', 'Z'), ('_', '_'), ('a', 'z')];

/// The sets of POSIX brackets, without their `[:` and `:]`.
const POSIX: [(&str, AsciiRanges); 14] = [
    ("alnum", &[('0', '9'), ('A', 'Z'), ('a', 'z')]),
    ("alpha", &[('A', 'Z'), ('a', 'z')]),
    ("ascii", &[('\0', '\x7f')]),
    ("blank", &[('\t', '\t'), (' ', ' ')]),
    ("cntrl", &[('\0', '\x1f'), ('\x7f', '\x7f')]),
    ("digit", DIGIT),
    ("graph", &[('!', '~')]),
    ("lower", &[('a', 'z')]),
    ("print", &[(' ', '~')]),
    ("punct", &[('!', '/'), (':', '@'), ('[', '`'), ('{', '~')]),
    ("space", &[('\t', '\r'), (' ', ' ')]),
    ("upper", &[('A', 'Z')]),
    ("word", WORD),
    ("xdigit", &[('0', '9'), ('A', 'F'), ('a', 'f')]),
];

impl Parser<'_> {
    /// Reads a class in brackets.
    pub(super) fn class(&mut self) -> Result<(), Error> {
        let start = self.at;
        self.at += 1;
        let negated = self.peek() == Some('^');
        self.at += usize::from(negated);
        let mut ranges = Vec::new();
        let mut first = true;
        while first || self.peek() != Some(']') {
            first = false;
            self.class_item(start, &mut ranges)?;
        }
        self.at += 1;
        let mut class = ClassUnicode::new(ranges);
        if self.flags.fold {
            class.case_fold_simple();
        }
        if negated {
            class.negate();
        }
        self.push_class(class);
        Ok(())
    }

    fn class_item(
        &mut self,
        start: usize,
        ranges: &mut Vec<ClassUnicodeRange>,
    ) -> Result<(), Error> {
        if let Some(class) = self.posix_class()? {
            ranges.extend_from_slice(class.ranges());
            return Ok(());
        }
        if let Some(class) = self.escaped_class()? {
            ranges.extend_from_slice(class.ranges());
            return Ok(());
        }
        let range_start = self.at;
        let low = self.class_code_point(start)?;
        let mut high = low;
        if matches!(self.rest().as_bytes(), [b'-', next, ..] if *next != b']') {
            self.at += 1;
            high = self.class_code_point(start)?;
            if high < low {
                return Err(self.error(ErrorKind::CharRange, range_start));
            }
        }
        ranges.extend(range(low, high));
        Ok(())
    }

    fn class_code_point(&mut self, class_start: usize) -> Result<u32, Error> {
        match self.peek() {
            None => Err(self.error(ErrorKind::MissingBracket, class_start)),
            Some('\\') => self.escaped_code_point(),
            Some(c) => {
                self.at += c.len_utf8();
                Ok(u32::from(c))
            }
        }
    }

    /// Reads `[:alpha:]` or `[:^alpha:]`, if that is what comes next.
    fn posix_class(&mut self) -> Result<Option<ClassUnicode>, Error> {
        let rest = self.rest();
        let Some((name, _)) = rest.strip_prefix("[:").and_then(|inner| inner.split_once(":]"))
        else {
            return Ok(None);
        };
        let (positive, negated) = strip_negation(name);
        let found = POSIX.iter().find(|(known, _)| *known == positive).map(|(_, ranges)| *ranges);
        let start = self.at;
        self.at += name.len() + 4;
        match found {
            Some(ranges) => Ok(Some(self.ascii_class(ranges, negated))),
            None => Err(self.error(ErrorKind::CharRange, start)),
        }
    }

    /// Reads `\d`, `\pN` or `\p{Greek}`, if that is what comes next.
    pub(super) fn escaped_class(&mut self) -> Result<Option<ClassUnicode>, Error> {
        let &[b'\\', kind, ..] = self.rest().as_bytes() else { return Ok(None) };
        let ranges = match kind.to_ascii_lowercase() {
            b'd' => DIGIT,
            b's' => SPACE,
            b'w' => WORD,
            b'p' => return self.unicode_class(kind == b'P').map(Some),
            _ => return Ok(None),
        };
        self.at += 2;
        Ok(Some(self.ascii_class(ranges, kind.is_ascii_uppercase())))
    }

    fn ascii_class(&self, ranges: AsciiRanges, negated: bool) -> ClassUnicode {
        let ranges = ranges.iter().map(|(low, high)| ClassUnicodeRange::new(*low, *high));
        self.finish(ClassUnicode::new(ranges), negated)
    }

    /// Case is folded before the negation, as Go does.
    fn finish(&self, mut class: ClassUnicode, negated: bool) -> ClassUnicode {
        if self.flags.fold {
            class.case_fold_simple();
        }
        if negated {
            class.negate();
        }
        class
    }

    fn unicode_class(&mut self, negated: bool) -> Result<ClassUnicode, Error> {
        let start = self.at;
        self.at += 2;
        let mut name = String::new();
        match self.next_char() {
            Some('{') => {
                let Some(len) = self.rest().find('}') else {
                    let whole = self.pattern.get(start..).unwrap_or_default();
                    return Err(Error::new(ErrorKind::CharRange, whole));
                };
                name.push_str(self.rest().get(..len).unwrap_or_default());
                self.at += len + 1;
            }
            Some(c) => name.push(c),
            None => {}
        }
        let (positive, inner_negated) = strip_negation(&name);
        match unicode::class(positive) {
            Some(class) => Ok(self.finish(class, negated != inner_negated)),
            None => Err(self.error(ErrorKind::CharRange, start)),
        }
    }
}

fn strip_negation(name: &str) -> (&str, bool) {
    name.strip_prefix('^').map_or((name, false), |positive| (positive, true))
}

/// The characters from `low` to `high`; code points that no text holds are left out.
fn range(low: u32, high: u32) -> Option<ClassUnicodeRange> {
    const BEFORE_SURROGATES: char = '\u{d7ff}';
    const AFTER_SURROGATES: char = '\u{e000}';
    let low = char::from_u32(low).unwrap_or(AFTER_SURROGATES);
    let high = char::from_u32(high).unwrap_or(BEFORE_SURROGATES);
    (low <= high).then(|| ClassUnicodeRange::new(low, high))
}

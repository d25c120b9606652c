//! Reading a format: flags, width, precision, argument numbers, verb.

use super::{Flags, NUMBER_MAX, Operand, Printer, Shape};

/// Appends `format` with its verbs replaced.
pub(super) fn print<T: Operand>(printer: &mut Printer, format: &str, operands: &[T]) {
    let mut reader = Reader { rest: format, operands, next: 0, reordered: false, good_index: true };
    while let Some((text, tail)) = reader.rest.split_once('%') {
        printer.push(text);
        reader.rest = tail;
        reader.directive(printer);
        if printer.too_long {
            return;
        }
    }
    printer.push(reader.rest);
    reader.complain_of_extra(printer);
}

struct Reader<'a, T> {
    rest: &'a str,
    operands: &'a [T],
    /// The operand that the next verb takes.
    next: usize,
    /// Whether operands were named by number, so that nobody can say which were left over.
    reordered: bool,
    good_index: bool,
}

impl<T: Operand> Reader<'_, T> {
    /// Takes what follows a percent sign.
    fn directive(&mut self, printer: &mut Printer) {
        self.good_index = true;
        printer.flags = Flags::default();
        self.flags(&mut printer.flags);
        let mut after_index = self.index();
        after_index = self.width(printer, after_index);
        after_index = self.precision(printer, after_index);
        if !after_index {
            self.index();
        }
        let Some(verb) = self.rest.chars().next() else {
            printer.push("%!(NOVERB)");
            return;
        };
        self.rest = self.rest.get(verb.len_utf8()..).unwrap_or_default();
        if verb == '%' {
            printer.push_char('%');
            return;
        }
        let Some(operand) = self.operands.get(self.next).filter(|_| self.good_index) else {
            let complaint = if self.good_index { "(MISSING)" } else { "(BADINDEX)" };
            printer.push("%!");
            printer.push_char(verb);
            printer.push(complaint);
            return;
        };
        if matches!(verb, 'v' | 'w') {
            let flags = &mut printer.flags;
            flags.sharp_v = std::mem::take(&mut flags.sharp);
            flags.plus_v = std::mem::take(&mut flags.plus);
        }
        printer.operand(operand, verb);
        self.next += 1;
    }

    fn flags(&mut self, flags: &mut Flags) {
        while let Some(&byte) = self.rest.as_bytes().first() {
            match byte {
                b'#' => flags.sharp = true,
                b'0' => flags.zero = true,
                b'+' => flags.plus = true,
                b'-' => flags.minus = true,
                b' ' => flags.space = true,
                _ => return,
            }
            self.rest = self.rest.get(1..).unwrap_or_default();
        }
    }

    fn width(&mut self, printer: &mut Printer, after_index: bool) -> bool {
        if let Some(tail) = self.rest.strip_prefix('*') {
            self.rest = tail;
            match self.integer_operand() {
                Some(width) => {
                    printer.flags.width = usize::try_from(width.unsigned_abs()).ok();
                    if width < 0 {
                        printer.flags.minus = true;
                        printer.flags.zero = false;
                    }
                }
                None => printer.push("%!(BADWIDTH)"),
            }
            return false;
        }
        printer.flags.width = self.number();
        if after_index && printer.flags.width.is_some() {
            self.good_index = false;
        }
        after_index
    }

    fn precision(&mut self, printer: &mut Printer, after_index: bool) -> bool {
        // A point that ends the format is the verb.
        let Some(tail) = self.rest.strip_prefix('.').filter(|tail| !tail.is_empty()) else {
            return after_index;
        };
        self.rest = tail;
        if after_index {
            self.good_index = false;
        }
        let after_index = self.index();
        if let Some(tail) = self.rest.strip_prefix('*') {
            self.rest = tail;
            let precision = self.integer_operand().and_then(|number| usize::try_from(number).ok());
            if precision.is_none() {
                printer.push("%!(BADPREC)");
            }
            printer.flags.precision = precision;
            return false;
        }
        printer.flags.precision = Some(self.number().unwrap_or(0));
        after_index
    }

    /// Takes `[n]`, the number of the operand that comes next, and returns whether there was one.
    fn index(&mut self) -> bool {
        if !self.rest.starts_with('[') {
            return false;
        }
        self.reordered = true;
        let closed = self.rest.find(']').filter(|_| self.rest.len() >= 3);
        let inner = closed.and_then(|end| self.rest.get(1..end));
        let number = inner.filter(|text| text.bytes().all(|byte| byte.is_ascii_digit()));
        let number = number.and_then(|text| text.parse::<usize>().ok());
        self.rest = self.rest.get(closed.map_or(1, |end| end + 1)..).unwrap_or_default();
        let index = number.and_then(|number| number.checked_sub(1));
        if let Some(index) = index.filter(|&index| index < self.operands.len()) {
            self.next = index;
            return true;
        }
        self.good_index = false;
        number.is_some()
    }

    /// Takes decimal digits.
    fn number(&mut self) -> Option<usize> {
        let bytes = self.rest.as_bytes();
        let len = bytes.iter().take_while(|byte| byte.is_ascii_digit()).count();
        let digits = self.rest.get(..len)?;
        if digits.is_empty() {
            return None;
        }
        let number = digits.parse().ok().filter(|&number| number <= NUMBER_MAX * 10);
        // Go gives up the whole format behind a number that is too large.
        self.rest = if number.is_some() { self.rest.get(len..)? } else { "" };
        number
    }

    /// Takes the next operand as a width or a precision.
    fn integer_operand(&mut self) -> Option<i64> {
        let operand = self.operands.get(self.next)?;
        self.next += 1;
        let number = match operand.shape() {
            Shape::Int(number) => number,
            Shape::Uint(number) => i64::try_from(number).ok()?,
            _ => return None,
        };
        usize::try_from(number.unsigned_abs()).ok().filter(|&size| size <= NUMBER_MAX)?;
        Some(number)
    }

    fn complain_of_extra(&self, printer: &mut Printer) {
        let extra = self.operands.get(self.next..).unwrap_or_default();
        if self.reordered || extra.is_empty() {
            return;
        }
        printer.flags = Flags::default();
        printer.push("%!(EXTRA ");
        for (index, operand) in extra.iter().enumerate() {
            if index > 0 {
                printer.push(", ");
            }
            if matches!(operand.shape(), Shape::Nil) {
                printer.push("<nil>");
                continue;
            }
            printer.push(&operand.type_name());
            printer.push_char('=');
            printer.operand(operand, 'v');
        }
        printer.push_char(')');
    }
}

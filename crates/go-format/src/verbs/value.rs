//! Printing one operand by a verb.

use super::{Operand, Printer, Shape};

impl Printer {
    /// Appends `operand` as `verb` and the flags say.
    pub(super) fn operand<T: Operand>(&mut self, operand: &T, verb: char) {
        match (operand.shape(), verb) {
            (Shape::Nil, 'T' | 'v') => self.pad("<nil>"),
            (Shape::Nil, _) => self.complain(operand, verb),
            (_, 'T') => self.text(operand, &operand.type_name(), 's'),
            (Shape::List(_) | Shape::Map(_) | Shape::Address, 'p') => self.pad("0x0"),
            (shape, _) => self.shaped(operand, shape, verb, 0),
        }
    }

    /// Appends an operand of which the shape is known; `depth` counts what it is part of.
    fn shaped<T: Operand>(&mut self, operand: &T, shape: Shape<'_, T>, verb: char, depth: usize) {
        if self.too_long {
            return;
        }
        let stringable = matches!(verb, 'v' | 's' | 'x' | 'X' | 'q') && !self.flags.sharp_v;
        if stringable
            && !self.complaining
            && let Some(text) = operand.string()
        {
            return self.text(operand, &text, verb);
        }
        match shape {
            // Within something else it is an interface without a value, which every verb shows alike.
            Shape::Nil if self.flags.sharp_v => self.push("interface {}(nil)"),
            Shape::Nil => self.push("<nil>"),
            Shape::Bool(value) => match verb {
                't' | 'v' => self.pad(if value { "true" } else { "false" }),
                _ => self.complain(operand, verb),
            },
            Shape::Int(value) => self.integer(operand, value.unsigned_abs(), value < 0, verb),
            Shape::Uint(value) => self.unsigned(operand, value, verb),
            Shape::Float(value) => self.float(operand, value, verb),
            Shape::Text(text) => self.text(operand, &text, verb),
            Shape::List(items) => self.list(operand, &items, verb, depth),
            Shape::Map(entries) => self.map(operand, &entries, verb, depth),
            Shape::Struct { pointer, fields } => {
                if pointer && depth > 0 {
                    return self.push("0x0");
                }
                if pointer {
                    self.push_char('&');
                }
                self.fields(operand, &fields, verb, depth);
            }
            Shape::Address => self.push("0x0"),
        }
    }

    fn unsigned<T: Operand>(&mut self, operand: &T, value: u64, verb: char) {
        if self.flags.sharp_v && verb == 'v' {
            self.flags.sharp = true;
            self.integer(operand, value, false, 'x');
            self.flags.sharp = false;
        } else {
            self.integer(operand, value, false, verb);
        }
    }

    fn list<T: Operand>(&mut self, operand: &T, items: &[T], verb: char, depth: usize) {
        self.open(operand, "[");
        for (index, item) in items.iter().enumerate() {
            self.separate(index);
            self.shaped(item, item.shape(), verb, depth + 1);
        }
        self.push_char(if self.flags.sharp_v { '}' } else { ']' });
    }

    fn map<T: Operand>(&mut self, operand: &T, entries: &[(String, T)], verb: char, depth: usize) {
        self.open(operand, "map[");
        for (index, (key, value)) in entries.iter().enumerate() {
            self.separate(index);
            if !self.string_verb(key, verb) {
                self.push("%!");
                self.push_char(verb);
                self.push("(string=");
                self.string_verb(key, 'v');
                self.push_char(')');
            }
            self.push_char(':');
            self.shaped(value, value.shape(), verb, depth + 1);
        }
        self.push_char(if self.flags.sharp_v { '}' } else { ']' });
    }

    fn fields<T: Operand>(
        &mut self,
        operand: &T,
        fields: &[(&'static str, T)],
        verb: char,
        depth: usize,
    ) {
        if self.flags.sharp_v {
            let name = operand.type_name();
            self.push(name.strip_prefix('*').unwrap_or(&name));
        }
        self.push_char('{');
        for (index, (name, value)) in fields.iter().enumerate() {
            self.separate(index);
            if self.flags.plus_v || self.flags.sharp_v {
                self.push(name);
                self.push_char(':');
            }
            self.shaped(value, value.shape(), verb, depth + 1);
        }
        self.push_char('}');
    }

    /// Opens a list or map: `[`, or the type and a brace in Go syntax.
    fn open<T: Operand>(&mut self, operand: &T, bracket: &str) {
        if self.flags.sharp_v {
            self.push(&operand.type_name());
            self.push_char('{');
        } else {
            self.push(bracket);
        }
    }

    fn separate(&mut self, index: usize) {
        if index > 0 {
            self.push(if self.flags.sharp_v { ", " } else { " " });
        }
    }

    /// Appends `%!verb(type=value)`.
    pub(super) fn complain<T: Operand>(&mut self, operand: &T, verb: char) {
        let outer = std::mem::replace(&mut self.complaining, true);
        self.push("%!");
        self.push_char(verb);
        self.push_char('(');
        if matches!(operand.shape(), Shape::Nil) {
            self.push("<nil>");
        } else {
            self.push(&operand.type_name());
            self.push_char('=');
            self.operand(operand, 'v');
        }
        self.push_char(')');
        self.complaining = outer;
    }
}

//! The parser of Go's `regexp/syntax` with Perl flags.
//!
//! It walks the text once with an explicit stack of open groups, so that nesting costs no recursion, and
//! it keeps the height of what it has built, because Go limits that and the later walks do recurse.

mod class;
mod escape;
mod group;
mod repeat;
#[cfg(test)]
mod tests;

use regex_syntax::hir::{ClassUnicode, Look};

use crate::ast::{Ast, Node};
use crate::error::{Error, ErrorKind};

/// The greatest height of a tree, as in Go.
const MAX_HEIGHT: u32 = 1000;

/// The flags that `(?imsU)` changes, and the ones an expression starts with.
#[expect(clippy::struct_excessive_bools, reason = "they are the four flags of the syntax")]
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Flags {
    /// `i`: text matches in any case.
    pub(crate) fold: bool,
    /// `m`: `^` and `$` match at lines.
    pub(crate) multi_line: bool,
    /// `s`: the dot matches a line feed.
    pub(crate) dot_newline: bool,
    /// `U`: repetitions are lazy unless a `?` follows.
    pub(crate) lazy: bool,
}

/// Parses `pattern`, starting with `flags`.
pub(crate) fn parse(pattern: &str, flags: Flags) -> Result<Ast, Error> {
    let root = Frame::new(Group::Plain, flags);
    let mut parser = Parser {
        pattern,
        at: 0,
        flags,
        root,
        open: Vec::new(),
        names: vec![None],
        last_repeat: None,
    };
    parser.run()
}

struct Parser<'p> {
    pattern: &'p str,
    at: usize,
    flags: Flags,
    root: Frame,
    open: Vec<Frame>,
    names: Vec<Option<String>>,
    /// Where the repetition starts that was read last, if nothing follows it yet.
    last_repeat: Option<usize>,
}

/// A group whose parenthesis is open, or the whole expression.
struct Frame {
    group: Group,
    outer_flags: Flags,
    alternatives: Vec<Built>,
    items: Vec<Item>,
}

#[derive(Clone, Copy)]
enum Group {
    Plain,
    Capture(u32),
}

/// Part of a concatenation; single characters stay apart until it is known what repeats them.
enum Item {
    Char { c: char, fold: bool },
    Built(Built),
}

/// A finished tree with what Go's limits look at.
struct Built {
    node: Node,
    height: u32,
    /// The largest product of nested repeat counts.
    repeats: u32,
}

impl Frame {
    const fn new(group: Group, outer_flags: Flags) -> Self {
        Self { group, outer_flags, alternatives: Vec::new(), items: Vec::new() }
    }
}

impl Built {
    const fn leaf(node: Node) -> Self {
        Self { node, height: 1, repeats: 1 }
    }
}

impl Item {
    fn into_built(self) -> Built {
        match self {
            Self::Built(built) => built,
            Self::Char { c, fold } => Built::leaf(Node::Text { text: c.to_string(), fold }),
        }
    }
}

impl Parser<'_> {
    fn run(&mut self) -> Result<Ast, Error> {
        while let Some(c) = self.peek() {
            let start = self.at;
            let repeats = match c {
                '*' | '+' | '?' => self.repeat_operator(c)?,
                '{' => self.repeat_counted()?,
                _ => {
                    self.term(c)?;
                    false
                }
            };
            self.last_repeat = repeats.then_some(start);
        }
        if !self.open.is_empty() {
            return Err(Error::new(ErrorKind::MissingParen, self.pattern));
        }
        let root = std::mem::replace(&mut self.root, Frame::new(Group::Plain, self.flags));
        let Built { node, height, .. } = self.close(root)?;
        Ok(Ast { root: node, height, names: std::mem::take(&mut self.names) })
    }

    fn term(&mut self, c: char) -> Result<(), Error> {
        match c {
            '(' => return self.open_group(),
            ')' => return self.close_group(),
            '[' => return self.class(),
            '\\' => return self.backslash(),
            _ => self.at += c.len_utf8(),
        }
        match c {
            '|' => {
                let items = std::mem::take(&mut self.frame().items);
                let alternative = self.concat(items)?;
                self.frame().alternatives.push(alternative);
            }
            '^' if self.flags.multi_line => self.push(Node::Look(Look::StartLF)),
            '^' => self.push(Node::Look(Look::Start)),
            '$' if self.flags.multi_line => self.push(Node::Look(Look::EndLF)),
            '$' => self.push(Node::Look(Look::End)),
            '.' => self.push(Node::Any { newline: self.flags.dot_newline }),
            _ => self.push_char(c),
        }
        Ok(())
    }

    fn peek(&self) -> Option<char> {
        self.rest().chars().next()
    }

    fn rest(&self) -> &str {
        self.pattern.get(self.at..).unwrap_or_default()
    }

    /// The text from `start` to where the parser is.
    fn since(&self, start: usize) -> &str {
        self.pattern.get(start..self.at).unwrap_or_default()
    }

    /// An error about the text from `start` to where the parser is.
    fn error(&self, kind: ErrorKind, start: usize) -> Error {
        Error::new(kind, self.since(start))
    }

    fn frame(&mut self) -> &mut Frame {
        self.open.last_mut().unwrap_or(&mut self.root)
    }

    fn push(&mut self, node: Node) {
        self.frame().items.push(Item::Built(Built::leaf(node)));
    }

    fn push_char(&mut self, c: char) {
        let fold = self.flags.fold;
        self.frame().items.push(Item::Char { c, fold });
    }

    /// Adds an escaped code point, which may be one that no text holds.
    fn push_code_point(&mut self, code_point: u32) {
        match char::from_u32(code_point) {
            Some(c) => self.push_char(c),
            None => self.push(Node::Never),
        }
    }

    fn push_class(&mut self, class: ClassUnicode) {
        self.push(Node::Class(class));
    }

    fn checked(&self, built: Built) -> Result<Built, Error> {
        if built.height > MAX_HEIGHT {
            return Err(Error::new(ErrorKind::NestingDepth, self.pattern));
        }
        Ok(built)
    }

    fn concat(&self, items: Vec<Item>) -> Result<Built, Error> {
        let mut parts: Vec<Built> = Vec::new();
        for item in items {
            let last = parts.last_mut().map(|part| &mut part.node);
            match (item, last) {
                (Item::Char { c, fold }, Some(Node::Text { text, fold: same }))
                    if fold == *same =>
                {
                    text.push(c);
                }
                (item, _) => parts.push(item.into_built()),
            }
        }
        self.combine(parts, Node::Concat)
    }

    fn close(&self, frame: Frame) -> Result<Built, Error> {
        let last = self.concat(frame.items)?;
        let mut alternatives = frame.alternatives;
        alternatives.push(last);
        self.combine(alternatives, Node::Alternate)
    }

    fn combine(&self, mut parts: Vec<Built>, wrap: fn(Vec<Node>) -> Node) -> Result<Built, Error> {
        if parts.len() <= 1 {
            return Ok(parts.pop().unwrap_or_else(|| Built::leaf(Node::Empty)));
        }
        let height = 1 + parts.iter().map(|part| part.height).max().unwrap_or(0);
        let repeats = parts.iter().map(|part| part.repeats).max().unwrap_or(1);
        let nodes = parts.into_iter().map(|part| part.node).collect();
        self.checked(Built { node: wrap(nodes), height, repeats })
    }
}

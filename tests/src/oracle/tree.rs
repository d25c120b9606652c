//! Expressions that know their parts, so that one that shows a mistake can be made smaller.

use std::fmt;

/// What an expression is the value of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// One number.
    Scalar,
    /// A sample for each of some series.
    Vector,
    /// Several samples for each of some series.
    Matrix,
    /// A text.
    Text,
}

#[derive(Clone, Debug)]
enum Piece {
    Text(String),
    /// A text without which the expression stays one.
    Optional(String),
    Part(Tree),
}

/// An expression: text, and other expressions in between.
#[derive(Clone, Debug)]
pub struct Tree {
    kind: Kind,
    pieces: Vec<Piece>,
}

impl Tree {
    /// An expression without text yet.
    pub const fn new(kind: Kind) -> Self {
        Self { kind, pieces: Vec::new() }
    }

    /// An expression without parts.
    pub fn leaf(kind: Kind, text: impl Into<String>) -> Self {
        Self::new(kind).text(text)
    }

    /// What it is the value of.
    pub const fn kind(&self) -> Kind {
        self.kind
    }

    /// Adds text.
    #[must_use]
    pub fn text(mut self, text: impl Into<String>) -> Self {
        self.pieces.push(Piece::Text(text.into()));
        self
    }

    /// Adds text that may be left out.
    #[must_use]
    pub fn optional(mut self, text: impl Into<String>) -> Self {
        let text = text.into();
        if !text.is_empty() {
            self.pieces.push(Piece::Optional(text));
        }
        self
    }

    /// Adds an expression.
    #[must_use]
    pub fn part(mut self, part: Self) -> Self {
        self.pieces.push(Piece::Part(part));
        self
    }

    /// Expressions that are smaller by a part or an optional text, the smallest first.
    pub fn smaller(&self) -> Vec<Self> {
        let mut found = Vec::new();
        self.each_below(&mut |part| found.push(part.clone()));
        found.append(&mut self.cut());
        found.sort_by_key(Self::len);
        found
    }

    fn len(&self) -> usize {
        self.to_string().len()
    }

    /// This with something within it replaced by a part of the same kind, or left out.
    fn cut(&self) -> Vec<Self> {
        let mut found = Vec::new();
        for (at, piece) in self.pieces.iter().enumerate() {
            let with = |piece: Option<Piece>| {
                let mut copy = self.clone();
                copy.pieces.splice(at..=at, piece);
                copy
            };
            match piece {
                Piece::Text(_) => {}
                Piece::Optional(_) => found.push(with(None)),
                Piece::Part(part) => {
                    part.each_below(&mut |below| {
                        if below.kind == part.kind {
                            found.push(with(Some(Piece::Part(below.clone()))));
                        }
                    });
                    found.extend(part.cut().into_iter().map(|cut| with(Some(Piece::Part(cut)))));
                }
            }
        }
        found
    }

    fn each_below(&self, visit: &mut dyn FnMut(&Self)) {
        for piece in &self.pieces {
            if let Piece::Part(part) = piece {
                visit(part);
                part.each_below(visit);
            }
        }
    }
}

impl fmt::Display for Tree {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.pieces.iter().try_for_each(|piece| match piece {
            Piece::Text(text) | Piece::Optional(text) => f.write_str(text),
            Piece::Part(part) => part.fmt(f),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn gets_smaller_by_one_thing_at_a_time() {
        let inner = Tree::leaf(Kind::Vector, "a").optional(" offset 1m");
        let call = Tree::new(Kind::Vector).text("abs(").part(inner).text(")");
        let whole = Tree::new(Kind::Vector).text("-").part(call);
        let smaller: Vec<String> = whole.smaller().iter().map(Tree::to_string).collect();
        let expected = ["-abs(a)", "a offset 1m", "-a offset 1m", "abs(a offset 1m)"];
        assert_eq!(smaller, expected);
    }
}

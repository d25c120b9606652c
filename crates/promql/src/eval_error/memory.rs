//! A query that wants more memory than it may have: which limit it met, and which part of it was too big.

use std::fmt::{self, Display, Formatter};

use regain_storage::{ByteLimit, OverBytes};

use super::EvalError;
use crate::ast::{Expr, ExprKind, Position};

/// The most bytes of a part's text that an error shows.
const TEXT_BYTES_MAX: usize = 256;
/// Sizes at or above this are told in the next larger unit.
const UNIT: u64 = 1024;

/// Why a query does not get the memory that it wants.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TooMuchMemory {
    /// Which limit it is, and what the query held and wanted.
    pub over: OverBytes,
    /// What was too big.
    pub part: Part,
    /// How many of the query's bytes are those of the part.
    pub part_bytes: u64,
    at: Option<Position>,
}

/// Part of the work on a query.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Part {
    /// The whole.
    Query,
    /// Part of the expression, with its text.
    Expression(String),
    /// The series of the answer.
    Answer,
    /// The text of the answer.
    Rendering,
}

impl TooMuchMemory {
    pub(super) const fn new(over: OverBytes) -> Self {
        Self { over, part: Part::Query, part_bytes: over.held_bytes, at: None }
    }

    fn is_placed(&self) -> bool {
        self.at.is_some() || self.part != Part::Query
    }
}

impl EvalError {
    /// The error with the place of the part that wanted too much memory, unless it is known: `held_bytes` is what the
    /// query held before it began with the part.
    pub(crate) fn in_part(
        mut self,
        held_bytes: u64,
        at: impl FnOnce() -> Option<Position>,
    ) -> Self {
        if let Self::TooMuchMemory(error) = &mut self
            && !error.is_placed()
        {
            error.part_bytes = error.over.held_bytes.saturating_sub(held_bytes);
            error.at = at();
        }
        self
    }

    /// The error with `part` as what wanted too much memory, unless that is known.
    #[must_use]
    pub fn about(mut self, part: Part, held_bytes: u64) -> Self {
        if let Self::TooMuchMemory(error) = &mut self
            && !error.is_placed()
        {
            error.part_bytes = error.over.held_bytes.saturating_sub(held_bytes);
            error.part = part;
        }
        self
    }

    /// The error with the text of the part of `expr` that wanted too much memory.
    pub(crate) fn with_text_of(mut self, expr: &Expr) -> Self {
        if let Self::TooMuchMemory(error) = &mut self
            && let Some(at) = error.at.take()
        {
            error.part = Part::Expression(narrowest(expr, &at).to_string());
        }
        self
    }
}

/// The smallest part of `expr` around the bytes `at` that makes series: a selector or what is computed from some.
fn narrowest<'e>(expr: &'e Expr, at: &Position) -> &'e Expr {
    let covers = |expr: &&Expr| expr.at.start <= at.start && at.end <= expr.at.end;
    let (mut narrowest, mut inner) = (expr, expr);
    while let Some(child) = inner.children().into_iter().find(covers) {
        inner = child;
        if !matches!(
            inner.kind,
            ExprKind::Matrix(_)
                | ExprKind::Subquery(_)
                | ExprKind::Number(_)
                | ExprKind::String(_)
                | ExprKind::Paren(_)
        ) {
            narrowest = inner;
        }
    }
    narrowest
}

impl std::error::Error for TooMuchMemory {}

impl Display for TooMuchMemory {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        let OverBytes { limit, max_bytes, asked_bytes, .. } = self.over;
        let max = Size(max_bytes);
        match limit {
            ByteLimit::Query => write!(f, "the query needs more than {max} of memory: ")?,
            ByteLimit::AllQueries => {
                write!(f, "all queries together need more than {max} of memory: of this one, ")?;
            }
        }
        match &self.part {
            Part::Query => f.write_str("the whole")?,
            Part::Expression(text) => write!(f, "\"{}\"", Shortened(text))?,
            Part::Answer => f.write_str("the answer")?,
            Part::Rendering => f.write_str("the text of the answer")?,
        }
        let (held, asked) = (Size(self.part_bytes), Size(asked_bytes));
        write!(f, " alone holds {held} and asks for {asked} more; select fewer series, ")?;
        f.write_str(match limit {
            ByteLimit::Query => "or raise --query.max-memory-per-query",
            ByteLimit::AllQueries => "ask again later, or raise --query.max-memory",
        })
    }
}

/// The beginning of a text.
struct Shortened<'a>(&'a str);

impl Display for Shortened<'_> {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        let kept = self.0.floor_char_boundary(TEXT_BYTES_MAX);
        f.write_str(self.0.get(..kept).unwrap_or_default())?;
        f.write_str(if kept < self.0.len() { "…" } else { "" })
    }
}

/// A number of bytes for people: whole units, rounded down.
struct Size(u64);

impl Display for Size {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        let (mut size, mut unit) = (self.0, "B");
        for larger in ["KiB", "MiB", "GiB", "TiB"] {
            // Four digits of the smaller unit say more than one of the larger.
            if size < 10 * UNIT && !(size >= UNIT && size.is_multiple_of(UNIT)) {
                break;
            }
            (size, unit) = (size / UNIT, larger);
        }
        write!(f, "{size} {unit}")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_keep_their_precision() {
        let cases = [
            (0, "0 B"),
            (1023, "1023 B"),
            (1 << 10, "1 KiB"),
            (1500, "1500 B"),
            (512 << 20, "512 MiB"),
            ((498 << 20) + 5, "498 MiB"),
            (2 << 30, "2 GiB"),
            (2500 << 20, "2500 MiB"),
        ];
        for (bytes, text) in cases {
            assert_eq!(Size(bytes).to_string(), text);
        }
    }

    #[test]
    fn a_long_part_is_shown_by_its_beginning() {
        let text = Shortened(&"ä".repeat(TEXT_BYTES_MAX)).to_string();
        assert_eq!(text, "ä".repeat(TEXT_BYTES_MAX / 2) + "…");
    }
}

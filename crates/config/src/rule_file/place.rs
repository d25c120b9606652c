//! Places within texts that stand in a file: where in the file the tenth byte of an expression is.

use regain_yaml::{Node, Span};

/// How many characters must be the same in the file for a place to count.
const PROOF_LEN: usize = 12;

/// The lines of a file.
#[derive(Clone, Copy, Debug)]
pub(super) struct Source<'a> {
    text: &'a str,
}

impl<'a> Source<'a> {
    pub(super) const fn new(text: &'a str) -> Self {
        Self { text }
    }

    /// The place of the byte at `offset` of the text of `node`; the place of the node where the file writes the text
    /// otherwise than letter by letter.
    pub(super) fn place(&self, node: &Node, offset: usize) -> Span {
        self.exact(node, offset).unwrap_or(node.span)
    }

    fn exact(&self, node: &Node, offset: usize) -> Option<Span> {
        let text = node.text()?;
        let before = text.get(..offset)?;
        let line_start = before.rfind('\n').map_or(0, |at| at + 1);
        let column = before.get(line_start..)?.chars().count();
        // The place of a block is that of its first line with something in it.
        let skipped = text.len() - text.trim_start_matches('\n').len();
        let line = before.matches('\n').count().checked_sub(skipped)?;
        let is_quoted =
            self.rest(node.span)?.starts_with(['"', '\'']) && !text.starts_with(['"', '\'']);
        let number = |n: usize| u32::try_from(n).ok();
        let span = Span {
            line: node.span.line.checked_add(number(line)?)?,
            column: node.span.column.checked_add(number(column + usize::from(is_quoted))?)?,
        };
        let expected = text.get(offset..)?.lines().next().unwrap_or_default();
        let expected: String = expected.chars().take(PROOF_LEN).collect();
        self.rest(span)?.starts_with(&expected).then_some(span)
    }

    /// What stands in the line of `place` from there on.
    fn rest(&self, place: Span) -> Option<&'a str> {
        let line = self.line(place.line)?;
        let skipped = usize::try_from(place.column).ok()?.checked_sub(1)?;
        let start = line.char_indices().map(|(at, _)| at).chain([line.len()]).nth(skipped)?;
        line.get(start..)
    }

    fn line(&self, number: u32) -> Option<&'a str> {
        self.text.lines().nth(usize::try_from(number).ok()?.checked_sub(1)?)
    }
}

#[cfg(test)]
mod tests {
    use regain_yaml::parse;

    use super::*;

    #[test]
    fn bytes_of_a_text_have_a_place_in_the_file() {
        // In each text the byte before which the place is wanted is an `@`, in the file too.
        for (file, expected) in [
            ("a: x + @", (1, 8)),
            ("a: 'x + @'", (1, 9)),
            ("a: \"x + @\"", (1, 9)),
            ("a: |\n  x +\n  y @ z\n", (3, 5)),
            ("a: |-\n\n    x @\n", (3, 7)),
            // Written otherwise: the place is where the text starts.
            ("a: \"\\u0041 + @\"", (1, 4)),
            ("a: >\n  x +\n  @\n", (2, 3)),
            ("a: x +\n  @\n", (1, 4)),
        ] {
            let node = parse(file).unwrap();
            let node = node.get("a").unwrap();
            let offset = node.text().unwrap().find('@').unwrap();
            let place = Source::new(file).place(node, offset);
            assert_eq!((place.line, place.column), expected, "{file:?}");
        }
    }
}

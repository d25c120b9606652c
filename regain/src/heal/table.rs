//! Columns that are as wide as what stands in them.

/// The space between two columns.
const GAP: &str = "  ";

/// A table of texts. What servers answer may hold anything, so that no text gets to the terminal with its control
/// characters.
#[derive(Debug)]
pub(super) struct Table {
    rows: Vec<Vec<String>>,
}

impl Table {
    /// A table with these heads.
    pub(super) fn new(heads: &[&str]) -> Self {
        Self { rows: vec![heads.iter().map(|&head| head.to_owned()).collect()] }
    }

    /// Adds a row, which has as many texts as there are heads.
    pub(super) fn push<const COLUMNS: usize>(&mut self, row: [&str; COLUMNS]) {
        debug_assert_eq!(COLUMNS, self.rows[0].len(), "rows are as long as the head");
        self.rows.push(row.into_iter().map(plain).collect());
    }

    /// The lines of the table; none where there is nothing but the head.
    pub(super) fn lines(&self) -> Vec<String> {
        if self.rows.len() == 1 {
            return Vec::new();
        }
        let width = |column: usize| {
            self.rows.iter().map(|row| row[column].chars().count()).max().unwrap_or_default()
        };
        let widths: Vec<usize> = (0..self.rows[0].len()).map(width).collect();
        let line = |row: &Vec<String>| {
            let cells = row.iter().zip(&widths).map(|(text, width)| format!("{text:<width$}"));
            cells.collect::<Vec<_>>().join(GAP).trim_end().to_owned()
        };
        self.rows.iter().map(line).collect()
    }
}

/// The text on one line, without what a terminal would obey.
pub(super) fn plain(text: &str) -> String {
    let shown = |character: char| match character {
        '\n' | '\t' => ' ',
        other if other.is_control() => char::REPLACEMENT_CHARACTER,
        other => other,
    };
    text.chars().map(shown).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_are_aligned_and_harmless() {
        let mut table = Table::new(&["A", "LONG", "C"]);
        assert_eq!(table.lines(), Vec::<String>::new());
        table.push(["größer", "x", "\u{1b}[2J"]);
        table.push(["y", "two\nlines", ""]);
        assert_eq!(
            table.lines(),
            ["A       LONG       C", "größer  x          \u{fffd}[2J", "y       two lines"]
        );
    }
}

//! The lines of a file: trimmed, with comments as empty lines. An empty line ends a command.

/// The lines that are still to be read.
pub(super) struct Lines<'a> {
    lines: Vec<&'a str>,
    next: usize,
}

/// A line and its number, from 1.
#[derive(Clone, Copy, Debug)]
pub(super) struct Line<'a> {
    pub(super) number: usize,
    pub(super) text: &'a str,
}

impl<'a> Lines<'a> {
    pub(super) fn new(text: &'a str) -> Self {
        let lines = text.split('\n').map(|line| {
            let line = line.trim();
            if line.starts_with('#') { "" } else { line }
        });
        Self { lines: lines.collect(), next: 0 }
    }

    /// The next line that starts a command.
    pub(super) fn command(&mut self) -> Option<Line<'a>> {
        while self.next < self.lines.len() {
            if let Some(line) = self.continuation() {
                return Some(line);
            }
            self.next += 1;
        }
        None
    }

    /// The next line, unless it ends the command.
    pub(super) fn continuation(&mut self) -> Option<Line<'a>> {
        let text = *self.lines.get(self.next)?;
        if text.is_empty() {
            return None;
        }
        self.next += 1;
        Some(Line { number: self.next, text })
    }

    /// Passes what is left of a command that cannot be read.
    pub(super) fn skip_command(&mut self) {
        while self.continuation().is_some() {}
    }
}

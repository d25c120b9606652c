//! What is wrong, where.

use std::path::Path;
use std::process::ExitCode;

/// Everything that the checks found.
#[derive(Debug, Default)]
pub(crate) struct Complaints(Vec<String>);

impl Complaints {
    /// Adds one about a line of a file.
    pub(crate) fn at(&mut self, file: &Path, line: usize, what: &str) {
        self.0.push(format!("{}:{line}: {what}", file.display()));
    }

    /// Adds one about a whole file or crate.
    pub(crate) fn about(&mut self, subject: &str, what: &str) {
        self.0.push(format!("{subject}: {what}"));
    }

    /// Prints them, and fails when there are any.
    #[expect(clippy::print_stderr, reason = "this is the program's face")]
    pub(crate) fn report(&self) -> ExitCode {
        for complaint in &self.0 {
            eprintln!("{complaint}");
        }
        if self.0.is_empty() {
            eprintln!("tidy: nothing to complain about");
            ExitCode::SUCCESS
        } else {
            eprintln!("tidy: {} complaints", self.0.len());
            ExitCode::FAILURE
        }
    }
}

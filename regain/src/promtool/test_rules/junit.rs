//! What tests came to, as `JUnit`'s XML has it: a suite for each file, a case for each test.

use std::fmt::{self, Write as _};

/// The name of the case that a file has which cannot be read.
const UNKNOWN: &str = "unknown";

/// The tests of one file.
#[derive(Debug, Default)]
pub(super) struct Suite {
    name: String,
    /// Local time without its zone; empty where the file could not be read.
    started: String,
    cases: Vec<Case>,
}

#[derive(Debug, Default)]
struct Case {
    name: String,
    failures: Vec<String>,
    error: Option<String>,
}

impl Suite {
    pub(super) fn new(name: &str) -> Self {
        Self { name: name.to_owned(), ..Self::default() }
    }

    /// Notes when the tests start.
    pub(super) fn start(&mut self, local_time: String) {
        self.started = local_time;
    }

    /// Adds a test and what failed in it.
    pub(super) fn add(&mut self, name: &str, failures: &[String]) {
        self.cases.push(Case { name: name.to_owned(), failures: failures.to_vec(), error: None });
    }

    /// Notes that there are no tests, because the file cannot be read.
    pub(super) fn abort(&mut self, error: &str) {
        let error = Some(error.to_owned());
        self.cases.push(Case { name: UNKNOWN.to_owned(), error, ..Case::default() });
    }
}

/// Writes the document.
pub(super) fn document(suites: &[Suite]) -> String {
    let mut text = "<testsuites>".to_owned();
    for suite in suites {
        write!(text, "{suite}").expect("writing to a string succeeds");
    }
    text + "</testsuites>"
}

impl fmt::Display for Suite {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let failures: usize = self.cases.iter().map(|case| case.failures.len()).sum();
        let errors = self.cases.iter().filter(|case| case.error.is_some()).count();
        write!(
            f,
            "<testsuite name=\"{}\" tests=\"{}\" failures=\"{failures}\" errors=\"{errors}\" \
             skipped=\"0\" timestamp=\"{}\">",
            Escaped(&self.name),
            self.cases.len(),
            Escaped(&self.started)
        )?;
        for Case { name, failures, error } in &self.cases {
            write!(f, "<testcase name=\"{}\">", Escaped(name))?;
            for failure in failures {
                write!(f, "<failure>{}</failure>", Escaped(failure))?;
            }
            if let Some(error) = error {
                write!(f, "<error>{}</error>", Escaped(error))?;
            }
            f.write_str("</testcase>")?;
        }
        f.write_str("</testsuite>")
    }
}

/// A text without what means something in XML, as Go's encoder writes it.
struct Escaped<'a>(&'a str);

impl fmt::Display for Escaped<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for letter in self.0.chars() {
            match letter {
                '"' => f.write_str("&#34;"),
                '\'' => f.write_str("&#39;"),
                '&' => f.write_str("&amp;"),
                '<' => f.write_str("&lt;"),
                '>' => f.write_str("&gt;"),
                '\t' => f.write_str("&#x9;"),
                '\n' => f.write_str("&#xA;"),
                '\r' => f.write_str("&#xD;"),
                '\0'..'\u{20}' | '\u{FFFE}' | '\u{FFFF}' => f.write_char('\u{FFFD}'),
                _ => f.write_char(letter),
            }?;
        }
        Ok(())
    }
}

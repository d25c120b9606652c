//! What running a file has shown.

mod mismatch;

use std::fmt;
use std::iter::Sum;
use std::ops::Add;

use regain_model::Timestamp;

pub use mismatch::{Level, Mismatch, Shown, TimedValue};

/// The cases of one file, each with what became of it.
#[derive(Debug)]
pub struct FileReport {
    /// The file.
    pub name: String,
    /// Its cases, in the order of the lines.
    pub cases: Vec<CaseReport>,
}

impl FileReport {
    /// How many cases of the file pass.
    pub fn tally(&self) -> Tally {
        self.cases.iter().map(|case| Tally::of(&case.verdict)).sum()
    }

    /// A line for every case: where it is, and its query.
    pub fn list(&self) -> impl Iterator<Item = String> {
        self.cases.iter().map(|case| format!("{}:{}: {}", self.name, case.line, case.query))
    }

    /// A line or two about every case that does not pass: where it is, its query, and why.
    pub fn complaints(&self) -> impl Iterator<Item = String> {
        let cases = self.cases.iter().filter(|case| !matches!(case.verdict, Verdict::Passed));
        cases.map(|case| {
            format!("{}:{}: {}\n    {}", self.name, case.line, case.query, case.verdict)
        })
    }
}

impl fmt::Display for FileReport {
    /// Writes the file's line: its name, and what became of its cases.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.name, self.tally())
    }
}

/// A case and what became of it.
#[derive(Debug)]
pub struct CaseReport {
    /// The line on which it starts, from 1.
    pub line: usize,
    /// The query.
    pub query: String,
    /// What became of it.
    pub verdict: Verdict,
}

/// What became of a case.
#[derive(Debug)]
pub enum Verdict {
    /// Everything is as expected.
    Passed,
    /// Something is not.
    Failed(Failure),
    /// It depends on something that is not here.
    Unsupported(Gap),
}

impl fmt::Display for Verdict {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Passed => f.write_str("passed"),
            Self::Failed(failure) => failure.fmt(f),
            Self::Unsupported(gap) => write!(f, "unsupported: {gap}"),
        }
    }
}

/// Something that a case depends on and that is not here.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Gap {
    /// The engine does not have this.
    Engine(&'static str),
}

impl fmt::Display for Gap {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Engine(what) => what,
        })
    }
}

/// Why a case failed.
#[derive(Debug, thiserror::Error)]
#[error("{asked}{mismatch}")]
pub struct Failure {
    /// How the query was asked.
    pub asked: Asked,
    /// What was not as expected.
    pub mismatch: Mismatch,
}

/// How a query was asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Asked {
    /// As it is written.
    AsWritten,
    /// With every selector held at the case's time.
    Pinned {
        /// The time of the query.
        at: Timestamp,
    },
    /// Over three steps.
    Over {
        /// The middle one.
        at: Timestamp,
        /// Whether every selector was held at the case's time.
        pinned: bool,
    },
}

impl fmt::Display for Asked {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match *self {
            Self::AsWritten => Ok(()),
            Self::Pinned { at } => write!(f, "with @, asked at {} ms: ", at.0),
            Self::Over { at, pinned: false } => write!(f, "as a range around {} ms: ", at.0),
            Self::Over { at, pinned: true } => {
                write!(f, "with @, as a range around {} ms: ", at.0)
            }
        }
    }
}

/// How many cases pass, and how many do not.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Tally {
    /// The cases in which everything is as expected.
    pub passed: usize,
    /// The cases in which something is not.
    pub failed: usize,
    /// The cases that depend on something that is not here.
    pub unsupported: usize,
}

impl Tally {
    fn of(verdict: &Verdict) -> Self {
        let mut tally = Self::default();
        match verdict {
            Verdict::Passed => tally.passed = 1,
            Verdict::Failed(_) => tally.failed = 1,
            Verdict::Unsupported(_) => tally.unsupported = 1,
        }
        tally
    }

    /// The number of cases.
    pub const fn cases(&self) -> usize {
        self.passed + self.failed + self.unsupported
    }
}

impl fmt::Display for Tally {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} passed, {} failed", self.passed, self.failed)?;
        match self.unsupported {
            0 => Ok(()),
            unsupported => write!(f, ", {unsupported} unsupported"),
        }
    }
}

impl Add for Tally {
    type Output = Self;

    fn add(self, other: Self) -> Self {
        Self {
            passed: self.passed + other.passed,
            failed: self.failed + other.failed,
            unsupported: self.unsupported + other.unsupported,
        }
    }
}

impl Sum for Tally {
    fn sum<I: Iterator<Item = Self>>(tallies: I) -> Self {
        tallies.fold(Self::default(), Add::add)
    }
}

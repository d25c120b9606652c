//! What is wrong with a test file.

use std::fmt;

use regain_go_format::duration::DurationError;
use regain_model::histogram::HistogramProblem;
use regain_storage::Verdict;

use super::series::SeriesProblem;

/// A file that is not written in the test language, or whose samples cannot be stored.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
pub struct BadScript {
    /// The file.
    pub name: String,
    /// All that is wrong with it, in the order of the lines.
    pub mistakes: Vec<Mistake>,
}

impl fmt::Display for BadScript {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, mistake) in self.mistakes.iter().enumerate() {
            let separator = if index == 0 { "" } else { "\n" };
            write!(f, "{separator}{}:{}: {}", self.name, mistake.line, mistake.problem)?;
        }
        Ok(())
    }
}

/// One thing that is wrong.
#[derive(Clone, Debug, PartialEq)]
pub struct Mistake {
    /// The line, from 1.
    pub line: usize,
    /// What is wrong with it.
    pub problem: Problem,
}

/// What can be wrong with a line.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
pub enum Problem {
    /// The line starts with no command.
    #[error("invalid command {0:?}, expected load, clear or eval")]
    UnknownCommand(String),
    /// A load without its step.
    #[error("invalid load command, expected load[_with_nhcb] STEP")]
    LoadSyntax,
    /// An evaluation that is not written as one.
    #[error(
        "invalid evaluation command, expected eval instant at TIME QUERY or \
         eval range from START to END step STEP QUERY"
    )]
    EvalSyntax,
    /// A time or a step that is no duration.
    #[error("invalid {what} {text:?}: {problem}")]
    Duration {
        /// What should stand there.
        what: &'static str,
        /// What stands there.
        text: String,
        /// Why it is no duration.
        problem: DurationError,
    },
    /// Steps that end before they start.
    #[error("the end ({end}) is before the start ({start})")]
    EndBeforeStart {
        /// The start as it is written.
        start: String,
        /// The end as it is written.
        end: String,
    },
    /// A series that is not described as one.
    #[error("invalid series description: {0}")]
    Series(SeriesProblem),
    /// A line of start timestamps that cannot be read.
    #[error("invalid start timestamp {0:?}")]
    StartTime(String),
    /// A line of start timestamps that the following line does not fit.
    #[error("start timestamps must be followed by as many values of the same series")]
    StartTimesAlone,
    /// Several values where there is one time.
    #[error("an instant has one value; say `expect range vector` where there are more")]
    SeveralValues,
    /// A series of an answer without a value.
    #[error("an expected series needs a value")]
    NoValue,
    /// A line that starts with `expect` and is none of its forms.
    #[error(
        "invalid expectation, expected expect fail|warn|info|no_warn|no_info|ordered, \
         with msg: or regex: where there is a message"
    )]
    ExpectSyntax,
    /// An expected string without its quotes.
    #[error("an expected string stands in double or back quotes")]
    ExpectString,
    /// An expected message that is no regular expression.
    #[error("invalid regular expression {0:?}")]
    Regex(String),
    /// Expectations that exclude each other.
    #[error("{0}")]
    Contradiction(&'static str),
    /// A sample that the store does not take.
    #[error("the sample of {series} at {time_ms} ms is refused: {}", why(*verdict))]
    Refused {
        /// The series.
        series: String,
        /// The sample's time.
        time_ms: i64,
        /// The store's answer.
        verdict: Verdict,
    },
    /// A histogram that is none.
    #[error("invalid histogram: {0}")]
    Histogram(#[source] HistogramProblem),
    /// A classic histogram whose counts are not those of one.
    #[error("the classic histogram {0} cannot become a native one")]
    ClassicHistogram(String),
    /// A series that the store does not take.
    #[error("the series {0} is refused")]
    SeriesRefused(String),
}

fn why(verdict: Verdict) -> &'static str {
    match verdict {
        Verdict::Accepted => "it is not",
        Verdict::Duplicate => "the series has another value at this time",
        Verdict::OutOfOrder => "the series has a newer sample",
        Verdict::TooOld => "it is too old",
        Verdict::TooNew => "it is too far in the future",
        Verdict::OverLimit => "a limit is reached",
        Verdict::NoRoom => "there is no room for it",
        Verdict::UnknownSeries => "the series is unknown",
    }
}

//! `eval …` and the expectations below it.

use regain_model::Timestamp;

use super::expectations::expectation;
use super::{keyword_first, millis, steps, word};
use crate::test_language::lines::{Line, Lines};
use crate::test_language::mistake::{Mistake, Problem};
use crate::test_language::script::{Answer, Case, ExpectedSeries, Outcome, Times, Wording};
use crate::test_language::series;
use crate::{ParserOptions, parse};

/// What a line below an evaluation is followed by.
pub(super) enum Next {
    /// Another line of the same evaluation.
    Line,
    /// Another command, even without an empty line between.
    Command,
}

/// Reads an evaluation whose first line is `line`.
pub(super) fn case(line: Line<'_>, lines: &mut Lines<'_>) -> Result<Case, Mistake> {
    let mistake = |line: Line<'_>| move |problem| Mistake { line: line.number, problem };
    let mut case = head(line).map_err(mistake(line))?;
    while let Some(line) = lines.continuation() {
        match below(&mut case, line.text).map_err(mistake(line))? {
            Next::Line => {}
            Next::Command => break,
        }
    }
    Ok(case)
}

fn head(line: Line<'_>) -> Result<Case, Problem> {
    let syntax = || Problem::EvalSyntax;
    let (command, rest) = word(line.text).ok_or_else(syntax)?;
    let (kind, rest) = word(rest).ok_or_else(syntax)?;
    let (mut outcome, mut answer) = (Outcome::default(), Answer::default());
    match command {
        "eval" => {}
        "eval_fail" => outcome.fail.push(anything()),
        "eval_warn" => outcome.warnings.some = true,
        "eval_info" => outcome.infos.some = true,
        "eval_ordered" if kind == "instant" => answer.ordered = true,
        _ => return Err(syntax()),
    }
    let (times, query) = match kind {
        "instant" => {
            let (at, query) = keyword_first(rest, "at").and_then(word).ok_or_else(syntax)?;
            (Times::At(Timestamp(millis("time", at)?)), query)
        }
        "range" => {
            let (steps, query) = steps(rest).ok_or_else(syntax)?;
            (Times::Over(steps?), query)
        }
        _ => return Err(syntax()),
    };
    if query.is_empty() {
        return Err(syntax());
    }
    let expr = parse(query, &ParserOptions::all());
    Ok(Case { line: line.number, query: query.to_owned(), expr, times, outcome, answer })
}

/// The wording of a message that may say anything.
pub(super) fn anything() -> Wording {
    let pattern = regain_go_regexp::Regex::new("^.*$");
    Wording::Pattern(pattern.expect("the expression is valid"))
}

/// One line below the first.
fn below(case: &mut Case, line: &str) -> Result<Next, Problem> {
    if let Some(next) = expectation(case, line)? {
        return Ok(next);
    }
    if let Some(scalar) = series::number(line) {
        case.answer.scalar = Some(scalar);
        return Ok(Next::Command);
    }
    let described = series::parse(line).map_err(Problem::Series)?;
    if described.values.len() > 1 && matches!(case.times, Times::At(_)) {
        return Err(Problem::SeveralValues);
    }
    if described.values.is_empty() {
        return Err(Problem::NoValue);
    }
    let position = case.answer.series.len() + 1;
    let expected = ExpectedSeries { position, values: described.values };
    case.answer.series.insert(described.labels, expected);
    Ok(Next::Line)
}

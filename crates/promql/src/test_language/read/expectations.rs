//! The lines that start with `expect`.

use regain_go_format::quote::unquote;
use regain_go_regexp::Regex;

use super::cases::{Next, anything};
use super::steps;
use crate::test_language::mistake::Problem;
use crate::test_language::script::{Case, Remarks, Times, Wording};

/// Reads `line` into `case` if it is an expectation.
pub(super) fn expectation(case: &mut Case, line: &str) -> Result<Option<Next>, Problem> {
    if !case.outcome.fail.is_empty()
        && let Some(wording) = fail_wording(line)?
    {
        case.outcome.fail.push(wording);
        return Ok(Some(Next::Command));
    }
    if let Some(range) = line.strip_prefix("expect range vector") {
        let (steps, rest) = steps(range.trim_start()).ok_or(Problem::ExpectSyntax)?;
        if !rest.is_empty() || matches!(case.times, Times::Over(_)) {
            return Err(Problem::ExpectSyntax);
        }
        case.times = Times::RangeVector(steps?);
    } else if let Some(text) = line.strip_prefix("expect string") {
        let text = text.strip_prefix(' ').unwrap_or_default();
        case.answer.text = Some(unquote(text).map_err(|_| Problem::ExpectString)?);
    } else if let Some(text) = line.strip_prefix("expect")
        && (text.is_empty() || text.starts_with(' '))
    {
        remark(case, text.trim_start())?;
    } else {
        return Ok(None);
    }
    Ok(Some(Next::Line))
}

/// The older way to say what a failure says.
fn fail_wording(line: &str) -> Result<Option<Wording>, Problem> {
    if let Some(text) = line.strip_prefix("expected_fail_message") {
        return Ok(Some(Wording::Exact(text.trim().to_owned())));
    }
    line.strip_prefix("expected_fail_regexp").map(pattern).transpose()
}

fn pattern(text: &str) -> Result<Wording, Problem> {
    let text = text.trim();
    let pattern = Regex::new(text).map_err(|_| Problem::Regex(text.to_owned()))?;
    Ok(Wording::Pattern(pattern))
}

/// An expectation of a failure, a remark or an order: `text` is what follows `expect`.
fn remark(case: &mut Case, text: &str) -> Result<(), Problem> {
    let (kind, wording) = text.split_once(char::is_whitespace).unwrap_or((text, ""));
    let wording = wording.trim_start();
    let wording = if wording.is_empty() {
        anything()
    } else if let Some(message) = wording.strip_prefix("msg:") {
        Wording::Exact(message.trim().to_owned())
    } else if let Some(expression) = wording.strip_prefix("regex:") {
        pattern(expression)?
    } else {
        return Err(Problem::ExpectSyntax);
    };
    let outcome = &mut case.outcome;
    match kind {
        "ordered" => case.answer.ordered = true,
        "fail" if outcome.fail.len() == 1 => {
            return Err(Problem::Contradiction("a query fails in one way only"));
        }
        "fail" => outcome.fail.push(wording),
        "warn" => outcome.warnings.wordings.push(wording),
        "info" => outcome.infos.wordings.push(wording),
        "no_warn" => outcome.warnings.none = true,
        "no_info" => outcome.infos.none = true,
        _ => return Err(Problem::ExpectSyntax),
    }
    let contradicts = |remarks: &Remarks| remarks.none && !remarks.wordings.is_empty();
    if contradicts(&outcome.warnings) {
        return Err(Problem::Contradiction("warn and no_warn exclude each other"));
    }
    if contradicts(&outcome.infos) {
        return Err(Problem::Contradiction("info and no_info exclude each other"));
    }
    Ok(())
}

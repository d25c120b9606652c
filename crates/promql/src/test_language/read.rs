//! From the text of a file to its commands.

mod cases;
mod expectations;
mod loads;
mod start_times;

use regain_go_format::duration;
use regain_model::Timestamp;

use super::lines::Lines;
use super::mistake::{Mistake, Problem};
use super::script::Command;
use crate::engine::Steps;

/// The commands of a file, or all that is wrong with it.
pub(super) fn read(text: &str) -> Result<Vec<Command>, Vec<Mistake>> {
    let (mut lines, mut commands, mut mistakes) = (Lines::new(text), Vec::new(), Vec::new());
    while let Some(line) = lines.command() {
        let word = line.text.split_whitespace().next().unwrap_or_default();
        let command = if word == "clear" {
            Ok(Command::Clear)
        } else if word.starts_with("load") {
            loads::load(line, &mut lines).map(Command::Load)
        } else if word.starts_with("eval") {
            cases::case(line, &mut lines).map(|case| Command::Case(Box::new(case)))
        } else {
            let problem = Problem::UnknownCommand(line.text.to_owned());
            Err(Mistake { line: line.number, problem })
        };
        match command {
            Ok(command) => commands.push(command),
            Err(mistake) => {
                mistakes.push(mistake);
                lines.skip_command();
            }
        }
    }
    if mistakes.is_empty() { Ok(commands) } else { Err(mistakes) }
}

/// A duration in milliseconds.
fn millis(what: &'static str, text: &str) -> Result<i64, Problem> {
    let bad = |problem| Problem::Duration { what, text: text.to_owned(), problem };
    duration::parse(text).map_err(bad)
}

/// The steps that `from START to END step STEP` at the start of `text` names, and what follows.
fn steps(text: &str) -> Option<(Result<Steps, Problem>, &str)> {
    let (mut rest, mut values) = (text, [""; 3]);
    for (keyword, value) in ["from", "to", "step"].into_iter().zip(&mut values) {
        rest = keyword_first(rest, keyword)?;
        (*value, rest) = word(rest)?;
    }
    let [start, end, step] = values;
    Some((checked_steps(start, end, step), rest))
}

fn checked_steps(start: &str, end: &str, step: &str) -> Result<Steps, Problem> {
    let (from, to) = (millis("start", start)?, millis("end", end)?);
    if to < from {
        return Err(Problem::EndBeforeStart { start: start.to_owned(), end: end.to_owned() });
    }
    let step_ms = millis("step", step)?;
    Ok(Steps { start: Timestamp(from), end: Timestamp(to), step_ms })
}

/// What follows `keyword`, if it is the first word of `text`.
fn keyword_first<'a>(text: &'a str, keyword: &str) -> Option<&'a str> {
    word(text).filter(|(first, _)| *first == keyword).map(|(_, rest)| rest)
}

/// The first word of `text` and what follows it.
fn word(text: &str) -> Option<(&str, &str)> {
    let (word, rest) = text.split_once(char::is_whitespace).unwrap_or((text, ""));
    (!word.is_empty()).then(|| (word, rest.trim_start()))
}

#[cfg(test)]
mod tests;

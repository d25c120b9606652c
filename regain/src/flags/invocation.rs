//! What a program does with its command line before it does anything else.

use std::process::ExitCode;

use super::{Command, FlagError, Line, usage};
use crate::{build_info, exit};

/// How a program speaks about mistakes on its command line.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Style {
    /// As most of the originals: a line that points to `--help`, always exit code 1.
    Brief,
    /// As `prometheus`: each mistake announced; a line that cannot be read is exit code 1, a value
    /// that cannot be used shows the help page and is exit code 2.
    Server,
}

/// Reads `arguments`; where there is nothing to run, says what there is to say and gives the exit
/// code. `program` is the name the user called.
pub(crate) fn read(
    program: &str,
    command: &'static Command,
    style: Style,
    arguments: &[String],
) -> Result<Line, ExitCode> {
    let (line, errors) = Line::parse(command, arguments);
    if line.is_on("version") {
        return Err(exit::page(&build_info::version_text(command.name)));
    }
    let readable = errors.iter().all(|error| {
        error.is_about_a_value()
            || matches!(error, FlagError::ArgumentMissing(_) | FlagError::FlagsMissing(_))
    });
    let path = path_of(command, &line);
    let alone = !command.commands.is_empty() && line.commands.is_empty();
    if readable && (line.is_on("help") || alone) {
        return Err(exit::page(usage(program, &path).trim_end()));
    }
    if errors.is_empty() {
        return Ok(line);
    }
    complain(program, style, &errors);
    if style == Style::Server && errors.iter().all(FlagError::is_about_a_value) {
        exit::say(usage(program, &path).trim_end());
        return Err(exit::bad_value());
    }
    Err(exit::FAILURE)
}

fn complain(program: &str, style: Style, errors: &[FlagError]) {
    for error in errors {
        match style {
            Style::Brief => exit::complain(&format!("{program}: error: {error}, try --help")),
            Style::Server => {
                exit::complain(&format!("Error parsing command line arguments: {error}"));
                if !error.is_about_a_value() {
                    exit::complain(&format!("{program}: error: {error}"));
                }
            }
        }
        if let Some(hint) = error.hint() {
            exit::complain(&format!("  hint: {hint}"));
        }
    }
}

/// The program's table and those of the commands that were named.
fn path_of(program: &'static Command, line: &Line) -> Vec<&'static Command> {
    let mut path = vec![program];
    for name in &line.commands {
        let above = path[path.len() - 1];
        path.extend(above.commands.iter().find(|command| command.name == *name));
    }
    path
}

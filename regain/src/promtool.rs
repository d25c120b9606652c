//! The tools: `regain promtool`, or `promtool` by another name.
//!
//! Commands, outputs and exit codes are promtool 3.14's for the commands that are built; the others
//! are refused by name. `test promql` is Regain's own: it runs the files that specify the language.

mod check_config;
mod check_rules;
mod check_web_config;
mod commands;
mod features;
mod print;
mod query;
mod server_status;
mod test_promql;
mod test_rules;
mod times;
mod tsdb;

use std::process::ExitCode;

use self::commands::JUNIT;
pub(crate) use self::commands::PROMTOOL;
use crate::flags::Style;
use crate::{exit, logging};

/// Runs the command that `arguments` name, under the name `program`.
pub(crate) fn main(program: &str, arguments: &[String]) -> ExitCode {
    let line = match crate::flags::read(program, &PROMTOOL, Style::Brief, arguments) {
        Ok(line) => line,
        Err(code) => return code,
    };
    logging::start_tool();
    match line.commands.as_slice() {
        ["check", "config"] => check_config::main(&line),
        ["check", "rules"] => check_rules::main(&line),
        ["check", "web-config"] => check_web_config::main(&line.arguments),
        ["check", "healthy" | "ready"] => server_status::main(&line),
        ["test", "rules"] => test_rules::main(&line),
        ["test", ..] if line.is_given(JUNIT.name) => {
            exit::complain(&format!("{program}: error: --junit is a flag of 'test rules'"));
            exit::FAILURE
        }
        ["test", ..] => test_promql::main(&line),
        ["tsdb", ..] => tsdb::main(&line),
        // Whatever else the table has is a query.
        _ => query::main(&line),
    }
}

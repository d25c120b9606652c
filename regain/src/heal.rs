//! Healing from the command line, and behind a stock Alertmanager: `regain heal`.
//!
//! With a command it asks a running program what it heals, and stops that or lets it go on. Without one it is a
//! healer of its own: an Alertmanager's webhooks tell it of alerts, a server over HTTP proves that actions helped.

mod answer;
mod ask;
mod client;
mod config_metrics;
mod control;
mod escalate;
mod flags;
mod look;
mod running;
mod show;
mod table;

use std::process::ExitCode;

pub(crate) use self::flags::{HEAL, HEAL_COMMANDS};
use crate::flags::Style;
use crate::{allocator, build_info, exit, host, logging, runtime};

/// Runs the command that `arguments` begin with, or a healer until it is told to stop, under the name `program`.
pub(crate) fn main(program: &str, arguments: &[String]) -> ExitCode {
    if arguments.first().is_some_and(|word| !word.starts_with(['-', '@'])) {
        return client::main(program, arguments);
    }
    let line = match crate::flags::read(program, &HEAL, Style::Brief, arguments) {
        Ok(line) => line,
        Err(code) => return code,
    };
    logging::start(&line);
    tracing::info!(version = build_info::OWN_VERSION, "Starting to heal");
    allocator::return_freed_memory();
    host::raise_fd_limit();
    let runtime = match runtime::build(runtime::processors()) {
        Ok(runtime) => runtime,
        Err(error) => return exit::fatal(&error),
    };
    let code = runtime.block_on(running::run(&line));
    runtime.shutdown_background();
    code
}

//! The receiver of alerts: `regain alertmanager`, or `alertmanager` by another name.
//!
//! Flags, files, signals and the API are Alertmanager 0.34's. What differs: silences and the notification log survive
//! a crash, groups survive restarts where that is asked for, and what changes silences needs a login unless it comes
//! from this host. There are no clusters.

mod flags;
mod options;
mod running;

use std::process::ExitCode;

pub(crate) use self::flags::ALERTMANAGER;
use self::options::AlertmanagerOptions;
use crate::flags::Style;
use crate::{allocator, build_info, exit, host, logging, runtime};

/// Runs the receiver under the name `program` until it is told to stop.
pub(crate) fn main(program: &str, arguments: &[String]) -> ExitCode {
    let line = match crate::flags::read(program, &ALERTMANAGER, Style::Brief, arguments) {
        Ok(line) => line,
        Err(code) => return code,
    };
    logging::start(&line);
    let version = build_info::version_info(build_info::ALERTMANAGER_VERSION);
    tracing::info!(version, "Starting Alertmanager");
    tracing::info!(build_context = build_info::context(), "Build context");
    let options = match AlertmanagerOptions::new(&line) {
        Ok(options) => options,
        Err(error) => {
            tracing::error!(err = %error, "error parsing the feature flag list");
            return exit::FAILURE;
        }
    };
    allocator::return_freed_memory();
    host::raise_fd_limit();
    let runtime = match runtime::build(runtime::processors()) {
        Ok(runtime) => runtime,
        Err(error) => return exit::fatal(&error),
    };
    let code = runtime.block_on(running::run(&line, options));
    runtime.shutdown_background();
    code
}

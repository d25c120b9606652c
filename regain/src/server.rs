//! The server: `regain server`, or `prometheus` by another name.
//!
//! Flags, files, signals, exit codes and log lines are Prometheus 3.14's. The listeners open first, so
//! that whoever watches the start has an answer; then the store, then the configuration is applied and
//! the door opens. A reload replaces what the configuration decides in one step, or nothing; the end
//! goes the other way round: no more requests, no more scrapes, no more answers, and the store last.

mod events;
mod features;
mod flags;
mod health;
mod limits;
mod load;
mod memory;
mod options;
mod own_alerts;
mod reload;
mod retention;
mod rules;
mod startup;
mod store;
mod watch;
mod web;

use std::process::ExitCode;

pub(crate) use self::flags::SERVER;
pub(crate) use self::load::{ConfigSource, Configuration};
pub(crate) use self::options::{OptionsError, ServerOptions};
pub(crate) use self::startup::{Lifetime, run};
use crate::flags::{Line, Style};
use crate::listen::{self, Listening};
use crate::{allocator, build_info, exit, host, logging, runtime, signals};

/// Runs the server under the name `program` until it is told to stop.
pub(crate) fn main(program: &str, arguments: &[String]) -> ExitCode {
    let line = match crate::flags::read(program, &SERVER, Style::Server, arguments) {
        Ok(line) => line,
        Err(code) => return code,
    };
    logging::start(&line);
    let options = match ServerOptions::new(&line) {
        Ok(options) => options,
        Err(error) => {
            exit::complain(&error.to_string());
            return error.exit_code();
        }
    };
    let source = ConfigSource::File(options.config_file.clone());
    let config = match source.load(&options.reading()) {
        Ok(config) => config,
        Err(error) => {
            let file = std::path::absolute(&options.config_file);
            let file = file.unwrap_or_else(|_| options.config_file.clone());
            let shown = options.config_file.display();
            tracing::error!(
                file = %file.display(),
                err = %error,
                "Error loading config (--config.file={shown})"
            );
            return exit::bad_value();
        }
    };
    allocator::return_freed_memory();
    host::raise_fd_limit();
    announce();
    let runtime = match runtime::build(runtime::processors()) {
        Ok(runtime) => runtime,
        Err(error) => return exit::fatal(&error),
    };
    let code = runtime.block_on(serve(&line, options, (source, config)));
    // Nothing is waited for that has not ended by now: queries of clients that are gone, for instance.
    runtime.shutdown_background();
    code
}

async fn serve(
    line: &Line,
    options: ServerOptions,
    configuration: (ConfigSource, Configuration),
) -> ExitCode {
    let stop = match signals::stop_token(signals::log_stop) {
        Ok(stop) => stop,
        Err(error) => return exit::fatal(&error),
    };
    match listen(line) {
        Ok(listening) => {
            let lifetime = Lifetime { stop, ready: Box::new(|| {}) };
            run(options, configuration, listening, lifetime).await
        }
        Err(code) => code,
    }
}

/// Says what starts and on what host.
fn announce() {
    let version = build_info::version_info(build_info::PROMETHEUS_VERSION);
    tracing::info!(mode = "server", version, "Starting Prometheus Server");
    tracing::info!(
        build_context = build_info::context(),
        host_details = host::details(),
        fd_limits = host::fd_limits(),
        "operational information"
    );
}

/// Opens the listeners of the server.
fn listen(line: &Line) -> Result<Listening, ExitCode> {
    let mut listeners = Vec::new();
    for address in line.texts("web.listen-address") {
        tracing::info!(component = "web", address, "Start listening for connections");
        match listen::open(address) {
            Ok(listener) => listeners.push(listener),
            Err(error) => {
                tracing::error!(err = %error, "Unable to start web listener");
                return Err(exit::FAILURE);
            }
        }
    }
    match listen::web_config(line) {
        Ok(web_config) => Ok(Listening { listeners, web_config }),
        Err(error) => {
            tracing::error!(err = %error, "Unable to validate web configuration file");
            Err(exit::FAILURE)
        }
    }
}

//! The host's exporter: `regain node`, or `node_exporter` by another name.
//!
//! Names, flags and pages are `node_exporter` 1.12's. What differs: a scrape has a deadline, taken
//! from the scraper's own timeout, and a collector that misses it costs its own series only; a stop
//! signal lets the scrapes under way finish.

mod collector_flags;
mod exporter;
mod flags;
mod landing;
mod settings;

use std::path::Path;
use std::process::ExitCode;

use regain_collectors::{Host, KNOWN, Known, Settings, SettingsError};
use regain_http::server::ServerSettings;
use tokio::runtime::Handle;

pub(crate) use self::exporter::{Exporter, ExporterSettings};
pub(crate) use self::flags::NODE;
use crate::flags::{Line, Style};
use crate::listen::{self, Listening};
use crate::{allocator, build_info, exit, logging, runtime, signals};

/// Is there exactly where systemd runs, as `sd_booted` knows.
const SYSTEMD_RUNS: &str = "/run/systemd/system";
/// The most scrapes at once where nobody said.
const MAX_REQUESTS: usize = 40;

/// Runs the exporter under the name `program` until it is told to stop.
pub(crate) fn main(program: &str, arguments: &[String]) -> ExitCode {
    let line = match crate::flags::read(program, &NODE, Style::Brief, arguments) {
        Ok(line) => line,
        Err(code) => return code,
    };
    logging::start(&line);
    let version = build_info::version_info(build_info::NODE_EXPORTER_VERSION);
    tracing::info!(version, "Starting node_exporter");
    tracing::info!(build_context = build_info::context(), "Build context");
    allocator::return_freed_memory();
    let runtime = match runtime::build(line.count("runtime.gomaxprocs")) {
        Ok(runtime) => runtime,
        Err(error) => return exit::fatal(&error),
    };
    let code = runtime.block_on(run(&line, runtime.handle()));
    // A collector that hangs in the kernel must not keep the program from ending.
    runtime.shutdown_background();
    code
}

async fn run(line: &Line, runtime: &Handle) -> ExitCode {
    let exporter = match exporter(line, runtime) {
        Ok(exporter) => exporter,
        Err(error) => {
            let error = format!("couldn't create collector: {error}");
            tracing::error!(err = error, "Couldn't create metrics handler");
            return exit::bad_value();
        }
    };
    let path = line.text("web.telemetry-path");
    if !path.starts_with('/') {
        tracing::error!(path, "--web.telemetry-path must begin with a slash");
        return exit::bad_value();
    }
    let listening = match Listening::open(line) {
        Ok(listening) => listening,
        Err(error) => return exit::fatal(&error),
    };
    let stop = match signals::stop_token(signals::log_stop) {
        Ok(stop) => stop,
        Err(error) => return exit::fatal(&error),
    };
    listening.announce(None);
    let Listening { listeners, web_config } = listening;
    // Connections are not limited, as upstream's are not; scrapes are, by --web.max-requests.
    let settings = ServerSettings {
        web_config,
        max_connections: listen::UNLIMITED,
        ..ServerSettings::default()
    };
    let cut_off = regain_http::serve(listeners, exporter.router(path), settings, stop).await;
    if cut_off > 0 {
        tracing::warn!(connections = cut_off, "Connections were cut off");
    }
    tracing::info!("See you next time!");
    exit::SUCCESS
}

/// Makes an exporter with the defaults; systemd is asked, too, where it runs.
pub(crate) fn of_this_host(runtime: &Handle) -> Result<Exporter, SettingsError> {
    let has_systemd = Path::new(SYSTEMD_RUNS).exists();
    let runs = |known: &&Known| {
        known.built && (known.default_enabled || has_systemd && known.name == "systemd")
    };
    let names: Vec<&str> = KNOWN.iter().filter(runs).map(|known| known.name).collect();
    let host = host(&Settings::default(), &names, runtime)?;
    let max_requests = Some(MAX_REQUESTS);
    Ok(Exporter::new(host, ExporterSettings { own_metrics: true, max_requests }))
}

fn exporter(line: &Line, runtime: &Handle) -> Result<Exporter, SettingsError> {
    let host = host(&settings::settings(line), &settings::enabled(line), runtime)?;
    let absent = settings::absent(line);
    if !absent.is_empty() {
        tracing::info!(collectors = absent.join(","), "Collectors that are not built yet");
    }
    let max_requests = line.count("web.max-requests");
    Ok(Exporter::new(
        host,
        ExporterSettings {
            own_metrics: !line.is_on("web.disable-exporter-metrics"),
            max_requests: (max_requests > 0).then_some(max_requests),
        },
    ))
}

/// Makes the collectors of these names, and says so.
fn host(settings: &Settings, names: &[&str], runtime: &Handle) -> Result<Host, SettingsError> {
    let host = Host::new(settings, names.iter().copied(), runtime)?;
    tracing::info!("Enabled collectors");
    for name in host.names() {
        tracing::info!("{name}");
    }
    Ok(host)
}

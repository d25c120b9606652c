//! `regain up`: everything on this host in one process, with nothing to set.
//!
//! A server scrapes itself and an exporter for this host, keeps what it sees in `./data`, evaluates a few rules about
//! the host, and answers on 127.0.0.1 only. It stays in the foreground and says in a few lines what it watches and where to look.

mod banner;
mod builtin;

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use regain_http::server::ServerSettings;
use regain_http::server::bind::Bound;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use self::banner::Banner;
use crate::acting::ActingSource;
use crate::flags::{BASIC_FLAGS, Command, Flag, Kind, Line, Style};
use crate::listen::{self, ListenError, Listening};
use crate::logging::QUIET_LOG_FLAGS;
use crate::node::{self, Exporter};
use crate::server::{self, ConfigSource, Lifetime, SERVER, ServerOptions};
use crate::{allocator, exit, host, logging, runtime, signals};

/// The configuration that is used where it exists.
const OWN_CONFIG: &str = "prometheus.yml";
/// Alerting and healing are configured by it where it exists.
const OWN_ACTING: &str = "regain.yml";

/// The part that runs all others.
pub(crate) static UP: Command = Command {
    name: "regain up",
    about: "Watches this host: measures, scrapes, keeps, answers and alerts, all in one process. Uses \
            ./prometheus.yml and ./regain.yml where they are.",
    flags: &[BASIC_FLAGS, UP_FLAGS, QUIET_LOG_FLAGS],
    ..Command::PLAIN
};

static UP_FLAGS: &[Flag] = &[
    Flag::new("web.listen-address", Kind::Text, "127.0.0.1:9090", "Where the server listens."),
    Flag::new("node.listen-address", Kind::Text, "127.0.0.1:9100", "Where the exporter listens."),
    Flag::new("storage.tsdb.path", Kind::Text, "data", "The directory of the data."),
];

/// Runs everything until it is told to stop.
pub(crate) fn main(program: &str, arguments: &[String]) -> ExitCode {
    let line = match crate::flags::read(program, &UP, Style::Brief, arguments) {
        Ok(line) => line,
        Err(code) => return code,
    };
    logging::start(&line);
    allocator::return_freed_memory();
    host::raise_fd_limit();
    let runtime = match runtime::build(runtime::processors()) {
        Ok(runtime) => runtime,
        Err(error) => return exit::fatal(&error),
    };
    let code = match runtime.block_on(run(&line)) {
        Ok(code) => code,
        Err(error) => {
            exit::complain(&format!("{program}: {error}"));
            exit::FAILURE
        }
    };
    runtime.shutdown_background();
    code
}

async fn run(line: &Line) -> anyhow::Result<ExitCode> {
    let stop = signals::stop_token(|_| exit::say("Stopping …"))?;
    let web = listen::open(line.text("web.listen-address"))?;
    let numbers = numbers(line.text("node.listen-address"))?;
    let source = source(&web, numbers.address());
    let mut options = options(line)?;
    options.acting = acting();
    let config = source.load(&options.reading())?;
    let banner = Banner {
        server: web.address(),
        data: options.store.dir.clone(),
        own_config: source.is_file().then(|| PathBuf::from(OWN_CONFIG)),
        numbers: numbers.address().to_owned(),
        numbers_are_foreign: matches!(numbers, Numbers::Foreign(_)),
    };
    let exporting = numbers.serve(&stop)?;
    let end = stop.clone();
    let listening = Listening { listeners: vec![web], web_config: None };
    let lifetime = Lifetime { stop, ready: Box::new(move || exit::say(&banner.to_string())) };
    let code = server::run(options, (source, config), listening, lifetime).await;
    // The server may have ended by itself.
    end.cancel();
    exporting.wait().await;
    Ok(code)
}

/// The settings of the server: those of an empty command line, but for a few.
fn options(line: &Line) -> Result<ServerOptions, server::OptionsError> {
    let arguments = [
        format!("--web.listen-address={}", line.text("web.listen-address")),
        format!("--storage.tsdb.path={}", line.text("storage.tsdb.path")),
        "--scrape.clock-skew-metric".to_owned(),
    ];
    let (line, mistakes) = Line::parse(&SERVER, &arguments);
    debug_assert!(mistakes.is_empty(), "{mistakes:?}");
    ServerOptions::new(&line)
}

fn source(web: &Bound, numbers: &str) -> ConfigSource {
    let own = Path::new(OWN_CONFIG);
    if own.is_file() {
        return ConfigSource::File(own.to_owned());
    }
    let text = builtin::configuration(&web.address().to_string(), numbers);
    ConfigSource::Text(PathBuf::from("built-in configuration"), text, builtin::RULES)
}

/// Alerting as the user has it, or with nobody to tell: the pages and the API show what fires all the same.
fn acting() -> ActingSource {
    let own = Path::new(OWN_ACTING);
    if own.is_file() {
        return ActingSource::File(own.to_owned());
    }
    ActingSource::Alertmanager(builtin::ALERTMANAGER)
}

/// Who shows the host's numbers: an exporter of this process, or whoever has its port already.
enum Numbers {
    Own(Bound, String),
    Foreign(String),
}

fn numbers(address: &str) -> Result<Numbers, ListenError> {
    match listen::open(address) {
        Ok(bound) => {
            let address = bound.address().to_string();
            Ok(Numbers::Own(bound, address))
        }
        Err(error) if error.is_address_in_use() => Ok(Numbers::Foreign(address.to_owned())),
        Err(error) => Err(error),
    }
}

impl Numbers {
    fn address(&self) -> &str {
        match self {
            Self::Own(_, address) | Self::Foreign(address) => address,
        }
    }

    /// Starts the exporter of this process; the tasks end with `stop`.
    fn serve(self, stop: &CancellationToken) -> anyhow::Result<TaskTracker> {
        let tasks = TaskTracker::new();
        if let Self::Own(bound, _) = self {
            let exporter: Exporter = node::of_this_host(&tokio::runtime::Handle::current())?;
            let router = exporter.router(builtin::METRICS_PATH);
            let serving =
                regain_http::serve(vec![bound], router, ServerSettings::default(), stop.clone());
            tasks.spawn(async move {
                serving.await;
            });
        }
        tasks.close();
        Ok(tasks)
    }
}

//! A healer from its open listeners to its end.

use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::Arc;

use regain_api::{
    AlertSource, Changes, HealingDoor, HealingServer, HealingService, WebAddress, healing_router,
};
use regain_healing::Healing;
use regain_healing::journal::JournalError;
use regain_healing::settings::{Remediation, Remediations};
use regain_http::server::ServerSettings;
use regain_metrics::{ProcessCollector, Registry};
use tokio::signal::unix::Signal;
use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use super::ask::ServerAsk;
use super::config_metrics::ConfigMetrics;
use super::escalate::Escalations;
use super::look::Look;
use crate::address::{AddressError, address};
use crate::api_client::{AskError, Server};
use crate::flags::Line;
use crate::healing::{self, HealingGround, HealingRefused};
use crate::listen::{self, Listening};
use crate::{alerting, build_info, exit, host, reloads, signals};

/// Why there is no healer.
#[derive(Debug, thiserror::Error)]
enum StartError {
    /// Nobody could find it.
    #[error("failed to determine external URL: {0}")]
    Address(#[from] AddressError),
    /// The files are refused.
    #[error(transparent)]
    Refused(#[from] Refused),
    /// A server cannot be asked.
    #[error("--{flag}: {source}")]
    Url {
        /// The flag that names it.
        flag: &'static str,
        /// Why not.
        source: Box<AskError>,
    },
    /// It is not said where to look at the alerts of a receiver.
    #[error("--alertmanager.receiver needs --alertmanager.url")]
    NowhereToLook,
    /// The state cannot be read.
    #[error("opening healing failed: {0}")]
    Open(#[from] JournalError),
}

/// Why remediations are not put into force.
#[derive(Debug, thiserror::Error)]
enum Refused {
    /// The files are not good.
    #[error(transparent)]
    Files(#[from] HealingRefused),
    /// The receiver belongs to another process, which goes on telling it.
    #[error(
        "remediation {remediation:?} replaces the receiver {receiver:?}, which only alerting in the same process \
         leaves out: take that receiver out of its route, and `replaces` out of the remediation"
    )]
    Replaces {
        /// The remediation.
        remediation: Arc<str>,
        /// The receiver.
        receiver: Arc<str>,
    },
}

/// Runs a healer until it is told to stop.
pub(super) async fn run(line: &Line) -> ExitCode {
    let (stop, hangups) = match (signals::stop_token(signals::log_stop), signals::reloads()) {
        (Ok(stop), Ok(hangups)) => (stop, hangups),
        (Err(error), _) | (_, Err(error)) => return exit::fatal(&error),
    };
    let listening = match Listening::open(line) {
        Ok(listening) => listening,
        Err(error) => return exit::fatal(&error),
    };
    match Healer::start(line, &listening).await {
        Ok(healer) => healer.serve(listening, (stop, hangups)).await,
        Err(error) => {
            tracing::error!(err = %error, "Failed to start");
            exit::FAILURE
        }
    }
}

/// A healer that runs.
struct Healer {
    healing: Healing,
    /// What is looked at beside webhooks.
    look: Option<Look>,
    files: Vec<PathBuf>,
    changes: Changes,
    metrics: ConfigMetrics,
    registry: Registry,
    /// What commands and their like run in.
    tasks: TaskTracker,
}

impl Healer {
    async fn start(line: &Line, listening: &Listening) -> Result<Self, StartError> {
        let first = listening.listeners.first().map(|bound| bound.address().to_string());
        let external_url = line.text("web.external-url");
        let WebAddress { scheme, host, path, .. } =
            address(external_url, "", &first.unwrap_or_default(), &host::name())?;
        let registry = Registry::new();
        build_info::register(&registry, "regain", build_info::OWN_VERSION);
        registry.register(Arc::new(ProcessCollector::new()));
        let metrics = ConfigMetrics::register(&registry);
        let files: Vec<PathBuf> = line.texts("config.file").iter().map(PathBuf::from).collect();
        let settings = load(&files, &metrics)?;
        let server = |flag: &'static str, config: &str| {
            let server = Server::new(line.text(flag), line.text(config));
            server.map_err(|error| StartError::Url { flag, source: Box::new(error) })
        };
        let alertmanager = match line.text("alertmanager.url") {
            "" => None,
            _ => Some(server("alertmanager.url", "alertmanager.http.config.file")?),
        };
        let look = match (line.text("alertmanager.receiver"), &alertmanager) {
            ("", _) => None,
            (_, None) => return Err(StartError::NowhereToLook),
            (receiver, Some(server)) => {
                Some(Look { alertmanager: server.clone(), receiver: receiver.to_owned() })
            }
        };
        if alertmanager.is_none() {
            tracing::warn!(
                "Whatever cannot be healed is logged alone, for want of --alertmanager.url"
            );
        }
        let tasks = TaskTracker::new();
        let ground = HealingGround {
            data_dir: Path::new(line.text("storage.path")),
            registry: &registry,
            tasks: &tasks,
            asker: Arc::new(ServerAsk::new(server("query.url", "query.http.config.file")?)),
            sink: Arc::new(Escalations {
                alertmanager,
                external_url: format!("{scheme}://{host}{path}"),
            }),
        };
        let healing = healing::open(settings, ground).await?;
        let from_anybody = line.is_on("web.allow-anonymous-changes");
        let changes = Changes { from_anybody, own_host: host.as_str().into() };
        Ok(Self { healing, look, files, changes, metrics, registry, tasks })
    }

    async fn serve(
        self,
        listening: Listening,
        (stop, hangups): (CancellationToken, Signal),
    ) -> ExitCode {
        let door = HealingDoor::default();
        door.open(HealingService {
            healing: self.healing.clone(),
            source: AlertSource::Webhook,
            now: alerting::now,
        });
        let (reload, reload_requests) = mpsc::channel(1);
        let router = healing_router(HealingServer {
            door: door.clone(),
            changes: self.changes.clone(),
            registry: self.registry.clone(),
            reload,
        });
        listening.announce(None);
        let Listening { listeners, web_config } = listening;
        let settings = ServerSettings {
            web_config,
            max_connections: listen::UNLIMITED,
            ..ServerSettings::default()
        };
        let (requests, end) = (TaskTracker::new(), CancellationToken::new());
        requests.spawn(regain_http::serve(listeners, router, settings, end.clone()));
        if let Some(look) = self.look.clone() {
            requests.spawn(look.run(self.healing.clone(), end.clone()));
        }
        requests.close();
        reloads::serve(&stop, hangups, reload_requests, async || self.reload().await).await;
        door.close();
        end.cancel();
        requests.wait().await;
        self.healing.stop().await;
        self.tasks.close();
        self.tasks.wait().await;
        tracing::info!("Healing has stopped; what runs elsewhere goes on");
        exit::SUCCESS
    }

    async fn reload(&self) -> Result<(), String> {
        let (files, metrics) = (self.files.clone(), self.metrics.clone());
        let loaded = tokio::task::spawn_blocking(move || load(&files, &metrics)).await;
        let settings = match loaded {
            Ok(Ok(settings)) => settings,
            Ok(Err(error)) => return Err(error.to_string()),
            Err(_) => {
                self.metrics.loaded(false);
                return Err("unexpected failure".to_owned());
            }
        };
        self.healing.reload(settings).await;
        Ok(())
    }
}

fn load(files: &[PathBuf], metrics: &ConfigMetrics) -> Result<Remediations, Refused> {
    let loaded = healing::load(files).map_err(Refused::from).and_then(without_replaced);
    metrics.loaded(loaded.is_ok());
    match &loaded {
        Ok(settings) => {
            tracing::info!(remediations = settings.list.len(), "Completed loading of remediations");
        }
        Err(error) => tracing::error!(err = %error, "Loading remediations failed"),
    }
    loaded
}

/// What would be left out of another process' notifications is not, so that two would heal.
fn without_replaced(settings: Remediations) -> Result<Remediations, Refused> {
    let replaced = |one: &Arc<Remediation>| {
        let receiver = Arc::clone(one.replaces.as_ref()?);
        Some(Refused::Replaces { remediation: Arc::clone(&one.name), receiver })
    };
    match settings.list.iter().find_map(replaced) {
        Some(refused) => Err(refused),
        None => Ok(settings),
    }
}

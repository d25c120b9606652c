//! From open listeners to notifications, and back.

use std::collections::BTreeSet;
use std::process::ExitCode;
use std::sync::Arc;

use arc_swap::ArcSwap;
use regain_alerting::Alerting;
use regain_api::{
    AlertingDoor, AlertingService, AlertmanagerServer, Changes, WebAddress, alertmanager_router,
};
use regain_http::server::ServerSettings;
use regain_metrics::{ProcessCollector, Registry};
use tokio::signal::unix::Signal;
use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use super::options::AlertmanagerOptions;
use crate::address::{address, url_of};
use crate::alerting::{
    self, AlertingFile, AlertingRefused, AlertingSource, ConfigMetrics, ReadyAlerting,
};
use crate::flags::Line;
use crate::listen::{self, Listening};
use crate::{build_info, exit, host, reloads, signals};

/// No receiver is replaced where nothing heals.
const NONE_REPLACED: BTreeSet<String> = BTreeSet::new();

/// Runs a receiver until it is told to stop.
pub(super) async fn run(line: &Line, options: AlertmanagerOptions) -> ExitCode {
    let (stop, hangups) = match (signals::stop_token(log_stop), signals::reloads()) {
        (Ok(stop), Ok(hangups)) => (stop, hangups),
        (Err(error), _) | (_, Err(error)) => return exit::fatal(&error),
    };
    let listening = match Listening::open(line) {
        Ok(listening) => listening,
        Err(error) => return exit::fatal(&error),
    };
    let first = listening.listeners.first().map(|bound| bound.address().to_string());
    let listen_address = first.unwrap_or_default();
    let found =
        address(&options.external_url, &options.route_prefix, &listen_address, &host::name());
    let address = match found {
        Ok(address) => address,
        Err(error) => {
            tracing::error!(err = %error, "failed to determine external URL");
            return exit::FAILURE;
        }
    };
    let external_url = url_of(&address);
    let source = AlertingSource {
        file: AlertingFile::File(options.config_file.clone()),
        mode: options.alerting.matcher_mode,
        external_url: external_url.into(),
    };
    match Receiver::start(&options, source) {
        Ok(receiver) => receiver.serve(listening, address, &options, (stop, hangups)).await,
        Err(error) => {
            tracing::error!(err = error, "Failed to start");
            exit::FAILURE
        }
    }
}

fn log_stop(_signal: &str) {
    tracing::info!("Received SIGTERM, exiting gracefully...");
}

/// A receiver that runs.
struct Receiver {
    alerting: Alerting,
    service: Arc<AlertingService>,
    source: AlertingSource,
    metrics: ConfigMetrics,
    registry: Registry,
}

impl Receiver {
    fn start(options: &AlertmanagerOptions, source: AlertingSource) -> Result<Self, String> {
        let registry = Registry::new();
        build_info::register(&registry, "alertmanager", build_info::ALERTMANAGER_VERSION);
        registry.register(Arc::new(ProcessCollector::new()));
        let metrics = ConfigMetrics::register(&registry);
        let ready = load(&source, &metrics).map_err(|error| error.to_string())?;
        let ReadyAlerting { plan, shown, text } = ready;
        let (dir, settings) = (options.dir.clone(), options.alerting.clone());
        let alerting =
            alerting::open(dir, settings, plan, &registry).map_err(|error| error.to_string())?;
        metrics.succeeded(&text);
        let service = Arc::new(AlertingService {
            alerting: alerting.clone(),
            matcher_mode: options.alerting.matcher_mode,
            build: build_info::of_alertmanager(),
            config: ArcSwap::from_pointee(shown),
        });
        Ok(Self { alerting, service, source, metrics, registry })
    }

    async fn serve(
        self,
        listening: Listening,
        address: WebAddress,
        options: &AlertmanagerOptions,
        (stop, hangups): (CancellationToken, Signal),
    ) -> ExitCode {
        let door = AlertingDoor::default();
        door.open(Arc::clone(&self.service));
        let (reload, reload_requests) = mpsc::channel(1);
        let router = alertmanager_router(AlertmanagerServer {
            door: door.clone(),
            changes: Changes {
                from_anybody: options.anonymous_changes,
                own_host: address.host.as_str().into(),
            },
            registry: self.registry.clone(),
            reload,
            route_prefix: address.route_prefix.clone(),
            pages: regain_web_ui::receiver_router(&address.path),
            gets_max: options.gets_max,
            timeout: options.timeout,
        });
        listening.announce(None);
        let Listening { listeners, web_config } = listening;
        let settings = ServerSettings {
            web_config,
            max_connections: listen::UNLIMITED,
            ..ServerSettings::default()
        };
        let (tasks, end) = (TaskTracker::new(), CancellationToken::new());
        tasks.spawn(regain_http::serve(listeners, router, settings, end.clone()));
        tasks.close();
        reloads::serve(&stop, hangups, reload_requests, async || self.reload().await).await;
        door.close();
        end.cancel();
        tasks.wait().await;
        self.alerting.shutdown().await;
        exit::SUCCESS
    }

    async fn reload(&self) -> Result<(), String> {
        let (source, metrics) = (self.source.clone(), self.metrics.clone());
        let loaded = tokio::task::spawn_blocking(move || load(&source, &metrics)).await;
        let ReadyAlerting { plan, shown, text } = match loaded {
            Ok(Ok(ready)) => ready,
            Ok(Err(error)) => return Err(error.to_string()),
            Err(_) => {
                self.metrics.failed();
                return Err("unexpected failure".to_owned());
            }
        };
        self.alerting.apply(plan).await.map_err(|closed| closed.to_string())?;
        self.service.config.store(Arc::new(shown));
        self.metrics.succeeded(&text);
        Ok(())
    }
}

fn load(
    source: &AlertingSource,
    metrics: &ConfigMetrics,
) -> Result<ReadyAlerting, AlertingRefused> {
    let file = source.file.name().display().to_string();
    tracing::info!(component = "configuration", file, "Loading configuration file");
    let loaded = source.load(&NONE_REPLACED);
    match &loaded {
        Ok(_) => {
            tracing::info!(
                component = "configuration",
                file,
                "Completed loading of configuration file"
            );
        }
        Err(error) => {
            metrics.failed();
            tracing::error!(
                component = "configuration",
                file,
                err = %error,
                "Loading configuration file failed"
            );
        }
    }
    loaded
}

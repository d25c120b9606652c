//! The web side of a server: what the router is made from, and the task that serves it.

use regain_api::{Changes, ProcessFacts, Settings};
use regain_http::server::cors::Cors;
use regain_http::server::{ServerSettings, Site};
use regain_metrics::Registry;
use regain_tsdb::ReplayProgress;
use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use super::options::{ServerOptions, WebOptions};
use crate::acting::ActingDoors;
use crate::listen::Listening;
use crate::{build_info, clock, environment, host};

/// What requests can ask of the server as a whole.
pub(super) struct Requests {
    /// Requests to load the configuration again.
    pub(super) reloads: mpsc::Receiver<regain_api::ReloadRequest>,
    /// Cancelled by a request to end.
    pub(super) quit: CancellationToken,
}

/// The door and the status that handlers share with the server, and what they ask of it.
pub(super) struct Handles {
    pub(super) door: regain_api::Door,
    pub(super) acting: ActingDoors,
    pub(super) config_status: regain_api::ConfigStatus,
    pub(super) replay_progress: ReplayProgress,
    pub(super) requests: Requests,
}

/// Makes the settings of the router.
pub(super) fn settings(options: &ServerOptions, registry: &Registry) -> (Settings, Handles) {
    let (reload, reloads) = mpsc::channel(1);
    let quit = CancellationToken::new();
    let door = regain_api::Door::new(registry);
    let config_status = regain_api::ConfigStatus::new(registry);
    let replay_progress = ReplayProgress::default();
    let acting = ActingDoors::default();
    let cors = options.web.cors.clone();
    let settings = Settings {
        clock: regain_api::Clock::new(clock::now),
        registry: registry.clone(),
        door: door.clone(),
        lifecycle: regain_api::Lifecycle {
            is_enabled: options.web.offers.lifecycle,
            reload,
            quit: quit.clone(),
        },
        has_admin_api: options.web.offers.admin_api,
        alerting: acting.alerting.clone(),
        healing: acting.healing.clone(),
        changes: Changes {
            from_anybody: options.web.anonymous_changes,
            own_host: options.web.address.host.as_str().into(),
        },
        replay_progress: replay_progress.clone(),
        config_status: config_status.clone(),
        address: options.web.address.clone(),
        pages: regain_web_ui::router(&options.web.address.path),
        cors: Cors::new(move |origin| cors.matches(origin)),
        flags: options.flags.clone(),
        build: build_info::of_server(),
        process: ProcessFacts {
            started_at: clock::now(),
            working_dir: environment::working_dir(),
            hostname: host::name(),
        },
    };
    let requests = Requests { reloads, quit };
    (settings, Handles { door, acting, config_status, replay_progress, requests })
}

/// A task that serves requests.
pub(super) struct WebServer {
    tasks: TaskTracker,
    stop: CancellationToken,
}

impl WebServer {
    /// Starts to serve `site` on open listeners.
    pub(super) fn start(listening: Listening, site: Site, options: &WebOptions) -> Self {
        listening.announce(Some("web"));
        let settings = ServerSettings {
            web_config: listening.web_config,
            max_connections: options.max_connections,
            read_timeout: options.read_timeout,
            ..ServerSettings::default()
        };
        let (tasks, stop) = (TaskTracker::new(), CancellationToken::new());
        let serving = regain_http::serve(listening.listeners, site, settings, stop.clone());
        tasks.spawn(async move {
            let cut_off = serving.await;
            if cut_off > 0 {
                tracing::warn!(
                    component = "web",
                    connections = cut_off,
                    "Connections were cut off"
                );
            }
        });
        tasks.close();
        Self { tasks, stop }
    }

    /// Takes no more requests, and waits for those under way.
    pub(super) async fn stop(self) {
        tracing::info!("Stopping web handler...");
        self.stop.cancel();
        self.tasks.wait().await;
        tracing::info!("Web handler stopped");
    }
}

//! What holds from the start of the process to its end.

use std::collections::BTreeMap;
use std::sync::Arc;

use axum::extract::FromRef;
use regain_http::server::cors::Cors;
use regain_metrics::{Counter, Registry};
use regain_model::Timestamp;
use regain_tsdb::ReplayProgress;
use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;

use crate::alertmanager::door::AlertingDoor;
use crate::build_info::BuildInfo;
use crate::clock::Clock;
use crate::config_status::ConfigStatus;
use crate::door::Door;
use crate::guard::Changes;
use crate::healing::door::HealingDoor;
use crate::reload::ReloadRequest;
use crate::snapshot_runs::SnapshotRuns;

/// What the router is built from.
#[derive(Clone, Debug)]
pub struct Settings {
    /// Tells the time.
    pub clock: Clock,
    /// Where the server's own metrics are.
    pub registry: Registry,
    /// Whether the server serves, and from what.
    pub door: Door,
    /// What to do at `/-/reload` and `/-/quit`.
    pub lifecycle: Lifecycle,
    /// Whether samples can be deleted and snapshots taken (`--web.enable-admin-api`).
    pub has_admin_api: bool,
    /// The way to the alerting in this process, where there is any.
    pub alerting: AlertingDoor,
    /// The way to healing, where there is any.
    pub healing: HealingDoor,
    /// Who may change silences and healing.
    pub changes: Changes,
    /// How far the store has read its log while it is opened.
    pub replay_progress: ReplayProgress,
    /// How loading the configuration went.
    pub config_status: ConfigStatus,
    /// Where clients find the server.
    pub address: WebAddress,
    /// The pages, which begin at `/`.
    pub pages: axum::Router,
    /// Which origins browsers may ask from.
    pub cors: Cors,
    /// All flags with their values.
    pub flags: BTreeMap<&'static str, String>,
    /// What the program is.
    pub build: BuildInfo,
    /// The process.
    pub process: ProcessFacts,
}

/// Where clients find the server.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WebAddress {
    /// The scheme of the external URL.
    pub scheme: String,
    /// The host of the external URL, with a port where it has one.
    pub host: String,
    /// The path of the external URL, without a slash at its end.
    pub path: String,
    /// The port of the first listener.
    pub port: u16,
    /// What all routes begin with: `/`, or a path without a slash at its end.
    pub route_prefix: String,
}

/// The process.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ProcessFacts {
    /// When it started.
    pub started_at: Timestamp,
    /// The directory it was started in.
    pub working_dir: String,
    /// The host's name.
    pub hostname: String,
}

/// What the lifecycle handlers need.
#[derive(Clone, Debug)]
pub struct Lifecycle {
    /// Whether reload and quit are offered (`--web.enable-lifecycle`).
    pub is_enabled: bool,
    /// Where reload requests go.
    pub reload: mpsc::Sender<ReloadRequest>,
    /// What ends the process.
    pub quit: CancellationToken,
}

/// What all handlers share.
#[derive(Clone, Debug)]
pub(crate) struct App {
    pub(crate) settings: Arc<Settings>,
    pub(crate) federation_errors: Counter,
    pub(crate) snapshots: SnapshotRuns,
}

impl App {
    pub(crate) fn new(settings: Settings) -> Self {
        let federation_errors = settings.registry.counter(
            "prometheus_web_federation_errors_total",
            "Total number of errors that occurred while sending federation responses.",
        );
        let snapshots = SnapshotRuns::register(&settings.registry);
        Self { settings: Arc::new(settings), federation_errors, snapshots }
    }
}

impl FromRef<App> for Door {
    fn from_ref(app: &App) -> Self {
        app.settings.door.clone()
    }
}

impl FromRef<App> for Arc<Settings> {
    fn from_ref(app: &App) -> Self {
        Self::clone(&app.settings)
    }
}

impl FromRef<App> for SnapshotRuns {
    fn from_ref(app: &App) -> Self {
        app.snapshots.clone()
    }
}

impl FromRef<App> for Changes {
    fn from_ref(app: &App) -> Self {
        app.settings.changes.clone()
    }
}

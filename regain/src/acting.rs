//! Alerting and healing inside a server: what `regain.yml` asks for.
//!
//! Alerts go from rules to alerting in this process; healing looks at what alerting knows, decides, acts, and asks the
//! server's own engine whether it helped. A reload puts new files into force; whether there is alerting and healing at
//! all is decided at the start.

mod ask;
mod escalate;
mod feed;
mod sink;
mod source;

use std::path::Path;
use std::sync::Arc;

use arc_swap::ArcSwap;
use regain_alerting::matcher::MatcherMode;
use regain_alerting::{Alerting, Options};
use regain_api::{
    AlertSource, AlertingDoor, AlertingService, HealingDoor, HealingService, QueryService,
};
use regain_healing::Healing;
use regain_healing::settings::Remediations;
use regain_metrics::Registry;
use regain_rules::notifier::AlertSink;
use regain_storage::Gate;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use self::ask::EngineAsk;
use self::escalate::Escalations;
use self::sink::Intake;
pub(crate) use self::source::{ActingRefused, ActingSource, ReadyActing};
use crate::alerting::{self, ConfigMetrics, ReadyAlerting};
use crate::build_info;
use crate::healing::{self, HealingGround};

/// Below the directory of the data.
const ALERTING_DIR: &str = "alerting";

/// The ways in for requests.
#[derive(Clone, Debug, Default)]
pub(crate) struct ActingDoors {
    pub(crate) alerting: AlertingDoor,
    pub(crate) healing: HealingDoor,
}

/// What acting needs of the server.
pub(crate) struct Ground<'a> {
    pub(crate) data_dir: &'a Path,
    pub(crate) registry: &'a Registry,
    pub(crate) queries: Arc<QueryService>,
    /// Opens once the store has read its log.
    pub(crate) store: Gate,
    pub(crate) doors: ActingDoors,
}

/// Alerting and healing of a server, as far as it has them.
pub(crate) struct Acting {
    alerting: Option<InProcess>,
    healing: Option<Healing>,
    doors: ActingDoors,
    stop: CancellationToken,
    tasks: TaskTracker,
}

struct InProcess {
    alerting: Alerting,
    service: Arc<AlertingService>,
    metrics: ConfigMetrics,
    intake: Arc<Intake>,
}

impl Acting {
    /// Starts what the files ask for, and lets requests in.
    pub(crate) async fn start(ready: ReadyActing, ground: Ground<'_>) -> Result<Self, String> {
        let (stop, tasks) = (CancellationToken::new(), TaskTracker::new());
        let doors = ground.doors.clone();
        let mut acting = Self { alerting: None, healing: None, doors, stop, tasks };
        if let Some(alerting) = ready.alerting {
            let keep_group_state = ready.keep_group_state;
            acting.alerting = Some(acting.open_alerting(alerting, keep_group_state, &ground)?);
        }
        if let Some(settings) = ready.healing {
            let healing = acting.open_healing(settings, &ground).await?;
            acting.healing = Some(healing);
        }
        Ok(acting)
    }

    fn open_alerting(
        &self,
        ready: ReadyAlerting,
        keep_group_state: bool,
        ground: &Ground<'_>,
    ) -> Result<InProcess, String> {
        let ReadyAlerting { plan, shown, text } = ready;
        let metrics = ConfigMetrics::register(ground.registry);
        let options = Options { keep_group_state, ..Options::default() };
        let dir = ground.data_dir.join(ALERTING_DIR);
        let opened = alerting::open(dir, options, plan, ground.registry);
        let alerting = opened.map_err(|error| format!("opening alerting failed: {error}"))?;
        metrics.succeeded(&text);
        let service = Arc::new(AlertingService {
            alerting: alerting.clone(),
            matcher_mode: MatcherMode::default(),
            build: build_info::of_alertmanager(),
            config: ArcSwap::from_pointee(shown),
        });
        self.doors.alerting.open(Arc::clone(&service));
        let intake = Intake::start(alerting.clone(), ground.registry, &self.tasks, &self.stop);
        Ok(InProcess { alerting, service, metrics, intake: Arc::new(intake) })
    }

    async fn open_healing(
        &self,
        settings: Remediations,
        ground: &Ground<'_>,
    ) -> Result<Healing, String> {
        let in_process = self.alerting.as_ref();
        let alerting = in_process.map(|part| part.alerting.clone());
        let alerting = alerting.ok_or("healing needs the section alerting in the same file")?;
        let opened = healing::open(
            settings,
            HealingGround {
                data_dir: ground.data_dir,
                registry: ground.registry,
                tasks: &self.tasks,
                asker: Arc::new(EngineAsk::new(Arc::clone(&ground.queries), ground.store.clone())),
                sink: Arc::new(Escalations::new(alerting.clone())),
            },
        );
        let healing = opened.await.map_err(|error| format!("opening healing failed: {error}"))?;
        let source = AlertSource::InProcess;
        let service = HealingService { healing: healing.clone(), source, now: alerting::now };
        self.doors.healing.open(service);
        self.tasks.spawn(feed::run(alerting, healing.clone(), self.stop.clone()));
        Ok(healing)
    }

    /// Who takes alerts in this process.
    pub(crate) fn sink(&self) -> Option<Arc<dyn AlertSink>> {
        let intake = self.alerting.as_ref().map(|part| Arc::clone(&part.intake));
        intake.map(|intake| intake as Arc<dyn AlertSink>)
    }

    /// Puts new files into force. Whether there is alerting and healing at all stays as it was at the start.
    pub(crate) async fn apply(&self, ready: ReadyActing) {
        let ReadyActing { alerting, healing, .. } = ready;
        for (part, was, is) in [
            ("alerting", self.alerting.is_some(), alerting.is_some()),
            ("healing", self.healing.is_some(), healing.is_some()),
        ] {
            if was != is {
                tracing::warn!(part, "Beginning or ending a part of regain.yml takes a restart");
            }
        }
        if let (Some(part), Some(ReadyAlerting { plan, shown, text })) = (&self.alerting, alerting)
        {
            if let Err(closed) = part.alerting.apply(plan).await {
                tracing::error!(err = %closed, "The configuration of alerting is not in force");
                return;
            }
            part.service.config.store(Arc::new(shown));
            part.metrics.succeeded(&text);
        }
        if let (Some(running), Some(settings)) = (&self.healing, healing) {
            running.reload(settings).await;
        }
    }

    /// Notes that a configuration was refused.
    pub(crate) fn refused(&self) {
        if let Some(part) = &self.alerting {
            part.metrics.failed();
        }
    }

    /// Lets no requests in any more, and ends both; what runs elsewhere goes on.
    pub(crate) async fn stop(self) {
        self.doors.alerting.close();
        self.doors.healing.close();
        self.stop.cancel();
        if let Some(healing) = &self.healing {
            healing.stop().await;
        }
        self.tasks.close();
        self.tasks.wait().await;
        if let Some(part) = &self.alerting {
            part.alerting.shutdown().await;
        }
    }
}

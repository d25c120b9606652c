//! From open listeners to an open door, and back.

use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::Arc;
use std::time::Instant;

use regain_api::{ActiveLog, Door, QueryService, WriteService, register_store};
use regain_http::cpu::ThreadClock;
use regain_metrics::{ProcessCollector, Registry};
use regain_promql::Engine;
use regain_remote::write::ReceiverOptions;
use regain_rules::RuleQueries;
use regain_scrape::{ScrapeManager, ScrapeOptions};
use regain_storage::{Appendable, Queryable};
use regain_tsdb::{Db, ReplayProgress};
use tokio_util::sync::CancellationToken;

use super::events::Events;
use super::limits::LimitsKeeper;
use super::load::{ConfigSource, Configuration};
use super::options::ServerOptions;
use super::reload::Reloader;
use super::retention::RetentionKeeper;
use super::rules::{self, Evaluation, SharedMetrics};
use super::store::{self, Keepers, Replay, Store};
use super::watch::Watch;
use super::web::{self, Handles, WebServer};
use crate::acting::{Acting, Ground};
use crate::listen::Listening;
use crate::{build_info, clock, environment, exit, host, signals};

/// When a server ends, and what it does once it serves.
pub(crate) struct Lifetime {
    /// Ends the server.
    pub(crate) stop: CancellationToken,
    /// Called once, when the door opens.
    pub(crate) ready: Box<dyn FnOnce() + Send>,
}

/// Runs a server on open listeners until its lifetime ends, or until somebody asks for its end over HTTP.
pub(crate) async fn run(
    options: ServerOptions,
    configuration: (ConfigSource, Configuration),
    listening: Listening,
    lifetime: Lifetime,
) -> ExitCode {
    let registry = registry();
    let (settings, handles) = web::settings(&options, &registry);
    // The file was checked before anything was started; it is in force in a moment.
    handles.config_status.succeeded(clock::now());
    let server = WebServer::start(listening, regain_api::router(settings), &options.web);
    // It is large, and everything stands in it for as long as the server runs.
    let serving = Box::pin(serve(&options, configuration, handles, &registry, lifetime));
    let outcome = serving.await;
    server.stop().await;
    match outcome {
        Ok(store) => {
            store.close().await;
            tracing::info!("See you next time!");
            exit::SUCCESS
        }
        Err(error) => {
            tracing::error!(err = error, "Fatal error");
            exit::FAILURE
        }
    }
}

/// The registry with what every server says about itself.
fn registry() -> Registry {
    let registry = Registry::new();
    build_info::register(&registry, "prometheus", build_info::PROMETHEUS_VERSION);
    registry.register(Arc::new(ProcessCollector::new()));
    registry
}

/// Opens the store, puts the configuration into force, opens the door, and serves events until the
/// end; then closes the door and ends all scraping. Gives the store, which has to be closed last. The store
/// reads its log while all that happens, and the server is ready once both is done.
async fn serve(
    options: &ServerOptions,
    (source, mut configuration): (ConfigSource, Configuration),
    handles: Handles,
    registry: &Registry,
    lifetime: Lifetime,
) -> Result<Store, String> {
    let hangups = signals::reloads().map_err(|error| error.to_string())?;
    let Handles { door, acting: doors, config_status, replay_progress, requests } = handles;
    let (store, replay, keepers) =
        open_store(options, &configuration, replay_progress, registry).await?;
    let metrics = SharedMetrics::register(registry);
    let queries = Arc::new(queries(options, store.source(), registry)?);
    let ready = std::mem::take(&mut configuration.acting);
    let files = ready.files.clone();
    let ground = Ground {
        data_dir: &options.store.dir,
        registry,
        queries: Arc::clone(&queries),
        store: store.db().gate(),
        doors,
    };
    let acting = match Acting::start(ready, ground).await {
        Ok(acting) => acting,
        Err(error) => {
            store.close().await;
            return Err(error);
        }
    };
    let notifier = rules::notifier(&options.rules, registry, &metrics, acting.sink());
    let notifier = Arc::new(notifier);
    let evaluation = Evaluation {
        store: &store,
        data_dir: &options.store.dir,
        queries: Arc::clone(&queries) as Arc<dyn RuleQueries>,
        query: &options.query,
        address: &options.web.address,
    };
    let rules = rules::rules(&options.rules, evaluation, Arc::clone(&notifier), registry);
    let reloader = Reloader {
        reading: options.reading(),
        keepers,
        clock_skew_metric: options.scrape.clock_skew_metric,
        engine: options.query.engine.clone(),
        queries,
        writes: writes(options, store.db(), registry).map(Arc::new),
        scrapes: Arc::new(scrapes(options, store.db(), registry, &metrics)),
        notifier,
        rules: Arc::new(rules),
        acting,
        store: store.facts(),
        door,
        status: config_status,
        watch: Watch::default(),
        source,
    };
    let (Lifetime { stop, ready }, auto_reload) = (lifetime, options.auto_reload);
    let opening = become_ready((&store, replay), registry, reloader.door.clone(), ready);
    let events = Events { stop, requests, hangups, auto_reload };
    let own_alerts =
        rules::own_alerts(&options.rules, &store, &reloader.notifier, &options.web.address);
    let running = Box::pin(run_to_end(reloader, (configuration, &files), events, opening));
    let done = match own_alerts {
        Some(own_alerts) => own_alerts.beside(running).await,
        None => running.await,
    };
    match done {
        Ok(()) => Ok(store),
        Err(error) => {
            store.close().await;
            Err(error)
        }
    }
}

/// Puts a configuration into force and serves events until the end; then ends everything but the store. `opening`
/// makes the store whole meanwhile.
async fn run_to_end(
    mut reloader: Reloader,
    (configuration, files): (Configuration, &[PathBuf]),
    events: Events,
    opening: impl Future<Output = Result<(), String>>,
) -> Result<(), String> {
    let outcome = match reloader.apply(configuration, files, Instant::now()).await {
        Ok(()) => events.serve(&mut reloader, opening).await,
        Err(error) => Err(error.to_string()),
    };
    store::give_up_replay(&reloader.store.db);
    reloader.stop().await;
    outcome
}

/// Waits until the store is whole, and says that the server is ready.
async fn become_ready(
    (store, replay): (&Store, Replay),
    registry: &Registry,
    door: Door,
    ready: Box<dyn FnOnce() + Send>,
) -> Result<(), String> {
    store.become_whole(replay, registry).await.map_err(|error| error.to_string())?;
    door.note_whole_store();
    tracing::info!("Server is ready to receive web requests.");
    ready();
    // What only the start has run is no part of a server that has nothing to do.
    if let Err(error) = regain_collectors::release_code() {
        tracing::debug!(err = %error, "The code of the start stays in memory");
    }
    Ok(())
}

async fn open_store(
    options: &ServerOptions,
    configuration: &Configuration,
    progress: ReplayProgress,
    registry: &Registry,
) -> Result<(Store, Replay, Keepers), String> {
    let dir = &options.store.dir;
    let keepers = Keepers {
        retention: Arc::new(RetentionKeeper::new(dir.clone(), registry)),
        limits: Arc::new(LimitsKeeper::new()),
    };
    let configured = configuration.config.storage.retention;
    let retention = keepers.retention.initial(configured, &configuration.retention);
    let exemplars_max = options.reading().exemplars_max(&configuration.config);
    let keeping = (retention, keepers.clone());
    let opened = Store::open(&options.store, keeping, exemplars_max, progress).await;
    let (store, replay) = opened.map_err(|error| error.to_string())?;
    keepers.limits.apply(store.db(), &configuration.limits);
    register_store(registry, &store.facts());
    Ok((store, replay, keepers))
}

fn queries(
    options: &ServerOptions,
    source: Arc<dyn Queryable>,
    registry: &Registry,
) -> Result<QueryService, String> {
    let query = &options.query;
    let engine = Engine::new(query.engine.clone());
    let active_log = ActiveLog::open(&options.store.dir, query.limits.concurrency_max);
    let active_log = active_log.map_err(|error| {
        format!("Unable to create activeQueryTracker in the data directory: {error}")
    })?;
    let surroundings = (regain_api::Clock::new(clock::now), registry);
    let service = QueryService::new(engine, query.parser, source, query.limits, surroundings);
    let service = service.with_active_log(active_log).with_cache(query.cache_bytes, registry);
    Ok(service.with_step_stats(query.step_stats))
}

fn writes(options: &ServerOptions, db: &Db, registry: &Registry) -> Option<WriteService> {
    let web = &options.web;
    if !web.offers.writes {
        return None;
    }
    let store: Arc<dyn Appendable> = Arc::new(db.clone());
    let make_zeros = options.scrape.start_timestamps.make_zeros;
    let options = ReceiverOptions { make_zeros, ..ReceiverOptions::default() };
    Some(WriteService::new(store, options, web.write_messages.clone(), registry))
}

fn scrapes(
    options: &ServerOptions,
    db: &Db,
    registry: &Registry,
    metrics: &SharedMetrics,
) -> ScrapeManager {
    let store: Arc<dyn Appendable> = Arc::new(db.clone());
    let clock = regain_scrape::Clock::new(clock::since_epoch);
    ScrapeManager::new(ScrapeOptions {
        thread_clock: Some(ThreadClock::new(clock::thread_cpu)),
        dial_metrics: Some(metrics.dials.clone()),
        file_sd_metrics: Some(metrics.file_discoveries.clone()),
        environment: environment::all(),
        host_name: host::name(),
        discovery_reload_interval: options.scrape.discovery_reload_interval,
        timestamp_tolerance: options.scrape.timestamp_tolerance,
        type_and_unit_labels: options.scrape.type_and_unit_labels,
        start_timestamps: options.scrape.start_timestamps,
        keeps_metadata: options.scrape.keeps_metadata,
        ..ScrapeOptions::new(store, registry.clone(), clock)
    })
}

//! A router over a store in memory that holds the data of the recordings.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::AtomicU64;
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use axum::routing::get;
use http::{Method, Request, header};
use regain_api::{
    AcceptedMessages, AlertingDoor, BuildInfo, Changes, Clock, ConfigFacts, ConfigStatus, Door,
    HealingDoor, Lifecycle, ProcessFacts, QueryLimits, QueryService, ReloadRequest, Serving,
    Settings, StoreFacts, WebAddress, WriteService, router,
};
use regain_discovery::FileSdMetrics;
use regain_http::server::Site;
use regain_http::server::cors::Cors;
use regain_metrics::Registry;
use regain_model::{Labels, STALE_NAN, Timestamp};
use regain_promql::{Engine, EngineOptions, ParserOptions};
use regain_remote::write::ReceiverOptions;
use regain_rules::{
    ExternalUrl, NotifierManager, NotifierOptions, RuleManager, RuleOptions, RuleQueries,
};
use regain_storage::fs::MemFs;
use regain_storage::memory::MemoryStore;
use regain_storage::{Appendable, Queryable};
use regain_tsdb::{Db, Options};
use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;
use tower::ServiceExt as _;

use crate::answer::Answer;
use crate::listing::Listing;

/// The time that the server's clock shows, in milliseconds.
pub(crate) const NOW_MS: i64 = START_MS + 300_000;
/// The time of the first sample.
pub(crate) const START_MS: i64 = 1_700_000_000_000;

const YAML: &str = "global:\n  scrape_interval: 1h\n";

/// A server and what it is made of.
pub(crate) struct Server {
    pub(crate) router: Site,
    pub(crate) door: Door,
    pub(crate) registry: Registry,
    pub(crate) config_status: ConfigStatus,
    pub(crate) db: Db,
    reloads: mpsc::Receiver<ReloadRequest>,
    pub(crate) quit: CancellationToken,
}

/// What differs between servers.
pub(crate) struct Setup {
    pub(crate) store: Arc<dyn Queryable>,
    /// Where pushes go, if they are taken.
    pub(crate) pushes: Option<Arc<dyn Appendable>>,
    pub(crate) listing: Listing,
    /// Where the store shown in `status` is.
    pub(crate) fs: MemFs,
    pub(crate) has_lifecycle: bool,
    pub(crate) has_admin_api: bool,
    pub(crate) route_prefix: &'static str,
    pub(crate) concurrency_max: usize,
    pub(crate) samples_max: u64,
    pub(crate) bytes_max: u64,
    pub(crate) step_stats: bool,
    pub(crate) parser: ParserOptions,
    pub(crate) external_labels: Labels,
}

impl Default for Setup {
    fn default() -> Self {
        Self {
            store: Arc::new(recorded_data()),
            pushes: None,
            listing: Listing::default(),
            fs: MemFs::new(),
            has_lifecycle: true,
            has_admin_api: true,
            route_prefix: "/",
            concurrency_max: 4,
            samples_max: 1_000_000,
            bytes_max: u64::MAX,
            step_stats: false,
            parser: ParserOptions::default(),
            external_labels: Labels::from_pairs([("region", "eu"), ("zone", "z")]),
        }
    }
}

impl Server {
    /// A server that is ready.
    pub(crate) fn ready(setup: Setup) -> Self {
        let (server, serving) = Self::starting(setup);
        server.door.open(serving);
        server
    }

    /// A server that is not ready, and what to open its door with.
    pub(crate) fn starting(setup: Setup) -> (Self, Serving) {
        let registry = Registry::new();
        let (reload, reloads) = mpsc::channel(1);
        let (door, quit) = (Door::new(&registry), CancellationToken::new());
        let config_status = ConfigStatus::new(&registry);
        let clock = Clock::new(|| Timestamp(NOW_MS));
        let options = Options::default();
        let replay_progress = options.replay_progress.clone();
        let (db, _) = Db::open(Path::new("data"), Arc::new(setup.fs.clone()), options).unwrap();
        let router = router(Settings {
            clock,
            registry: registry.clone(),
            door: door.clone(),
            lifecycle: Lifecycle { is_enabled: setup.has_lifecycle, reload, quit: quit.clone() },
            has_admin_api: setup.has_admin_api,
            replay_progress,
            config_status: config_status.clone(),
            address: address(setup.route_prefix),
            alerting: AlertingDoor::default(),
            healing: HealingDoor::default(),
            changes: Changes { from_anybody: false, own_host: "localhost:9090".into() },
            pages: Router::new().route("/", get(|| async { "a page" })),
            cors: Cors::new(|origin| origin.ends_with(".example")),
            flags: BTreeMap::from([
                ("web.page-title", "<t>".to_owned()),
                ("agent", "false".to_owned()),
            ]),
            build: build_info(),
            process: ProcessFacts {
                started_at: Timestamp(START_MS + 250),
                working_dir: "/srv".to_owned(),
                hostname: "host".to_owned(),
            },
        });
        let serving = serving(setup, &registry, db.clone());
        (Self { router, door, registry, config_status, db, reloads, quit }, serving)
    }

    /// The requests for reloads; they wait here until somebody answers them.
    pub(crate) fn take_reloads(&mut self) -> mpsc::Receiver<ReloadRequest> {
        std::mem::replace(&mut self.reloads, mpsc::channel(1).1)
    }

    /// The answer to a request without a body.
    pub(crate) async fn get(&self, target: &str) -> Answer {
        self.ask(Method::GET, target, None).await
    }

    /// The answer to a request, with a form where there is one.
    pub(crate) async fn ask(&self, method: Method, target: &str, form: Option<&str>) -> Answer {
        let request = Request::builder().method(method).uri(target);
        let request = match form {
            Some(form) => request
                .header(header::CONTENT_TYPE, "application/x-www-form-urlencoded")
                .body(Body::from(form.to_owned())),
            None => request.body(Body::empty()),
        };
        self.send(request.unwrap()).await
    }

    /// The answer to any request.
    pub(crate) async fn send(&self, request: Request<Body>) -> Answer {
        Answer::read(self.router.clone().oneshot(request).await.unwrap()).await
    }
}

fn address(route_prefix: &str) -> WebAddress {
    WebAddress {
        scheme: "https".to_owned(),
        host: "prom.example".to_owned(),
        path: route_prefix.trim_end_matches('/').to_owned(),
        port: 9090,
        route_prefix: route_prefix.to_owned(),
    }
}

fn build_info() -> BuildInfo {
    BuildInfo {
        version: "3.14.0".to_owned(),
        revision: String::new(),
        branch: String::new(),
        build_user: String::new(),
        build_date: String::new(),
        go_version: "go1.26.8".to_owned(),
    }
}

/// How much memory the answers to range queries may take.
const CACHE_BYTES: usize = 1 << 20;

fn serving(setup: Setup, registry: &Registry, db: Db) -> Serving {
    let options = EngineOptions { samples_max: setup.samples_max, ..EngineOptions::default() };
    let limits = QueryLimits {
        concurrency_max: setup.concurrency_max,
        timeout: Duration::from_mins(2),
        bytes_per_query_max: setup.bytes_max,
        bytes_max: setup.bytes_max,
    };
    let (engine, parser) = (Engine::new(options), setup.parser);
    let queries = QueryService::new(
        engine,
        parser,
        setup.store,
        limits,
        (Clock::new(|| Timestamp(NOW_MS)), registry),
    );
    let queries = queries.with_cache(CACHE_BYTES, registry).with_step_stats(setup.step_stats);
    let queries = Arc::new(queries);
    let metrics = FileSdMetrics::register(registry);
    let clock = regain_rules::Clock::new(|| Duration::ZERO);
    let notifier = NotifierOptions::new(registry.clone(), metrics, clock.clone());
    let notifier = Arc::new(NotifierManager::new(notifier));
    let rules = RuleOptions {
        store: Arc::new(MemoryStore::new()),
        source: Arc::new(MemoryStore::new()),
        queries: Arc::clone(&queries) as Arc<dyn RuleQueries>,
        parser,
        query_timeout: RuleOptions::QUERY_TIMEOUT,
        notifier: Arc::clone(&notifier),
        registry: registry.clone(),
        clock,
        external_url: ExternalUrl::new("http://localhost:9090", ""),
        outage_tolerance: RuleOptions::OUTAGE_TOLERANCE,
        grace_period: RuleOptions::GRACE_PERIOD,
        resend_delay: RuleOptions::RESEND_DELAY,
        state: None,
    };
    let accepted = AcceptedMessages::default;
    let writes = setup
        .pushes
        .map(|store| WriteService::new(store, ReceiverOptions::default(), accepted(), registry));
    Serving {
        queries,
        writes: writes.map(Arc::new),
        targets: Arc::new(setup.listing),
        rules: Arc::new(RuleManager::new(rules)),
        notifier,
        store: StoreFacts { db, blocks: None, corruptions: Arc::new(AtomicU64::new(3)) },
        config: ConfigFacts {
            yaml: YAML.to_owned(),
            external_labels: setup.external_labels,
            retention: "15d".to_owned(),
        },
    }
}

/// What was pushed to the Prometheus that the recordings come from.
fn recorded_data() -> MemoryStore {
    let store = MemoryStore::new();
    let add = |labels: &[(&str, &str)], samples: &mut dyn Iterator<Item = (i64, f64)>| {
        let labels = Labels::from_pairs(labels.iter().copied());
        let samples = samples.map(|(offset_ms, value)| (Timestamp(START_MS + offset_ms), value));
        store.add(&labels, samples).unwrap();
    };
    let steps = || (0..21_i32).map(|step| (i64::from(step) * 15_000, f64::from(step)));
    let up = |instance, value: f64| {
        let labels = [("__name__", "up"), ("instance", instance), ("job", "a")];
        add(&labels, &mut steps().map(|(at, _)| (at, value)));
    };
    up("x", 1.0);
    up("y", 0.0);
    let requests = |code, factor: f64| {
        let labels = [("__name__", "reqs_total"), ("code", code), ("instance", "x"), ("job", "a")];
        add(&labels, &mut steps().map(|(at, step)| (at, factor * step)));
    };
    requests("200", 3.0);
    requests("500", 0.1);
    let tricky = [("__name__", "tricky"), ("label", "<a>&\"\\\n\u{2028}"), ("utf8.name", "ü")];
    add(&tricky, &mut [(500, 1.5)].into_iter());
    let special = [
        f64::NAN,
        f64::INFINITY,
        f64::NEG_INFINITY,
        1e21,
        1e-7,
        0.1,
        -0.0,
        123_456_789.0,
        f64::MAX,
        5e-324,
        1e20,
        0.000_001,
    ];
    let times = (0..).map(|index| index * 1001);
    add(&[("__name__", "special")], &mut times.zip(special));
    let gone = [(270_000, 1.0), (285_000, STALE_NAN)];
    add(&[("__name__", "gone"), ("job", "b")], &mut gone.into_iter());
    store
}

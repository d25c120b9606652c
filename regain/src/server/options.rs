//! What the server's command line comes to, checked.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Duration;

use regain_api::{AcceptedMessages, QueryLimits, WebAddress};
use regain_config::{Retention, ScrapeDefaults};
use regain_go_format::quote::quote;
use regain_go_format::size;
use regain_go_regexp::{Error as RegexError, Matcher, Regex};
use regain_promql::{EngineOptions, ParserOptions};
use regain_remote::write::Message;
use regain_scrape::StartTimestamps;

use super::features::{self, Features, NotBuilt};
use super::flags::AGENT_FLAGS;
use super::load::Reading;
use super::rules::RuleSettings;
use crate::acting::ActingSource;
use crate::address::{AddressError, address, url_of};
use crate::flags::Line;
use crate::format::Format;
use crate::{exit, host, runtime};

/// A file is not looked at more often than this.
const AUTO_RELOAD_INTERVAL_MIN: Duration = Duration::from_secs(1);

/// How much memory a query may hold for each sample that it may hold, where nothing is said. A sample is a time and a
/// value, and as much again is left for labels, groups and the answer.
const QUERY_BYTES_PER_SAMPLE: u64 = 32;
/// How many queries may be as large as a query may be, where nothing is said.
const LARGEST_QUERIES: u64 = 4;

/// How long samples are kept where nothing is said.
const DEFAULT_RETENTION: Duration = Duration::from_hours(15 * 24);

/// The settings of a server.
#[derive(Clone, Debug)]
pub(crate) struct ServerOptions {
    /// The configuration file.
    pub(crate) config_file: PathBuf,
    /// How often it is looked at for changes.
    pub(super) auto_reload: Option<Duration>,
    /// How it serves.
    pub(crate) web: WebOptions,
    /// What it keeps.
    pub(crate) store: StoreOptions,
    /// How it answers.
    pub(super) query: QueryOptions,
    /// How it scrapes.
    pub(crate) scrape: ScrapeSettings,
    /// How it evaluates rules.
    pub(super) rules: RuleSettings,
    /// Where alerting and healing are configured.
    pub(crate) acting: ActingSource,
    /// All flags with their values, as `status/flags` shows them.
    pub(super) flags: BTreeMap<&'static str, String>,
}

/// How a server serves.
#[derive(Clone, Debug)]
pub(crate) struct WebOptions {
    /// Where clients find it.
    pub(super) address: WebAddress,
    /// Which origins browsers may ask from.
    pub(super) cors: Matcher,
    /// What clients can do beside asking.
    pub(super) offers: WebOffers,
    /// Whether other hosts may change silences and healing without a login.
    pub(super) anonymous_changes: bool,
    /// What of remote write is taken, where pushing is offered.
    pub(super) write_messages: AcceptedMessages,
    /// The most connections at once.
    pub(super) max_connections: usize,
    /// How long a request may take to arrive, and a connection to be idle.
    pub(super) read_timeout: Duration,
}

/// What is offered over HTTP only when a flag says so.
#[derive(Clone, Copy, Debug)]
pub(crate) struct WebOffers {
    /// Reload and quit.
    pub(super) lifecycle: bool,
    /// Deleting samples.
    pub(super) admin_api: bool,
    /// Pushing samples.
    pub(super) writes: bool,
}

/// Where a server keeps its samples.
#[derive(Clone, Debug)]
pub(crate) struct StoreOptions {
    /// The data directory.
    pub(crate) dir: PathBuf,
    /// In what, where that is not for the directory to decide.
    pub(crate) format: Option<Format>,
    /// For how long, where the configuration does not say.
    pub(crate) retention: Retention,
    /// Whether exemplars are kept, too.
    pub(crate) exemplars: bool,
}

/// How a server answers.
#[derive(Clone, Debug)]
pub(super) struct QueryOptions {
    pub(super) engine: EngineOptions,
    pub(super) parser: ParserOptions,
    pub(super) limits: QueryLimits,
    /// The size of the result cache in bytes.
    pub(super) cache_bytes: usize,
    /// Whether statistics tell what each step took.
    pub(super) step_stats: bool,
}

/// How a server scrapes.
#[derive(Clone, Debug)]
pub(crate) struct ScrapeSettings {
    /// The shortest time between two updates of targets.
    pub(super) discovery_reload_interval: Duration,
    /// By how much a timestamp is moved at most; zero moves none.
    pub(super) timestamp_tolerance: Duration,
    /// Whether the clocks of targets are compared.
    pub(crate) clock_skew_metric: bool,
    /// What becomes of start timestamps.
    pub(super) start_timestamps: StartTimestamps,
    /// Whether series have their kind and unit as labels.
    pub(super) type_and_unit_labels: bool,
    /// Whether the store keeps what targets say about their metrics.
    pub(super) keeps_metadata: bool,
    /// How targets are scraped where the configuration does not say.
    pub(super) defaults: ScrapeDefaults,
}

/// Why a server cannot run with its command line.
#[derive(Debug, thiserror::Error)]
pub(crate) enum OptionsError {
    /// A feature that does not exist here was asked for.
    #[error("Error parsing feature list: {0}")]
    Features(#[from] NotBuilt),
    /// Flags of another mode were given.
    #[error("The following flag(s) can only be used in agent mode: [{}]", quoted(.0))]
    AgentOnly(Vec<&'static str>),
    /// The share of the memory is none.
    #[error("--auto-gomemlimit.ratio must be greater than 0 and less than or equal to 1.")]
    MemoryRatio,
    /// A message of remote write is named twice.
    #[error("duplicated {} flag value, got {got} already", .again.name())]
    WriteMessage {
        /// The message.
        again: Message,
        /// Those that were named before.
        got: AcceptedMessages,
    },
    /// Clients could not find the server.
    #[error("parse external URL {}: {source}", quote(.url))]
    Address {
        /// The URL as given.
        url: String,
        /// What is wrong with it.
        source: AddressError,
    },
    /// The pattern of origins is none.
    #[error("could not compile CORS regex string {}: {source}", quote(.pattern))]
    Cors {
        /// The pattern as given.
        pattern: String,
        /// What is wrong with it.
        source: RegexError,
    },
}

fn quoted(names: &[&str]) -> String {
    names.iter().map(|name| quote(&format!("--{name}"))).collect::<Vec<_>>().join(" ")
}

impl OptionsError {
    /// The exit code that the original has for it.
    pub(crate) fn exit_code(&self) -> ExitCode {
        match self {
            Self::Features(_) | Self::MemoryRatio => exit::FAILURE,
            Self::AgentOnly(_) => exit::complaint(),
            Self::WriteMessage { .. } | Self::Address { .. } | Self::Cors { .. } => {
                exit::bad_value()
            }
        }
    }
}

impl ServerOptions {
    /// What the meaning of the configuration depends on.
    pub(crate) fn reading(&self) -> Reading {
        Reading {
            retention: self.store.retention,
            exemplars: self.store.exemplars,
            scraping: self.scrape.defaults.clone(),
            parser: self.query.parser,
            acting: self.acting.clone(),
            external_url: url_of(&self.web.address).into(),
        }
    }

    /// Checks the command line, in the original's order.
    pub(crate) fn new(line: &Line) -> Result<Self, OptionsError> {
        let features = features::read(line.texts("enable-feature"))?;
        let auto_reload = (line.is_on("config.auto-reload") || features.auto_reload)
            .then(|| millis(line, "config.auto-reload-interval").max(AUTO_RELOAD_INTERVAL_MIN));
        let agent: Vec<&'static str> =
            AGENT_FLAGS.iter().map(|flag| flag.name).filter(|name| line.is_given(name)).collect();
        if !agent.is_empty() {
            return Err(OptionsError::AgentOnly(agent));
        }
        let ratio: f64 = line.text("auto-gomemlimit.ratio").parse().unwrap_or_default();
        if !(ratio > 0.0 && ratio <= 1.0) {
            return Err(OptionsError::MemoryRatio);
        }
        let web = web(line)?;
        let samples_max = line.count("query.max-samples") as u64;
        let limits = query_limits(line, samples_max);
        let mut flags: BTreeMap<&'static str, String> = line.all().collect();
        flags.insert("query.max-memory-per-query", size_text(limits.bytes_per_query_max));
        flags.insert("query.max-memory", size_text(limits.bytes_max));
        flags.insert("web.route-prefix", web.address.route_prefix.clone());
        Ok(Self {
            config_file: PathBuf::from(line.text("config.file")),
            auto_reload,
            web,
            store: StoreOptions {
                dir: PathBuf::from(line.text("storage.tsdb.path")),
                format: match line.text("storage.tsdb.format") {
                    "regain" => Some(Format::Regain),
                    "prometheus" => Some(Format::Prometheus),
                    _ => None,
                },
                retention: retention(line),
                exemplars: features.exemplars,
            },
            query: QueryOptions {
                engine: EngineOptions {
                    lookback_delta_ms: line.millis("query.lookback-delta"),
                    samples_max,
                    workers: runtime::processors(),
                    features: features.engine,
                    ..EngineOptions::default()
                },
                parser: features.parser,
                limits,
                cache_bytes: usize::try_from(line.bytes("query.cache-size")).unwrap_or_default(),
                step_stats: features.step_stats,
            },
            scrape: scrape(line, &features),
            rules: RuleSettings::new(line),
            acting: match line.text("regain.config.file") {
                "" => ActingSource::None,
                file => ActingSource::File(PathBuf::from(file)),
            },
            flags,
        })
    }
}

fn millis(line: &Line, name: &str) -> Duration {
    Duration::from_millis(u64::try_from(line.millis(name)).unwrap_or_default())
}

fn query_limits(line: &Line, samples_max: u64) -> QueryLimits {
    let bytes = |name: &str| u64::try_from(line.bytes(name)).ok().filter(|&bytes| bytes > 0);
    let bytes_per_query_max = bytes("query.max-memory-per-query")
        .unwrap_or_else(|| samples_max.saturating_mul(QUERY_BYTES_PER_SAMPLE));
    QueryLimits {
        concurrency_max: line.count("query.max-concurrency"),
        timeout: millis(line, "query.timeout"),
        bytes_per_query_max,
        bytes_max: bytes("query.max-memory")
            .unwrap_or_else(|| bytes_per_query_max.saturating_mul(LARGEST_QUERIES)),
    }
}

fn size_text(bytes: u64) -> String {
    size::format(i64::try_from(bytes).unwrap_or(i64::MAX))
}

fn web(line: &Line) -> Result<WebOptions, OptionsError> {
    let url = line.text("web.external-url");
    let listen = line.texts("web.listen-address").first().map_or("", String::as_str);
    let address = address(url, line.text("web.route-prefix"), listen, &host::name())
        .map_err(|source| OptionsError::Address { url: url.to_owned(), source })?;
    let pattern = line.text("web.cors.origin");
    let cors = Matcher::new(pattern).map_err(|error| {
        // Upstream compiles the pattern within its anchors, and its message shows them.
        let source = Regex::anchored(pattern).err().unwrap_or(error);
        OptionsError::Cors { pattern: pattern.to_owned(), source }
    })?;
    Ok(WebOptions {
        address,
        cors,
        offers: WebOffers {
            lifecycle: line.is_on("web.enable-lifecycle"),
            admin_api: line.is_on("web.enable-admin-api"),
            writes: line.is_on("web.enable-remote-write-receiver"),
        },
        write_messages: write_messages(line)?,
        anonymous_changes: line.is_on("web.allow-anonymous-changes"),
        max_connections: line.count("web.max-connections"),
        read_timeout: millis(line, "web.read-timeout"),
    })
}

/// The messages that the flag names, in its order.
fn write_messages(line: &Line) -> Result<AcceptedMessages, OptionsError> {
    let values = line.texts("web.remote-write-receiver.accepted-protobuf-messages");
    let mut got = AcceptedMessages(Vec::new());
    for message in values.iter().flat_map(|value| value.split(',')).filter_map(Message::named) {
        if got.0.contains(&message) {
            return Err(OptionsError::WriteMessage { again: message, got });
        }
        got.0.push(message);
    }
    Ok(got)
}

/// The flags' retention. Where one is given and the other is not, the other is no limit.
fn retention(line: &Line) -> Retention {
    let is_given = line.is_given("storage.tsdb.retention.time");
    let time = if is_given { millis(line, "storage.tsdb.retention.time") } else { Duration::ZERO };
    let size_bytes = line.bytes("storage.tsdb.retention.size");
    let neither = time.is_zero() && size_bytes == 0;
    Retention { time: if neither { DEFAULT_RETENTION } else { time }, size_bytes, percentage: 0.0 }
}

fn scrape(line: &Line, features: &Features) -> ScrapeSettings {
    let tolerance = u64::try_from(line.nanos("scrape.timestamp-tolerance")).unwrap_or_default();
    let aligns = line.is_on("scrape.adjust-timestamps");
    ScrapeSettings {
        discovery_reload_interval: millis(line, "scrape.discovery-reload-interval"),
        timestamp_tolerance: if aligns { Duration::from_nanos(tolerance) } else { Duration::ZERO },
        clock_skew_metric: line.is_on("scrape.clock-skew-metric"),
        start_timestamps: features.start_timestamps,
        type_and_unit_labels: features.engine.type_and_unit_labels,
        keeps_metadata: features.metadata,
        defaults: features.scrape_defaults(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::server::SERVER;

    fn options(arguments: &[&str]) -> ServerOptions {
        let arguments: Vec<String> = arguments.iter().map(|&text| text.to_owned()).collect();
        let (line, errors) = Line::parse(&SERVER, &arguments);
        assert_eq!(errors, []);
        ServerOptions::new(&line).unwrap()
    }

    #[test]
    fn one_given_retention_lifts_the_other_ones_default() {
        let hour = Duration::from_hours(1);
        let cases: [(&[&str], Duration, i64); 4] = [
            (&[], DEFAULT_RETENTION, 0),
            (&["--storage.tsdb.retention.size=1KB"], Duration::ZERO, 1024),
            (&["--storage.tsdb.retention.time=1h"], hour, 0),
            (
                &["--storage.tsdb.retention.time=1h", "--storage.tsdb.retention.size=1KB"],
                hour,
                1024,
            ),
        ];
        for (arguments, time, size_bytes) in cases {
            let retention = options(arguments).store.retention;
            assert_eq!((retention.time, retention.size_bytes), (time, size_bytes), "{arguments:?}");
        }
    }

    #[test]
    fn files_are_not_looked_at_too_often() {
        let interval = |arguments: &[&str]| options(arguments).auto_reload;
        assert_eq!(interval(&["--config.auto-reload-interval=5s"]), None);
        let quick = ["--config.auto-reload", "--config.auto-reload-interval=1ms"];
        assert_eq!(interval(&quick), Some(AUTO_RELOAD_INTERVAL_MIN));
        let old = ["--enable-feature=auto-reload-config"];
        assert_eq!(interval(&old), Some(Duration::from_secs(30)));
    }

    #[test]
    fn the_memory_of_queries_follows_their_samples_where_nothing_is_said() {
        let cases: [(&[&str], u64, u64); 4] = [
            (&[], 1_600_000_000, 6_400_000_000),
            (&["--query.max-samples=1000"], 32_000, 128_000),
            (&["--query.max-memory-per-query=1KB"], 1024, 4096),
            (&["--query.max-memory=1KB", "--query.max-samples=2"], 64, 1024),
        ];
        for (arguments, of_one, of_all) in cases {
            let limits = options(arguments).query.limits;
            assert_eq!((limits.bytes_per_query_max, limits.bytes_max), (of_one, of_all));
        }
        let flags = options(&["--query.max-memory-per-query=512MB"]).flags;
        assert_eq!(flags["query.max-memory-per-query"], "512MiB");
        assert_eq!(flags["query.max-memory"], "2GiB");
    }

    #[test]
    fn flags_are_shown_with_what_they_come_to() {
        let options = options(&["--web.external-url=http://x/a/"]);
        assert_eq!(options.flags["web.route-prefix"], "/a");
        assert_eq!(options.flags["query.timeout"], "2m");
        assert!(!options.flags.contains_key("help"));
    }
}

//! The server's flags: Prometheus 3.14's, each with what it does here.

use regain_remote::write::Message;

use super::rules::RULE_FLAGS;
use crate::flags::{BASIC_FLAGS, Command, Flag, Kind};
use crate::logging::LOG_FLAGS;

const COMPRESSIONS: Kind = Kind::Choice(&["snappy", "zstd"]);
const WRITE_MESSAGES: Kind = Kind::Named(
    &[Message::V1.name(), Message::V2.name()],
    "unknown type for remote write protobuf message",
);

/// The server.
pub(crate) static SERVER: Command = Command {
    name: "prometheus",
    about: "Scrapes, keeps and answers, as the Prometheus monitoring server does.",
    flags: &[
        BASIC_FLAGS,
        WEB_FLAGS,
        STORAGE_FLAGS,
        AGENT_FLAGS,
        QUERY_FLAGS,
        RULE_FLAGS,
        LOG_FLAGS,
    ],
    ..Command::PLAIN
};

/// Where the server listens, and what it offers there.
pub(crate) static WEB_FLAGS: &[Flag] = &[
    Flag::new("config.file", Kind::Text, "prometheus.yml", "The configuration file."),
    Flag::new(
        "regain.config.file",
        Kind::Text,
        "",
        "A regain.yml: alerting and healing in this process.",
    ),
    Flag::switch("config.auto-reload", "Reload the configuration whenever its files change."),
    Flag::new(
        "config.auto-reload-interval",
        Kind::Duration,
        "30s",
        "How often to look whether the configuration's files have changed.",
    ),
    Flag::new("web.listen-address", Kind::Text, "0.0.0.0:9090", "An address to listen on.")
        .repeated(),
    Flag::new(
        "web.config.file",
        Kind::Text,
        "",
        "A file that turns on TLS or basic authentication for every port.",
    ),
    Flag::new(
        "web.read-timeout",
        Kind::Duration,
        "5m",
        "How long reading a request and keeping an idle connection may take.",
    ),
    Flag::new(
        "web.max-connections",
        Kind::Integer,
        "512",
        "The most connections at once over all addresses; more wait.",
    ),
    Flag::new(
        "web.max-notifications-subscribers",
        Kind::Integer,
        "16",
        "The most subscribers of live notifications.",
    )
    .not_built(),
    Flag::new(
        "web.external-url",
        Kind::Text,
        "",
        "The URL under which the server is reached from outside; its path becomes the default route prefix.",
    ),
    Flag::new(
        "web.route-prefix",
        Kind::Text,
        "",
        "The prefix of all routes; by default the path of the external URL.",
    ),
    Flag::new("web.user-assets", Kind::Text, "", "A directory that is served under /user.")
        .not_built(),
    Flag::switch("web.enable-lifecycle", "Offer /-/reload and /-/quit."),
    Flag::switch(
        "web.allow-anonymous-changes",
        "Let other hosts change silences and healing without a login, as Alertmanager does.",
    ),
    Flag::switch(
        "web.enable-admin-api",
        "Let samples be deleted and snapshots be taken over HTTP.",
    ),
    Flag::switch(
        "web.enable-remote-write-receiver",
        "Take samples that others push to /api/v1/write.",
    ),
    Flag::new(
        "web.remote-write-receiver.accepted-protobuf-messages",
        WRITE_MESSAGES,
        "prometheus.WriteRequest,io.prometheus.write.v2.Request",
        "A message type that the receiver takes; both, where none is given.",
    )
    .repeated(),
    Flag::switch("web.enable-otlp-receiver", "Take samples over OTLP.").not_built(),
    Flag::new("web.console.templates", Kind::Text, "consoles", "A directory of console templates.")
        .not_built(),
    Flag::new(
        "web.console.libraries",
        Kind::Text,
        "console_libraries",
        "A directory of console libraries.",
    )
    .not_built(),
    Flag::new(
        "web.page-title",
        Kind::Text,
        "Prometheus Time Series Collection and Processing Server",
        "The title of the pages.",
    )
    .not_built(),
    Flag::new(
        "web.cors.origin",
        Kind::Text,
        ".*",
        "A regular expression, fully anchored, of the origins that browsers may ask from.",
    ),
    Flag::new("web.search.max-limit", Kind::Integer, "10000", "The most results of a search.")
        .not_built(),
];

/// What is kept, and for how long.
pub(crate) static STORAGE_FLAGS: &[Flag] = &[
    Flag::new("storage.tsdb.path", Kind::Text, "data/", "The directory of the data."),
    Flag::new(
        "storage.tsdb.format",
        Kind::Choice(&["auto", "regain", "prometheus"]),
        "auto",
        "What samples older than about two hours are kept in: Regain's segments, or blocks that Prometheus opens. auto: \
         blocks, where the directory came from a Prometheus.",
    ),
    Flag::new("storage.tsdb.retention.time", Kind::Duration, "15d", "How long samples are kept."),
    Flag::new(
        "storage.tsdb.retention.size",
        Kind::Size,
        "0B",
        "How large the data may grow; the oldest go first. 0 means no limit.",
    ),
    Flag::switch("storage.tsdb.no-lockfile", "Do not lock the data directory.").not_built(),
    Flag::new(
        "storage.tsdb.head-chunks-write-queue-size",
        Kind::Integer,
        "0",
        "Tunes a queue that this store does not have.",
    )
    .without_effect(),
    Flag::new(
        "storage.tsdb.delay-compact-file.path",
        Kind::Text,
        "",
        "A file that delays compaction.",
    )
    .not_built(),
    Flag::new("storage.tsdb.min-block-duration", Kind::Duration, "2h", "The length of a block.")
        .hidden()
        .not_built(),
    Flag::new("storage.tsdb.max-block-duration", Kind::Duration, "1d12h", "The longest block.")
        .hidden()
        .not_built(),
    Flag::new(
        "storage.tsdb.max-block-chunk-segment-size",
        Kind::Size,
        "0B",
        "Tunes files that this store does not write.",
    )
    .hidden()
    .without_effect(),
    Flag::new(
        "storage.tsdb.wal-segment-size",
        Kind::Size,
        "0B",
        "Tunes files that this store does not write.",
    )
    .hidden()
    .without_effect(),
    Flag::switch(
        "storage.tsdb.allow-overlapping-compaction",
        "Tunes blocks that this store does not write.",
    )
    .on()
    .hidden()
    .without_effect(),
    Flag::switch("storage.tsdb.wal-compression", "Tunes a format that this store does not write.")
        .on()
        .hidden()
        .without_effect(),
    Flag::new(
        "storage.tsdb.wal-compression-type",
        COMPRESSIONS,
        "snappy",
        "Tunes a format that this store does not write.",
    )
    .hidden()
    .without_effect(),
    Flag::new(
        "storage.tsdb.samples-per-chunk",
        Kind::Integer,
        "120",
        "Tunes a format that this store does not write.",
    )
    .hidden()
    .without_effect(),
    Flag::new(
        "storage.tsdb.delayed-compaction.max-percent",
        Kind::Integer,
        "10",
        "Tunes blocks that this store does not write.",
    )
    .hidden()
    .without_effect(),
    Flag::new(
        "storage.tsdb.block-reload-interval",
        Kind::Duration,
        "1m",
        "Tunes blocks that this store does not write.",
    )
    .hidden()
    .without_effect(),
    Flag::new(
        "storage.remote.flush-deadline",
        Kind::Duration,
        "1m",
        "How long to flush samples to remote storage at the end.",
    )
    .not_built(),
    Flag::new(
        "storage.remote.read-sample-limit",
        Kind::Integer,
        "50000000",
        "The most samples of a remote read.",
    )
    .not_built(),
    Flag::new(
        "storage.remote.read-concurrent-limit",
        Kind::Integer,
        "10",
        "The most remote reads at once.",
    )
    .not_built(),
    Flag::new(
        "storage.remote.read-max-bytes-in-frame",
        Kind::Integer,
        "1048576",
        "The size of a remote read's frames.",
    )
    .not_built(),
];

/// How queries and scrapes run.
pub(crate) static QUERY_FLAGS: &[Flag] = &[
    Flag::new(
        "query.lookback-delta",
        Kind::Duration,
        "5m",
        "How far back an instant selector looks for a sample.",
    ),
    Flag::new("query.timeout", Kind::Duration, "2m", "How long a query may take."),
    Flag::new(
        "query.max-concurrency",
        Kind::Integer,
        "20",
        "How many queries run at once; more wait.",
    ),
    Flag::new(
        "query.max-samples",
        Kind::Integer,
        "50000000",
        "How many samples a query may hold in memory.",
    ),
    Flag::new(
        "query.max-memory-per-query",
        Kind::Size,
        "0B",
        "How much memory a query may hold; by default 32 bytes for each sample of --query.max-samples.",
    ),
    Flag::new(
        "query.max-memory",
        Kind::Size,
        "0B",
        "How much memory all queries together may hold; by default four times as much as one query.",
    ),
    Flag::new(
        "query.cache-size",
        Kind::Size,
        "64MB",
        "How much memory the answers to range queries may take that are kept to be extended; 0 keeps none.",
    ),
    Flag::new(
        "scrape.discovery-reload-interval",
        Kind::Duration,
        "5s",
        "The shortest time between two updates of the targets.",
    )
    .hidden(),
    Flag::switch(
        "scrape.adjust-timestamps",
        "Move timestamps of scrapes to the grid of the interval.",
    )
    .on()
    .hidden(),
    Flag::new(
        "scrape.timestamp-tolerance",
        Kind::GoDuration,
        "2ms",
        "How far a timestamp is moved at most.",
    )
    .hidden(),
    Flag::switch(
        "scrape.clock-skew-metric",
        "Store with each scrape by how much the target's clock is ahead, as scrape_clock_skew_seconds.",
    ),
    Flag::new(
        "enable-feature",
        Kind::Text,
        "",
        "Names of features to turn on, with commas between them.",
    )
    .repeated(),
    Flag::switch("auto-gomaxprocs", "Tunes a runtime that this program does not have.")
        .on()
        .without_effect(),
    Flag::switch("auto-gomemlimit", "Tunes a runtime that this program does not have.")
        .on()
        .without_effect(),
    Flag::new(
        "auto-gomemlimit.ratio",
        Kind::Decimal,
        "0.9",
        "Tunes a runtime that this program does not have.",
    )
    .without_effect(),
    Flag::switch("agent", "Scrape and forward only.").not_built(),
];

/// What belongs to a server that only scrapes and forwards, which is not built. The original refuses
/// these flags, too, as long as it is no such server.
pub(super) static AGENT_FLAGS: &[Flag] = &[
    agent("storage.agent.path", Kind::Text, "data-agent/"),
    agent("storage.agent.wal-segment-size", Kind::Size, "0B").hidden(),
    agent("storage.agent.wal-compression", Kind::Switch, "true"),
    agent("storage.agent.wal-compression-type", COMPRESSIONS, "snappy").hidden(),
    agent("storage.agent.wal-truncate-frequency", Kind::Duration, "0s").hidden(),
    agent("storage.agent.retention.min-time", Kind::Duration, "5m"),
    agent("storage.agent.retention.max-time", Kind::Duration, "4h"),
    agent("storage.agent.checkpoint-from-in-memory-series", Kind::Switch, "false"),
    agent("storage.agent.checkpoint-batch-size", Kind::Integer, "1000"),
    agent("storage.agent.no-lockfile", Kind::Switch, "false"),
];

const fn agent(name: &'static str, kind: Kind, default: &'static str) -> Flag {
    Flag::new(name, kind, default, "Tunes a server that only scrapes and forwards.").other_mode()
}

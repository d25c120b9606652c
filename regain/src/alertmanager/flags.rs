//! The flags of the receiver of alerts: Alertmanager 0.34's, each with what it does here.

use crate::flags::{BASIC_FLAGS, Command, Flag, Kind};
use crate::logging::LOG_FLAGS;

/// The receiver of alerts.
pub(crate) static ALERTMANAGER: Command = Command {
    name: "alertmanager",
    about: "Takes alerts, groups, inhibits, silences and notifies, as the Alertmanager does.",
    flags: &[BASIC_FLAGS, STATE_FLAGS, ALERTMANAGER_WEB_FLAGS, CLUSTER_FLAGS, OWN_FLAGS, LOG_FLAGS],
    ..Command::PLAIN
};

/// Where the configuration and the state are, and how long state is kept.
static STATE_FLAGS: &[Flag] = &[
    Flag::new("config.file", Kind::Text, "alertmanager.yml", "The configuration file."),
    Flag::new("storage.path", Kind::Text, "data/", "The directory of the data."),
    Flag::new("data.retention", Kind::GoDuration, "120h", "How long to keep what is over."),
    Flag::new(
        "data.maintenance-interval",
        Kind::GoDuration,
        "15m",
        "How often silences and the notification log are cleared of what is over and written in the \
         original's format.",
    ),
    Flag::new(
        "silences.max-silences",
        Kind::Integer,
        "0",
        "The most silences, expired ones included; 0 is no limit.",
    ),
    Flag::new(
        "silences.max-silence-size-bytes",
        Kind::Integer,
        "0",
        "The most bytes of a silence; 0 is no limit.",
    ),
    Flag::switch("log.silences", "Log when silences begin and end."),
    Flag::new("alerts.gc-interval", Kind::GoDuration, "30m", "How often ended alerts are dropped."),
    Flag::new(
        "alerts.per-alertname-limit",
        Kind::Integer,
        "0",
        "The most alerts of one name; 0 is no limit.",
    ),
    Flag::new(
        "dispatch.maintenance-interval",
        Kind::GoDuration,
        "30s",
        "How often empty groups are dropped.",
    ),
    Flag::new(
        "dispatch.start-delay",
        Kind::GoDuration,
        "0s",
        "How long to wait after the start before anything is sent; as long as senders take to repeat \
         their alerts.",
    ),
];

/// Where it listens, and what it offers there.
static ALERTMANAGER_WEB_FLAGS: &[Flag] = &[
    Flag::switch("web.systemd-socket", "Take over the sockets that systemd passes on."),
    Flag::new("web.listen-address", Kind::Text, ":9093", "An address to listen on.").repeated(),
    Flag::new(
        "web.config.file",
        Kind::Text,
        "",
        "A file that turns on TLS or basic authentication for every port.",
    ),
    Flag::new(
        "web.external-url",
        Kind::Text,
        "",
        "The URL under which clients find it; by default made from the host's name and the port.",
    ),
    Flag::new(
        "web.route-prefix",
        Kind::Text,
        "",
        "What all paths begin with; by default the path of the external URL.",
    ),
    Flag::new(
        "web.get-concurrency",
        Kind::Integer,
        "0",
        "The most GET requests at once; 0 is the number of processors, or 8 where that is more.",
    ),
    Flag::new(
        "web.timeout",
        Kind::GoDuration,
        "0s",
        "How long a request may take; 0 is without end.",
    ),
    Flag::new("auto-gomemlimit.ratio", Kind::Decimal, "0.9", "Tunes Go's runtime.")
        .without_effect(),
    Flag::new(
        "enable-feature",
        Kind::Text,
        "",
        "Experiments to turn on, with commas between them.",
    ),
];

/// What upstream's peers need to find each other. Clusters are not built: a lone receiver is what there is.
static CLUSTER_FLAGS: &[Flag] = &[
    Flag::new("cluster.peer", Kind::Text, "", "Another receiver of the cluster.")
        .repeated()
        .not_built(),
    Flag::new("cluster.tls-config", Kind::Text, "", "TLS between peers.").not_built(),
    Flag::new("cluster.listen-address", Kind::Text, "0.0.0.0:9094", "Tunes clusters.")
        .without_effect(),
    Flag::new("cluster.advertise-address", Kind::Text, "", "Tunes clusters.").without_effect(),
    Flag::new("cluster.peer-name", Kind::Text, "", "Tunes clusters.").without_effect(),
    Flag::new("cluster.peer-timeout", Kind::GoDuration, "15s", "Tunes clusters.").without_effect(),
    Flag::new("cluster.peers-resolve-timeout", Kind::GoDuration, "15s", "Tunes clusters.")
        .without_effect(),
    Flag::new("cluster.gossip-interval", Kind::GoDuration, "200ms", "Tunes clusters.")
        .without_effect(),
    Flag::new("cluster.pushpull-interval", Kind::GoDuration, "1m0s", "Tunes clusters.")
        .without_effect(),
    Flag::new("cluster.tcp-timeout", Kind::GoDuration, "10s", "Tunes clusters.").without_effect(),
    Flag::new("cluster.probe-timeout", Kind::GoDuration, "500ms", "Tunes clusters.")
        .without_effect(),
    Flag::new("cluster.probe-interval", Kind::GoDuration, "1s", "Tunes clusters.").without_effect(),
    Flag::new("cluster.settle-timeout", Kind::GoDuration, "1m0s", "Tunes clusters.")
        .without_effect(),
    Flag::new("cluster.reconnect-interval", Kind::GoDuration, "10s", "Tunes clusters.")
        .without_effect(),
    Flag::new("cluster.reconnect-timeout", Kind::GoDuration, "6h0m0s", "Tunes clusters.")
        .without_effect(),
    Flag::switch("cluster.allow-insecure-public-advertise-address-discovery", "Tunes clusters.")
        .without_effect(),
    Flag::new("cluster.label", Kind::Text, "", "Tunes clusters.").without_effect(),
];

/// What the original has not.
static OWN_FLAGS: &[Flag] = &[
    Flag::switch(
        "regain.keep-groups",
        "Keep groups and their timers over reloads and restarts; off is the original's way.",
    ),
    Flag::switch(
        "web.allow-anonymous-changes",
        "Let other hosts change silences without a login, as the original does.",
    ),
];

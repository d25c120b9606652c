//! The exporter's flags: `node_exporter` 1.12's, each with what it does here.

use super::collector_flags::{COLLECTOR_FLAGS, COLLECTORS, UNBUILT_COLLECTOR_FLAGS};
use crate::flags::{BASIC_FLAGS, Command, Flag, Kind};
use crate::logging::LOG_FLAGS;

/// The exporter.
pub(crate) static NODE: Command = Command {
    name: "node_exporter",
    about: "Measures this host and shows its numbers to whoever scrapes it.",
    flags: &[
        BASIC_FLAGS,
        COLLECTOR_FLAGS,
        UNBUILT_COLLECTOR_FLAGS,
        PATH_FLAGS,
        COLLECTORS,
        WEB_FLAGS,
        LOG_FLAGS,
    ],
    ..Command::PLAIN
};

/// Where the host's pseudo file systems are.
static PATH_FLAGS: &[Flag] = &[
    Flag::new("path.procfs", Kind::Text, "/proc", "Where procfs is mounted."),
    Flag::new("path.sysfs", Kind::Text, "/sys", "Where sysfs is mounted."),
    Flag::new("path.rootfs", Kind::Text, "/", "The root of the host's file system."),
    Flag::new(
        "path.udev.data",
        Kind::Text,
        "/run/udev/data",
        "The directory of udev's device database.",
    ),
];

/// Where the exporter listens, and what it shows there.
static WEB_FLAGS: &[Flag] = &[
    Flag::new("web.telemetry-path", Kind::Text, "/metrics", "The path of the metrics."),
    Flag::switch(
        "web.disable-exporter-metrics",
        "Leave out the metrics about the exporter itself (promhttp_*, process_*).",
    ),
    Flag::new(
        "web.max-requests",
        Kind::Integer,
        "40",
        "The most scrapes at once; more are answered 503. 0 means no limit.",
    ),
    Flag::switch(
        "collector.disable-defaults",
        "Turn off the collectors that are on by default; those named on the command line stay on.",
    ),
    Flag::new(
        "runtime.gomaxprocs",
        Kind::Integer,
        "1",
        "How many threads answer requests. Collectors have threads of their own.",
    ),
    Flag::switch(
        "web.systemd-socket",
        "Listen on the sockets that systemd passes on, not on ports.",
    ),
    Flag::new("web.listen-address", Kind::Text, ":9100", "An address to listen on.").repeated(),
    Flag::new(
        "web.config.file",
        Kind::Text,
        "",
        "A file that turns on TLS or basic authentication for every port.",
    ),
];

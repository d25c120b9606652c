//! Interrupts, switches, forks and boot time, from `/proc/stat`.

use crate::error::CollectError;
use crate::procstat;
use crate::roots::{Roots, read_text};
use crate::run::Collector;
use crate::sink::Sink;

/// Are the names of the softirq vectors in the kernel's order.
const VECTORS: [&str; 10] = [
    "hi",
    "timer",
    "net_tx",
    "net_rx",
    "block",
    "block_iopoll",
    "tasklet",
    "sched",
    "hrtimer",
    "rcu",
];

/// Holds the flags of the stat collector.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct StatSettings {
    /// Shows softirq calls by vector.
    pub softirq: bool,
}

#[derive(Debug)]
pub(crate) struct Stat {
    roots: Roots,
    settings: StatSettings,
}

impl Stat {
    pub(crate) fn new(roots: &Roots, settings: StatSettings) -> Self {
        Self { roots: roots.clone(), settings }
    }
}

impl Collector for Stat {
    fn update(&self, sink: &mut Sink) -> Result<(), CollectError> {
        let path = self.roots.proc("stat");
        let stat = procstat::parse(&path, &read_text(&path)?);
        let counters = [
            ("node_intr_total", "Total number of interrupts serviced.", stat.interrupts),
            (
                "node_context_switches_total",
                "Total number of context switches.",
                stat.context_switches,
            ),
            ("node_forks_total", "Total number of forks.", stat.forks),
        ];
        for (name, help, count) in counters {
            if let Some(count) = count {
                sink.counter(name, help, &[], count as f64);
            }
        }
        let gauges = [
            ("node_boot_time_seconds", "Node boot time, in unixtime.", stat.boot_time_s),
            ("node_procs_running", "Number of processes in runnable state.", stat.running),
            (
                "node_procs_blocked",
                "Number of processes blocked waiting for I/O to complete.",
                stat.blocked,
            ),
        ];
        for (name, help, value) in gauges {
            if let Some(value) = value {
                sink.gauge(name, help, &[], value as f64);
            }
        }
        if self.settings.softirq {
            for (vector, count) in VECTORS.iter().zip(&stat.softirqs) {
                sink.counter(
                    "node_softirqs_total",
                    "Number of softirq calls.",
                    &[("vector", vector)],
                    *count as f64,
                );
            }
        }
        Ok(())
    }
}

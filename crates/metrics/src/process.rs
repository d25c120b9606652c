//! The process's own numbers: `process_*`, as every official client library exposes them.
//!
//! What the kernel does not tell is left out and never invented.

mod proc_self;

use regain_exposition::MetricFamily;

use self::proc_self::ProcSelf;
use crate::collect::Collect;

/// Collects `process_*` from `/proc/self`.
#[derive(Debug, Default)]
pub struct ProcessCollector(());

impl ProcessCollector {
    /// Creates the collector.
    pub fn new() -> Self {
        Self::default()
    }
}

impl Collect for ProcessCollector {
    fn collect(&self, families: &mut Vec<MetricFamily>) {
        let ProcSelf {
            cpu_seconds,
            start_time_seconds,
            virtual_bytes,
            resident_bytes,
            virtual_bytes_max,
            open_fds,
            fds_max,
            received_bytes,
            sent_bytes,
        } = ProcSelf::read();
        let mut push = |family: MetricFamily, value: Option<f64>| {
            families.extend(value.map(|value| family.with(Vec::new(), value)));
        };
        push(
            MetricFamily::counter("process_cpu_seconds_total", "CPU time used, user and system."),
            cpu_seconds,
        );
        push(
            MetricFamily::gauge(
                "process_start_time_seconds",
                "When the process started, as Unix time.",
            ),
            start_time_seconds,
        );
        push(
            MetricFamily::gauge(
                "process_virtual_memory_bytes",
                "Size of the address space in use.",
            ),
            virtual_bytes,
        );
        push(
            MetricFamily::gauge(
                "process_virtual_memory_max_bytes",
                "Largest address space allowed.",
            ),
            virtual_bytes_max,
        );
        push(
            MetricFamily::gauge("process_resident_memory_bytes", "Memory held in RAM."),
            resident_bytes,
        );
        push(MetricFamily::gauge("process_open_fds", "File descriptors in use."), open_fds);
        push(MetricFamily::gauge("process_max_fds", "File descriptors allowed."), fds_max);
        push(
            MetricFamily::counter(
                "process_network_receive_bytes_total",
                "Bytes received in the process's network namespace.",
            ),
            received_bytes,
        );
        push(
            MetricFamily::counter(
                "process_network_transmit_bytes_total",
                "Bytes sent in the process's network namespace.",
            ),
            sent_bytes,
        );
    }
}

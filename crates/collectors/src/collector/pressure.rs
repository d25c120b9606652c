//! Pressure stall information, from `/proc/pressure`.

use std::path::Path;

use rustix::io::Errno;

use crate::error::CollectError;
use crate::roots::{Roots, read_text};
use crate::run::Collector;
use crate::sink::Sink;

/// Describes one resource: its file, and the families of its two lines where they are shown.
struct Resource {
    file: &'static str,
    some: Option<(&'static str, &'static str)>,
    full: Option<(&'static str, &'static str)>,
}

const RESOURCES: [Resource; 4] = [
    Resource {
        file: "cpu",
        some: Some((
            "node_pressure_cpu_waiting_seconds_total",
            "Total time in seconds that processes have waited for CPU time",
        )),
        full: None,
    },
    Resource {
        file: "io",
        some: Some((
            "node_pressure_io_waiting_seconds_total",
            "Total time in seconds that processes have waited due to IO congestion",
        )),
        full: Some((
            "node_pressure_io_stalled_seconds_total",
            "Total time in seconds no process could make progress due to IO congestion",
        )),
    },
    Resource {
        file: "memory",
        some: Some((
            "node_pressure_memory_waiting_seconds_total",
            "Total time in seconds that processes have waited for memory",
        )),
        full: Some((
            "node_pressure_memory_stalled_seconds_total",
            "Total time in seconds no process could make progress due to memory congestion",
        )),
    },
    // Interrupts have no line of tasks that merely wait.
    Resource {
        file: "irq",
        some: None,
        full: Some((
            "node_pressure_irq_stalled_seconds_total",
            "Total time in seconds no process could make progress due to IRQ congestion",
        )),
    },
];

#[derive(Debug)]
pub(crate) struct Pressure {
    roots: Roots,
}

impl Pressure {
    pub(crate) fn new(roots: &Roots) -> Self {
        Self { roots: roots.clone() }
    }
}

impl Collector for Pressure {
    fn update(&self, sink: &mut Sink) -> Result<(), CollectError> {
        let mut found = 0;
        for resource in &RESOURCES {
            let path = self.roots.proc("pressure").join(resource.file);
            let text = match read_text(&path) {
                Ok(text) => text,
                Err(error) if error.is_missing() => continue,
                Err(error) if is_switched_off(&error) => return Err(CollectError::NoData),
                Err(error) => return Err(error),
            };
            for (prefix, family) in [("some", resource.some), ("full", resource.full)] {
                let Some((name, help)) = family else { continue };
                let Some(total_us) = total_us(&path, &text, prefix) else {
                    return Err(CollectError::NoData);
                };
                sink.counter(name, help, &[], total_us as f64 / 1000.0 / 1000.0);
            }
            found += 1;
        }
        if found == 0 { Err(CollectError::NoData) } else { Ok(()) }
    }
}

/// Tells whether the kernel was started with `psi=0`.
fn is_switched_off(error: &CollectError) -> bool {
    matches!(error, CollectError::Read { source, .. }
        if Errno::from_io_error(source) == Some(Errno::OPNOTSUPP))
}

/// Finds the total of `some avg10=0.10 avg60=2.00 avg300=3.85 total=15`.
fn total_us(path: &Path, text: &str, prefix: &str) -> Option<u64> {
    let line = text.lines().find(|line| line.split(' ').next() == Some(prefix))?;
    let total = line.split(' ').find_map(|word| word.strip_prefix("total=")?.parse().ok());
    if total.is_none() {
        Sink::odd_line(path, line);
    }
    total
}

//! Load averages, from `/proc/loadavg`.

use crate::error::CollectError;
use crate::roots::{Roots, read_text};
use crate::run::Collector;
use crate::sink::Sink;

const FAMILIES: [(&str, &str); 3] = [
    ("node_load1", "1m load average."),
    ("node_load5", "5m load average."),
    ("node_load15", "15m load average."),
];

#[derive(Debug)]
pub(crate) struct Loadavg {
    roots: Roots,
}

impl Loadavg {
    pub(crate) fn new(roots: &Roots) -> Self {
        Self { roots: roots.clone() }
    }
}

impl Collector for Loadavg {
    fn update(&self, sink: &mut Sink) -> Result<(), CollectError> {
        let path = self.roots.proc("loadavg");
        let text = read_text(&path)?;
        let loads: Vec<f64> =
            text.split_ascii_whitespace().map_while(|word| word.parse().ok()).take(3).collect();
        if loads.len() < FAMILIES.len() {
            return Err(CollectError::content(&path));
        }
        for ((name, help), load) in FAMILIES.into_iter().zip(loads) {
            sink.gauge(name, help, &[], load);
        }
        Ok(())
    }
}

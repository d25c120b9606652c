//! File descriptors of the whole host, from `/proc/sys/fs/file-nr`.

use crate::error::CollectError;
use crate::roots::{Roots, read_text};
use crate::run::Collector;
use crate::sink::Sink;

#[derive(Debug)]
pub(crate) struct Filefd {
    roots: Roots,
}

impl Filefd {
    pub(crate) fn new(roots: &Roots) -> Self {
        Self { roots: roots.clone() }
    }
}

impl Collector for Filefd {
    fn update(&self, sink: &mut Sink) -> Result<(), CollectError> {
        let path = self.roots.proc("sys/fs/file-nr");
        let text = read_text(&path)?;
        // The middle number has been zero since Linux 2.6.
        let numbers: Option<Vec<f64>> =
            text.trim().split('\t').map(|word| word.parse().ok()).collect();
        let [allocated, _, maximum, ..] = numbers.as_deref().unwrap_or_default() else {
            return Err(CollectError::content(&path));
        };
        sink.gauge(
            "node_filefd_allocated",
            "File descriptor statistics: allocated.",
            &[],
            *allocated,
        );
        sink.gauge("node_filefd_maximum", "File descriptor statistics: maximum.", &[], *maximum);
        Ok(())
    }
}

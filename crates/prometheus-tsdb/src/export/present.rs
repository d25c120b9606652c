//! What is in the target before an export.

use std::path::Path;

use regain_model::{Span, Timestamp};
use regain_storage::fs::Fs;
use regain_storage::{Error, Result};

use crate::meta::Meta;
use crate::names;
use crate::ulid::Ulid;

/// The blocks of the target.
#[derive(Debug, Default)]
pub(super) struct Present {
    /// The spans that this store has exported, whether their blocks are still there by themselves or
    /// were merged, by their first time.
    exported: Vec<Span>,
    /// Blocks as they were exported, with the span that their names say.
    own: Vec<(Span, Meta)>,
    /// Blocks that hold something else.
    foreign: Vec<Meta>,
}

impl Present {
    /// Looks at the blocks in `root`.
    pub(super) fn read(fs: &dyn Fs, root: &Path, origin: u32) -> Result<Self> {
        let failed = |operation| {
            let path = root.to_owned();
            move |source| Error::Io { operation, path, source }
        };
        fs.create_dirs(root).map_err(failed("create"))?;
        let mut present = Self::default();
        for name in fs.list_dirs(root).map_err(failed("list"))? {
            if name.parse::<Ulid>().is_err() {
                continue;
            }
            let meta = Meta::read(fs, &root.join(&name))?;
            let sources = &meta.compaction.sources;
            let spans: Vec<_> =
                sources.iter().filter_map(|&source| names::span_of(origin, source)).collect();
            // What the store was cut into has left it: the rest may lie beside.
            let cut = sources.iter().filter(|&&source| names::is_cut(origin, source)).count();
            let is_own = !sources.is_empty() && spans.len() + cut == sources.len();
            present.exported.extend(spans);
            match names::span_of(origin, meta.ulid) {
                Some(span) if is_own => present.own.push((span, meta)),
                _ if is_own => {}
                _ => present.foreign.push(meta),
            }
        }
        present.exported.sort_unstable_by_key(|span| span.min);
        Ok(present)
    }

    /// What of `window` was not exported before. Exports go forward, so that is its end.
    pub(super) fn missing(&self, window: Span) -> Option<Span> {
        let within = self.exported.iter().filter(|span| window.contains(span.min));
        let done = within.map(|span| span.max).max();
        let first = done.map_or(Some(window.min.0), |done| done.0.checked_add(1))?;
        (first <= window.max.0).then(|| Span::new(Timestamp(first), window.max))
    }

    /// Blocks of something else that have times of `span`.
    pub(super) fn foreign_in(&self, span: Span) -> impl Iterator<Item = &Meta> {
        self.foreign
            .iter()
            .filter(move |meta| meta.min_time <= span.max.0 && meta.max_time > span.min.0)
    }

    /// The exported blocks of `window`, with the number of their samples and their span.
    pub(super) fn own_in(&self, window: Span) -> impl Iterator<Item = (Ulid, u64, Span)> {
        let own = self.own.iter().filter(move |(span, _)| window.contains(span.min));
        own.map(|(span, meta)| (meta.ulid, meta.stats.num_samples, *span))
    }
}

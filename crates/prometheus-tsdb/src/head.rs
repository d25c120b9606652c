//! The head: what is not in blocks yet. It is put together from the log, the chunks that Prometheus
//! wrote out early, the log of late samples, and the snapshot of a clean stop; then it is in memory,
//! in chunks.

mod files;
mod replay;
mod snapshot;

use std::collections::BTreeMap;
use std::sync::Arc;

use regain_model::{Labels, Span, Timestamp};
use regain_storage::Result;

use crate::chunk::Encoding;
use crate::matching::Lists;
use crate::segments::ChunkBytes;
use crate::tombstones::Intervals;

pub(crate) use files::CHUNKS_DIR;
pub(crate) use replay::{WAL_DIR, WBL_DIR, load};
pub(crate) use snapshot::SNAPSHOT_PREFIX;

/// A chunk in memory.
#[derive(Clone, Debug)]
pub(crate) struct HeadChunk {
    pub(crate) min: i64,
    pub(crate) max: i64,
    pub(crate) bytes: ChunkBytes,
}

impl HeadChunk {
    pub(crate) const fn span(&self) -> Span {
        Span::new(Timestamp(self.min), Timestamp(self.max))
    }

    fn new(encoding: Encoding, min: i64, max: i64, data: Arc<[u8]>) -> Self {
        Self { min, max, bytes: ChunkBytes { encoding, data } }
    }
}

/// A series of the head.
#[derive(Debug)]
pub(crate) struct HeadSeries {
    pub(crate) labels: Labels,
    /// Its chunks; those of late samples overlap with others.
    pub(crate) chunks: Vec<HeadChunk>,
    pub(crate) deleted: Intervals,
}

/// The head.
#[derive(Debug, Default)]
pub(crate) struct Head {
    pub(crate) series: Vec<HeadSeries>,
    postings: BTreeMap<Box<str>, BTreeMap<Box<str>, Vec<u32>>>,
}

impl Head {
    /// A head with these series, which come in the order in which they came into being.
    fn new(series: Vec<HeadSeries>) -> Self {
        let mut postings: BTreeMap<Box<str>, BTreeMap<Box<str>, Vec<u32>>> = BTreeMap::new();
        for (reference, one) in (0_u32..).zip(&series) {
            for (name, value) in &one.labels {
                if !postings.contains_key(name) {
                    postings.insert(name.into(), BTreeMap::new());
                }
                let values = postings.get_mut(name).expect("it was just made");
                match values.get_mut(value) {
                    Some(list) => list.push(reference),
                    None => {
                        values.insert(value.into(), vec![reference]);
                    }
                }
            }
        }
        Self { series, postings }
    }

    /// The names of all labels, in order.
    pub(crate) fn label_names(&self) -> impl Iterator<Item = &str> {
        self.postings.keys().map(AsRef::as_ref)
    }

    /// The values of a label, in order.
    pub(crate) fn label_values(&self, name: &str) -> impl Iterator<Item = &str> {
        self.postings.get(name).into_iter().flat_map(BTreeMap::keys).map(AsRef::as_ref)
    }
}

impl Lists for Head {
    fn all(&self) -> Result<Vec<u32>> {
        Ok((0..).take(self.series.len()).collect())
    }

    fn with(&self, name: &str, value: &str) -> Result<Vec<u32>> {
        let list = self.postings.get(name).and_then(|values| values.get(value));
        Ok(list.cloned().unwrap_or_default())
    }

    fn with_any(
        &self,
        name: &str,
        wanted: &mut dyn FnMut(&str) -> Result<bool>,
    ) -> Result<Vec<u32>> {
        let mut all = Vec::new();
        for (value, list) in self.postings.get(name).into_iter().flatten() {
            if wanted(value)? {
                all.extend_from_slice(list);
            }
        }
        Ok(all)
    }
}

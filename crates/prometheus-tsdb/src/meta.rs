//! `meta.json`: what a block says about itself.

use std::path::Path;

use regain_model::{Span, Timestamp};
use regain_storage::Result;
use regain_storage::fs::Fs;
use serde::{Deserialize, Serialize};

use crate::fault::Fault;
use crate::reading::read_file;
use crate::ulid::Ulid;

/// The name of the file in its block's directory.
pub(crate) const META_FILE: &str = "meta.json";
/// The version that is written. Version 2 was written by mistake by Prometheus 2.1 and is the same.
const VERSION: u32 = 1;
/// No such file is longer, however many blocks it was made of.
const BYTES_MAX: u64 = 64 << 20;

/// What a block says about itself.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Meta {
    /// The block's name.
    pub ulid: Ulid,
    /// The time of the first sample, or earlier.
    pub min_time: i64,
    /// The time behind the last sample.
    pub max_time: i64,
    /// How much there is.
    #[serde(default)]
    pub stats: Stats,
    /// Where it comes from.
    pub compaction: Compaction,
    /// The version of the format.
    pub version: u32,
}

/// How much a block has.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Stats {
    /// Samples.
    #[serde(skip_serializing_if = "is_zero")]
    pub num_samples: u64,
    /// Samples that are floats.
    #[serde(skip_serializing_if = "is_zero")]
    pub num_float_samples: u64,
    /// Samples that are histograms.
    #[serde(skip_serializing_if = "is_zero")]
    pub num_histogram_samples: u64,
    /// Series.
    #[serde(skip_serializing_if = "is_zero")]
    pub num_series: u64,
    /// Chunks.
    #[serde(skip_serializing_if = "is_zero")]
    pub num_chunks: u64,
    /// Deleted intervals.
    #[serde(skip_serializing_if = "is_zero")]
    pub num_tombstones: u64,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde hands over references")]
const fn is_zero(value: &u64) -> bool {
    *value == 0
}

/// Where a block comes from.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Compaction {
    /// How often it was merged.
    pub level: u32,
    /// The blocks that the first of its ancestors were.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub sources: Vec<Ulid>,
    /// Whether nothing of it is left.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub deletable: bool,
    /// The blocks that it was merged from.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub parents: Vec<Parent>,
    /// Whether merging it failed.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub failed: bool,
    /// Why it holds less than all samples of its time.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub hints: Vec<String>,
}

/// A block that another was merged from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Parent {
    /// Its name.
    pub ulid: Ulid,
    /// Its first time.
    pub min_time: i64,
    /// The time behind its last one.
    pub max_time: i64,
}

/// The hint of blocks that hold late samples and nothing else.
pub(crate) const FROM_OUT_OF_ORDER: &str = "from-out-of-order";
/// The hints of blocks that hold series that have ended, and those that somebody has chosen.
pub(crate) const OF_SOME_SERIES: [&str; 2] = ["from-stale-series", "from-selected-series"];

impl Meta {
    /// The meta data of a new block.
    pub(crate) fn new(ulid: Ulid, min_time: i64, max_time: i64) -> Self {
        let compaction = Compaction { level: 1, sources: vec![ulid], ..Compaction::default() };
        Self { ulid, min_time, max_time, stats: Stats::default(), compaction, version: VERSION }
    }

    /// The times that the block may have samples of.
    pub(crate) fn span(&self) -> Span {
        Span::new(Timestamp(self.min_time), Timestamp(self.max_time.saturating_sub(1)))
    }

    /// Whether all samples before its end are in blocks, and not only some while others are in the head, so that the log has nothing to add.
    pub(crate) fn ends_head(&self) -> bool {
        let partial =
            |hint: &String| hint == FROM_OUT_OF_ORDER || OF_SOME_SERIES.contains(&hint.as_str());
        !self.compaction.hints.iter().any(partial)
    }

    /// Reads the file of the block in `dir`.
    pub(crate) fn read(fs: &dyn Fs, dir: &Path) -> Result<Self> {
        let path = dir.join(META_FILE);
        let bytes = read_file(fs, &path, BYTES_MAX)?;
        let meta: Self = serde_json::from_slice(&bytes).map_err(|error| {
            Fault { at: offset_of(&bytes, &error), what: "it is not the JSON of a block" }
                .within(&path, 0)
        })?;
        if !matches!(meta.version, 1 | 2) {
            return Err(regain_storage::Error::UnknownVersion { path, version: meta.version });
        }
        Ok(meta)
    }

    /// The file's text.
    pub(crate) fn to_json(&self) -> Vec<u8> {
        let mut text = Vec::new();
        let formatter = serde_json::ser::PrettyFormatter::with_indent(b"\t");
        let mut serializer = serde_json::Serializer::with_formatter(&mut text, formatter);
        self.serialize(&mut serializer).expect("numbers, texts and lists can be written as JSON");
        text
    }
}

/// The byte at which reading failed.
fn offset_of(bytes: &[u8], error: &serde_json::Error) -> usize {
    let lines = bytes.split_inclusive(|&byte| byte == b'\n');
    let before: usize = lines.take(error.line().saturating_sub(1)).map(<[u8]>::len).sum();
    before + error.column().saturating_sub(1)
}

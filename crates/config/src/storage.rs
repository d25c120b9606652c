//! The section `storage`.

use std::time::Duration;

use regain_go_format::size;
use regain_yaml::Section;

use crate::marshal::Fields;
use crate::value::{duration_or, size_bytes};

/// The exemplars that are kept where the configuration does not say how many.
const DEFAULT_EXEMPLARS_MAX: i64 = 100_000;

/// How samples and exemplars are kept.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct StorageConfig {
    /// How old an out-of-order sample may be.
    pub out_of_order_time_window: Duration,
    /// The share of stale series in memory from which on they are moved to files; zero for never.
    pub stale_series_compaction_threshold: f64,
    /// The encoding of float chunks, where it is configured.
    pub chunk_encoding_floats: Option<ChunkEncoding>,
    /// How long data is kept.
    pub retention: Retention,
    /// How many exemplars are kept if any are, where the section `exemplars` is present; none are for 0 and less.
    pub max_exemplars: Option<i64>,
}

/// An encoding of float chunks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ChunkEncoding {
    /// XOR.
    Xor,
    /// XOR with start timestamps.
    Xor2,
}

impl ChunkEncoding {
    /// The word for the encoding in a configuration file.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Xor => "xor",
            Self::Xor2 => "xor2",
        }
    }
}

/// How long data is kept; zero is no limit of that kind.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Retention {
    /// The age.
    pub time: Duration,
    /// The bytes on disk.
    pub size_bytes: i64,
    /// The share of the file system, in percent.
    pub percentage: f64,
}

impl StorageConfig {
    /// Reads the section; `default` is the retention where it names none.
    pub(crate) fn decode(section: &mut Section<'_>, default: Retention) -> Self {
        let read = |section: &mut Section<'_>| tsdb(section, default);
        let storage = section
            .section("tsdb", "config.TSDBConfig", read)
            .unwrap_or(Self { retention: default, ..Self::default() });
        let exemplars = |section: &mut Section<'_>| section.or_zero("max_exemplars");
        let max_exemplars = section.section("exemplars", "config.ExemplarsConfig", exemplars);
        Self { max_exemplars, ..storage }
    }

    /// Keeps exemplars, as many as upstream where the configuration does not say how many.
    pub fn keep_exemplars(&mut self) {
        self.max_exemplars.get_or_insert(DEFAULT_EXEMPLARS_MAX);
    }

    pub(crate) fn write(&self, fields: &mut Fields) {
        fields.section("tsdb", |fields| {
            // A field of upstream's struct that is shown although no file means to set it.
            let window_ms = self.out_of_order_time_window.as_millis();
            fields.always("outofordertimewindow", u64::try_from(window_ms).unwrap_or(u64::MAX));
            fields.some_duration("out_of_order_time_window", self.out_of_order_time_window);
            let threshold = self.stale_series_compaction_threshold;
            fields.some_float("stale_series_compaction_threshold", threshold);
            if let Some(encoding) = self.chunk_encoding_floats {
                fields
                    .section("chunk_encoding", |fields| fields.always("floats", encoding.as_str()));
            }
            fields.section("retention", |fields| {
                fields.some_duration("time", self.retention.time);
                fields.some_size("size", self.retention.size_bytes);
                fields.some_float("percentage", self.retention.percentage);
            });
        });
        if let Some(max) = self.max_exemplars {
            fields.section("exemplars", |fields| fields.some("max_exemplars", max));
        }
    }
}

fn tsdb(section: &mut Section<'_>, default: Retention) -> StorageConfig {
    section.optional::<i64>("outofordertimewindow");
    let window = duration_or(section, "out_of_order_time_window", Duration::ZERO);
    let threshold = section.or_zero("stale_series_compaction_threshold");
    StorageConfig {
        out_of_order_time_window: window,
        stale_series_compaction_threshold: threshold,
        chunk_encoding_floats: section
            .section("chunk_encoding", "config.ChunkEncodingConfig", floats)
            .flatten(),
        retention: section
            .section("retention", "config.TSDBRetentionConfig", retention)
            .unwrap_or(default),
        max_exemplars: None,
    }
}

fn floats(section: &mut Section<'_>) -> Option<ChunkEncoding> {
    let parse = |word: &str| match word {
        "" => Ok(None),
        "xor" => Ok(Some(ChunkEncoding::Xor)),
        "xor2" => Ok(Some(ChunkEncoding::Xor2)),
        _ => Err(format!(
            "'storage.tsdb.chunk_encoding.floats' must be 'xor' or 'xor2', or the field must be \
             omitted entirely, got {word:?}"
        )),
    };
    section.parsed("floats", parse).flatten()
}

fn retention(section: &mut Section<'_>) -> Retention {
    let retention = Retention {
        time: duration_or(section, "time", Duration::ZERO),
        size_bytes: size_bytes(section, "size"),
        percentage: section.or_zero("percentage"),
    };
    if retention.size_bytes < 0 {
        let shown = size::format(retention.size_bytes);
        let message = format!(
            "'storage.tsdb.retention.size' must be greater than or equal to 0, got {shown}"
        );
        section.rule("size", message);
    }
    let percentage = retention.percentage;
    if !(0.0..=100.0).contains(&percentage) {
        let message = format!(
            "'storage.tsdb.retention.percentage' must be in the range [0, 100], got {percentage}"
        );
        section.rule("percentage", message);
    }
    retention
}

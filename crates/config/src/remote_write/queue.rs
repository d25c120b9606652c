//! The queue before a remote storage.

use std::time::Duration;

use regain_yaml::{Node, Section};

use crate::marshal::Fields;
use crate::value::duration_or;

/// How samples wait and are sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct QueueConfig {
    /// The samples that one shard holds.
    pub capacity: i64,
    /// The most shards.
    pub max_shards: i64,
    /// The fewest shards.
    pub min_shards: i64,
    /// The most samples of a request.
    pub max_samples_per_send: i64,
    /// How long a sample waits for others.
    pub batch_send_deadline: Duration,
    /// The first pause after a failure.
    pub min_backoff: Duration,
    /// The longest pause after a failure.
    pub max_backoff: Duration,
    /// Whether an answer 429 is a reason to send again.
    pub retry_on_http_429: bool,
    /// How old a sample may be; zero for any age.
    pub sample_age_limit: Duration,
}

impl Default for QueueConfig {
    fn default() -> Self {
        Self {
            capacity: 10_000,
            max_shards: 50,
            min_shards: 1,
            max_samples_per_send: 2000,
            batch_send_deadline: Duration::from_secs(5),
            min_backoff: Duration::from_millis(30),
            max_backoff: Duration::from_secs(5),
            retry_on_http_429: false,
            sample_age_limit: Duration::ZERO,
        }
    }
}

impl QueueConfig {
    /// Reads the field `queue_config`; a key without a value is a queue without capacity, which is
    /// a mistake.
    pub(super) fn decode(parent: &mut Section<'_>) -> Self {
        const NAME: &str = "queue_config";
        match parent.field(NAME) {
            None => Self::default(),
            Some(node) if node.is_null() => {
                parent.rule(NAME, "remote write queue max_shards must be positive");
                Self::default()
            }
            Some(node) => Section::read(node, "config.QueueConfig", parent.mistakes(), Self::read)
                .unwrap_or_default(),
        }
    }

    pub(super) fn write(&self, fields: &mut Fields) {
        fields.some("capacity", self.capacity);
        fields.some("max_shards", self.max_shards);
        fields.some("min_shards", self.min_shards);
        fields.some("max_samples_per_send", self.max_samples_per_send);
        fields.some_duration("batch_send_deadline", self.batch_send_deadline);
        fields.some_duration("min_backoff", self.min_backoff);
        fields.some_duration("max_backoff", self.max_backoff);
        fields.some("retry_on_http_429", self.retry_on_http_429);
        fields.some_duration("sample_age_limit", self.sample_age_limit);
    }

    fn read(section: &mut Section<'_>) -> Self {
        let default = Self::default();
        let queue = Self {
            capacity: section.or("capacity", default.capacity),
            max_shards: section.or("max_shards", default.max_shards),
            min_shards: section.or("min_shards", default.min_shards),
            max_samples_per_send: section.or("max_samples_per_send", default.max_samples_per_send),
            batch_send_deadline: duration_or(
                section,
                "batch_send_deadline",
                default.batch_send_deadline,
            ),
            min_backoff: duration_or(section, "min_backoff", default.min_backoff),
            max_backoff: duration_or(section, "max_backoff", default.max_backoff),
            retry_on_http_429: section.or_zero("retry_on_http_429"),
            sample_age_limit: duration_or(section, "sample_age_limit", Duration::ZERO),
        };
        let counts = [
            ("max_shards", queue.max_shards),
            ("min_shards", queue.min_shards),
            ("max_samples_per_send", queue.max_samples_per_send),
            ("capacity", queue.capacity),
        ];
        for (name, count) in counts {
            if count <= 0 {
                section.rule(name, format!("remote write queue {name} must be positive"));
            }
        }
        if queue.min_shards > queue.max_shards && queue.max_shards > 0 {
            let message = "remote write queue min_shards must not be greater than max_shards";
            section.rule("min_shards", message);
        }
        if queue.max_backoff < queue.min_backoff {
            let message = "remote write queue max_backoff must not be less than min_backoff";
            section.rule("max_backoff", message);
        }
        queue
    }
}

/// How metadata is sent in version 1 of the protocol.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct MetadataConfig {
    /// Whether it is sent.
    pub send: bool,
    /// How often it is sent.
    pub send_interval: Duration,
    /// The most metrics of a request.
    pub max_samples_per_send: i64,
}

impl Default for MetadataConfig {
    fn default() -> Self {
        Self { send: true, send_interval: Duration::from_mins(1), max_samples_per_send: 2000 }
    }
}

impl MetadataConfig {
    /// Writes the field `metadata_config` unless nothing is sent at all.
    pub(super) fn write(&self, fields: &mut Fields) {
        if !self.send && self.send_interval.is_zero() && self.max_samples_per_send == 0 {
            return;
        }
        fields.section("metadata_config", |fields| {
            fields.always("send", self.send);
            fields.duration("send_interval", self.send_interval);
            fields.some("max_samples_per_send", self.max_samples_per_send);
        });
    }

    /// Reads the field `metadata_config`; a key without a value sends nothing, as upstream.
    pub(super) fn decode(parent: &mut Section<'_>) -> Self {
        const NAME: &str = "metadata_config";
        if parent.peek(NAME).is_some_and(Node::is_null) {
            parent.field(NAME);
            return Self { send: false, send_interval: Duration::ZERO, max_samples_per_send: 0 };
        }
        let default = Self::default();
        let read = |section: &mut Section<'_>| Self {
            send: section.or("send", default.send),
            send_interval: duration_or(section, "send_interval", default.send_interval),
            max_samples_per_send: section.or("max_samples_per_send", default.max_samples_per_send),
        };
        parent.section(NAME, "config.MetadataConfig", read).unwrap_or(default)
    }
}

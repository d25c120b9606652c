//! How long the store keeps samples: by the configuration, the size of its file system and `regain.yml`.

use std::path::PathBuf;
use std::sync::{Mutex, MutexGuard};

use regain_api::StoreFacts;
use regain_config::{Retention, RetentionOf};
use regain_metrics::{Gauge, Registry};
use regain_tsdb::RetentionRule;

/// Tells the store how long to keep samples, whenever that changes.
#[derive(Debug)]
pub(super) struct RetentionKeeper {
    dir: PathBuf,
    gauges: Gauges,
    wanted: Mutex<Wanted>,
}

#[derive(Debug)]
struct Gauges {
    seconds: Gauge,
    bytes: Gauge,
    percentage: Gauge,
}

/// What was configured, and what of it the store was told.
#[derive(Debug, Default)]
struct Wanted {
    configured: Retention,
    of_series: Vec<RetentionOf>,
    bytes: u64,
}

impl RetentionKeeper {
    /// For a store in `dir`.
    pub(super) fn new(dir: PathBuf, registry: &Registry) -> Self {
        let gauges = Gauges {
            seconds: registry.gauge(
                "prometheus_tsdb_retention_limit_seconds",
                "How long to retain samples in storage.",
            ),
            bytes: registry.gauge(
                "prometheus_tsdb_retention_limit_bytes",
                "Max number of bytes to be retained in the tsdb blocks, configured 0 means disabled",
            ),
            percentage: registry.gauge(
                "prometheus_tsdb_retention_limit_percentage",
                "Max percentage of total storage space to be retained in the tsdb blocks, configured 0 means disabled",
            ),
        };
        Self { dir, gauges, wanted: Mutex::default() }
    }

    /// What a store is opened with.
    pub(super) fn initial(
        &self,
        configured: Retention,
        of_series: &[RetentionOf],
    ) -> regain_tsdb::Retention {
        let mut wanted = self.wanted();
        self.gauges.seconds.set(configured.time.as_secs_f64());
        self.gauges.bytes.set(configured.size_bytes as f64);
        self.gauges.percentage.set(configured.percentage);
        let bytes = self.bytes(configured);
        *wanted = Wanted { configured, of_series: of_series.to_vec(), bytes };
        wanted.told()
    }

    /// Puts a reloaded configuration into force.
    pub(super) fn apply(
        &self,
        store: &StoreFacts,
        configured: Retention,
        of_series: &[RetentionOf],
    ) {
        let is_same = {
            let wanted = self.wanted();
            wanted.configured == configured && wanted.of_series == of_series
        };
        if !is_same {
            tell(store, self.initial(configured, of_series));
            tracing::info!(component = "tsdb", "TSDB retention updated");
        }
    }

    /// Follows a file system that has become larger or smaller.
    pub(super) fn follow_size(&self, store: &StoreFacts) {
        let mut wanted = self.wanted();
        if wanted.configured.percentage > 0.0 {
            let bytes = self.bytes(wanted.configured);
            if bytes != wanted.bytes {
                wanted.bytes = bytes;
                tell(store, wanted.told());
            }
        }
    }

    fn wanted(&self) -> MutexGuard<'_, Wanted> {
        self.wanted.lock().expect("no holder of this lock panics")
    }

    /// The most bytes: a share of the file system prevails over a size, where its size can be told.
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "a share of a size is a size, and a byte more or less does not matter"
    )]
    fn bytes(&self, configured: Retention) -> u64 {
        let fixed = u64::try_from(configured.size_bytes).unwrap_or_default();
        if configured.percentage <= 0.0 {
            return fixed;
        }
        match rustix::fs::statvfs(&self.dir) {
            Ok(space) => {
                let total = space.f_blocks.saturating_mul(space.f_frsize);
                (total as f64 * configured.percentage / 100.0) as u64
            }
            Err(_) => fixed,
        }
    }
}

/// Tells a store, and the blocks beside it.
fn tell(store: &StoreFacts, retention: regain_tsdb::Retention) {
    if let Some(blocks) = &store.blocks {
        blocks.set_retention(retention.clone());
    }
    store.db.set_retention(retention);
}

impl Wanted {
    fn told(&self) -> regain_tsdb::Retention {
        let millis =
            |time: std::time::Duration| i64::try_from(time.as_millis()).unwrap_or(i64::MAX);
        let rule = |of: &RetentionOf| RetentionRule {
            matchers: of.matchers.clone(),
            time_ms: millis(of.time),
        };
        regain_tsdb::Retention {
            time_ms: millis(self.configured.time),
            bytes: self.bytes,
            rules: self.of_series.iter().map(rule).collect(),
        }
    }
}
